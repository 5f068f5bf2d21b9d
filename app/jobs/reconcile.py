"""Every operator's yesterday is reconciled once its night has come, in the operator's own time zone."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from app.domain.scope import CallerKind, Permission, Scope
from app.operations import reconciliation
from app.operations.desk import Desk
from app.store import mismatches
from app.store.intake.connection import connect
from app.store.intake.every_operator import every_operator

log = structlog.get_logger(__name__)

NIGHT_BEGINS = 2  # o'clock: what ended before midnight has been captured and has its papers
_EVERY_S = 600.0


def reconciliation_scope(operator_key: int, operator_id: UUID) -> Scope:
    """The installation itself, looking through one operator's books."""
    rights = frozenset(
        {Permission.SESSIONS_READ, Permission.NETWORK_READ, Permission.PAYMENTS_READ, Permission.PAYMENTS_WRITE}
    )
    return Scope(operator_key, operator_id, CallerKind.SYSTEM, reconciliation.BY_ITSELF, UUID(int=0), rights)


async def reconcile_yesterdays(ingest_url: str, desk: Desk) -> int:
    """How many operators' days were run. Two processes may run the same day: they find the same."""
    connection = await connect(ingest_url, autocommit=True)
    try:
        rows = await every_operator(connection)
    finally:
        await connection.close()
    done = 0
    for key, uuid in rows:
        try:
            done += await _reconcile(reconciliation_scope(key, uuid), desk, desk.now())
        except Exception:
            log.exception("reconciliation.failed", operator=key)
    return done


async def _reconcile(scope: Scope, desk: Desk, at: datetime) -> bool:
    async with desk.database.transaction(scope.operator_key) as own:
        local = at.astimezone(ZoneInfo(await mismatches.time_zone(own)))
        day = local.date() - timedelta(days=1)
        if local.hour < NIGHT_BEGINS or await mismatches.has_run(own, day):
            return False
    found = await reconciliation.run(scope=scope, desk=desk, day=day)
    log.info("reconciliation.ran", operator=scope.operator_key, day=day.isoformat(), open=found)
    return True


async def run_reconciliations(ingest_url: str, desk: Desk) -> None:
    """Until cancelled, apart from the sweeps: a long day must not keep them waiting."""
    while True:
        try:
            await reconcile_yesterdays(ingest_url, desk)
        except Exception:
            log.exception("reconciliation.failed")
        await asyncio.sleep(_EVERY_S)
