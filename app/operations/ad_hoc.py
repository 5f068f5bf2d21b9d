"""Drivers without an account: what an EVSE costs, paying there, and stopping what they paid for.

Nobody proves anything here. What a visitor is shown is found among what is published, and what they pay for is theirs
by a secret that is given once.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access import digest, guest_scope, new_guest_token, visitor_scope
from app.domain.hold import Hold, PayWay
from app.domain.ids import MalformedId, Prefix, parse_id, public_id
from app.domain.location import Location
from app.domain.operator import Operator
from app.domain.pricing import price
from app.domain.quote import hold_of, usage_of, wish_of
from app.domain.refusal import ErrorCode, Refused
from app.domain.scope import Scope
from app.domain.station import ChargingStation, ConnectionState, Evse
from app.domain.tariff import Tariff
from app.operations import quotes, starts
from app.operations.commands import Sent, Target, found_station
from app.operations.desk import Desk, Options, invalid, not_found, once, refusing
from app.operations.holds import IntentDraft, check_draft, make_hold, watched
from app.operations.quotes import Quoted, QuoteDraft
from app.store import guests, locations, operators, sessions, stations, tariffs
from app.store.hold_shelf import payments_scope

_NAME_MAX = 100
_WAY_WAIT_S = 15
_LOOK_EVERY_S = 0.25
_HERE = ("127.0.0.1", "localhost", "[::1]")


class Availability(StrEnum):
    """All that a stranger is told of an EVSE: never who uses it, nor how."""

    AVAILABLE = "AVAILABLE"
    IN_USE = "IN_USE"
    OUT_OF_SERVICE = "OUT_OF_SERVICE"
    UNREACHABLE = "UNREACHABLE"


@dataclass(frozen=True, slots=True)
class Offer:
    """A published EVSE as somebody sees it who stands before it; ``tariff`` None: nothing is for sale here."""

    operator: Operator
    location: Location
    station: ChargingStation
    evse: Evse
    availability: Availability
    tariff: Tariff | None
    hold_minor: int | None


@dataclass(frozen=True, slots=True)
class Paying:
    """A hold, and the secret that leads back to it; it is told once."""

    hold: Hold
    guest_token: str


async def _find(desk: Desk, name: str) -> tuple[Scope, UUID] | None:
    """By public id or by what is on the sticker; None for what is absent, unpublished or not in service."""
    if not 1 <= len(name) <= _NAME_MAX or "\0" in name:
        return None
    try:
        uuid = parse_id(Prefix.EVSE, name)
    except MalformedId:
        uuid = None
    async with desk.database.lookup() as connection:
        row = await guests.find_evse(connection, uuid=uuid, sticker=None if uuid else name)
    return None if row is None else (visitor_scope(row.operator_key, row.operator_id), row.evse_id)


async def place_of(desk: Desk, evse_id: UUID) -> Scope:
    """What a visitor at an EVSE may do. Refuses NOT_FOUND for one that is not shown."""
    found = await _find(desk, public_id(Prefix.EVSE, evse_id))
    if found is None:
        raise not_found(Prefix.EVSE, evse_id, "evseId")
    return found[0]


async def offer(*, desk: Desk, name: str) -> Offer | None:
    """What stands on the sticker, case and separators aside, or the EVSE's id; None alike for all that is not shown."""
    found = await _find(desk, name)
    if found is None:
        return None
    scope, evse_id = found
    now = desk.now()
    async with desk.database.transaction(scope.operator_key) as connection:
        owners = await stations.having(connection, scope, evse_ids=(evse_id,))
        if not owners:  # unpublished in between
            return None
        station = owners[0]
        evse = next(one for one in station.evses if one.uuid == evse_id)
        place = (await locations.by_keys(connection, scope, (station.location_key,)))[station.location_key]
        wanted = (place.key, evse.key, None)
        tariff = (await tariffs.applicable_at(connection, scope.operator_key, at=now, places=(wanted,))).get(wanted)
        return Offer(
            operator=await operators.own(connection),
            location=place,
            station=station,
            evse=evse,
            availability=await _availability(connection, station, evse, now),
            tariff=tariff,
            hold_minor=None if tariff is None else _usual_hold(tariff, evse, place, now),
        )


async def _availability(
    connection: AsyncConnection, station: ChargingStation, evse: Evse, at: datetime
) -> Availability:
    try:
        await starts.check_free(connection, station, evse)
    except Refused as no:
        busy = no.refusal.code is ErrorCode.EVSE_BUSY
        return Availability.IN_USE if busy else Availability.OUT_OF_SERVICE
    if await guests.is_being_paid(connection, evse.key, at):
        return Availability.IN_USE
    online = station.link.state is ConnectionState.ONLINE
    return Availability.AVAILABLE if online else Availability.UNREACHABLE


def _usual_hold(tariff: Tariff, evse: Evse, place: Location, now: datetime) -> int:
    wish = wish_of(None, None, now, max_power_w=evse.max_power_w)
    usage = usage_of(wish, max_power_w=evse.max_power_w, time_zone=place.time_zone, token_group_id=None)
    return hold_of(tariff, price(tariff, usage))


async def quote(*, desk: Desk, draft: QuoteDraft) -> Quoted:
    """A price for somebody unknown. Raises `Refused` as `app.operations.quotes.make` does."""
    if draft.token_id is not None:
        raise not_found(Prefix.TOKEN, draft.token_id, "tokenId")
    return await quotes.make(scope=await place_of(desk, draft.evse_id), desk=desk, draft=draft)


def _check_return(desk: Desk, url: str) -> None:
    """A payment leads back to our own page or to one that the installation trusts: never to whoever made the link."""
    try:
        parts = urlsplit(url)
        own = urlsplit(desk.files_url)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        ours = {f"{own.scheme}://{own.netloc}".lower()}
        if own.hostname in ("127.0.0.1", "localhost", "::1", "0.0.0.0"):  # noqa: S104 - compared, not bound
            ours |= {f"{own.scheme}://{host}:{own.port}" for host in _HERE}
    except ValueError:
        raise invalid("returnUrl is no address.", "returnUrl") from None
    if origin not in ours | {one.lower() for one in desk.page_origins}:
        message = "returnUrl is an address of this installation, or of a page in VOLTGRAPH_ALLOWED_ORIGINS."
        raise invalid(message, "returnUrl")


async def _ask_for_way(scope: Scope, desk: Desk, draft: IntentDraft, wait_s: int) -> bool:
    """Who began to pay here and fell silent loses the EVSE; whether they did.

    Asked only for a wish that nothing else stands against. We go on once the provider takes the other's money no more.
    If that takes longer, EVSE_BUSY says so, and a repeat under the same key finds the way free.
    """
    async with desk.database.transaction(scope.operator_key) as connection:
        station = await found_station(connection, scope, Target(evse_id=draft.evse_id))
        evse = next(one for one in station.evses if one.uuid == draft.evse_id)
        silent = await guests.silent_at(connection, evse.key, draft.quote_id, at=desk.now())
        if silent is None:
            return False
        await guests.give_way(connection, silent, at=desk.now())
    desk.hurry()
    loop = asyncio.get_running_loop()
    ends = loop.time() + min(wait_s, _WAY_WAIT_S)
    while loop.time() < ends:
        await asyncio.sleep(_LOOK_EVERY_S)
        async with desk.database.transaction(scope.operator_key) as connection:
            if not await guests.is_open(connection, silent):
                break
    return True


@refusing
async def create_intent(*, desk: Desk, draft: IntentDraft, options: Options) -> Paying:
    """A hold for somebody unknown, who names a quote that only they know.

    Refuses as `app.operations.holds.create_intent` does; the subject of QUOTE_EXPIRED is a fresh quote.
    """
    check_draft(desk, draft)
    if draft.way is PayWay.SAVED_CARD:
        raise invalid("A saved card needs its owner's token. Use CHECKOUT or ELEMENT.", "way")
    _check_return(desk, draft.return_url)
    place = await place_of(desk, draft.evse_id)
    # A key is the visitor's own: two of them have different quotes.
    scope = replace(place, caller=f"visitor:{public_id(Prefix.QUOTE, draft.quote_id)}")
    secret = new_guest_token()
    try:
        hold_id = await _promised(scope, desk, draft, options, secret)
    except Refused as no:
        if no.refusal.code is not ErrorCode.QUOTE_EXPIRED:
            raise
        fresh = await quotes.make(scope=place, desk=desk, draft=QuoteDraft(draft.evse_id))
        subject = public_id(Prefix.QUOTE, fresh.quote.uuid)
        raise Refused(replace(no.refusal, subject=subject)) from None
    desk.hurry()
    async with desk.database.lookup() as connection:
        guest = await guests.by_digest(connection, digest(secret))
    assert guest is not None  # written above
    hold = await watched(guest_scope(guest), desk, hold_id, options, lambda hold: hold.known_to_provider)
    return Paying(hold, secret)


async def _promised(scope: Scope, desk: Desk, draft: IntentDraft, options: Options, secret: str) -> UUID:
    """The hold, at an EVSE that somebody silent may have to give up first."""
    try:
        return await _written(scope, desk, draft, options, secret)
    except Refused as no:
        if no.refusal.code is not ErrorCode.EVSE_BUSY or not await _ask_for_way(scope, desk, draft, options.wait_s):
            raise
    return await _written(scope, desk, draft, options, secret)


async def _written(scope: Scope, desk: Desk, draft: IntentDraft, options: Options, secret: str) -> UUID:
    """The hold of this key, new or not, with the visitor's way to it."""
    uuid = desk.new_uuid()
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection, scope, options, mutation="chargeIntentCreate", values=draft.values, subject_kind="hold",
            subject_id=uuid,
        )  # fmt: skip
        if earlier is None:
            await make_hold(connection, scope, desk, draft, uuid)
        key = await guests.hold_key(connection, earlier or uuid)
        await guests.let_in(
            connection, uuid=desk.new_uuid(), operator_key=scope.operator_key, hold_key=key, digest=digest(secret),
            at=desk.now(),
        )  # fmt: skip
    return earlier or uuid


@refusing
async def stop(*, scope: Scope, desk: Desk, session_id: UUID, options: Options) -> Sent:
    """A guest stops their own session. Refuses as `app.operations.starts.stop` does."""
    async with desk.database.transaction(scope.operator_key) as connection:
        if session_id not in await sessions.by_ids(connection, scope, (session_id,)):
            raise not_found(Prefix.SESSION, session_id, "sessionId")
    doer = replace(payments_scope(scope.operator_key, scope.operator_id), caller=scope.caller)
    sent = await starts.stop(scope=doer, desk=desk, session_id=session_id, options=options)
    if not isinstance(sent, Sent):
        raise Refused(sent)
    return sent
