"""Certificates, security events, firmware and logs, needs network:read; log files and signed readings as said."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from app.domain.filter import TimeRange
from app.domain.page import Page, PageRequest
from app.domain.scope import Permission, Scope
from app.domain.trust import (
    CertificateSigning,
    FirmwareCampaign,
    SecurityEvent,
    StationCertificate,
    StationLog,
)
from app.queries import Database
from app.store import trust


async def _of_stations(scope: Scope, database: Database, table: Table, keys: Collection[int]) -> dict[int, list[Any]]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await trust.of_stations(connection, scope, table, keys)


async def certificates(
    *, scope: Scope, database: Database, keys: Collection[int]
) -> dict[int, list[StationCertificate]]:
    return await _of_stations(scope, database, trust.CERTIFICATES, keys)


async def signings(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[CertificateSigning]]:
    return await _of_stations(scope, database, trust.SIGNINGS, keys)


async def campaigns(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[FirmwareCampaign]]:
    return await _of_stations(scope, database, trust.CAMPAIGNS, keys)


async def logs(*, scope: Scope, database: Database, keys: Collection[int]) -> dict[int, list[StationLog]]:
    return await _of_stations(scope, database, trust.LOGS, keys)


async def security_events(
    *,
    scope: Scope,
    database: Database,
    station_id: UUID | None,
    critical: bool | None,
    at: TimeRange | None,
    page: PageRequest,
) -> Page[SecurityEvent]:
    scope.require(Permission.NETWORK_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await trust.security_events(
            connection, scope, station_id=station_id, critical=critical, at=at, page=page
        )


async def log_file(*, scope: Scope, database: Database, log_id: UUID) -> StationLog | None:
    """Needs journal:read: a log may hold what the journal holds."""
    scope.require(Permission.JOURNAL_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await trust.log_by_id(connection, scope, log_id)
