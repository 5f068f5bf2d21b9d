"""Allowing a station what its profile does not, needs network:write."""

from uuid import UUID

from app.domain.quirk import QUIRKS, Quirk
from app.domain.scope import Permission, Scope
from app.domain.station import ChargingStation
from app.feed import Change, Noun
from app.operations.commands import Target, found_station, held
from app.operations.desk import Desk, Options, invalid, once, refusing
from app.store import audit, hardware, quirks, stations


@refusing
async def set_allowances(
    *, scope: Scope, desk: Desk, station_id: UUID, allowed: frozenset[Quirk], options: Options
) -> ChargingStation:
    """Allows exactly these beside the profile's. The open connection ends, because a handshake decides what counts.

    Refuses NOT_FOUND, and INVALID_INPUT for a quirk that needs no allowance.
    """
    scope.require(Permission.NETWORK_WRITE)
    async with desk.database.transaction(scope.operator_key) as connection:
        station = await held(connection, scope, await found_station(connection, scope, Target(station_id)))
        for quirk in sorted(allowed):
            if not QUIRKS[quirk].allowance:
                raise invalid(f"{quirk} is only ever observed. Leave it out; see isAllowance of quirkKinds.", "codes")
        earlier = await once(
            connection,
            scope,
            options,
            mutation="stationQuirksSet",
            values={"id": station_id, "codes": sorted(allowed)},
            subject_kind="station",
            subject_id=station_id,
        )
        if earlier is not None:
            return station
        recorded = (await quirks.of_stations(connection, scope, (station.key,)))[station.key]
        before = frozenset(one.quirk for one in recorded if one.pinned)
        await quirks.pin(
            connection, operator_key=scope.operator_key, station_key=station.key, quirks=allowed, at=desk.now()
        )
        await hardware.raise_version(connection, station.key)
        await audit.write(
            connection,
            scope,
            action="station.quirks_set",
            subject_kind="station",
            subject_id=station_id,
            at=desk.now(),
            before={"quirks": sorted(before)},
            after={"quirks": sorted(allowed)},
            reason=options.reason,
            location_key=station.location_key,
        )
        made = (await stations.by_keys(connection, scope, (station.key,)))[station.key]
    desk.feed.publish([Change(Noun.STATION, made.operator_key, made.key, made.version, made.location_key, made.key)])
    if before != allowed:
        desk.stations.close(made.key, reason="what the station is allowed has changed")
    return made
