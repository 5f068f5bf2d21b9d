"""Quoting a price, needs tariffs:read: what is shown is written down, so that it can be billed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.charge_limits import least_charge
from app.domain.ids import Prefix, public_id
from app.domain.pricing import Price, price
from app.domain.quote import ENERGY_MAX_WH, MINUTES_MAX, VALIDITY, Quote, hold_of, usage_of, wish_of
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.domain.station import ChargingStation, Evse
from app.domain.tariff import Tariff
from app.domain.token import Token
from app.operations.desk import Desk, invalid, not_found
from app.operations.vouchers import priced_with
from app.store import locations, quotes, stations, tariffs, tokens

_AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class QuoteDraft:
    """Where, for whom and how much; what is left out is guessed (`app.domain.quote.wish_of`)."""

    evse_id: UUID
    token_id: UUID | None = None
    energy_wh: int | None = None
    minutes: int | None = None
    start_at: datetime | None = None
    voucher: str | None = None  # its code, as somebody typed it


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote with its price line by line."""

    quote: Quote
    price: Price


def _check(draft: QuoteDraft, now: datetime) -> None:
    if draft.energy_wh is not None and not 0 <= draft.energy_wh <= ENERGY_MAX_WH:
        raise invalid(f"energyWh lies between 0 and {ENERGY_MAX_WH:,} Wh.", "energyWh")
    if draft.minutes is not None and not 0 <= draft.minutes <= MINUTES_MAX:
        raise invalid(f"minutes lies between 0 and {MINUTES_MAX:,}, a week.", "minutes")
    if draft.start_at is not None and not now - VALIDITY <= draft.start_at <= now + _AHEAD:
        raise invalid("startAt lies in the next 30 days. Leave it out for now.", "startAt")


async def _evse(connection: AsyncConnection, scope: Scope, evse_id: UUID) -> tuple[ChargingStation, Evse]:
    owners = await stations.having(connection, scope, evse_ids=(evse_id,))
    if not owners:
        raise not_found(Prefix.EVSE, evse_id, "evseId")
    return owners[0], next(evse for evse in owners[0].evses if evse.uuid == evse_id)


async def _token(connection: AsyncConnection, token_id: UUID | None) -> Token | None:
    if token_id is None:
        return None
    found = (await tokens.by_ids(connection, (token_id,))).get(token_id)
    if found is None:
        raise not_found(Prefix.TOKEN, token_id, "tokenId")
    return found


async def _tariff(
    connection: AsyncConnection, scope: Scope, evse: Evse, place: int, group: str | None, at: datetime
) -> Tariff:
    found = await tariffs.applicable_at(connection, scope.operator_key, at=at, places=((place, evse.key, group),))
    if not found:
        message = "No tariff applies here. Assign one: tariffAssign."
        raise Refused(Refusal(ErrorCode.NOT_FOUND, message, ("evseId",), public_id(Prefix.EVSE, evse.uuid)))
    return found[place, evse.key, group]


def _hold(tariff: Tariff, priced: Price) -> int:
    """A card is asked for all the same: who pays is known by it, and what a voucher does not cover is paid with it."""
    held = hold_of(tariff, priced)
    return held if tariff.discount is None else max(held, least_charge(tariff.currency))


async def make(*, scope: Scope, desk: Desk, draft: QuoteDraft) -> Quoted:
    """Raises `Refused`: NOT_FOUND for an EVSE, a token or a price that is not there, INVALID_INPUT for odd wishes."""
    scope.require(Permission.TARIFFS_READ)
    now = desk.now()
    _check(draft, now)
    async with desk.database.transaction(scope.operator_key) as connection:
        station, evse = await _evse(connection, scope, draft.evse_id)
        place = (await locations.by_keys(connection, scope, (station.location_key,)))[station.location_key]
        token = await _token(connection, draft.token_id)
        group = None if token is None else token.group_id
        starts_at = draft.start_at or now
        tariff = await _tariff(connection, scope, evse, place.key, group, max(starts_at, now))
        if draft.voucher is not None:
            tariff = await priced_with(connection, desk, draft.voucher, tariff, location_key=place.key, at=now)
        wish = wish_of(draft.energy_wh, draft.minutes, starts_at, max_power_w=evse.max_power_w)
        usage = usage_of(wish, max_power_w=evse.max_power_w, time_zone=place.time_zone, token_group_id=group)
        priced = price(tariff, usage)
        made = await quotes.add(
            connection,
            uuid=desk.new_uuid(),
            operator_key=scope.operator_key,
            location_key=place.key,
            evse_key=evse.key,
            tariff=tariff,
            token_key=None if token is None else token.key,
            token_group_id=group,
            wish=wish,
            total_minor=priced.total_minor,
            hold_minor=_hold(tariff, priced),
            created_at=now,
            valid_until=max(starts_at, now) + VALIDITY,
        )
    return Quoted(made, priced)


async def standing(
    connection: AsyncConnection, quote_id: UUID, *, evse: Evse, token: Token | None, at: datetime
) -> Quote:
    """The quote that a start names, if it still binds us.

    Refuses NOT_FOUND, INVALID_INPUT for another EVSE or token, and QUOTE_EXPIRED when it is too old or was used.
    """
    found = await quotes.by_id(connection, quote_id)
    if found is None:
        raise not_found(Prefix.QUOTE, quote_id, "quoteId")
    if found.evse_key != evse.key:
        raise invalid("The quote is for another EVSE. Ask for one here: quote.", "quoteId")
    if found.token_key is not None and (token is None or token.key != found.token_key):
        raise invalid("The quote is for another token. Ask for one with this token: quote.", "quoteId")
    if at < found.wish.starts_at - VALIDITY:
        raise invalid("The price is for a later start. Ask for the price of now: quote.", "quoteId")
    subject = public_id(Prefix.QUOTE, quote_id)
    if at >= found.valid_until:
        message = f"The price was promised until {found.valid_until:%H:%M:%S} UTC. Ask for a new one: quote."
        raise Refused(Refusal(ErrorCode.QUOTE_EXPIRED, message, ("quoteId",), subject))
    if await quotes.is_used(connection, found.key):
        message = "A session began from this quote already. Ask for a new one: quote."
        raise Refused(Refusal(ErrorCode.QUOTE_EXPIRED, message, ("quoteId",), subject))
    return found
