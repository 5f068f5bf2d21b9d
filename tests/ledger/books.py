"""Facts of one session after another written straight into the tables, and what the books must then say."""

from dataclasses import dataclass, field, replace

from app.domain.dispute import DisputeStatus
from app.domain.ledger import (
    ApplicationFeeFact,
    Book,
    CaptureFact,
    Cause,
    CdrFact,
    EntryFact,
    Fact,
    GoodwillFact,
    Lines,
    ProviderLineFact,
    RefundFact,
    TerminalFact,
    WaiverFact,
    WriteOffFact,
    lines_of,
    summed,
)
from app.domain.payout import PayoutLineKind, PayoutStatus
from tests.ground import OperatorRow, StationRow, World

_BOOKS = """SELECT l.book, sum(l.amount_minor)::bigint FROM ledger_line l JOIN ledger_posting p ON p.key = l.posting_key
    WHERE p.session_key = %s GROUP BY 1 HAVING sum(l.amount_minor) <> 0"""
_UNEVEN = """SELECT p.operator_key, p.currency, sum(l.amount_minor)::bigint FROM ledger_line l
    JOIN ledger_posting p ON p.key = l.posting_key GROUP BY 1, 2 HAVING sum(l.amount_minor) <> 0"""
_UNEVEN_POSTINGS = """SELECT p.key, sum(l.amount_minor)::bigint FROM ledger_line l JOIN ledger_posting p ON p.key = l.posting_key
    WHERE p.session_key = %s GROUP BY p.key HAVING sum(l.amount_minor) <> 0"""


def books_of(world: World, session_key: int) -> Lines:
    return {Book(book): amount for book, amount in world.rows(_BOOKS, session_key)}


def uneven(world: World) -> list[tuple]:
    """Currencies of an operator that do not sum to zero."""
    return world.rows(_UNEVEN)


def uneven_postings(world: World, session_key: int) -> list[tuple]:
    return world.rows(_UNEVEN_POSTINGS, session_key)


@dataclass
class Story:
    """One session's money; every deed writes its row as the code does, and is remembered as a fact."""

    world: World
    operator: OperatorRow
    station: StationRow
    tariff: int
    account: int
    session: int = 0
    hold: int | None = None
    captured: int = 0
    fee: int = 0
    waived: int = 0
    refunds: dict[int, RefundFact] = field(default_factory=dict)
    records: list[CdrFact] = field(default_factory=list)
    entries: list[EntryFact] = field(default_factory=list)
    lines: list[ProviderLineFact] = field(default_factory=list)
    standing: tuple[int, CdrFact] | None = None
    revision: int = 0
    terminal: TerminalFact = field(default_factory=lambda: TerminalFact(0, settled=False))
    written_off: int = 0
    payment: int | None = None

    def __post_init__(self) -> None:
        (self.session,) = self.world.one(
            "INSERT INTO session (id, operator_key, location_key, station_key, status, origin, created_at) VALUES "
            "(gen_random_uuid(), %s, %s, %s, 'COMPLETED', 'RFID', now()) RETURNING key",
            self.operator.key, self.operator.location_key, self.station.key,
        )  # fmt: skip

    def facts(self) -> list[Fact]:
        billed = None if self.standing is None else self.standing[1].before_taxes_minor + self.standing[1].tax_minor
        given = sum(refund.amount_minor for refund in self.refunds.values() if refund.succeeded)
        return [
            *self.records, *self.entries, *self.refunds.values(), *self.lines, CaptureFact(self.captured),
            ApplicationFeeFact(self.fee), WaiverFact(self.waived), GoodwillFact(self.captured, given, billed),
            self.terminal, WriteOffFact(self.written_off),
        ]  # fmt: skip

    def said(self) -> Lines:
        return summed(lines_of(fact) for fact in self.facts())

    def bill(self, net: int, tax: int) -> None:
        """A record; the one before it is credited first."""
        if self.standing is not None:
            key, former = self.standing
            self._record(CdrFact(-former.before_taxes_minor, -former.tax_minor), self.revision, key)
        self.revision += 1
        fact = CdrFact(net, tax)
        self.standing = (self._record(fact, self.revision, None), fact)

    def _record(self, fact: CdrFact, revision: int, credit_of: int | None) -> int:
        self.records.append(fact)
        (key,) = self.world.one(
            "INSERT INTO cdr (id, operator_key, location_key, session_key, tariff_key, revision, reason, credit_of, currency, "
            "before_taxes_minor, tax_minor, total_minor, exact_before_taxes, exact_total, energy_wh, energy_said, started_at, "
            "ended_at, issued_at, lines) VALUES (gen_random_uuid(), %s, %s, %s, %s, %s, 'SETTLED', %s, 'EUR', %s, %s, %s, '0', "
            "'0', 0, false, now(), now(), now(), '[]') RETURNING key",
            self.operator.key, self.operator.location_key, self.session, self.tariff, revision, credit_of,
            fact.before_taxes_minor, fact.tax_minor, fact.before_taxes_minor + fact.tax_minor,
        )  # fmt: skip
        return int(key)

    def capture(self, amount: int, fee: int) -> None:
        if self.hold is not None:
            return
        self.captured, self.fee = amount, min(fee, amount)
        (self.hold,) = self.world.one(
            "INSERT INTO hold (id, operator_key, location_key, station_key, evse_key, session_key, currency, way, status, "
            "wanted_minor, held_minor, pay_by, created_by, created_at) SELECT gen_random_uuid(), %s, %s, %s, min(key), %s, "
            "'EUR', 'CHECKOUT', 'CAPTURED', 100000, 100000, now(), 'x', now() FROM evse WHERE station_key = %s RETURNING key",
            self.operator.key, self.operator.location_key, self.station.key, self.session, self.station.key,
        )  # fmt: skip
        self._hold(captured_minor=self.captured, fee_minor=self.fee)

    def settle(self, amount: int, settled: bool) -> None:
        """What a terminal says of one payment, and says anew."""
        self.terminal = TerminalFact(amount, settled)
        (self.payment,) = self.world.one(
            "INSERT INTO settlement (operator_key, station_key, psp_ref, status, amount, amount_minor, currency, session_key, "
            "settled_at) VALUES (%s, %s, 'psp-' || %s, %s, 0, %s, 'EUR', %s, now()) ON CONFLICT (station_key, psp_ref, "
            "transaction_id, (CASE WHEN problem = 'CONTRADICTS' THEN amount END)) DO UPDATE SET status = excluded.status, amount_minor = excluded.amount_minor RETURNING key",
            self.operator.key, self.station.key, self.session, "Settled" if settled else "Failed", amount, self.session,
        )  # fmt: skip

    def write_off(self, amount: int) -> None:
        if self.payment is not None:
            self.written_off = amount
            self.world.run("UPDATE settlement SET written_off_minor = %s WHERE key = %s", amount, self.payment)

    def waive(self, amount: int) -> None:
        if self.hold is not None:
            self.waived = amount
            self._hold(waived_minor=amount)

    def _hold(self, **values: int) -> None:
        columns = ", ".join(f"{name} = %s" for name in values)
        self.world.run(f"UPDATE hold SET {columns} WHERE key = %s", *values.values(), self.hold)

    def refund(self, amount: int) -> None:
        """What is left at most: asked for, and done by the provider."""
        left = self.captured - sum(refund.amount_minor for refund in self.refunds.values())
        amount = min(amount, left)
        if self.hold is None or amount <= 0:
            return
        (key,) = self.world.one(
            "INSERT INTO refund (id, operator_key, hold_key, amount_minor, reason, created_by, created_at) VALUES "
            "(gen_random_uuid(), %s, %s, %s, 'x', 'x', now()) RETURNING key",
            self.operator.key, self.hold, amount,
        )  # fmt: skip
        self.refunds[key] = RefundFact(amount, True)
        self.world.run("UPDATE refund SET status = 'PENDING', reference = 're_' || key WHERE key = %s", key)
        self._hold(refunded_minor=sum(refund.amount_minor for refund in self.refunds.values()))
        self.world.run("UPDATE refund SET status = 'SUCCEEDED' WHERE key = %s", key)

    def refund_fails(self) -> None:
        """The newest that succeeded comes back after all; what the hold has seen stays."""
        for key in sorted(self.refunds, reverse=True):
            if self.refunds[key].succeeded:
                self.refunds[key] = replace(self.refunds[key], succeeded=False)
                self.world.run("UPDATE refund SET status = 'FAILED' WHERE key = %s", key)
                return

    def line(self, kind: PayoutLineKind, amount: int, fee: int, ours: int) -> None:
        """A line of the provider's balance that names the hold."""
        if self.hold is None:
            return
        fact = ProviderLineFact(kind, amount, fee, min(ours, fee))
        self.lines.append(fact)
        self.world.run("UPDATE hold SET reference = 'pi_' || key WHERE key = %s", self.hold)
        self.world.run(
            "INSERT INTO payout_line (id, operator_key, account, reference, kind, currency, amount_minor, fee_minor, "
            "application_fee_minor, intent, at) VALUES (gen_random_uuid(), %s, '', gen_random_uuid(), %s, 'EUR', %s, %s, %s, "
            "'pi_' || %s, now())",
            self.operator.key, kind, amount, fact.fee_minor, fact.application_fee_minor, self.hold,
        )  # fmt: skip

    def charge(self, amount: int) -> None:
        self._entry("CORRECTION" if self.entries else "CHARGE", EntryFact(-amount, False, True), self.session)

    def _entry(self, kind: str, fact: EntryFact, session: int | None) -> None:
        if fact.amount_minor:
            self.entries.append(fact)
            self.world.run(
                "INSERT INTO account_entry (operator_key, account_key, kind, amount_minor, session_key, created_by, created_at) "
                "VALUES (%s, %s, %s, %s, %s, 'x', now())",
                self.operator.key, self.account, kind, fact.amount_minor, session,
            )  # fmt: skip


def setting(world: World) -> tuple[OperatorRow, StationRow, int, int]:
    """Who sells, where, by which tariff, and who pays in advance."""
    operator = world.operator()
    station, tariff = world.station(operator, "CP-1"), world.tariff(operator)
    (account,) = world.one(
        "INSERT INTO account (id, operator_key, kind, name, country, time_zone, currency, prepaid, created_at) VALUES "
        "(gen_random_uuid(), %s, 'PRIVATE', 'Ann', 'DE', 'UTC', 'EUR', true, now()) RETURNING key",
        operator.key,
    )
    return operator, station, tariff, account


def fact_books(world: World, cause: Cause, key: int) -> Lines:
    """What a fact has posted."""
    rows = world.rows(
        "SELECT l.book, sum(l.amount_minor)::bigint FROM ledger_line l JOIN ledger_posting p ON p.key = l.posting_key "
        "WHERE p.cause = %s AND p.cause_key = %s GROUP BY 1 HAVING sum(l.amount_minor) <> 0", cause, key,
    )  # fmt: skip
    return {Book(book): amount for book, amount in rows}


def send_payout(world: World, operator: OperatorRow, amount: int, status: PayoutStatus) -> int:
    (key,) = world.one(
        "INSERT INTO payout (id, operator_key, account, reference, currency, amount_minor, status, automatic, complete, "
        "created_at, arrives_at) VALUES (gen_random_uuid(), %s, '', gen_random_uuid(), 'EUR', %s, %s, true, true, now(), now()) "
        "RETURNING key",
        operator.key, amount, status,
    )  # fmt: skip
    return int(key)


def dispute(story: Story, amount: int, status: DisputeStatus) -> int:
    """Of the story's hold."""
    (key,) = story.world.one(
        "INSERT INTO dispute (id, operator_key, hold_key, account, reference, currency, amount_minor, status, reason, "
        "created_at) VALUES (gen_random_uuid(), %s, %s, '', gen_random_uuid(), 'EUR', %s, %s, 'x', now()) RETURNING key",
        story.operator.key, story.hold, amount, status,
    )  # fmt: skip
    return int(key)
