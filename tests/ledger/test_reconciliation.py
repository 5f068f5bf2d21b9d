"""Month's end: five faults are planted, five are found, one deed each corrects them, and then everything agrees."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.domain.hold import Hold, HoldStatus
from app.feed import Feed
from app.jobs.duties import do_duty
from app.jobs.reconcile import reconcile_yesterdays
from app.jobs.tools import Tools
from schema.api import Api
from tests.payments.stored import StoredHouse
from tests.schema.conftest import Client, api_of, tenant, world
from tests.world import Tenant, World, made, narrowed

__all__ = ["tenant", "world"]
_SESSION = """INSERT INTO session (id, operator_key, location_key, station_key, evse_key, status, origin, created_at,
    started_at, ended_at, settled_at, energy_wh, meter_settled_wh, tariff_key, currency, cost_minor) VALUES
    (gen_random_uuid(), %s, %s, %s, %s, 'COMPLETED', 'RFID', %s, %s, %s, %s, %s, %s, %s, 'EUR', %s) RETURNING key"""
_CDR = """INSERT INTO cdr (id, operator_key, location_key, session_key, tariff_key, revision, reason, currency,
    before_taxes_minor, tax_minor, total_minor, exact_before_taxes, exact_total, energy_wh, energy_said, started_at, ended_at,
    issued_at, lines) SELECT gen_random_uuid(), operator_key, location_key, key, tariff_key, 1, 'SETTLED', 'EUR',
    cost_minor - %s, %s, cost_minor, '0', '0', energy_wh, false, started_at, ended_at, settled_at, '[]' FROM session
    WHERE key = %s"""
FOUND = """query($day: Date) { mismatches(day: $day) { nodes { id cause correction session { id } expected { amountMinor }
    found { amountMinor } foundEnergyWh } } }"""
BOOKS = "{ ledger { balances { book amount { amountMinor currency } } postings { nodes { cause lines { book } } } } }"


class Finance:
    """One operator's money on a day on which nothing else happened."""

    def __init__(self, world: World, tenant: Tenant) -> None:
        self.house = StoredHouse(world, tenant)
        # Noon of a later day: whenever the tests run, the half hour to the sessions' end stays within one day.
        noon = (world.clock() + timedelta(days=3)).replace(hour=12, minute=0, second=0, microsecond=0)
        self.house.pass_time(noon - world.clock())
        world.connect(tenant.stations[0].key)
        self.world, self.tenant = world, tenant
        self.day = world.clock().date().isoformat()
        api: Api = api_of(world, cost_max=10**9, bucket_size=10**12, takes_payments=True)
        self.client = Client(api)
        self.ends = world.clock() + timedelta(minutes=30)

    def session(self, energy_wh: int, cost: int, tariff: int | None = None) -> int:
        station, began = self.tenant.stations[0], self.ends - timedelta(minutes=50)
        assert self.tenant.tariff is not None
        [(key,)] = self.world.ingest(
            _SESSION, station.operator_key, station.location_key, station.key, station.evses[0].key, began, began,
            self.ends, self.ends, energy_wh, energy_wh, tariff or self.tenant.tariff.key, cost,
        )  # fmt: skip
        return int(str(key))

    def record(self, session: int, tax: int) -> None:
        self.world.ingest(_CDR, tax, tax, session)

    def untaxed_version(self) -> int:
        assert self.tenant.tariff is not None
        [(key,)] = self.world.ingest(
            "INSERT INTO tariff (id, operator_key, code, version_number, state, currency, tax_included, elements, valid_from) "
            "SELECT gen_random_uuid(), operator_key, code, 2, 'PUBLISHED', 'EUR', true, "
            """'[{"components": [{"type": "ENERGY", "price": "0.50"}]}]', valid_from FROM tariff WHERE key = %s RETURNING key""",
            self.tenant.tariff.key,
        )
        return int(str(key))

    async def run(self) -> list[dict[str, Any]]:
        text = f'mutation {{ reconciliationRun(day: "{self.day}") {{ open errors {{ code message }} }} }}'
        answer = (await self.client.data(text, self.tenant.scope))["reconciliationRun"]
        assert answer["errors"] == []
        found: list[dict[str, Any]] = (await self.client.data(FOUND, self.tenant.scope, day=self.day))["mismatches"][
            "nodes"
        ]
        assert answer["open"] == len(found)
        return found

    async def resolve(self, mismatch: dict[str, Any], more: str = "", key: str = "k") -> dict[str, Any]:
        text = f"""mutation {{ mismatchResolve(id: "{mismatch["id"]}", options: {{idempotencyKey: "{key}{mismatch["id"]}",
            waitSeconds: 0, reason: "month's end"}}{more}) {{ mismatch {{ resolvedAt resolvedBy accepted }}
            errors {{ code message }} }} }}"""
        found: dict[str, Any] = (await self.client.data(text, self.tenant.scope))["mismatchResolve"]
        return found

    async def papers(self) -> None:
        tools = Tools(self.world.clock, desk=self.house.desk)
        for (key,) in self.world.ingest("SELECT key FROM duty WHERE kind = 'ISSUE_DOCUMENT' AND state = 'OWED'"):
            await do_duty(self.world.database.ingest_url, Feed(), int(str(key)), tools)

    async def uncaptured(self) -> Hold:
        """The session ended and was billed, and the duty that captures was lost."""
        hold = await self.house.held()
        self.house.begin(hold)
        assert self.tenant.tariff is not None
        self.world.ingest("UPDATE duty SET state = 'DONE' WHERE hold_key = %s", hold.key)
        self.house.session(
            hold, status="COMPLETED", ended_at=self.ends, settled_at=self.ends, cost_minor=500, currency="EUR",
            energy_wh=10_000, meter_settled_wh=10_000, tariff_key=self.tenant.tariff.key,
        )  # fmt: skip
        assert hold.session_key is not None
        self.record(hold.session_key, 80)
        return hold

    async def captured_outside(self) -> Hold:
        """Somebody took the money on the provider's own pages; nobody charged."""
        hold = made(await self.house.ask("outside", at=1))
        assert isinstance(hold, Hold)
        await self.house.work(hold)
        hold = await self.house.now(hold)
        account = self.house.double.book.account(hold.account)
        intent = account.objects[str(hold.reference)]
        self.house.double.book.confirm(account, intent, "pm_card_visa")
        self.house.double.book.capture(account, intent, 2_000, None)
        return await self.house.due(hold)


@pytest.fixture
def finance(world: World, tenant: Tenant) -> Finance:
    return Finance(world, tenant)


async def test_15_a_bill_less_a_voucher_is_taxed_by_a_version_less_the_same_voucher(finance: Finance) -> None:
    plain = finance.untaxed_version()
    [(voucher,)] = finance.world.ingest(
        "INSERT INTO voucher (id, operator_key, code, kind, worth, valid_from, created_at) SELECT gen_random_uuid(),"
        " operator_key, 'SPRING-26', 'PERCENT', 20, now(), now() FROM tariff WHERE key = %s RETURNING key",
        plain,
    )
    [(less,)] = finance.world.ingest(
        "INSERT INTO tariff (id, operator_key, code, version_number, state, currency, tax_included, elements, valid_from,"
        " voucher_key, discount) SELECT gen_random_uuid(), operator_key, code || '+SPRING-26', version_number, state,"
        " currency, tax_included, elements, valid_from, %s, %s FROM tariff WHERE key = %s RETURNING key",
        voucher, Jsonb({"kind": "PERCENT", "worth": 20, "code": "SPRING-26"}), plain,
    )  # fmt: skip
    session = finance.session(10_000, 400, int(str(less)))
    finance.record(session, 0)
    (found,) = await finance.run()
    assert found["cause"] == "TAX_MISSING"
    done = await finance.resolve(found)
    assert done["errors"] == []
    [billed] = finance.world.ingest(
        "SELECT t.code LIKE '%%+SPRING-26', t.version_number, c.total_minor, c.tax_minor > 0 FROM session s"
        " JOIN tariff t ON t.key = s.tariff_key JOIN cdr c ON c.session_key = s.key WHERE s.key = %s"
        " ORDER BY c.key DESC LIMIT 1",
        session,
    )
    assert billed == (True, 1, 400, True)


async def test_a_day_of_many_mismatches(finance: Finance) -> None:
    """More than a database connection needs to prepare the statement that keeps one."""
    for _ in range(20):
        finance.session(1_000, 50)
    assert len(await finance.run()) == 20  # a page of them


async def test_13_five_faults_five_mismatches_one_deed_each_and_then_nothing(finance: Finance) -> None:
    assert await finance.run() == []
    uncaptured = await finance.uncaptured()
    outside = await finance.captured_outside()
    assert (outside.status, outside.captured_minor) == (HoldStatus.CAPTURED, 2_000)
    finance.record(finance.session(910_000, 45_500), 7_265)
    finance.session(10_000, 500)
    finance.record(finance.session(10_000, 500, finance.untaxed_version()), 0)
    finance.record(finance.session(10_000, 500), 80)  # and one that is right
    finance.world.clock.at = finance.ends + timedelta(minutes=30)
    found = await finance.run()
    causes = {one["cause"]: one for one in found}
    assert sorted(one["cause"] for one in found) == [
        "CAPTURED_OUTSIDE", "CAPTURE_MISSING", "ENERGY_IMPLAUSIBLE", "SETTLED_WITHOUT_CDR", "TAX_MISSING",
    ]  # fmt: skip
    assert causes["CAPTURED_OUTSIDE"]["found"] == {"amountMinor": 2_000}
    assert causes["ENERGY_IMPLAUSIBLE"]["foundEnergyWh"] == 910_000
    assert [one["id"] for one in await finance.run()] == [one["id"] for one in found]  # found again, the same rows
    unsaid = await finance.resolve(causes["ENERGY_IMPLAUSIBLE"])
    assert [one["code"] for one in unsaid["errors"]] == ["INVALID_INPUT"]
    for one in found:
        energy = ", energyWh: 9100" if one["cause"] == "ENERGY_IMPLAUSIBLE" else ""
        for _ in range(2):  # asked twice, done once
            answer = await finance.resolve(one, energy, "again")
            assert answer["errors"] == [], (one, answer)
            assert answer["mismatch"]["resolvedAt"] is not None
    for hold in (uncaptured, outside):
        while await finance.house.work(hold):
            pass
    assert (await finance.house.now(uncaptured)).captured_minor == 500
    assert (await finance.house.now(outside)).refunds_minor == 2_000
    await finance.papers()
    assert await finance.run() == []
    await everything_agrees(finance)


async def everything_agrees(finance: Finance) -> None:
    """The books sum to zero in each currency, and numbers have no gap."""
    books = (await finance.client.data(BOOKS, finance.tenant.scope))["ledger"]
    totals: dict[str, int] = {}
    for one in books["balances"]:
        currency = one["amount"]["currency"]
        totals[currency] = totals.get(currency, 0) + one["amount"]["amountMinor"]
    assert set(totals.values()) == {0}
    assert {"CDR", "CAPTURE", "REFUND"} <= {one["cause"] for one in books["postings"]["nodes"]}
    gaps = finance.world.ingest(
        "SELECT series FROM document WHERE series NOT LIKE 'X%%' GROUP BY operator_key, series "
        "HAVING max(sequence) <> count(*)"
    )
    assert gaps == []
    assert finance.world.ingest("SELECT count(*) > 0 FROM document WHERE series NOT LIKE 'X%%'") == [(True,)]


async def test_what_agrees_by_itself_is_resolved_and_what_a_person_accepts_stays_accepted(finance: Finance) -> None:
    key = finance.session(10_000, 500)
    finance.record(finance.session(10_000, 500, finance.untaxed_version()), 0)
    finance.world.clock.at = finance.ends + timedelta(minutes=30)
    by_cause = {one["cause"]: one for one in await finance.run()}
    assert set(by_cause) == {"SETTLED_WITHOUT_CDR", "TAX_MISSING"}
    finance.record(key, 80)  # it came after all
    answer = await finance.resolve(by_cause["TAX_MISSING"], ", accept: true")
    assert answer["mismatch"]["accepted"] is True
    assert await finance.run() == []
    rows = finance.world.ingest("SELECT cause, resolved_by FROM mismatch WHERE day = %s ORDER BY cause", finance.day)
    assert rows[0] == ("SETTLED_WITHOUT_CDR", "system:reconciliation")
    entries = finance.world.ingest("SELECT action, reason FROM audit_entry WHERE subject_kind = 'mismatch'")
    assert entries == [("mismatch.accepted", "month's end")]
    assert await finance.run() == []


async def test_books_that_were_lost_are_found_missing_and_posted_again(finance: Finance, database: Any) -> None:
    finance.record(finance.session(10_000, 500), 80)
    finance.world.clock.at = finance.ends + timedelta(minutes=30)
    assert await finance.run() == []
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE ledger_line DISABLE TRIGGER ledger_line_is_kept")
        owner.execute(
            "DELETE FROM ledger_line USING ledger_posting p WHERE p.key = posting_key AND p.at >= %s", (finance.ends,)
        )
    (lost,) = await finance.run()
    assert (lost["cause"], lost["expected"], lost["found"]) == (
        "LEDGER_DIFFERS",
        {"amountMinor": 500},
        {"amountMinor": 0},
    )
    assert (await finance.resolve(lost))["errors"] == []
    assert await finance.run() == []


async def test_every_night_runs_yesterday_once_where_the_operator_is(finance: Finance) -> None:
    """Midnight is the first location's: in Berlin it is two o'clock an hour or two before it is in London."""
    finance.session(10_000, 500)
    ingest, clock = finance.world.database.ingest_url, finance.world.clock
    local = finance.ends.astimezone(ZoneInfo("Europe/Berlin"))
    for hour, minute, ran in ((1, 59, 0), (2, 0, 1), (2, 1, 0)):
        clock.at = (local + timedelta(days=1)).replace(hour=hour, minute=minute)
        assert await reconcile_yesterdays(ingest, finance.house.desk) == ran
    day = local.date()
    rows = finance.world.ingest("SELECT cause FROM mismatch WHERE day = %s AND resolved_at IS NULL", day)
    assert rows == [("SETTLED_WITHOUT_CDR",)]


async def test_who_sees_some_places_reads_no_books(finance: Finance) -> None:
    """They belong to the whole operator."""
    scope = narrowed(finance.tenant, finance.tenant.locations[0])
    for text in ("{ ledger { balances { book } } }", "{ mismatches { totalCount nodes { id } } }"):
        answer = await finance.client.ask(text, scope)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
