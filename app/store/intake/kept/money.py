"""What the car did during a session: a set of moments, so that order and repeats change nothing."""

STATEMENTS: dict[str, str] = {
    # A charger that flaps is not followed without end.
    "session_activity": """INSERT INTO session_activity (operator_key, session_key, at, state)
SELECT * FROM json_to_recordset(%s::json) AS x(operator_key bigint, session_key bigint, at timestamptz, state text)
WHERE (SELECT count(*) FROM session_activity a WHERE a.session_key = x.session_key) < 2000
ON CONFLICT DO NOTHING""",
}
