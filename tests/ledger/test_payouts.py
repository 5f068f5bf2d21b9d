"""The provider's own books: read, posted, matched to ours, and what is found when they do not agree."""

from datetime import timedelta
from typing import Any

import pytest

from app.domain.hold import Hold, RefundStatus
from app.domain.refusal import ErrorCode, Refusal
from app.jobs import payouts as beat
from app.jobs.payouts import read_balances
from app.operations import holds
from payments.double.http import Fault
from tests.conftest import TestDatabase
from tests.ledger.test_reconciliation import Finance
from tests.schema.conftest import tenant, world
from tests.world import Tenant, World, made, options

__all__ = ["tenant", "world"]
_DAY = timedelta(days=1)
PAYOUTS = """{ payouts { nodes { amount { amountMinor } status providerReference
    lines { nodes { kind matched net { amountMinor } fee { amountMinor } applicationFee { amountMinor } hold { id } session { id }
    refund { amount { amountMinor } } } } } } }"""
BALANCES = "{ ledger { balances { book amount { amountMinor } } } }"


class Treasury(Finance):
    """Finance, with what was in the books before anything was told."""

    before: dict[str, int]


@pytest.fixture
async def finance(world: World, tenant: Tenant) -> Treasury:
    found = Treasury(world, tenant)
    found.before = {}
    found.before = await books(found)
    return found


async def captured(finance: Treasury, account: str | None = None) -> Hold:
    """A session of 5.00 that was paid by card."""
    if account is not None:
        finance.world.ingest(
            "INSERT INTO payment_account (id, operator_key, account, fee_basis_points) VALUES (gen_random_uuid(), %s, %s, 500)",
            finance.tenant.operator.key, account,
        )  # fmt: skip
    hold = await finance.house.held()
    finance.house.begin(hold)
    assert finance.tenant.tariff is not None and hold.session_key is not None
    finance.house.session(
        hold, status="COMPLETED", ended_at=finance.ends, settled_at=finance.ends, cost_minor=500, currency="EUR",
        energy_wh=10_000, meter_settled_wh=10_000, tariff_key=finance.tenant.tariff.key,
    )  # fmt: skip
    finance.record(hold.session_key, 80)
    return await worked(finance, hold)


async def worked(finance: Treasury, hold: Hold) -> Hold:
    while await finance.house.work(hold):
        if finance.house.world.ingest(
            "SELECT count(*) FROM duty WHERE hold_key = %s AND state = 'OWED' AND due_at <= %s",
            hold.key, finance.world.clock(),
        ) == [(0,)]:  # fmt: skip
            break
    return await finance.house.now(hold)


async def read(finance: Treasury) -> int:
    """The beat, whenever it would be due."""
    finance.world.ingest("UPDATE balance_reading SET due_at = %s", finance.world.clock())
    return await read_balances(finance.world.database.ingest_url, finance.house.cashier, finance.house.desk)


async def books(finance: Treasury) -> dict[str, int]:
    found = (await finance.client.data(BALANCES, finance.tenant.scope))["ledger"]["balances"]
    return {one["book"]: one["amount"]["amountMinor"] - finance.before.get(one["book"], 0) for one in found}


async def payouts(finance: Treasury) -> list[dict[str, Any]]:
    found = (await finance.client.data(PAYOUTS, finance.tenant.scope))["payouts"]["nodes"]
    return [one for one in found if not one["providerReference"].endswith(finance.tenant.mark)]


def at_provider(finance: Treasury, account: str | None = None) -> int:
    """What the provider still has for us, by its own lines."""
    book = finance.house.double.book
    return sum(line["net"] for line in book.account(account).of_kind("balance_transaction"))


async def test_after_a_payout_the_books_explain_what_is_not_paid_out_yet(finance: Treasury) -> None:
    hold = await captured(finance, "acct_operator")
    assert (hold.captured_minor, hold.fee_minor) == (500, 25)
    finance.world.clock.at += timedelta(minutes=1)
    assert await read(finance) == 1
    # 500 captured, 25 for the installation, 7 + 25 for the provider.
    assert (await books(finance))["PROVIDER"] == 443 == at_provider(finance, "acct_operator")
    assert (await books(finance))["FEE"] == 57
    finance.house.pass_time(5 * _DAY)
    await read(finance)
    assert at_provider(finance, "acct_operator") == 0
    after = await books(finance)
    assert (after.get("PROVIDER", 0), after["BANK"], after["FEE"]) == (0, 443, 57)
    (payout,) = await payouts(finance)
    assert (payout["amount"]["amountMinor"], payout["status"]) == (443, "PAID")
    own, charge = payout["lines"]["nodes"]
    assert (own["kind"], own["matched"], own["hold"]) == ("PAYOUT", True, None)
    assert (charge["kind"], charge["matched"], charge["net"]["amountMinor"]) == ("CHARGE", True, 443)
    assert (charge["fee"]["amountMinor"], charge["applicationFee"]["amountMinor"]) == (57, 25)
    assert charge["hold"] is not None and charge["session"] is not None
    await read(finance)  # read again, nothing twice
    assert await books(finance) == after


async def test_a_repayment_after_the_payout_is_taken_from_the_bank_and_one_that_fails_is_paid_anew(
    finance: Treasury,
) -> None:
    """Case 33."""
    hold = await captured(finance)
    finance.house.pass_time(5 * _DAY)
    await read(finance)
    scope, desk = finance.tenant.scope, finance.house.desk
    made(await holds.refund(scope=scope, desk=desk, hold_id=hold.uuid, amount_minor=None, options=options("all")))
    hold = await worked(finance, hold)
    assert hold.refunds[0].status is RefundStatus.SUCCEEDED
    refused = await holds.refund(scope=scope, desk=desk, hold_id=hold.uuid, amount_minor=1, options=options("more"))
    assert isinstance(refused, Refusal) and refused.code is ErrorCode.REFUND_EXCEEDS_CAPTURE
    finance.house.pass_time(3 * _DAY)
    await read(finance)
    newest = (await payouts(finance))[0]
    assert (newest["amount"]["amountMinor"], newest["status"]) == (-500, "PAID")
    repaid = next(line for line in newest["lines"]["nodes"] if line["kind"] == "REFUND")
    assert (repaid["matched"], repaid["refund"]["amount"]["amountMinor"]) == (True, 500)
    assert (await books(finance)).get("PROVIDER", 0) == 0 == at_provider(finance)
    # Days after it had succeeded, the driver's bank sends it back. No message comes; the line alone tells.
    book = finance.house.double.book
    book.fail_refund(book.account(None), book.account(None).objects[str(hold.refunds[0].reference)])
    finance.world.clock.at += timedelta(minutes=1)
    await read(finance)
    hold = await worked(finance, hold)
    assert (hold.refunds[0].status, hold.refunds[0].failure) == (RefundStatus.FAILED, "lost_or_stolen_card")
    assert (await books(finance))["PROVIDER"] == 500 == at_provider(finance)
    made(await holds.refund(scope=scope, desk=desk, hold_id=hold.uuid, amount_minor=None, options=options("anew")))
    hold = await worked(finance, hold)
    assert [one.status for one in hold.refunds] == [RefundStatus.FAILED, RefundStatus.SUCCEEDED]
    assert hold.refunds_minor == 500
    refused = await holds.refund(scope=scope, desk=desk, hold_id=hold.uuid, amount_minor=1, options=options("again"))
    assert isinstance(refused, Refusal) and refused.code is ErrorCode.REFUND_EXCEEDS_CAPTURE
    finance.world.clock.at += timedelta(minutes=1)
    await read(finance)
    assert (await books(finance)).get("PROVIDER", 0) == 0 == at_provider(finance)


async def test_a_payout_that_fails_after_it_was_paid_is_posted_back(finance: Treasury) -> None:
    await captured(finance)
    finance.house.pass_time(5 * _DAY)
    await read(finance)
    assert (await books(finance))["BANK"] == 468
    book = finance.house.double.book
    book.fail_payout(book.account(None), next(book.account(None).of_kind("payout")))
    finance.world.clock.at += timedelta(minutes=1)
    await read(finance)
    assert (await books(finance)).get("BANK", 0) == 0
    assert (await books(finance))["PROVIDER"] == 468 == at_provider(finance)
    (payout,) = await payouts(finance)
    assert payout["status"] == "FAILED"


async def test_what_the_provider_has_and_we_have_not_is_found_and_put_right(finance: Treasury) -> None:
    """Month's end: something nobody asked for, and a capture that no payout ever took."""
    hold = await captured(finance)
    book = finance.house.double.book
    book.adjust(book.account(None), -70, "eur")
    day, captured_at = finance.day, finance.world.clock()
    # Lines of these days were never read.
    finance.world.ingest("UPDATE balance_reading SET read_until = %s", captured_at + 3 * _DAY)
    finance.house.pass_time(20 * _DAY)
    finance.world.ingest("UPDATE duty SET state = 'DONE'")
    await read(finance)
    late = finance.day = (captured_at + 14 * _DAY).date().isoformat()
    finance.world.ingest("DELETE FROM mismatch")
    (missing,) = await finance.run()
    assert (missing["cause"], missing["correction"]) == ("PAYOUT_MISSING", "READ_BALANCE")
    assert (missing["expected"], missing["found"]) == ({"amountMinor": 500}, {"amountMinor": 0})
    assert (await finance.resolve(missing))["errors"] == []
    await read(finance)
    assert await finance.run() == []
    finance.day = day
    (strange,) = [one for one in await finance.run() if one["cause"].startswith("PAYOUT")]
    assert (strange["cause"], strange["correction"]) == ("PAYOUT_UNMATCHED", "MATCH_LINE")
    assert (strange["expected"], strange["found"]) == ({"amountMinor": 0}, {"amountMinor": -70})
    assert (await finance.resolve(strange))["errors"] == []
    for again in (day, late):
        finance.day = again
        assert [one for one in await finance.run() if one["cause"].startswith("PAYOUT")] == []
    after = await books(finance)
    assert after.get("PROVIDER", 0) == 0 == at_provider(finance)
    assert (after["WAIVED"], sum(after.values())) == (70, 0)
    assert hold.captured_minor == 500


async def test_a_line_that_says_more_than_we_know_makes_the_hold_be_looked_at(finance: Treasury) -> None:
    """Somebody repaid on the provider's own pages, and no message came."""
    hold = await captured(finance)
    book = finance.house.double.book
    account = book.account(None)
    book.refund(account, account.objects[str(hold.reference)], 120, None, {})
    finance.world.clock.at += timedelta(minutes=1)
    await read(finance)
    (found,) = await finance.run()
    assert (found["cause"], found["found"]) == ("PAYOUT_UNMATCHED", {"amountMinor": -120})
    assert (await finance.resolve(found))["errors"] == []
    assert (await worked(finance, hold)).refunded_minor == 120
    assert [one for one in await finance.run() if one["cause"].startswith("PAYOUT")] == []
    assert (await books(finance))["PROVIDER"] == at_provider(finance)


async def test_a_reading_that_dies_goes_on_where_it_was(finance: Treasury, monkeypatch: pytest.MonkeyPatch) -> None:
    await captured(finance)
    book = finance.house.double.book
    for number in range(1, 206):
        book.adjust(book.account(None), number, "eur")
    finance.world.clock.at += timedelta(minutes=1)
    monkeypatch.setattr(beat, "_PAGES_MAX", 1)
    await read(finance)
    assert finance.world.ingest("SELECT count(*) FROM payout_line WHERE account = ''") == [(100,)]
    finance.house.double.faults.append(Fault("GET /v1/balance_transactions", "away"))
    assert await read(finance) == 0
    [(error,)] = finance.world.ingest("SELECT last_error FROM balance_reading")
    assert error is not None
    for _ in range(3):
        await read(finance)
    assert finance.world.ingest("SELECT count(*), count(DISTINCT reference) FROM payout_line WHERE account = ''") == [
        (206, 206)
    ]
    assert (await books(finance))["FEE"] == 32


async def test_word_of_a_payout_makes_its_account_be_read_at_once(finance: Treasury) -> None:
    await captured(finance)
    await read(finance)
    ingest, house = finance.world.database.ingest_url, finance.house
    assert await read_balances(ingest, house.cashier, house.desk) == 0  # it rests
    finance.world.ingest(
        "SELECT keep_payment_event('', 'evt_1', 'payout.paid', 'payout', 'po_1', NULL, NULL, %s, %s)",
        finance.world.clock(), finance.world.clock(),
    )  # fmt: skip
    assert await read_balances(ingest, house.cashier, house.desk) == 1


async def test_an_account_that_two_operators_share_is_not_read(finance: Treasury) -> None:
    await captured(finance)
    other = finance.world.ingest("SELECT key FROM operator WHERE key <> %s", finance.tenant.operator.key)
    if not other:
        other = finance.world.ingest(
            "INSERT INTO operator (id, name, country_code, party_id, currency) VALUES (gen_random_uuid(), 'Other', 'DE', "
            "'OTH', 'EUR') RETURNING key"
        )
    finance.world.ingest("UPDATE balance_reading SET operator_key = %s", other[0][0])
    finance.world.ingest("UPDATE hold SET captured_minor = 0 WHERE account IS NULL")
    finance.world.ingest("UPDATE hold SET captured_minor = 500 WHERE account IS NULL")
    assert await read(finance) == 0
    assert finance.world.ingest("SELECT shared FROM balance_reading") == [(True,)]


def test_what_the_provider_said_cannot_be_changed(finance: Treasury, database: TestDatabase) -> None:
    import psycopg

    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        for deed in ("UPDATE payout_line SET amount_minor = 1", "DELETE FROM payout_line", "DELETE FROM payout",
                     "UPDATE payout SET amount_minor = 1"):  # fmt: skip
            with pytest.raises(psycopg.errors.CheckViolation):
                owner.execute(deed)
