"""Signed meter values that nobody has checked, with every key that may be their meter's."""

from dataclasses import dataclass

from app.domain.signed_meter import Verification
from app.store.intake.connection import IngestConnection

_AT_ONCE = 200

# The operator's own word first, then the station's variable, then what came with the value itself.
_UNCHECKED = """SELECT r.key, r.session_key, s.operator_key, s.location_key, r.data,
    ARRAY[e.meter_public_key,
        (SELECT v.value FROM variable v WHERE v.station_key = s.station_key AND v.attribute = 'Actual'
            AND ((v.component = 'FiscalMetering' AND v.variable = 'PublicKey'
                    AND (v.evse = s.evse_number OR v.evse IS NULL))
                OR (v.component = 'Configuration' AND lower(v.variable) IN
                    ('meterpublickey[' || s.evse_number || ']', 'meterpublickey' || s.evse_number, 'meterpublickey')))
            AND v.value <> '' ORDER BY v.evse NULLS LAST, length(v.variable) DESC LIMIT 1),
        r.public_key]
FROM signed_reading r JOIN session s ON s.key = r.session_key LEFT JOIN evse e ON e.key = s.evse_key
WHERE r.station_key = %s AND r.verification IS NULL AND s.ended_at IS NOT NULL
ORDER BY r.key LIMIT %s"""


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A signed value of an ended session; ``keys`` in the order in which they are believed."""

    key: int
    session_key: int
    operator_key: int
    location_key: int
    data: str
    keys: tuple[str, ...]


async def unchecked(connection: IngestConnection, station_key: int) -> list[Unchecked]:
    """At most 200 at a time: as many as this returns, as many may be left."""
    rows = await (await connection.execute(_UNCHECKED, (station_key, _AT_ONCE))).fetchall()
    return [
        Unchecked(key, session, operator, location, bytes(data).decode(), tuple(one for one in keys if one))
        for key, session, operator, location, data, keys in rows
    ]


async def is_open(connection: IngestConnection, session_key: int) -> bool:
    """Whether it still runs."""
    row = await (await connection.execute("SELECT ended_at FROM session WHERE key = %s", (session_key,))).fetchone()
    return row is not None and row[0] is None


async def checked(connection: IngestConnection, key: int, verification: Verification, with_key: str | None) -> None:
    await connection.execute(
        "UPDATE signed_reading SET verification = %s, checked_with = %s WHERE key = %s",
        (verification.value, with_key, key),
    )


_TELL = """UPDATE session s SET version = version + 1, flags = CASE
    WHEN EXISTS (SELECT FROM signed_reading r WHERE r.session_key = s.key AND r.verification = 'SIGNATURE_WRONG')
    THEN (SELECT array_agg(DISTINCT f ORDER BY f) FROM unnest(array_append(flags, %(flag)s::text)) f)
    ELSE array_remove(flags, %(flag)s::text) END
WHERE key = %(key)s RETURNING version"""


async def tell_session(connection: IngestConnection, session_key: int, flag: str) -> int:
    """The session's new version; flagged while a value of it is wrong, and no longer."""
    row = await (await connection.execute(_TELL, {"flag": flag, "key": session_key})).fetchone()
    assert row is not None
    return int(row[0])
