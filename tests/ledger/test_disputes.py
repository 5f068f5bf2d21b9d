"""Case 34: a driver's bank takes captured money back; what is known of the session answers it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.domain.hold import Hold, HoldStatus
from app.domain.refusal import ErrorCode, Refusal
from app.jobs.disputes import follow_disputes
from app.operations import holds
from tests.ledger.test_payouts import Treasury, at_provider, books, finance, read, worked
from tests.schema.conftest import tenant, world
from tests.world import made, options

__all__ = ["finance", "tenant", "world"]
_DAY = timedelta(days=1)
_CARD = "pm_card_createDispute"
DISPUTES = """query($open: Boolean) { disputes(open: $open) { nodes { id status reason evidenceDueBy evidenceSubmittedAt wish
    amount { amountMinor currency } providerReference } } }"""
SEEN = "{ sessions { nodes { dispute { status } hold { dispute { status } } } } }"


async def disputed(finance: Treasury, key: str = "intent", at: int = 0) -> Hold:
    """A session of 5.00, paid with a card whose bank takes it back at once."""
    house = finance.house
    asked = made(await house.ask(key, at=at))
    assert isinstance(asked, Hold) and finance.tenant.tariff is not None
    await house.work(asked)
    hold = await house.pay(asked, _CARD)
    house.begin(hold)
    house.session(
        hold, status="COMPLETED", ended_at=finance.ends, settled_at=finance.ends, cost_minor=500, currency="EUR",
        energy_wh=10_000, meter_settled_wh=10_000, tariff_key=finance.tenant.tariff.key,
    )  # fmt: skip
    assert hold.session_key is not None
    finance.record(hold.session_key, 80)
    return await worked(finance, hold)


async def follow(finance: Treasury) -> int:
    house = finance.house
    return await follow_disputes(finance.world.database.ingest_url, house.cashier, house.desk)


async def told(finance: Treasury, *types: str) -> None:
    """The messages of these types, in this order."""
    for event in finance.house.double.book.account(None).events:
        if event["type"] in types:
            subject = event["data"]["object"]
            finance.world.ingest(
                "SELECT keep_payment_event('', %s, %s, %s, %s, NULL, %s, %s, %s)", event["id"], event["type"],
                subject["object"], subject["id"], subject["payment_intent"], finance.world.clock(), finance.world.clock(),
            )  # fmt: skip


async def shown(finance: Treasury, open: bool | None = None) -> list[dict[str, Any]]:
    found = (await finance.client.data(DISPUTES, finance.tenant.scope, open=open))["disputes"]["nodes"]
    return [one for one in found if not one["providerReference"].endswith(finance.tenant.mark)]


async def deed(finance: Treasury, name: str, dispute: dict[str, Any], key: str = "k") -> dict[str, Any]:
    text = f"""mutation {{ {name}(id: "{dispute["id"]}", options: {{idempotencyKey: "{key}{name}"}}) {{
        dispute {{ status wish }} errors {{ code }} }} }}"""
    found: dict[str, Any] = (await finance.client.data(text, finance.tenant.scope))[name]
    return found


async def test_34_a_dispute_is_answered_before_its_deadline_and_won(finance: Treasury) -> None:
    hold = await disputed(finance)
    assert hold.captured_minor == 500
    await told(finance, "charge.dispute.created")
    assert await follow(finance) == 1
    assert await follow(finance) == 0  # nothing more to do for now
    (one,) = await shown(finance, open=True)
    assert (one["status"], one["reason"], one["amount"]["amountMinor"]) == ("NEEDS_RESPONSE", "fraudulent", 500)
    seen = (await finance.client.data(SEEN, finance.tenant.scope))["sessions"]["nodes"]
    statuses = [(found["dispute"], found["hold"]["dispute"]) for found in seen if found["hold"]]
    assert ({"status": "NEEDS_RESPONSE"}, {"status": "NEEDS_RESPONSE"}) in statuses
    after = await books(finance)
    assert (after["DISPUTED"], after["PROVIDER"]) == (500, 0)
    refused = await holds.refund(
        scope=finance.tenant.scope, desk=finance.house.desk, hold_id=hold.uuid, amount_minor=1, options=options("r")
    )
    assert isinstance(refused, Refusal) and refused.code is ErrorCode.REFUND_WHILE_DISPUTED
    # The deadline is near: the evidence is sent by itself, a file and all.
    finance.house.pass_time(12 * _DAY)
    assert await follow(finance) == 1
    (one,) = await shown(finance, open=True)
    assert one["status"] == "UNDER_REVIEW" and one["evidenceSubmittedAt"] is not None
    said = next(finance.house.double.book.account(None).of_kind("dispute"))["evidence"]
    assert said["uncategorized_file"].startswith("file_")
    for words in ("10000 Wh", "Billed: 500 minor units of EUR", f"tx-{hold.key}", f"Place 1 {finance.tenant.mark}"):
        assert words in said["uncategorized_text"] + said["product_description"]
    finance.house.pass_time(2 * _DAY)
    await follow(finance)
    (one,) = await shown(finance, open=False)
    assert one["status"] == "WON"
    await read(finance)
    await read(finance)
    after = await books(finance)
    # Only what the provider keeps for the card and for the dispute is gone.
    assert (after.get("DISPUTED", 0), after["FEE"], sum(after.values())) == (0, 32 + 1500, 0)
    assert after.get("PROVIDER", 0) == at_provider(finance)
    for day in {finance.day, (finance.world.clock() - _DAY).date().isoformat()}:
        finance.day = day
        assert [found for found in await finance.run() if found["cause"].startswith("PAYOUT")] == []


async def test_34_a_card_whose_payment_is_disputed_charges_nobody_again_until_it_is_won(finance: Treasury) -> None:
    await disputed(finance)
    await told(finance, "charge.dispute.created")
    await follow(finance)
    again = await paid_again(finance, "again")
    assert again.session_key is None
    again = await worked(finance, again)
    assert (again.status, again.release_wanted) == (HoldStatus.RELEASED, "PAYMENT_BLOCKED")
    (one,) = await shown(finance)
    await deed(finance, "disputeEvidenceSubmit", one)
    await follow(finance)
    finance.house.pass_time(2 * _DAY)
    finance.world.connect(finance.tenant.stations[0].key)
    await follow(finance)
    assert [found["status"] for found in await shown(finance)] == ["WON"]
    assert (await paid_again(finance, "won")).session_key is not None


async def test_34_what_is_known_of_no_card_blocks_none(finance: Treasury) -> None:
    """Whoever pays on the provider's page has saved no card: that is nothing to be recognised by."""
    await disputed(finance)
    finance.world.ingest("UPDATE hold SET card_fingerprint = NULL WHERE card_fingerprint IS NOT NULL")
    await told(finance, "charge.dispute.created")
    await follow(finance)
    other = await paid_again(finance, "other", "pm_card_mastercard")
    assert other.session_key is not None
    assert (await worked(finance, other)).status is HoldStatus.HELD


async def paid_again(finance: Treasury, key: str, card: str = _CARD) -> Hold:
    """At the station's other EVSE."""
    asked = made(await finance.house.ask(key, at=1))
    assert isinstance(asked, Hold)
    await finance.house.work(asked)
    return await finance.house.pay(asked, card)


async def test_34_who_gives_in_or_says_too_late_has_lost(finance: Treasury) -> None:
    await disputed(finance)
    await told(finance, "charge.dispute.created")
    await follow(finance)
    (one,) = await shown(finance)
    answer = await deed(finance, "disputeAccept", one)
    assert (answer["errors"], answer["dispute"]["wish"]) == ([], "ACCEPT")
    assert await follow(finance) == 1
    (one,) = await shown(finance)
    assert one["status"] == "LOST"
    after = await books(finance)
    assert (after.get("DISPUTED", 0), after["WAIVED"], after["PROVIDER"], sum(after.values())) == (0, 500, 0, 0)
    for name in ("disputeAccept", "disputeEvidenceSubmit"):
        assert [found["code"] for found in (await deed(finance, name, one, "late"))["errors"]] == ["DISPUTE_CLOSED"]
    assert (await deed(finance, "disputeAccept", one))["errors"] == []  # asked again under the same key


async def test_34_nobody_answered_in_time(finance: Treasury) -> None:
    """The process was away until after the deadline."""
    await disputed(finance)
    finance.house.pass_time(15 * _DAY)
    await told(finance, "charge.dispute.created")
    await follow(finance)
    (one,) = await shown(finance)
    assert (one["status"], one["evidenceSubmittedAt"]) == ("LOST", None)
    assert (await books(finance))["WAIVED"] == 500


async def test_34_a_person_answers_at_once(finance: Treasury) -> None:
    await disputed(finance)
    await told(finance, "charge.dispute.created")
    await follow(finance)
    (one,) = await shown(finance)
    assert (await deed(finance, "disputeEvidenceSubmit", one))["dispute"]["wish"] == "SUBMIT"
    await follow(finance)
    (one,) = await shown(finance)
    assert (one["status"], one["wish"]) == ("UNDER_REVIEW", None)


@pytest.mark.parametrize("backwards", [False, True])
async def test_34_messages_in_any_order_and_twice_change_nothing(finance: Treasury, backwards: bool) -> None:
    await disputed(finance)
    types = ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    for type in types[::-1] if backwards else types:
        await told(finance, type)
        await follow(finance)
    await told(finance, *types)
    await follow(finance)
    assert [one["status"] for one in await shown(finance)] == ["NEEDS_RESPONSE"]
    assert (await books(finance))["DISPUTED"] == 500


async def test_34_a_line_of_the_balance_tells_of_a_dispute_without_any_message(finance: Treasury) -> None:
    await disputed(finance)
    finance.world.clock.at += timedelta(minutes=1)
    await read(finance)
    assert await follow(finance) == 1
    assert [one["status"] for one in await shown(finance)] == ["NEEDS_RESPONSE"]
    assert (await books(finance))["PROVIDER"] == at_provider(finance)


async def test_34_a_message_about_nothing_of_ours_is_followed_by_nobody(finance: Treasury) -> None:
    finance.world.ingest(
        "SELECT keep_payment_event('', %s, 'charge.dispute.created', 'dispute', 'du_1', NULL, 'pi_nobody', now(), now())",
        str(uuid4()),
    )
    assert await follow(finance) == 0
