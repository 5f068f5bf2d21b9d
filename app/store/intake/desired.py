"""A station's wishes as duties work on them, and what they know of its variables."""

from datetime import datetime
from typing import Any

from app.domain.desired import DesiredState, DesiredVariable, Judged
from app.domain.device import VariablePlace
from app.store.intake.connection import IngestConnection

_COLUMNS = """d.key, d.component, d.variable, d.component_instance, d.instance, d.evse, d.connector, d.attribute, d.value,
    d.state, d.said, d.attempts, d.forgotten, d.set_at, d.tried_at"""

_UNREAD = f"SELECT {_COLUMNS} FROM desired_variable d WHERE d.station_key = %s AND d.is_due ORDER BY d.key"  # noqa: S608

# What the station said before it was asked tells nothing: it has booted since.
_READ = f"""SELECT {_COLUMNS}, (SELECT v.value FROM variable v WHERE v.station_key = d.station_key
    AND lower(v.component) = lower(d.component) AND lower(v.variable) = lower(d.variable)
    AND lower(coalesce(v.component_instance, '')) = lower(coalesce(d.component_instance, ''))
    AND lower(coalesce(v.instance, '')) = lower(coalesce(d.instance, ''))
    AND coalesce(v.evse, 0) = coalesce(d.evse, 0) AND coalesce(v.connector, 0) = coalesce(d.connector, 0)
    AND v.attribute = d.attribute AND v.reported_at >= d.asked_at)
FROM desired_variable d JOIN command c ON c.key = d.asked_key AND c.status NOT IN ('QUEUED', 'SENT')
WHERE d.station_key = %s AND d.is_due ORDER BY d.key"""  # noqa: S608

_LIMIT = """SELECT value FROM variable WHERE station_key = %s AND lower(component) = 'devicedatactrlr'
    AND lower(variable) = 'itemspermessage' AND lower(instance) = %s AND attribute = 'Actual'"""

_FORGETS = """INSERT INTO station_quirk (operator_key, station_key, code, repairs, last_at)
VALUES (%s, %s, 'FORGETS_CONFIGURATION', %s, %s)
ON CONFLICT (station_key, code) DO UPDATE SET repairs = station_quirk.repairs + excluded.repairs,
    last_at = excluded.last_at"""


def _wish(row: tuple[Any, ...], actual: str | None = None) -> DesiredVariable:
    key, component, name, component_instance, instance, evse, connector, attribute, value, state = row[:10]
    place = VariablePlace(component, name, component_instance, instance, evse, connector)
    said, attempts, forgotten, set_at, tried_at = row[10:15]
    kept = DesiredState(state)
    return DesiredVariable(key, place, attribute, value, kept, said, attempts, forgotten, set_at, tried_at, actual)


async def unread(connection: IngestConnection, station_key: int) -> list[DesiredVariable]:
    """What is due for a look."""
    rows = await (await connection.execute(_UNREAD, (station_key,))).fetchall()
    return [_wish(row) for row in rows]


async def asked(connection: IngestConnection, keys: list[int], *, command_key: int, at: datetime) -> None:
    await connection.execute(
        "UPDATE desired_variable SET asked_key = %s, asked_at = %s WHERE key = ANY(%s)", (command_key, at, keys)
    )


async def looked_at(connection: IngestConnection, station_key: int) -> list[DesiredVariable]:
    """What is due and was asked about, with what the station said; None where it said nothing."""
    rows = await (await connection.execute(_READ, (station_key,))).fetchall()
    return [_wish(row, row[-1]) for row in rows]


async def judged(connection: IngestConnection, wish: DesiredVariable, found: Judged, *, at: datetime) -> None:
    await connection.execute(
        "UPDATE desired_variable SET is_due = false, state = %s, attempts = %s, forgotten = %s, "
        "tried_at = CASE WHEN %s THEN %s ELSE tried_at END, said = CASE WHEN %s THEN NULL ELSE said END WHERE key = %s",
        (found.state, found.attempts, found.forgotten, found.tell, at, found.tell, wish.key),
    )


async def has_forgotten(
    connection: IngestConnection, *, operator_key: int, station_key: int, times: int, at: datetime
) -> None:
    await connection.execute(_FORGETS, (operator_key, station_key, times, at))


async def items_per_message(connection: IngestConnection, station_key: int, message: str, *, unsaid: int) -> int:
    """How many variables one message may name: what the station said, else ``unsaid``."""
    row = await (await connection.execute(_LIMIT, (station_key, message.lower()))).fetchone()
    said = "" if row is None else str(row[0] or "").strip()
    return min(int(said), unsaid) if said.isdecimal() and int(said) > 0 else unsaid


async def speaks_16(connection: IngestConnection, station_key: int) -> bool:
    row = await (await connection.execute("SELECT ocpp_version FROM station WHERE key = %s", (station_key,))).fetchone()
    return row is not None and row[0] == "ocpp1.6"
