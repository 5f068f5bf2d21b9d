"""Keys of meters, as their operator reads them off: needs network:write."""

from uuid import UUID

from app.domain.ids import Prefix
from app.domain.scope import Permission, Scope
from app.domain.station import ChargingStation
from app.feed import Change, Noun
from app.operations.commands import Target, address, found_station, held
from app.operations.desk import Desk, Options, invalid, not_found, once, refusing
from app.pki.signed_meter import is_key
from app.store import audit, hardware, signed_meters, stations


@refusing
async def set_public_key(
    *, scope: Scope, desk: Desk, evse_id: UUID, public_key: str | None, options: Options
) -> ChargingStation:
    """The key that an EVSE's meter signs with; it is believed before anything the station says. None forgets it.

    Refuses NOT_FOUND, and INVALID_INPUT for what is no public key.
    """
    scope.require(Permission.NETWORK_WRITE)
    if public_key is not None and not is_key(public_key):
        raise invalid("That is no public key. Give its DER form in hex or base64.", "publicKey")
    target = Target(evse_id=evse_id)
    async with desk.database.transaction(scope.operator_key) as connection:
        station = await held(connection, scope, await found_station(connection, scope, target))
        evse_key, _, _ = address(station, target)
        if evse_key is None:
            raise not_found(Prefix.EVSE, evse_id, "evseId")
        values = {"id": evse_id, "publicKey": public_key}
        earlier = await once(
            connection,
            scope,
            options,
            mutation="meterPublicKeySet",
            values=values,
            subject_kind="station",
            subject_id=station.uuid,
        )
        if earlier is not None:
            return station
        await signed_meters.set_key(
            connection,
            operator_key=scope.operator_key,
            station_key=station.key,
            evse_key=evse_key,
            key=public_key,
            at=desk.now(),
        )
        await hardware.raise_version(connection, station.key)
        await audit.write(
            connection,
            scope,
            action="evse.meter_key_set",
            subject_kind="station",
            subject_id=station.uuid,
            at=desk.now(),
            after={"evse_id": evse_id, "public_key": public_key},
            reason=options.reason,
            location_key=station.location_key,
        )
        made = (await stations.by_keys(connection, scope, (station.key,)))[station.key]
    desk.feed.publish([Change(Noun.STATION, made.operator_key, made.key, made.version, made.location_key, made.key)])
    return made
