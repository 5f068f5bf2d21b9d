"""Vouchers, needs payments:write and tariffs:write: made and retired; and whether one counts for a price."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.hold import Hold
from app.domain.ids import Prefix
from app.domain.money import is_currency
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.domain.tariff import Tariff
from app.domain.voucher import CODE_MAX, Voucher, VoucherKind, normal_code
from app.operations.desk import Desk, Options, invalid, not_found, once, refusing
from app.operations.drivers import require_whole_operator
from app.store import audit, locations, tariffs, vouchers

_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{5,29}")  # six at least: nobody guesses them one by one
_WORTH_MAX = {VoucherKind.AMOUNT: 99_999_999, VoucherKind.PERCENT: 100, VoucherKind.ENERGY: 10_000_000}
_USES_MAX = 10_000_000


@dataclass(frozen=True, slots=True)
class VoucherDraft:
    """``worth`` counts what ``kind`` says; an AMOUNT has a currency."""

    code: str
    kind: VoucherKind
    worth: int
    currency: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    uses_max: int | None = None
    uses_each_max: int | None = None
    location_ids: tuple[UUID, ...] | None = None


def _may(scope: Scope) -> None:
    require_whole_operator(scope, Permission.PAYMENTS_WRITE)
    scope.require(Permission.TARIFFS_WRITE)


def _check(draft: VoucherDraft, code: str, begins: datetime) -> None:
    if _CODE.fullmatch(code) is None:
        raise invalid(f"A code has 6 to {CODE_MAX} letters, digits and hyphens.", "code")
    if not 1 <= draft.worth <= _WORTH_MAX[draft.kind]:
        raise invalid(f"worth lies between 1 and {_WORTH_MAX[draft.kind]:,}.", "worth")
    if (draft.kind is VoucherKind.AMOUNT) != (draft.currency is not None):
        raise invalid("An AMOUNT has a currency, and nothing else has.", "currency")
    if draft.currency is not None and not is_currency(draft.currency):
        raise invalid("A currency is three capital letters (ISO 4217), such as EUR.", "currency")
    if draft.valid_until is not None and draft.valid_until <= begins:
        raise invalid("validUntil lies after validFrom.", "validUntil")
    for name, most in (("usesMax", draft.uses_max), ("usesEachMax", draft.uses_each_max)):
        if most is not None and not 1 <= most <= _USES_MAX:
            raise invalid(f"{name} lies between 1 and {_USES_MAX:,}. Leave it out for no limit.", name)


async def _places(connection: AsyncConnection, scope: Scope, draft: VoucherDraft) -> list[int] | None:
    if draft.location_ids is None:
        return None
    found = await locations.by_ids(connection, scope, draft.location_ids)
    for uuid in draft.location_ids:
        if uuid not in found:
            raise not_found(Prefix.LOCATION, uuid, "locationIds")
    if not found:
        raise invalid("Name a location, or leave locationIds out for all.", "locationIds")
    return sorted(place.key for place in found.values())


async def _found(connection: AsyncConnection, scope: Scope, uuid: UUID) -> Voucher:
    found = await vouchers.listed(connection, scope, (uuid,))
    if not found:
        raise not_found(Prefix.VOUCHER, uuid, "id")
    return found[0]


@refusing
async def create(*, scope: Scope, desk: Desk, draft: VoucherDraft, options: Options) -> Voucher:
    """Refuses NOT_FOUND for a location, INVALID_INPUT, ALREADY_REGISTERED for a code of before, LIMIT_EXCEEDED."""
    _may(scope)
    uuid, now, code = desk.new_uuid(), desk.now(), normal_code(draft.code)
    begins = draft.valid_from or now
    _check(draft, code, begins)
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection, scope, options, mutation="voucherCreate", values={"draft": repr(draft)},
            subject_kind="voucher", subject_id=uuid,
        )  # fmt: skip
        if earlier is not None:
            return await _found(connection, scope, earlier)
        if await vouchers.count(connection) >= vouchers.VOUCHERS_MAX:
            message = f"There are {vouchers.VOUCHERS_MAX} vouchers already. Retire one first: voucherRetire."
            raise Refused(Refusal(ErrorCode.LIMIT_EXCEEDED, message))
        values = {
            "id": uuid, "operator_key": scope.operator_key, "code": code, "kind": draft.kind.value,
            "worth": draft.worth, "currency": draft.currency, "valid_from": begins, "valid_until": draft.valid_until,
            "uses_max": draft.uses_max, "uses_each_max": draft.uses_each_max,
            "location_keys": await _places(connection, scope, draft), "created_at": now,
        }  # fmt: skip
        try:
            async with connection.begin_nested():
                await vouchers.add(connection, values)
        except IntegrityError:
            message = "There is, or was, a voucher with this code. Choose another one."
            raise Refused(Refusal(ErrorCode.ALREADY_REGISTERED, message, ("code",))) from None
        made = await _found(connection, scope, uuid)
        await _audit(connection, scope, desk, made, "voucher.created")
    return made


@refusing
async def retire(*, scope: Scope, desk: Desk, voucher_id: UUID) -> Voucher:
    """Nobody is quoted by it any more; what was quoted counts. Refuses NOT_FOUND."""
    _may(scope)
    async with desk.database.transaction(scope.operator_key) as connection:
        found = await _found(connection, scope, voucher_id)
        await vouchers.retire(connection, found.key, desk.now())
        await _audit(connection, scope, desk, found, "voucher.retired")
        return await _found(connection, scope, voucher_id)


async def _audit(connection: AsyncConnection, scope: Scope, desk: Desk, made: Voucher, action: str) -> None:
    await audit.write(
        connection, scope, action=action, subject_kind="voucher", subject_id=made.uuid, at=desk.now(),
        after={"code": made.code, "kind": made.kind.value, "worth": made.worth},
    )  # fmt: skip


def _refuse(code: ErrorCode, message: str) -> Refused:
    return Refused(Refusal(code, message, ("voucherCode",)))


async def priced_with(
    connection: AsyncConnection, desk: Desk, said: str, base: Tariff, *, location_key: int, at: datetime
) -> Tariff:
    """The tariff version less the voucher that somebody named.

    Refuses VOUCHER_UNKNOWN, VOUCHER_NOT_NOW, VOUCHER_NOT_HERE and VOUCHER_USED_UP.
    """
    found = await vouchers.by_code(connection, normal_code(said)[:CODE_MAX])
    if found is None:
        raise _refuse(ErrorCode.VOUCHER_UNKNOWN, "There is no such voucher. Compare the code, or leave it out.")
    if not found.is_now(at):
        raise _refuse(ErrorCode.VOUCHER_NOT_NOW, "This voucher does not count now. Leave it out.")
    if not found.is_at(location_key, base.currency):
        raise _refuse(ErrorCode.VOUCHER_NOT_HERE, "This voucher does not count here. Leave it out.")
    _check_left(found)
    return await tariffs.less_voucher(connection, base, found, desk.new_uuid())


def _check_left(found: Voucher) -> None:
    if found.uses_max is not None and found.uses >= found.uses_max:
        raise _refuse(ErrorCode.VOUCHER_USED_UP, "This voucher is used up. Ask for a price without it: quote.")


async def use(connection: AsyncConnection, voucher_key: int, hold: Hold, contact: str | None, at: datetime) -> None:
    """With the hold, in its transaction: so often in all and by one payer as it says, and never more.

    Refuses VOUCHER_USED_UP, and INVALID_INPUT where it counts by person and nobody says who.
    """
    found = await vouchers.locked(connection, voucher_key)
    _check_left(found)
    payer = _payer(hold, contact)
    if found.uses_each_max is not None:
        if payer is None:
            raise invalid("This voucher counts by person: give an e-mail address.", "contact")
        if await vouchers.uses_of(connection, voucher_key, payer) >= found.uses_each_max:
            raise _refuse(ErrorCode.VOUCHER_USED_UP, "You have used this voucher. Ask for a price without it: quote.")
    await vouchers.use(connection, found, hold.key, payer=payer, at=at)


def _payer(hold: Hold, contact: str | None) -> str | None:
    """Of an address only a digest is kept. Who reads the row must know one to recognise it; nobody proves it."""
    if hold.driver_key is not None:
        return f"driver:{hold.driver_key}"
    if contact is None:
        return None
    return hashlib.sha256(f"{hold.operator_key}:{contact.strip().lower()}".encode()).hexdigest()
