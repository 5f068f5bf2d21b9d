"""Certificates, security events, firmware, logs and signed readings as people read and arrange them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, Select, Table, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import TimeRange
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.domain.trust import (
    CertificateOrigin,
    CertificateSigning,
    FirmwareCampaign,
    SecurityEvent,
    SigningState,
    StationCertificate,
    StationLog,
)
from app.store.keyset import Order, read_page
from app.store.tables import station
from app.store.trust_tables import (
    certificate_signing,
    firmware_update,
    security_event,
    station_certificate,
    station_log,
)
from app.store.within import allowed, allowed_station, among, during

_PER_STATION = 50  # newest ones; the event log has the rest
T = TypeVar("T")


def certificate(row: Row[Any]) -> StationCertificate:
    return StationCertificate(
        origin=CertificateOrigin(row.origin),
        use=row.use,
        serial_number=row.serial_number,
        issuer_key_hash=row.issuer_key_hash,
        issuer_name_hash=row.issuer_name_hash,
        hash_algorithm=row.hash_algorithm,
        fingerprint=row.fingerprint,
        common_name=row.common_name,
        not_before=row.not_before,
        not_after=row.not_after,
        since=row.since,
        revoked_at=row.revoked_at,
    )


def signing(row: Row[Any]) -> CertificateSigning:
    return CertificateSigning(row.use, SigningState(row.state), row.reason, row.asked_at, row.ended_at)


def campaign(row: Row[Any]) -> FirmwareCampaign:
    return FirmwareCampaign(
        request_id=row.request_id,
        publishing=row.publishing,
        location=row.location,
        status=row.status,
        status_at=row.status_at,
        began_at=row.began_at,
        published_at=tuple(row.published_at_urls),
    )


def log(row: Row[Any]) -> StationLog:
    return StationLog(
        uuid=row.id,
        operator_key=row.operator_key,
        request_id=row.request_id,
        kind=row.kind,
        status=row.status,
        status_at=row.status_at,
        asked_at=row.asked_at,
        file_name=row.file_name,
        file_bytes=row.file_bytes,
        file_sha256=row.file_sha256,
        received_at=row.received_at,
    )


_MAKERS: dict[Table, Any] = {
    station_certificate: certificate,
    certificate_signing: signing,
    firmware_update: campaign,
    station_log: log,
}
CERTIFICATES, SIGNINGS, CAMPAIGNS, LOGS = _MAKERS


async def of_stations(
    connection: AsyncConnection, scope: Scope, table: Table, keys: Collection[int]
) -> dict[int, list[Any]]:
    """The newest rows of a table by station."""
    numbered = (
        select(table, func.row_number().over(partition_by=table.c.station_key, order_by=table.c.key.desc()).label("n"))
        .where(among(table.c.station_key, keys), allowed_station(scope, table.c.station_key))
        .subquery()
    )
    rows = await connection.execute(
        select(numbered).where(numbered.c.n <= _PER_STATION).order_by(numbered.c.key.desc())
    )
    found: dict[int, list[Any]] = {key: [] for key in keys}
    for row in rows:
        found[row.station_key].append(_MAKERS[table](row))
    return found


def _event(row: Row[Any]) -> SecurityEvent:
    return SecurityEvent(
        row.key, row.station_key, row.kind, row.critical, row.tech_info, row.occurred_at, row.received_at
    )


async def security_events(
    connection: AsyncConnection,
    scope: Scope,
    *,
    station_id: UUID | None,
    critical: bool | None,
    at: TimeRange | None,
    page: PageRequest,
) -> Page[SecurityEvent]:
    """Newest first."""
    wanted: Select[Any] = select(security_event).where(
        allowed(scope, security_event.c.location_key), during(security_event.c.occurred_at, at)
    )
    if station_id is not None:
        wanted = wanted.where(
            security_event.c.station_key == select(station.c.key).where(station.c.id == station_id).scalar_subquery()
        )
    if critical is not None:
        wanted = wanted.where(security_event.c.critical == critical)
    return await read_page(connection, wanted, Order(security_event.c.key), page, _event)


async def trust_certificate(
    connection: AsyncConnection, *, operator_key: int, station_key: int, values: dict[str, object]
) -> None:
    """The station may connect with it from now on; again after it was revoked."""
    row = {"operator_key": operator_key, "station_key": station_key, "origin": "TRUSTED", **values}
    await connection.execute(
        upsert(station_certificate)
        .values(**row)
        .on_conflict_do_update(
            index_elements=["station_key", "origin", "use", "serial_number", "issuer_key_hash"],
            set_={"revoked_at": None, "fingerprint": row["fingerprint"], "not_after": row["not_after"]},
        )
    )


async def revoke_certificate(connection: AsyncConnection, *, station_key: int, fingerprint: str, at: datetime) -> bool:
    """Whether the station had such a certificate from us or its operator."""
    rows = await connection.execute(
        update(station_certificate)
        .where(
            station_certificate.c.station_key == station_key,
            station_certificate.c.fingerprint == fingerprint,
            station_certificate.c.origin.in_(("ISSUED", "TRUSTED")),
        )
        .values(revoked_at=func.coalesce(station_certificate.c.revoked_at, at))
        .returning(station_certificate.c.key)
    )
    return rows.first() is not None


async def expect_log(connection: AsyncConnection, values: dict[str, object]) -> None:
    await connection.execute(insert(station_log).values(**values))


async def next_request_id(connection: AsyncConnection, station_key: int) -> int:
    """A number no log of the station has had; the caller holds the station's row."""
    found = await connection.execute(
        select(func.coalesce(func.max(station_log.c.request_id), 0)).where(station_log.c.station_key == station_key)
    )
    return int(found.scalar_one()) % (2**31 - 1) + 1


async def find_upload(connection: AsyncConnection, digest: bytes) -> tuple[int, int, UUID] | None:
    """Key, operator and id of the log that an upload address is for; None when it is spent, late or nobody's."""
    row = (await connection.execute(text("SELECT * FROM find_upload(:digest)"), {"digest": digest})).first()
    return None if row is None else (row.key, row.operator_key, row.id)


async def received(connection: AsyncConnection, key: int, *, name: str, size: int, sha256: str, at: datetime) -> bool:
    """The file is here; False when another upload was faster."""
    rows = await connection.execute(
        update(station_log)
        .where(station_log.c.key == key, station_log.c.received_at.is_(None))
        .values(file_name=name, file_bytes=size, file_sha256=sha256, received_at=at)
        .returning(station_log.c.key)
    )
    return rows.first() is not None


async def log_by_id(connection: AsyncConnection, scope: Scope, uuid: UUID) -> StationLog | None:
    row = (
        await connection.execute(
            select(station_log).where(station_log.c.id == uuid, allowed_station(scope, station_log.c.station_key))
        )
    ).first()
    return None if row is None else log(row)
