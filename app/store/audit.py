"""What people did, written with the deed: the audit entry a person reads and the event a partner replays."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, insert, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import AuditFilter
from app.domain.operator import AuditEntry
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.store.keyset import Order, read_page
from app.store.tables import audit_entry, event_log
from app.store.within import during

_ORDER = Order(audit_entry.c.key)


async def write(
    connection: AsyncConnection,
    scope: Scope,
    *,
    action: str,
    subject_kind: str,
    subject_id: UUID,
    at: Any,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str | None = None,
    location_key: int | None = None,
) -> None:
    """``before`` and ``after`` hold the changed fields and never a secret; the event carries ``after``."""
    await connection.execute(
        insert(audit_entry).values(
            operator_key=scope.operator_key,
            at=at,
            actor=scope.caller,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            before=before,
            after=after,
            reason=reason,
        )
    )
    await connection.execute(
        insert(event_log).values(
            received_day=at.date(),
            operator_key=scope.operator_key,
            location_key=location_key,
            type=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            occurred_at=at,
            received_at=at,
            data=after or {},
        )
    )


async def search(connection: AsyncConnection, filter: AuditFilter, request: PageRequest) -> Page[AuditEntry]:
    """Newest first."""
    statement = select(audit_entry).where(
        true() if filter.subject_id is None else audit_entry.c.subject_id == filter.subject_id,
        true() if filter.actor is None else audit_entry.c.actor == filter.actor,
        during(audit_entry.c.at, filter.at),
    )
    return await read_page(connection, statement, _ORDER, request, _make)


def _text(value: object) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _make(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        key=row.key,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        before=_text(row.before),
        after=_text(row.after),
        reason=row.reason,
    )
