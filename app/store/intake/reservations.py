"""Reservations that are over without a car: whose waiting is billed, and by what."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.pricing import SessionRecord
from app.domain.session import Session
from app.domain.tariff import Tariff
from app.store.intake.connection import IngestConnection
from app.store.intake.read import tariff_versions
from app.store.intake.session_row import READ_COLUMNS, session_from_row

# Nobody pays for what the charger did not promise, or what it took back itself.
_OWE = """INSERT INTO duty (id, operator_key, kind, station_key, session_key, due_at)
SELECT gen_random_uuid(), s.operator_key, 'SETTLE_RESERVATION', s.station_key, s.key, %(at)s FROM session s
WHERE s.status = 'INVALID' AND s.reserved_at IS NOT NULL AND s.tariff_key IS NOT NULL AND s.settled_at IS NULL
  AND s.steps->'TRANSACTION_STARTED'->>'code' IN ('EXPIRED', 'CANCELLED')
  AND EXISTS (SELECT FROM command c WHERE c.session_key = s.key AND c.action = 'ReserveNow' AND c.answer_accepted)
  AND NOT EXISTS (SELECT FROM duty d WHERE d.kind = 'SETTLE_RESERVATION' AND d.session_key = s.key)
LIMIT 500
ON CONFLICT (kind, session_key) WHERE session_key IS NOT NULL DO NOTHING"""
_PLACE = """SELECT l.time_zone, t.group_id FROM session s JOIN location l ON l.key = s.location_key
LEFT JOIN token t ON t.key = s.token_key WHERE s.key = %s"""


@dataclass(frozen=True, slots=True)
class OverReservation:
    """A reservation, the tariff agreed when it was made, and where and by whom."""

    session: Session
    tariff: Tariff
    record: SessionRecord


async def owe_bills(connection: IngestConnection, *, at: datetime) -> None:
    """Every reservation that is over and may cost something is priced soon, once."""
    await connection.execute(_OWE, {"at": at})


async def over(connection: IngestConnection, session_key: int) -> OverReservation | None:
    """None when a car came after all, or the bill is written."""
    found = await connection.execute(
        f"SELECT {READ_COLUMNS} FROM session WHERE key = %s AND status = 'INVALID' AND settled_at IS NULL FOR UPDATE",  # noqa: S608 - constants
        (session_key,),
        binary=True,
    )
    row = await found.fetchone()
    if row is None:
        return None
    session = session_from_row(row)
    tariffs = await tariff_versions(connection, (session.tariff_key or 0,))
    place = await (await connection.execute(_PLACE, (session_key,))).fetchone()
    assert place is not None, "the session was just read"
    record = SessionRecord(time_zone=place[0], token_group_id=place[1])
    return OverReservation(session, tariffs[session.tariff_key or 0], record)
