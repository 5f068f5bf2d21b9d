"""How often a station's oddities were met: one sum a batch."""

STATEMENTS: dict[str, str] = {
    # In one order, because lanes count for stations that neither of them has locked.
    "station_quirk": """INSERT INTO station_quirk (operator_key, station_key, code, repairs, last_at)
SELECT * FROM json_to_recordset(%s::json) AS x(operator_key bigint, station_key bigint, code text, repairs bigint,
    last_at timestamptz) ORDER BY station_key, code
ON CONFLICT (station_key, code) DO UPDATE SET repairs = station_quirk.repairs + excluded.repairs,
    last_at = greatest(station_quirk.last_at, excluded.last_at)""",
}
