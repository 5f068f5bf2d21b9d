"""Setting up stations, needs network:write: registered or adopted, described, and given new credentials."""

from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.connector import FORMATS, POWER_TYPES, STANDARDS
from app.domain.ids import Prefix
from app.domain.location import Location
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.domain.station import ChargingStation, Lifecycle, Registration
from app.feed import Change, Noun
from app.operations import texts
from app.operations.changes import changed
from app.operations.desk import Desk, Options, conflict, invalid, not_found, once, refusing
from app.operations.passwords import checked_password, digest_of, new_password
from app.store import audit, hardware, locations, stations

_EVSES_MAX = 100
_CONNECTORS_MAX = 20
_POWER_MAX_W = 10_000_000


@dataclass(frozen=True, slots=True)
class ConnectorDraft:
    """What a person says about a plug; OCPI's words for standard, format and power type."""

    number: int
    standard: str
    format: str
    power_type: str
    max_power_w: int
    max_voltage_v: int
    max_current_a: int


@dataclass(frozen=True, slots=True)
class EvseDraft:
    number: int
    connectors: tuple[ConnectorDraft, ...]
    evse_id: str | None = None
    physical_reference: str | None = None


@dataclass(frozen=True, slots=True)
class StationDraft:
    """What a person says about a station. ``evses`` None leaves them as they are."""

    identity: str
    location_id: UUID
    name: str | None = None
    security_profile_floor: int = 1
    accepts_no_authorization: bool = False
    accepts_direct_payment: bool = False
    evses: tuple[EvseDraft, ...] | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A station with what its charger needs; ``password`` is shown by the call that made it and never again."""

    station: ChargingStation
    connect_url: str
    password: str | None


def _checked_plug(plug: ConnectorDraft, *path: str) -> None:
    if not 1 <= plug.number <= 100:
        raise invalid("A connector's number lies between 1 and 100.", *path, "number")
    for name, value, known in (
        ("standard", plug.standard, STANDARDS),
        ("format", plug.format, FORMATS),
        ("powerType", plug.power_type, POWER_TYPES),
    ):
        if value not in known:
            raise invalid(f"{name} is one of OCPI's words: {', '.join(known)}.", *path, name)
    if not 0 <= plug.max_power_w <= _POWER_MAX_W:
        raise invalid(f"maxPowerW lies between 0 and {_POWER_MAX_W}.", *path, "maxPowerW")
    for name, amount in (("maxVoltageV", plug.max_voltage_v), ("maxCurrentA", plug.max_current_a)):
        if not 0 <= amount <= 10_000:
            raise invalid(f"{name} lies between 0 and 10000.", *path, name)


def _checked_evses(evses: tuple[EvseDraft, ...]) -> None:
    if len(evses) > _EVSES_MAX:
        raise invalid(f"A station has at most {_EVSES_MAX} EVSEs.", "input", "evses")
    if len({evse.number for evse in evses}) != len(evses):
        raise invalid("Two EVSEs have the same number.", "input", "evses")
    for index, evse in enumerate(evses):
        path = ("input", "evses", str(index))
        if not 1 <= evse.number <= 1000:
            raise invalid("An EVSE's number lies between 1 and 1000.", *path, "number")
        if evse.evse_id is not None:
            texts.form("evse_id", evse.evse_id, *path, "evseId")
        texts.optional_line(evse.physical_reference, *path, "physicalReference", longest=50)
        if not 1 <= len(evse.connectors) <= _CONNECTORS_MAX:
            raise invalid(f"An EVSE has 1 to {_CONNECTORS_MAX} connectors.", *path, "connectors")
        if len({plug.number for plug in evse.connectors}) != len(evse.connectors):
            raise invalid("Two connectors of one EVSE have the same number.", *path, "connectors")
        for at, plug in enumerate(evse.connectors):
            _checked_plug(plug, *path, "connectors", str(at))


def _check(draft: StationDraft) -> None:
    texts.form("identity", draft.identity, "input", "identity")
    texts.optional_line(draft.name, "input", "name")
    if not 0 <= draft.security_profile_floor <= 3:
        raise invalid("A security profile lies between 0 and 3.", "input", "securityProfileFloor")
    _checked_evses(draft.evses or ())


async def _location(connection: AsyncConnection, scope: Scope, location_id: UUID, *path: str) -> Location:
    found = (await locations.by_ids(connection, scope, (location_id,))).get(location_id)
    if found is None:
        raise not_found(Prefix.LOCATION, location_id, *path)
    return found


async def _put_evses(
    connection: AsyncConnection,
    scope: Scope,
    desk: Desk,
    draft: StationDraft,
    *,
    key: int,
    known: dict[int, int],
) -> None:
    """Adds or describes; an EVSE or plug that is not named stays, because sessions may refer to it."""
    for evse in draft.evses or ():
        evse_key = known.get(evse.number)
        if evse_key is None:
            evse_key = await hardware.add_evse(
                connection,
                uuid=desk.new_uuid(),
                operator_key=scope.operator_key,
                station_key=key,
                number=evse.number,
                evse_id=evse.evse_id,
                physical_reference=evse.physical_reference,
            )
        else:
            await hardware.change_evse(
                connection, key=evse_key, evse_id=evse.evse_id, physical_reference=evse.physical_reference
            )
        for plug in evse.connectors:
            values = asdict(plug)
            number = values.pop("number")
            await hardware.put_connector(
                connection,
                uuid=desk.new_uuid(),
                operator_key=scope.operator_key,
                station_key=key,
                evse_key=evse_key,
                evse_number=evse.number,
                number=number,
                values=values,
            )


def _connect_url(desk: Desk, identity: str) -> str:
    return f"{desk.ocpp_url.rstrip('/')}/{identity}"


def _taken(identity: str) -> Refusal:
    # Says the same whoever has it: identities and EVSE ids are unique per installation.
    return Refusal(
        ErrorCode.ALREADY_REGISTERED,
        f"{identity!r} or one of its EVSE ids is already registered. Use others, or update the station that has them.",
        ("input", "identity"),
    )


def _publish(desk: Desk, station: ChargingStation) -> None:
    desk.feed.publish(
        [Change(Noun.STATION, station.operator_key, station.key, station.version, station.location_key, station.key)]
    )


async def _by_key(connection: AsyncConnection, scope: Scope, key: int) -> ChargingStation:
    return (await stations.by_keys(connection, scope, (key,)))[key]


async def _add(scope: Scope, desk: Desk, draft: StationDraft, options: Options, mutation: str) -> Credentials:
    _check(draft)
    # Security profile 0 has no password: whoever is on the network may say that it is this station.
    password = new_password() if draft.security_profile_floor else None
    salt, digest = (None, None) if password is None else digest_of(password)
    uuid = desk.new_uuid()
    url = _connect_url(desk, draft.identity)
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection,
            scope,
            options,
            mutation=mutation,
            values=asdict(draft),
            subject_kind="station",
            subject_id=uuid,
        )
        if earlier is not None:
            return Credentials((await stations.by_ids(connection, scope, (earlier,)))[earlier], url, None)
        if mutation == "stationAccept" and not await hardware.has_knocked(connection, draft.identity):
            message = "No charger has knocked with this identity. Register the station instead."
            raise Refused(Refusal(ErrorCode.NOT_FOUND, message, ("attemptIdentity",)))
        place = await _location(connection, scope, draft.location_id, "input", "locationId")
        key = await hardware.add_station(
            connection,
            uuid=uuid,
            operator_key=scope.operator_key,
            location_key=place.key,
            identity=draft.identity,
            name=draft.name,
            security_profile_floor=draft.security_profile_floor,
            accepts_no_authorization=draft.accepts_no_authorization,
            accepts_direct_payment=draft.accepts_direct_payment,
            lifecycle=Lifecycle.IN_SERVICE,
            salt=salt,
            digest=digest,
        )
        await _put_evses(connection, scope, desk, draft, key=key, known={})
        await hardware.claim_attempts(connection, draft.identity)
        await audit.write(
            connection,
            scope,
            action="station.registered",
            subject_kind="station",
            subject_id=uuid,
            at=desk.now(),
            after=asdict(draft),
            reason=options.reason,
            location_key=place.key,
        )
        made = await _by_key(connection, scope, key)
    _publish(desk, made)
    return Credentials(made, url, password)


@refusing
async def register(*, scope: Scope, desk: Desk, draft: StationDraft, options: Options) -> Credentials:
    """Makes the station before its charger connects. Refuses ALREADY_REGISTERED, NOT_FOUND (the location)."""
    scope.require(Permission.NETWORK_WRITE)
    try:
        return await _add(scope, desk, draft, options, "stationRegister")
    except IntegrityError as error:
        raise Refused(_taken(draft.identity)) from error


@refusing
async def accept(*, scope: Scope, desk: Desk, identity: str, location_id: UUID, options: Options) -> Credentials:
    """Adopts an identity that knocked at the door, with what it tried. Refuses as `register`, and NOT_FOUND."""
    scope.require(Permission.NETWORK_WRITE)
    try:
        return await _add(scope, desk, StationDraft(identity, location_id), options, "stationAccept")
    except IntegrityError as error:
        raise Refused(_taken(identity)) from error


async def _locked(connection: AsyncConnection, scope: Scope, station_id: UUID) -> ChargingStation:
    """The station, its row held until the transaction ends, as it is under the lock."""
    found = (await stations.by_ids(connection, scope, (station_id,))).get(station_id)
    if found is None or await hardware.lock(connection, found.key) is None:
        raise not_found(Prefix.STATION, station_id, "id")
    return await _by_key(connection, scope, found.key)


def _described(station: ChargingStation, location_id: UUID) -> dict[str, object]:
    return {
        "identity": station.identity,
        "name": station.name,
        "location_id": location_id,
        "security_profile_floor": station.security_profile_floor,
        "accepts_no_authorization": station.accepts_no_authorization,
        "accepts_direct_payment": station.accepts_direct_payment,
        "lifecycle": station.lifecycle.value,
    }


@refusing
async def update(
    *,
    scope: Scope,
    desk: Desk,
    station_id: UUID,
    if_version: int,
    draft: StationDraft,
    lifecycle: Lifecycle | None = None,
) -> ChargingStation:
    """Describes it anew; a new identity is refused, because the charger knows only the old one."""
    scope.require(Permission.NETWORK_WRITE)
    _check(draft)
    try:
        async with desk.database.transaction(scope.operator_key) as connection:
            station = await _locked(connection, scope, station_id)
            if station.version != if_version:
                raise conflict(Prefix.STATION, station_id)
            if station.identity != draft.identity:
                raise invalid("A station keeps its identity. Register the new one instead.", "input", "identity")
            place = await _location(connection, scope, draft.location_id, "input", "locationId")
            values: dict[str, object] = {
                "name": draft.name,
                "location_key": place.key,
                "security_profile_floor": draft.security_profile_floor,
                "accepts_no_authorization": draft.accepts_no_authorization,
                "accepts_direct_payment": draft.accepts_direct_payment,
                "lifecycle": (lifecycle or station.lifecycle).value,
            }
            known = {evse.number: evse.key for evse in station.evses}
            await hardware.change_station(connection, key=station.key, identity=station.identity, values=values)
            await _put_evses(connection, scope, desk, draft, key=station.key, known=known)
            [earlier_place] = await locations.ids_of(connection, (station.location_key,))
            told = {name: value for name, value in values.items() if name != "location_key"}
            before, after = changed(_described(station, earlier_place), told | {"location_id": place.uuid})
            if draft.evses is not None:
                after["evses"] = [asdict(evse) for evse in draft.evses]
            await audit.write(
                connection,
                scope,
                action="station.updated",
                subject_kind="station",
                subject_id=station_id,
                at=desk.now(),
                before=before,
                after=after,
                location_key=place.key,
            )
            made = await _by_key(connection, scope, station.key)
    except IntegrityError as error:
        raise Refused(_taken(draft.identity)) from error
    _publish(desk, made)
    return made


@refusing
async def rotate_credentials(
    *, scope: Scope, desk: Desk, station_id: UUID, options: Options, password: str | None = None
) -> Credentials:
    """A new password, ours or the caller's; the charger's open connection ends, and it must come back with it."""
    scope.require(Permission.NETWORK_WRITE)
    chosen = password is not None
    password = new_password() if password is None else checked_password(password)
    salt, digest = digest_of(password)
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection,
            scope,
            options,
            mutation="stationCredentialsRotate",
            values={"id": station_id, "chosen": chosen},
            subject_kind="station",
            subject_id=station_id,
        )
        station = await _locked(connection, scope, station_id)
        if earlier is not None:
            return Credentials(station, _connect_url(desk, station.identity), None)
        await hardware.set_credentials(connection, key=station.key, salt=salt, digest=digest)
        await audit.write(
            connection,
            scope,
            action="station.credentials_rotated",
            subject_kind="station",
            subject_id=station_id,
            at=desk.now(),
            reason=options.reason,
            location_key=station.location_key,
        )
        made = await _by_key(connection, scope, station.key)
    _publish(desk, made)
    desk.stations.close(made.key, reason="credentials rotated")
    return Credentials(made, _connect_url(desk, made.identity), password)


@refusing
async def set_registration(
    *, scope: Scope, desk: Desk, station_id: UUID, registration: Registration, options: Options
) -> ChargingStation:
    """What the station hears at its next boot; trigger a BootNotification to make that now. Refuses NOT_FOUND."""
    scope.require(Permission.NETWORK_WRITE)
    async with desk.database.transaction(scope.operator_key) as connection:
        station = await _locked(connection, scope, station_id)
        await hardware.set_registration(connection, key=station.key, registration=registration)
        await audit.write(
            connection,
            scope,
            action="station.registration_set",
            subject_kind="station",
            subject_id=station_id,
            at=desk.now(),
            before={"registration": station.registration.value},
            after={"registration": registration.value},
            reason=options.reason,
            location_key=station.location_key,
        )
        made = await _by_key(connection, scope, station.key)
    _publish(desk, made)
    return made
