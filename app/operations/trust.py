"""Passwords over OCPP, station certificates and logs sent to us."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import TimeRange
from app.domain.ids import Prefix
from app.domain.request import StationRequest
from app.domain.request.log import GetDiagnostics, GetLog, LogParameters, LogType
from app.domain.request.password import RotatePassword
from app.domain.scope import Permission, Scope
from app.domain.station import ChargingStation, OcppVersion
from app.feed import Change, Noun
from app.operations.commands import Sent, Target
from app.operations.desk import Desk, Options, invalid, not_found, refusing
from app.operations.passwords import checked_password, digest_of, new_password
from app.operations.requests import prepared
from app.store import audit, hardware, stations, trust

UPLOAD_WAIT = timedelta(days=2)  # a station may be busy, offline, or slow
_STATION_USE = "ChargingStationCertificate"


@refusing
async def rotate_password(
    *, scope: Scope, desk: Desk, station_id: UUID, password: str | None, options: Options
) -> Sent:
    """Sends a station its next password. The old one counts until the station has come with the new one.

    Refuses STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_FOUND.
    """
    scope.require(Permission.NETWORK_WRITE)
    chosen = new_password() if password is None else checked_password(password)
    salt, digest = digest_of(chosen)

    async def prepare(
        connection: AsyncConnection, station: ChargingStation, evse: int | None, connector: int | None
    ) -> StationRequest:
        await hardware.set_next_credentials(connection, key=station.key, salt=salt, digest=digest)
        return RotatePassword(chosen)

    return await prepared(
        scope,
        desk,
        options,
        mutation="stationPasswordRotate",
        target=Target(station_id),
        values={"password": None if password is None else hashlib.sha256(password.encode()).hexdigest()},
        prepare=prepare,
    )


async def _locked(connection: AsyncConnection, scope: Scope, station_id: UUID) -> ChargingStation:
    found = (await stations.by_ids(connection, scope, (station_id,))).get(station_id)
    if found is None or await hardware.lock(connection, found.key) is None:
        raise not_found(Prefix.STATION, station_id, "stationId")
    return found


@refusing
async def trust_certificate(
    *, scope: Scope, desk: Desk, station_id: UUID, certificate: str, options: Options
) -> ChargingStation:
    """Lets a station in with a client certificate whose name is not its own. Refuses NOT_FOUND, INVALID_INPUT."""
    scope.require(Permission.NETWORK_WRITE)
    async with desk.database.transaction(scope.operator_key) as connection:
        station = await _locked(connection, scope, station_id)
        shown, name, fingerprint = _read(certificate)
        await trust.trust_certificate(
            connection,
            operator_key=station.operator_key,
            station_key=station.key,
            values={
                "use": _STATION_USE,
                "serial_number": f"{shown.serial_number:x}",
                "fingerprint": fingerprint,
                "common_name": name,
                "not_before": shown.not_valid_before_utc,
                "not_after": shown.not_valid_after_utc,
                "since": desk.now(),
            },
        )
        await _noted(connection, scope, desk, station, "station.certificate_trusted", fingerprint, options)
        made = await _raised(connection, scope, station)
    _publish(desk, made)
    return made


def _read(pem: str) -> tuple[x509.Certificate, str, str]:
    """A certificate, its common name and its fingerprint. Raises INVALID_INPUT."""
    try:
        shown = x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise invalid("This is no certificate in PEM.", "certificate") from error
    names = shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    fingerprint = hashlib.sha256(shown.public_bytes(Encoding.DER)).hexdigest()
    return shown, str(names[0].value) if names else "", fingerprint


@refusing
async def revoke_certificate(
    *, scope: Scope, desk: Desk, station_id: UUID, fingerprint: str, options: Options
) -> ChargingStation:
    """The station is no longer let in with it, and its connection ends. Refuses NOT_FOUND, INVALID_INPUT."""
    scope.require(Permission.NETWORK_WRITE)
    async with desk.database.transaction(scope.operator_key) as connection:
        station = await _locked(connection, scope, station_id)
        known = await trust.revoke_certificate(
            connection, station_key=station.key, fingerprint=fingerprint.lower(), at=desk.now()
        )
        if not known:
            raise invalid("The station was let in with no certificate of this fingerprint.", "fingerprint")
        await _noted(connection, scope, desk, station, "station.certificate_revoked", fingerprint, options)
        made = await _raised(connection, scope, station)
    _publish(desk, made)
    desk.stations.close(made.key, reason="certificate revoked")
    return made


async def _noted(
    connection: AsyncConnection,
    scope: Scope,
    desk: Desk,
    station: ChargingStation,
    action: str,
    fingerprint: str,
    options: Options,
) -> None:
    await audit.write(
        connection,
        scope,
        action=action,
        subject_kind="station",
        subject_id=station.uuid,
        at=desk.now(),
        after={"fingerprint": fingerprint},
        reason=options.reason,
        location_key=station.location_key,
    )


async def _raised(connection: AsyncConnection, scope: Scope, station: ChargingStation) -> ChargingStation:
    await hardware.raise_version(connection, station.key)
    return (await stations.by_keys(connection, scope, (station.key,)))[station.key]


def _publish(desk: Desk, station: ChargingStation) -> None:
    desk.feed.publish(
        [Change(Noun.STATION, station.operator_key, station.key, station.version, station.location_key, station.key)]
    )


@dataclass(frozen=True, slots=True)
class LogWish:
    """Which log, and of which time."""

    kind: LogType = LogType.DIAGNOSTICS
    range: TimeRange | None = None


@refusing
async def fetch_log(*, scope: Scope, desk: Desk, station_id: UUID, wish: LogWish, options: Options) -> Sent:
    """Has a station send a log to us; the address is good for one file. 1.6 security logs need its extension.

    Refuses STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_SUPPORTED_BY_STATION, NOT_FOUND.
    """
    scope.require(Permission.COMMANDS_SEND)
    start = None if wish.range is None else wish.range.start
    end = None if wish.range is None else wish.range.end
    secret = secrets.token_urlsafe(24)
    address = f"{desk.files_url}/upload/{secret}"

    async def prepare(
        connection: AsyncConnection, station: ChargingStation, evse: int | None, connector: int | None
    ) -> StationRequest:
        plain = station.ocpp_version is OcppVersion.V16 and wish.kind is LogType.DIAGNOSTICS
        number = 0 if plain else await trust.next_request_id(connection, station.key)
        await trust.expect_log(
            connection,
            {
                "id": desk.new_uuid(),
                "operator_key": station.operator_key,
                "station_key": station.key,
                "request_id": number,
                "kind": wish.kind.value,
                "status": "Asked",
                "status_at": desk.now(),
                "asked_at": desk.now(),
                "upload_digest": hashlib.sha256(secret.encode()).digest(),
                "upload_until": (options.queue_until or desk.now()) + UPLOAD_WAIT,
            },
        )
        # 1.6's core action takes a folder and chooses the name itself; any name under the address is ours.
        if plain:
            return GetDiagnostics(address, start, end)
        return GetLog(wish.kind, number, LogParameters(address, start, end))

    return await prepared(
        scope,
        desk,
        options,
        mutation="logFetch",
        target=Target(station_id),
        values={"kind": wish.kind, "start": start, "end": end},
        prepare=prepare,
    )
