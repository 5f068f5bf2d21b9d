"""Setting prices, needs tariffs:write: drafted, published, assigned; a published version never changes."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.charge_limits import BadAmount, check_charge
from app.domain.ids import Prefix, public_id
from app.domain.money import is_currency
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.domain.tariff import (
    Dimension,
    PriceLimit,
    Tariff,
    TariffElement,
    TariffState,
)
from app.domain.tariff_form import (
    elements_json,
    holidays_json,
    limit_json,
    parse_elements,
    parse_holidays,
    parse_limit,
)
from app.domain.tariff_sense import check_sense
from app.operations import texts
from app.operations.changes import changed
from app.operations.desk import Desk, Options, conflict, invalid, not_found, once, refusing
from app.store import audit, operators, tariffs


@dataclass(frozen=True, slots=True)
class TariffDraft:
    """Elements, limits and public holidays in the JSON forms that `app.domain.tariff_form` reads."""

    code: str
    currency: str
    tax_included: bool
    elements: object
    hold_amount_minor: int | None = None
    valid_from: datetime | None = None
    min_price: object = None
    max_price: object = None
    holidays: object = None


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What the JSON parts of a draft say."""

    elements: tuple[TariffElement, ...]
    min_price: PriceLimit | None
    max_price: PriceLimit | None
    holidays: frozenset[date]

    @property
    def columns(self) -> dict[str, object]:
        return {
            "elements": elements_json(self.elements),
            "min_price": limit_json(self.min_price),
            "max_price": limit_json(self.max_price),
            "holidays": holidays_json(self.holidays),
        }


def _shown(tariff: Tariff) -> dict[str, object]:
    return {
        "code": tariff.code,
        "version_number": tariff.version_number,
        "currency": tariff.currency,
        "tax_included": tariff.tax_included,
        "elements": elements_json(tariff.elements),
        "min_price": limit_json(tariff.min_price),
        "max_price": limit_json(tariff.max_price),
        "holidays": holidays_json(tariff.holidays),
        "hold_amount_minor": tariff.hold_amount_minor,
        "valid_from": tariff.valid_from,
    }


def _checked(draft: TariffDraft) -> _Parsed:
    """The draft's elements and limits, when all that it says has its form and every price can apply."""
    texts.form("code", draft.code, "input", "code")
    texts.form("currency", draft.currency, "input", "currency")
    if not is_currency(draft.currency):
        raise invalid(f"{draft.currency} is no currency that people pay with (ISO 4217).", "input", "currency")
    parsed = _Parsed(
        parse_elements(draft.elements),
        parse_limit(draft.min_price, "input", "minPrice"),
        parse_limit(draft.max_price, "input", "maxPrice"),
        parse_holidays(draft.holidays, "input", "holidays"),
    )
    check_sense(parsed.elements, holidays=parsed.holidays, min_price=parsed.min_price, max_price=parsed.max_price)
    if draft.hold_amount_minor is not None:
        try:
            check_charge(draft.hold_amount_minor, draft.currency)
        except BadAmount as error:
            raise invalid(str(error), "input", "holdAmountMinor") from None
    return parsed


async def _check_currency(connection: AsyncConnection, draft: TariffDraft) -> None:
    own = await operators.own(connection)
    if own.currency != draft.currency:
        message = f"This operator bills in {own.currency}. Draft the tariff in it."
        raise Refused(Refusal(ErrorCode.CURRENCY_MISMATCH, message, ("input", "currency")))


async def _version(connection: AsyncConnection, tariff_id: UUID) -> Tariff:
    found = (await tariffs.by_ids(connection, (tariff_id,))).get(tariff_id)
    if found is None:
        raise not_found(Prefix.TARIFF, tariff_id, "id")
    return found


@refusing
async def create(*, scope: Scope, desk: Desk, draft: TariffDraft, options: Options) -> Tariff:
    """Always a draft: the next version of its code. Refuses CURRENCY_MISMATCH and INVALID_INPUT."""
    scope.require(Permission.TARIFFS_WRITE)
    parsed = _checked(draft)
    values = {
        "code": draft.code,
        "currency": draft.currency,
        "tax": draft.tax_included,
        "hold": draft.hold_amount_minor,
        "from": draft.valid_from,
    } | parsed.columns
    uuid = desk.new_uuid()
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection, scope, options, mutation="tariffCreate", values=values, subject_kind="tariff", subject_id=uuid
        )
        if earlier is not None:
            return (await tariffs.by_ids(connection, (earlier,)))[earlier]
        await _check_currency(connection, draft)
        made = await tariffs.insert_draft(
            connection,
            uuid=uuid,
            operator_key=scope.operator_key,
            code=draft.code,
            version_number=await tariffs.next_version(connection, scope.operator_key, draft.code),
            currency=draft.currency,
            tax_included=draft.tax_included,
            columns=parsed.columns,
            hold_amount_minor=draft.hold_amount_minor,
            valid_from=draft.valid_from,
        )
        await audit.write(
            connection,
            scope,
            action="tariff.drafted",
            subject_kind="tariff",
            subject_id=uuid,
            at=desk.now(),
            after=_shown(made),
            reason=options.reason,
        )
    return made


def _immutable(tariff: Tariff) -> Refused:
    state = "retired" if tariff.state is TariffState.RETIRED else "published"
    message = (
        f"Version {tariff.version_number} of {tariff.code} is {state} and never changes. Draft a new one: tariffCreate."
    )
    return Refused(Refusal(ErrorCode.TARIFF_PUBLISHED, message, ("id",), public_id(Prefix.TARIFF, tariff.uuid)))


@refusing
async def update(*, scope: Scope, desk: Desk, tariff_id: UUID, if_version: int, draft: TariffDraft) -> Tariff:
    """Replaces what a draft says. Refuses TARIFF_PUBLISHED, VERSION_CONFLICT, CURRENCY_MISMATCH and another code."""
    scope.require(Permission.TARIFFS_WRITE)
    parsed = _checked(draft)
    async with desk.database.transaction(scope.operator_key) as connection:
        found = await _version(connection, tariff_id)
        if found.state is not TariffState.DRAFT:
            raise _immutable(found)
        if draft.code != found.code:
            raise invalid(f"A draft keeps its code, {found.code}. Draft another one: tariffCreate.", "input", "code")
        await _check_currency(connection, draft)
        made = await tariffs.change_draft(
            connection,
            found.key,
            if_version=if_version,
            currency=draft.currency,
            tax_included=draft.tax_included,
            columns=parsed.columns,
            hold_amount_minor=draft.hold_amount_minor,
            valid_from=draft.valid_from,
        )
        if made is None:
            raise conflict(Prefix.TARIFF, tariff_id)
        before, after = changed(_shown(found), _shown(made))
        await audit.write(
            connection,
            scope,
            action="tariff.updated",
            subject_kind="tariff",
            subject_id=tariff_id,
            at=desk.now(),
            before=before,
            after=after,
        )
    return made


@refusing
async def retire(*, scope: Scope, desk: Desk, tariff_id: UUID, options: Options) -> Tariff:
    """No session that begins from now on pays it, nor the version before it; running ones keep it."""
    scope.require(Permission.TARIFFS_WRITE)
    now = desk.now()
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection,
            scope,
            options,
            mutation="tariffRetire",
            values={"id": tariff_id},
            subject_kind="tariff",
            subject_id=tariff_id,
        )
        found = await _version(connection, tariff_id)
        if earlier is not None:
            return found
        made = await tariffs.retire(connection, found.key, now)
        if made is None:
            raise _immutable(found)
        await audit.write(
            connection,
            scope,
            action="tariff.retired",
            subject_kind="tariff",
            subject_id=tariff_id,
            at=now,
            before={"state": found.state.value},
            after={"state": made.state.value},
            reason=options.reason,
        )
    return made


@refusing
async def publish(
    *, scope: Scope, desk: Desk, tariff_id: UUID, valid_from: datetime | None, options: Options
) -> Tariff:
    """From ``valid_from`` (the draft's own, or now) new sessions pay it; running ones keep theirs."""
    scope.require(Permission.TARIFFS_WRITE)
    now = desk.now()
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection,
            scope,
            options,
            mutation="tariffPublish",
            values={"id": tariff_id, "from": valid_from},
            subject_kind="tariff",
            subject_id=tariff_id,
        )
        draft = await _version(connection, tariff_id)
        if earlier is not None:
            return draft
        if valid_from is not None and valid_from < now:
            raise invalid("A price is never changed backwards. Publish it from now on.", "validFrom")
        begins = max(valid_from or draft.valid_from or now, now)
        made = await tariffs.publish(connection, draft.key, begins)
        if made is None:
            raise _immutable(draft)
        await audit.write(
            connection,
            scope,
            action="tariff.published",
            subject_kind="tariff",
            subject_id=tariff_id,
            at=now,
            before={"state": TariffState.DRAFT.value},
            after={"state": TariffState.PUBLISHED.value, "valid_from": begins},
            reason=options.reason,
        )
    return made


def oddities(tariff: Tariff) -> list[str]:
    """What is allowed but worth a second look before publishing."""
    parts = [part for element in tariff.elements for part in element.components]
    found = []
    if all(part.price == 0 for part in parts):
        found.append("Every price is zero: sessions will be free.")
    if any(not part.taxes for part in parts):
        found.append("A price states no VAT: the place's standard rate is taken out of it, and asked about.")
    if not any(part.type is Dimension.ENERGY for part in parts):
        found.append("Nothing is priced per kWh; many countries require it for public charging above 50 kW (AFIR).")
    return found
