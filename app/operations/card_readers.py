"""Card readers, needs payments:write and network:write: registered at a location, and taken away."""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.card_reader import LABEL_MAX, CardReader
from app.domain.ids import Prefix
from app.domain.location import Location
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.operations import texts
from app.operations.desk import Desk, Options, invalid, not_found, once, refusing
from app.ports.cashier import CashierUnavailable, KeyPoisoned
from app.store import audit, card_readers, holds, locations

_REFERENCE = re.compile(r"tmr_[A-Za-z0-9]{1,80}")


@dataclass(frozen=True, slots=True)
class ReaderDraft:
    """``reference`` is the provider's name of it, such as tmr_FDOt2wlRZEdpd7; ``label`` is what people call it."""

    location_id: UUID
    reference: str
    label: str


def _may(scope: Scope) -> None:
    scope.require(Permission.PAYMENTS_WRITE)
    scope.require(Permission.NETWORK_WRITE)


@refusing
async def add(*, scope: Scope, desk: Desk, draft: ReaderDraft, options: Options) -> CardReader:
    """Refuses NOT_FOUND, LIMIT_EXCEEDED, PAYMENTS_NOT_CONFIGURED and INVALID_INPUT: also for a reader that the

    provider does not know as one of the operator's account, and while the provider cannot be asked.
    """
    _may(scope)
    if _REFERENCE.fullmatch(draft.reference) is None:
        raise invalid("reference is the provider's name of the reader, such as tmr_FDOt2wlRZEdpd7.", "reference")
    label = texts.line(draft.label, "label", longest=LABEL_MAX)
    account = await _own_account(scope, desk, draft)
    uuid, now = desk.new_uuid(), desk.now()
    async with desk.database.transaction(scope.operator_key) as connection:
        values = {"location": draft.location_id, "reference": draft.reference, "label": label}
        earlier = await once(
            connection, scope, options, mutation="cardReaderAdd", values=values, subject_kind="card_reader",
            subject_id=uuid,
        )  # fmt: skip
        if earlier is not None:
            return await found_reader(connection, scope, earlier, "id")
        place = await _place(connection, scope, draft.location_id)
        if await card_readers.count(connection) >= card_readers.READERS_MAX:
            message = f"There are {card_readers.READERS_MAX} readers already. Remove one first: cardReaderRemove."
            raise Refused(Refusal(ErrorCode.LIMIT_EXCEEDED, message))
        reader = CardReader(0, uuid, scope.operator_key, place.key, account, draft.reference, label, now)
        try:
            async with connection.begin_nested():
                await card_readers.add(connection, reader)
        except IntegrityError:
            raise invalid("This reader is registered already. Remove it where it was.", "reference") from None
        await _audit(connection, scope, desk, reader, "card_reader.added")
    return reader


async def _place(connection: AsyncConnection, scope: Scope, location_id: UUID) -> Location:
    found = (await locations.by_ids(connection, scope, (location_id,))).get(location_id)
    if found is None:
        raise not_found(Prefix.LOCATION, location_id, "locationId")
    return found


async def _own_account(scope: Scope, desk: Desk, draft: ReaderDraft) -> str | None:
    """The operator's account, which the provider says the reader belongs to."""
    async with desk.database.transaction(scope.operator_key) as connection:
        await _place(connection, scope, draft.location_id)
        found = await holds.account(connection)
    if desk.knows_reader is None:
        message = "No payment provider is configured. Set VOLTGRAPH_STRIPE_KEY and start again."
        raise Refused(Refusal(ErrorCode.PAYMENTS_NOT_CONFIGURED, message))
    account = None if found is None else found.account
    try:
        known = await desk.knows_reader(account, draft.reference)
    except (CashierUnavailable, KeyPoisoned):
        raise invalid("The payment provider cannot be asked now. Try again in a minute.", "reference") from None
    if not known:
        message = (
            "The provider knows no such reader of this account. Register it there first, or see paymentAccountSet."
        )
        raise invalid(message, "reference")
    return account


@refusing
async def remove(*, scope: Scope, desk: Desk, reader_id: UUID) -> CardReader:
    """It asks nobody any more; what it asked for goes on. Refuses NOT_FOUND."""
    _may(scope)
    async with desk.database.transaction(scope.operator_key) as connection:
        reader = await found_reader(connection, scope, reader_id, "id")
        await card_readers.remove(connection, reader.key)
        await _audit(connection, scope, desk, reader, "card_reader.removed")
    return reader


async def found_reader(connection: AsyncConnection, scope: Scope, reader_id: UUID, *path: str) -> CardReader:
    """One at a location of the caller's. Refuses NOT_FOUND."""
    found = await card_readers.listed(connection, scope, (reader_id,))
    if not found:
        raise not_found(Prefix.CARD_READER, reader_id, *path)
    return found[0]


async def _audit(connection: AsyncConnection, scope: Scope, desk: Desk, reader: CardReader, action: str) -> None:
    await audit.write(
        connection, scope, action=action, subject_kind="card_reader", subject_id=reader.uuid, at=desk.now(),
        after={"reference": reader.reference, "label": reader.label}, location_key=reader.location_key,
    )  # fmt: skip
