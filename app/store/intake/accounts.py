"""What is done for an account to a session that runs: stops that were asked for, and who reads of them."""

from datetime import datetime

import orjson

from app.domain.command import OUR_OWN
from app.domain.hold import NO_TARGET, SessionTarget
from app.domain.session import Session
from app.store.intake.connection import IngestConnection


async def stop_asked_at(connection: IngestConnection, session_key: int) -> datetime | None:
    """When the newest stop of the session was asked for by ourselves."""
    row = await (
        await connection.execute(
            "SELECT max(created_at) FROM command WHERE session_key = %s AND action = 'StopTransaction' "
            "AND requested_by = %s",
            (session_key, OUR_OWN),
        )
    ).fetchone()
    return None if row is None else row[0]


async def note_stop(connection: IngestConnection, session: Session, *, rule: str, at: datetime) -> None:
    """In the audit log, as a deed of our own with the rule as its reason."""
    await connection.execute(
        "INSERT INTO audit_entry (operator_key, at, actor, action, subject_kind, subject_id, after, reason) "
        "VALUES (%s, %s, %s, 'session.stop_requested', 'session', %s, %s, %s)",
        (
            session.operator_key,
            at,
            OUR_OWN,
            session.uuid,
            orjson.dumps({"energyWh": session.energy_wh}).decode(),
            rule,
        ),
    )


async def note_cost(connection: IngestConnection, session: Session, cost_minor: int | None) -> None:
    """What it costs so far, for whoever else would use the same limit or balance."""
    await connection.execute(
        "INSERT INTO session_power (session_key, operator_key, station_key, running_cost_minor) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (session_key) DO UPDATE SET running_cost_minor = excluded.running_cost_minor",
        (session.key, session.operator_key, session.station_key, cost_minor),
    )


async def target_of(connection: IngestConnection, session_key: int) -> SessionTarget:
    """What is wanted at most of a session that no card pays."""
    row = await (
        await connection.execute(
            "SELECT target_energy_wh, target_cost_minor, target_soc_percent, target_duration_s FROM session_power "
            "WHERE session_key = %s",
            (session_key,),
        )
    ).fetchone()
    return NO_TARGET if row is None else SessionTarget(*row)
