"""Issuing documents: receipts, credit notes and new invoices by themselves, invoices and statements on order.

A document that cannot be issued (nobody has said who sells, what the tax is, what a currency is worth) waits, and says
why; nothing has a number before it is committed.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.account import Account
from app.domain.cdr import Cdr
from app.domain.document import Document, DocumentKind, Draft, OwnTax, Party, Seller, Waits
from app.domain.drafting import Supply, bill, credit, statement, supplied_on
from app.domain.filter import TimeRange
from app.domain.hold import Hold, HoldStatus
from app.domain.ids import Prefix
from app.domain.papers import Paper, Trail, next_paper
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.domain.tax import BadEvidence, RateUnknown, converted, standard_rate
from app.domain.terminal import Takings
from app.domain.vat_rates import place_of
from app.operations.account_bills import PAID_BY_BALANCE, RECORDS_MAX, buyer_of, found_account, of_period
from app.operations.desk import Desk, Options, invalid, not_found, once, refusing
from app.operations.guest_letters import owe_receipt
from app.store import audit, cdrs, documents, fiscal, holds, operators, sessions, terminals

_PAPERS_MAX = 20  # of a session at once
_LINE_MAX = 200


# -- what a session owes by itself ------------------------------------------------------------------------------------


async def issue_owed(*, scope: Scope, desk: Desk, session_key: int) -> None:
    """Every document that a session owes now, in one transaction. Raises `Waits`, and then issues none of them."""
    try:
        async with desk.database.transaction(scope.operator_key) as connection:
            await documents.take_turn(connection, scope.operator_key)
            for issued in range(_PAPERS_MAX):
                paper, hold = await _owed(connection, scope, session_key)
                if paper is None:
                    if issued and hold is not None:
                        await owe_receipt(connection, desk, hold)
                    break
                await _issue_paper(connection, scope, desk, session_key, paper, hold)
            await documents.wait_no_more(connection, session_key)
    except Waits as reason:
        async with desk.database.transaction(scope.operator_key) as connection:
            await documents.wait(
                connection, session_key, operator_key=scope.operator_key, code=reason.code, message=reason.message,
                at=desk.now(),
            )  # fmt: skip
        raise


async def _owed(connection: AsyncConnection, scope: Scope, session_key: int) -> tuple[Paper | None, Hold | None]:
    standing = (await cdrs.standing(connection, scope, (session_key,))).get(session_key)
    hold = (await holds.by_sessions(connection, scope, (session_key,))).get(session_key)
    if standing is None:
        return None, hold
    taken = (await terminals.takings(connection, (session_key,))).get(session_key)
    trail = Trail(
        cdr_key=standing.key,
        total_minor=standing.total_minor,
        paid=is_paid(hold, taken, standing.total_minor),
        captured_minor=0 if hold is None else hold.captured_minor,
        refunded_minor=0 if hold is None else hold.refunded_minor,
        waived_minor=0 if hold is None else hold.waived_minor,
        bills=await documents.bills_of(connection, session_key),
    )
    return next_paper(trail), hold


def is_paid(hold: Hold | None, taken: Takings | None, total_minor: int) -> bool:
    """By card, or at a station's terminal that leaves the receipt to us."""
    if hold is None:
        return taken is not None and taken.pay(total_minor)
    captured = hold.status is HoldStatus.CAPTURED and not hold.provisional
    return captured or hold.waived_minor > 0


async def _issue_paper(
    connection: AsyncConnection, scope: Scope, desk: Desk, session_key: int, paper: Paper, hold: Hold | None
) -> None:
    if paper.bill is not None:
        found = (await documents.by_keys(connection, scope, (paper.bill.document_key,)))[paper.bill.document_key]
        draft = replace(credit(found, paper.bill.cdr_key, paper.amount_minor), account_key=found.account_key)
    else:
        standing = (await cdrs.standing(connection, scope, (session_key,)))[session_key]
        buyer = account_key = None
        if paper.like is None and hold is None:
            buyer = await terminals.buyer(connection, session_key)
        if paper.like is not None:
            former = (await documents.by_keys(connection, scope, (paper.like.document_key,)))[paper.like.document_key]
            buyer, account_key = former.buyer, former.account_key
        supplies = await _supplies(connection, [standing])
        waived = hold is not None and hold.waived_minor > 0
        draft = bill(paper.kind, supplies, await _seller(connection), buyer, waived=waived)
        draft = replace(draft, account_key=account_key)
    location_key = (await sessions.everywhere(connection, (session_key,)))[session_key].location_key
    draft = replace(
        draft, location_key=location_key, session_key=session_key, hold_key=None if hold is None else hold.key
    )
    await _issue(connection, scope, desk, draft, desk.new_uuid())


async def _supplies(connection: AsyncConnection, records: Sequence[Cdr]) -> list[Supply]:
    places = await fiscal.places_of(connection, [record.session_key for record in records])
    own = await fiscal.own_rates(connection)
    made = []
    for record in records:
        where = places[record.session_key]
        place = place_of(where.country, where.postal_code)
        try:
            rate = standard_rate(place, supplied_on(record, where.time_zone), own)
        except RateUnknown as unknown:
            raise Waits("TAX_RATE_MISSING", str(unknown)) from None
        centre = where.cost_centre or where.token_group_id
        made.append(Supply(record, where.name, place, rate, centre, where.token_group_id))
    return made


async def _seller(connection: AsyncConnection) -> Seller:
    found = await fiscal.legal(connection)
    if found is None:
        raise Waits("LEGAL_DATA_MISSING", "Nobody has said who sells. Set the operator's data with operatorLegalSet.")
    return found


async def _own_tax(connection: AsyncConnection, draft: Draft, at: datetime) -> OwnTax | None:
    """Tax is owed in the operator's own currency (directive 2006/112/EC Art. 230)."""
    own = (await operators.own(connection)).currency
    if own == draft.currency or draft.kind is DocumentKind.STATEMENT:
        return None
    day = at.date()
    found = await fiscal.exchange_rate_on(connection, draft.currency, own, day)
    if found is None:
        message = f"Nobody has said what one {draft.currency} is worth in {own} on {day}. Set it with exchangeRateSet."
        raise Waits("EXCHANGE_RATE_MISSING", message)
    return OwnTax(own, converted(draft.tax_minor, draft.currency, own, found.rate), found.rate, found.day)


async def _issue(
    connection: AsyncConnection, scope: Scope, desk: Desk, draft: Draft, uuid: UUID, reason: str | None = None
) -> None:
    at = desk.now()
    await documents.issue(
        connection,
        draft,
        uuid=uuid,
        operator_key=scope.operator_key,
        seller=await _seller(connection),
        own_tax=await _own_tax(connection, draft, at),
        at=at,
        by=scope.caller,
    )
    made = (await documents.by_ids(connection, scope, (uuid,)))[uuid]
    await audit.write(
        connection,
        scope,
        action="document.issued",
        subject_kind="document",
        subject_id=uuid,
        at=at,
        after={
            "number": made.number,
            "kind": made.kind.value,
            "totalMinor": made.total_minor,
            "currency": made.currency,
        },
        reason=reason,
        location_key=draft.location_key,
    )


# -- what a person orders ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """Which sessions or records a company pays for, and what it is spared before tax.

    Or an account, which pays for all that nobody has billed of a period; then it also says who buys.
    """

    buyer: Party | None
    session_ids: tuple[UUID, ...] = ()
    cdr_ids: tuple[UUID, ...] = ()
    discount_minor: int = 0
    account_id: UUID | None = None
    period: TimeRange | None = None


@dataclass(frozen=True, slots=True)
class StatementDraft:
    """All records of sessions that were settled from ``start`` on and before ``end``.

    Of one account or of everybody, of some groups of tokens or of all.
    """

    start: datetime
    end: datetime
    token_group_ids: tuple[str, ...] | None = None
    buyer: Party | None = None
    account_id: UUID | None = None


def _check_party(party: Party) -> None:
    for name in ("name", "address", "city", "country"):
        value = getattr(party, name)
        if not value.strip() or len(value) > _LINE_MAX or any(ord(character) < 32 for character in value):
            raise invalid(f"{name} has 1 to {_LINE_MAX} characters, on one line.", "buyer", name)
    if len(party.country) != 2 or not party.country.isalpha():
        raise invalid("country is an ISO 3166 code of two letters, such as DE.", "buyer", "country")


@refusing
async def create_invoice(*, scope: Scope, desk: Desk, draft: InvoiceDraft, options: Options) -> Document:
    """One invoice for many sessions that nobody has billed yet, all in one currency. Needs payments:write.

    For an account also drivers:read. Refuses NOT_FOUND, INVALID_INPUT, ALREADY_BILLED, CURRENCY_MISMATCH and
    DOCUMENT_WAITS.
    """
    scope.require(Permission.PAYMENTS_WRITE)
    _check_invoice(draft)
    if draft.discount_minor < 0:
        raise invalid("discountMinor is not negative.", "discountMinor")

    async def made(connection: AsyncConnection) -> Draft:
        account = await found_account(connection, scope, draft.account_id)
        if account is not None:
            assert draft.period is not None
            records = _in_one_currency(await _unbilled(connection, scope, draft.period, account))
        else:
            records = _in_one_currency(await _records(connection, scope, draft))
        if await documents.billed(connection, [record.key for record in records]):
            message = "A receipt or an invoice bills one of these already. Leave it out, or give its money back first."
            raise Refused(Refusal(ErrorCode.ALREADY_BILLED, message, ("sessionIds",)))
        if not any(record.total_minor for record in records):
            raise invalid("These sessions cost nothing: there is nothing to bill.", "sessionIds")
        if draft.discount_minor > sum(record.total_minor for record in records):
            raise invalid("discountMinor is at most the sum of what is billed.", "discountMinor")
        supplies = await _supplies(connection, records)
        buyer = draft.buyer or (None if account is None else buyer_of(account))
        seller = await _seller(connection)
        issued = bill(DocumentKind.INVOICE, supplies, seller, buyer, discount_minor=draft.discount_minor)
        if account is None:
            return issued
        notes = (*issued.notes, PAID_BY_BALANCE) if account.prepaid else issued.notes
        return replace(issued, account_key=account.key, notes=notes)

    return await _ordered(scope, desk, options, "invoiceCreate", draft, made)


def _check_invoice(draft: InvoiceDraft) -> None:
    if draft.buyer is not None:
        _check_party(draft.buyer)
    if draft.account_id is None and draft.buyer is None:
        raise invalid("Say who buys, or whose account it is.", "buyer")
    if (draft.account_id is None) != (draft.period is None):
        raise invalid("An accountId and a period go together.", "period")
    if draft.account_id is not None and (draft.session_ids or draft.cdr_ids):
        raise invalid("Name sessions, or an account with a period.", "accountId")


async def _unbilled(connection: AsyncConnection, scope: Scope, period: TimeRange, account: Account) -> list[Cdr]:
    records = await of_period(connection, scope, period, account)
    billed = await documents.billed(connection, [record.key for record in records])
    left = [record for record in records if record.key not in billed]
    if not left:
        raise invalid("Everything of this period is billed, or nothing was settled in it. Choose another.", "period")
    return sorted(left, key=lambda record: (record.started_at, record.key))


async def _records(connection: AsyncConnection, scope: Scope, draft: InvoiceDraft) -> list[Cdr]:
    if not 1 <= len(draft.session_ids) + len(draft.cdr_ids) <= RECORDS_MAX:
        raise invalid(f"Name 1 to {RECORDS_MAX:,} sessions or records.", "sessionIds")
    by_session = await sessions.by_ids(connection, scope, draft.session_ids)
    for uuid in draft.session_ids:
        if uuid not in by_session:
            raise not_found(Prefix.SESSION, uuid, "sessionIds")
    by_id = await cdrs.by_ids(connection, scope, draft.cdr_ids)
    for uuid in draft.cdr_ids:
        if uuid not in by_id:
            raise not_found(Prefix.CDR, uuid, "cdrIds")
    keys = {session.key for session in by_session.values()} | {record.session_key for record in by_id.values()}
    standing = await cdrs.standing(connection, scope, sorted(keys))
    if len(standing) != len(keys) or any(standing[one.session_key].key != one.key for one in by_id.values()):
        raise invalid("One of these has no record that counts now: it is not settled, or credited.", "sessionIds")
    return sorted(standing.values(), key=lambda record: (record.started_at, record.key))


def _in_one_currency(records: list[Cdr]) -> list[Cdr]:
    if len({record.currency for record in records}) > 1:
        message = "One document is in one currency. Make one for each."
        raise Refused(Refusal(ErrorCode.CURRENCY_MISMATCH, message, ("sessionIds",)))
    return records


@refusing
async def create_statement(*, scope: Scope, desk: Desk, draft: StatementDraft, options: Options) -> Document:
    """What a fleet's sessions cost in a period, by cost centre (the token's group): the records' sum, exactly.

    Needs payments:write. Refuses INVALID_INPUT, FILTER_TOO_BROAD, CURRENCY_MISMATCH and DOCUMENT_WAITS.
    """
    scope.require(Permission.PAYMENTS_WRITE)
    if draft.buyer is not None:
        _check_party(draft.buyer)
    if draft.start >= draft.end:
        raise invalid("The period ends after it begins.", "period")

    async def made(connection: AsyncConnection) -> Draft:
        account = await found_account(connection, scope, draft.account_id)
        records = await of_period(connection, scope, TimeRange(draft.start, draft.end), account)
        supplies = await _supplies(connection, records)
        chosen = [
            one for one in supplies if draft.token_group_ids is None or one.token_group_id in draft.token_group_ids
        ]
        if not chosen:
            raise invalid("Nothing was settled in this period. Choose another.", "period")
        if len({one.cdr.currency for one in chosen}) > 1:
            message = "The sessions of this period are in several currencies. Choose tokenGroupIds of one currency."
            raise Refused(Refusal(ErrorCode.CURRENCY_MISMATCH, message, ("period",)))
        buyer = draft.buyer
        if account is not None:
            buyer = buyer or buyer_of(account)
        key = None if account is None else account.key
        return replace(statement(chosen, buyer), location_key=None, account_key=key)

    return await _ordered(scope, desk, options, "statementCreate", draft, made)


Making = Callable[[AsyncConnection], Awaitable[Draft]]


async def _ordered(
    scope: Scope, desk: Desk, options: Options, mutation: str, wish: InvoiceDraft | StatementDraft, make: Making
) -> Document:
    uuid = desk.new_uuid()
    async with desk.database.transaction(scope.operator_key) as connection:
        await documents.take_turn(connection, scope.operator_key)
        earlier = await once(
            connection, scope, options, mutation=mutation, values={"wish": repr(wish)}, subject_kind="document",
            subject_id=uuid,
        )  # fmt: skip
        if earlier is None:
            try:
                await _issue(connection, scope, desk, await make(connection), uuid, options.reason)
            except Waits as reason:
                raise Refused(Refusal(ErrorCode.DOCUMENT_WAITS, reason.message)) from None
            except BadEvidence as bad:
                raise invalid(str(bad), "buyer", "vatNumber") from None
        wanted = earlier or uuid
        return (await documents.by_ids(connection, scope, (wanted,)))[wanted]
