"""A voucher from the price to the receipt: less is held, less is taken, and it is used up exactly so often as it says."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.domain.hold import Hold, HoldStatus
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.voucher import Voucher, VoucherKind
from app.operations import holds, quotes, starts, vouchers
from app.queries import vouchers as voucher_queries
from tests.payments.stored import StoredHouse
from tests.schema.conftest import tenant, world
from tests.world import Tenant, World, made, options

__all__ = ["tenant", "world"]


@pytest.fixture
def house(world: World, tenant: Tenant) -> StoredHouse:
    return StoredHouse(world, tenant)


async def give(house: StoredHouse, code: str = "SPRING-26", **values: object) -> Voucher:
    draft = vouchers.VoucherDraft(code, VoucherKind.PERCENT, 20)
    draft = replace(draft, **values)  # type: ignore[arg-type]
    found = made(await vouchers.create(scope=house.tenant.scope, desk=house.desk, draft=draft, options=options(code)))
    assert isinstance(found, Voucher)
    return found


async def quote(house: StoredHouse, code: str = "spring-26 ", at: int = 0, station: int = 0) -> quotes.Quoted:
    draft = quotes.QuoteDraft(house.tenant.stations[station].evses[at].uuid, voucher=code)
    return await quotes.make(scope=house.tenant.scope, desk=house.desk, draft=draft)


async def intend(
    house: StoredHouse,
    quoted: quotes.Quoted,
    key: str = "k",
    at: int = 0,
    contact: str | None = None,
    station: int = 0,
) -> Hold | Refusal:
    evse = house.tenant.stations[station].evses[at].uuid
    draft = holds.IntentDraft(evse, quoted.quote.uuid, "https://pay.example/back", contact)
    return await holds.create_intent(scope=house.tenant.scope, desk=house.desk, draft=draft, options=options(key))


async def uses(house: StoredHouse) -> int:
    found = await voucher_queries.listed(scope=house.tenant.scope, database=house.desk.database)
    return next(one.uses for one in found if one.code == "SPRING-26")


def code(refused: object) -> ErrorCode:
    assert isinstance(refused, Refusal)
    return refused.code


async def refused_quote(house: StoredHouse, said: str) -> ErrorCode:
    with pytest.raises(Refused) as no:
        await quote(house, said)
    return no.value.refusal.code


async def test_39_less_is_shown_held_and_taken(house: StoredHouse) -> None:
    await give(house)
    plain, cheaper = await house.quote(), await quote(house)
    assert (plain.price.total_minor, cheaper.price.total_minor) == (1000, 800)
    assert (plain.quote.hold_minor, cheaper.quote.hold_minor) == (2000, 1600)
    hold = made(await intend(house, cheaper))
    assert isinstance(hold, Hold)
    assert await uses(house) == 1
    hold = await paid(house, hold)
    house.begin(hold, 500)
    assert (await house.due(hold)).status is HoldStatus.HELD
    house.end(hold, 800)  # as the inbox prices it: 20 kWh
    hold = await house.due(hold)
    assert (hold.held_minor, hold.captured_minor, await uses(house)) == (1600, 800, 1)


async def paid(house: StoredHouse, hold: Hold) -> Hold:
    await house.work(hold)
    hold = await house.now(hold)
    account = house.double.book.account(None)
    page = account.objects[str(hold.checkout_reference)]
    house.double.book.pay_page(account, page, "pm_card_visa")
    house.world.clock.advance(5)
    return await house.due(hold)


async def test_39_what_does_not_count_is_said(house: StoredHouse) -> None:
    now = house.world.clock()
    here, there = house.tenant.locations[0].uuid, house.tenant.locations[1].uuid
    await give(house, "ELSEWHERE", location_ids=(there,))
    await give(house, "RIGHT-HERE", location_ids=(here,))
    await give(house, "DOLLARS", kind=VoucherKind.AMOUNT, worth=500, currency="USD")
    await give(house, "TOMORROW", valid_from=now + timedelta(days=1))
    await give(house, "SOON-OVER", valid_until=now + timedelta(minutes=1))
    gone = await give(house, "TAKEN-BACK")
    made(await vouchers.retire(scope=house.tenant.scope, desk=house.desk, voucher_id=gone.uuid))
    assert (await quote(house, "right-here")).price.total_minor == 800
    assert (await quote(house, "soon-over")).price.total_minor == 800
    house.world.clock.advance(61)
    assert [await refused_quote(house, said) for said in ("ELSEWHERE", "DOLLARS", "TOMORROW", "SOON-OVER", "NOBODYS")] == [
        ErrorCode.VOUCHER_NOT_HERE, ErrorCode.VOUCHER_NOT_HERE, ErrorCode.VOUCHER_NOT_NOW, ErrorCode.VOUCHER_NOT_NOW,
        ErrorCode.VOUCHER_UNKNOWN,
    ]  # fmt: skip
    assert await refused_quote(house, "TAKEN-BACK") is ErrorCode.VOUCHER_NOT_NOW
    for wrong in ({"code": "A"}, {"worth": 101}, {"currency": "EUR"}, {"uses_max": 0}, {"valid_until": now}):
        draft = replace(vouchers.VoucherDraft("SPRING-27", VoucherKind.PERCENT, 20), **wrong)  # type: ignore[arg-type]
        no = await vouchers.create(scope=house.tenant.scope, desk=house.desk, draft=draft, options=options(str(wrong)))
        assert code(no) is ErrorCode.INVALID_INPUT
    draft = vouchers.VoucherDraft("taken-back", VoucherKind.PERCENT, 20)
    no = await vouchers.create(scope=house.tenant.scope, desk=house.desk, draft=draft, options=options("again"))
    assert code(no) is ErrorCode.ALREADY_REGISTERED


async def test_39_the_last_use_is_one_persons_also_in_the_same_moment(house: StoredHouse) -> None:
    """At two stations: nothing but the voucher itself makes one wait for the other."""
    await give(house, uses_max=1)
    quoted = [await quote(house, station=at) for at in (0, 1)]
    asked = await asyncio.gather(*(intend(house, one, f"k{at}", station=at) for at, one in enumerate(quoted)))
    assert sorted(type(one).__name__ for one in asked) == ["Hold", "Refusal"]
    (lost,) = (one for one in asked if isinstance(one, Refusal))
    assert (lost.code, await uses(house)) == (ErrorCode.VOUCHER_USED_UP, 1)
    assert await refused_quote(house, "SPRING-26") is ErrorCode.VOUCHER_USED_UP


async def test_39_whoever_comes_while_the_last_use_is_being_written_is_too_late(house: StoredHouse) -> None:
    given, quoted = await give(house, uses_max=1), await quote(house, at=1)
    theirs = made(await intend(house, await house.quote(), "theirs"))
    assert isinstance(theirs, Hold)
    with psycopg.connect(house.world.database.owner_url) as other:
        other.execute("SELECT key FROM voucher WHERE key = %s FOR UPDATE", (given.key,))
        other.execute(
            "INSERT INTO voucher_use (operator_key, voucher_key, hold_key, used_at) VALUES (%s, %s, %s, now())",
            (given.operator_key, given.key, theirs.key),
        )
        asked = asyncio.create_task(intend(house, quoted, at=1))
        await asyncio.sleep(1)  # it waits for the other; if it is late, the other is written already
    assert code(await asked) is ErrorCode.VOUCHER_USED_UP


async def test_39_given_back_when_nothing_was_charged_and_only_then(house: StoredHouse) -> None:
    await give(house, uses_max=1)
    hold = made(await intend(house, await quote(house)))
    assert isinstance(hold, Hold)
    house.world.clock.advance(16 * 60)  # nobody pays
    assert (await house.due(hold)).status is HoldStatus.RELEASED
    assert await uses(house) == 0
    hold = made(await intend(house, await quote(house), "second"))
    assert isinstance(hold, Hold)
    hold = await paid(house, hold)
    house.begin(hold, 40)
    house.end(hold, 40)  # less than a card can pay: waived, but charged
    assert (await house.due(hold)).status is HoldStatus.RELEASED
    assert await uses(house) == 1


async def test_39_a_stay_that_a_voucher_paid_used_it_though_nothing_flowed(house: StoredHouse) -> None:
    """Whether the bill has a line of it says so: not the energy."""
    await give(house, uses_max=1)
    hold = made(await intend(house, await quote(house)))
    assert isinstance(hold, Hold)
    hold = await paid(house, hold)
    house.begin(hold, 0)
    house.end(hold, 0)
    house.world.ingest(
        "UPDATE session SET energy_wh = 0 WHERE key = (SELECT session_key FROM hold WHERE key = %s)", hold.key
    )
    assert (await house.due(hold)).status is HoldStatus.RELEASED
    for lines, used in (([{"dimension": "TIME"}, {"dimension": "VOUCHER"}], 1), ([{"dimension": "TIME"}], 0), ([], 0)):
        bill(house, hold, lines)
        assert await uses(house) == used


def bill(house: StoredHouse, hold: Hold, lines: list[dict[str, str]]) -> None:
    """A record of nothing to pay that stands; the one before it is credited."""
    house.world.ingest(
        "INSERT INTO cdr (id, operator_key, location_key, session_key, tariff_key, revision, reason, credit_of, currency,"
        " before_taxes_minor, tax_minor, total_minor, exact_before_taxes, exact_total, energy_wh, energy_said, started_at,"
        " ended_at, issued_at, lines) SELECT gen_random_uuid(), operator_key, location_key, session_key, tariff_key,"
        " revision, reason, key, currency, 0, 0, 0, '0', '0', 0, false, started_at, ended_at, now(), lines FROM cdr c"
        " WHERE session_key = (SELECT session_key FROM hold WHERE key = %s) AND credit_of IS NULL"
        " AND NOT EXISTS (SELECT FROM cdr t WHERE t.credit_of = c.key)",
        hold.key,
    )
    house.world.ingest(
        "INSERT INTO cdr (id, operator_key, location_key, session_key, tariff_key, revision, reason, currency,"
        " before_taxes_minor, tax_minor, total_minor, exact_before_taxes, exact_total, energy_wh, energy_said, started_at,"
        " ended_at, issued_at, lines) SELECT gen_random_uuid(), s.operator_key, s.location_key, s.key, %s,"
        " 1 + (SELECT coalesce(max(revision), 0) FROM cdr c WHERE c.session_key = s.key), 'SETTLED', 'EUR', 0, 0, 0, '0',"
        " '0', 0, false, now(), now(), now(), %s FROM session s JOIN hold h ON h.session_key = s.key WHERE h.key = %s",
        house.tenant.tariff.key if house.tenant.tariff else None, Jsonb(lines), hold.key,
    )  # fmt: skip


async def test_39_a_start_that_comes_true_after_it_was_given_back_takes_it_again(house: StoredHouse) -> None:
    await give(house, uses_max=1)
    hold = made(await intend(house, await quote(house)))
    assert isinstance(hold, Hold)
    hold = await paid(house, hold)
    house.world.clock.advance(3600)
    assert (await house.due(hold)).status is HoldStatus.RELEASED
    assert await uses(house) == 0
    house.begin(hold, 40)
    assert await uses(house) == 1
    assert await refused_quote(house, "SPRING-26") is ErrorCode.VOUCHER_USED_UP


async def test_39_once_for_each_payer(house: StoredHouse) -> None:
    await give(house, uses_each_max=1)
    assert code(await intend(house, await quote(house), "nobody")) is ErrorCode.INVALID_INPUT
    made(await intend(house, await quote(house), "ann", contact="Ann@example.org"))
    again = await intend(house, await quote(house, at=1), "again", 1, " ann@example.org")
    assert code(again) is ErrorCode.VOUCHER_USED_UP
    made(await intend(house, await quote(house, at=1), "ben", 1, "ben@example.org"))
    assert "example" not in str(house.world.ingest("SELECT payer FROM voucher_use")), "an address is not kept for it"


async def test_39_a_start_without_a_card_uses_no_voucher(house: StoredHouse) -> None:
    await give(house)
    quoted = await quote(house)
    draft = starts.StartDraft(house.tenant.stations[0].evses[0].uuid, quote_id=quoted.quote.uuid)
    sent = await starts.start(scope=house.tenant.scope, desk=house.desk, draft=draft, options=options("s"))
    assert code(sent) is ErrorCode.INVALID_INPUT
