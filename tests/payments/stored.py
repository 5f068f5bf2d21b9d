"""Holds in the real database, of a driver at a station of the small installation, with the double in this process."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import psycopg

from app.domain.hold import Hold, PayWay
from app.domain.refusal import Refusal
from app.feed import Feed
from app.jobs.duties import do_duty
from app.jobs.tools import Tools
from app.operations import holds, quotes
from app.operations.desk import Desk
from app.queries import holds as hold_queries
from payments.double import DoubleStripe
from payments.double.book import Book
from payments.stripe_cashier import StripeCashier
from tests.payments.holding import Death, direct_cashier
from tests.world import Tenant, World, made, options

WH_A_CENT = 20  # of the tariff of tests, 0.50 EUR/kWh


@dataclass
class StoredHouse:
    """One operator's installation that takes payments."""

    world: World
    tenant: Tenant
    double: DoubleStripe = field(init=False)
    cashier: StripeCashier = field(init=False)
    desk: Desk = field(init=False)
    die_at: str | None = None
    passed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.double = DoubleStripe(Book(clock=lambda: self.world.clock().timestamp()))
        self.cashier = direct_cashier(self.double)
        self.desk = replace(self.world.desk, takes_payments=True)
        self.world.connect(self.tenant.stations[0].key)

    async def checkpoint(self, name: str) -> None:
        self.passed.append(name)
        if name == self.die_at:
            self.die_at = None
            raise Death(name)

    async def quote(self, at: int = 0) -> quotes.Quoted:
        evse = self.tenant.stations[0].evses[at]
        return await quotes.make(scope=self.tenant.scope, desk=self.desk, draft=quotes.QuoteDraft(evse.uuid))

    async def ask(
        self, key: str = "intent", *, at: int = 0, way: PayWay = PayWay.ELEMENT, **values: Any
    ) -> Hold | Refusal:
        quoted = await self.quote(at)
        evse = self.tenant.stations[0].evses[at]
        draft = holds.IntentDraft(evse.uuid, quoted.quote.uuid, "https://pay.example/back", None, way)
        return await holds.create_intent(
            scope=self.tenant.scope, desk=self.desk, draft=replace(draft, **values), options=options(key)
        )

    async def held(self, card: str = "pm_card_visa") -> Hold:
        """A hold that the driver has paid for."""
        hold = made(await self.ask())
        assert isinstance(hold, Hold)
        await self.work(hold)
        return await self.pay(hold, card)

    async def pay(self, hold: Hold, card: str = "pm_card_visa") -> Hold:
        hold = await self.now(hold)
        account = self.double.book.account(hold.account)
        self.double.book.confirm(account, account.objects[str(hold.reference)], card)
        return await self.due(hold)

    async def now(self, hold: Hold) -> Hold:
        found = await hold_queries.by_ids(scope=self.tenant.scope, database=self.desk.database, ids=(hold.uuid,))
        return found[hold.uuid]

    def duty(self, hold: Hold) -> int:
        return int(str(self.world.ingest("SELECT key FROM duty WHERE hold_key = %s", hold.key)[0][0]))

    async def work(self, hold: Hold) -> bool:
        """A worker takes the hold's duty once."""
        tools = Tools(self.world.clock, None, self.cashier, self.desk)
        return await do_duty(self.world.database.ingest_url, Feed(), self.duty(hold), tools, checkpoint=self.checkpoint)

    async def due(self, hold: Hold) -> Hold:
        """The same, whenever it would have been due."""
        await self.work(hold)
        return await self.now(hold)

    def session(self, hold: Hold, **values: Any) -> None:
        """As the inbox: what the charger reported of the hold's session."""
        assert hold.session_key is not None
        columns = "".join(f"{name} = %s, " for name in values)
        self.world.ingest(
            f"UPDATE session SET {columns}version = version + 1 WHERE key = %s", *values.values(), hold.session_key
        )

    def begin(self, hold: Hold, cost_minor: int = 0) -> None:
        now = self.world.clock()
        self.session(
            hold,
            status="ACTIVE",
            started_at=now,
            transaction_id=f"tx-{hold.key}",
            currency="EUR",
            energy_wh=cost_minor * WH_A_CENT,
            meter_settled_wh=cost_minor * WH_A_CENT,
        )

    def meter(self, hold: Hold, cost_minor: int) -> None:
        """Energy flows, as much as costs that; what it costs is nobody's to report."""
        self.session(hold, energy_wh=cost_minor * WH_A_CENT, meter_settled_wh=cost_minor * WH_A_CENT)

    def end(self, hold: Hold, cost_minor: int) -> None:
        now = self.world.clock()
        self.session(hold, status="COMPLETED", ended_at=now, settled_at=now, cost_minor=cost_minor, currency="EUR")

    def steps(self, hold: Hold) -> dict[str, str]:
        rows = self.world.ingest("SELECT steps FROM session WHERE key = %s", hold.session_key)
        found: Any = rows[0][0]
        return {name: mark["state"] for name, mark in found.items()}

    def events(self, hold: Hold, type: str) -> int:
        return sum(event["type"] == type for event in self.double.book.account(hold.account).events)

    def pass_time(self, span: timedelta) -> None:
        """Meanwhile the sweeps made the days' leaves; the charger is silent."""
        clock = self.world.clock
        clock.at += span
        self.world.ingest("UPDATE gateway_process SET lease_until = now() - interval '1 hour'")
        with psycopg.connect(self.world.database.owner_url, autocommit=True) as connection:
            connection.execute("SELECT ensure_history_day(%s)", (clock.at.date(),))
