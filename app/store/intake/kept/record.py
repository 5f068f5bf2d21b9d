"""What stations say about their transactions' records."""

STATEMENTS: dict[str, str] = {
    "transaction_status": """INSERT INTO transaction_status (session_key, operator_key, station_key, ongoing,
    messages_in_queue, answered_at)
SELECT * FROM json_to_recordset(%s::json) AS x(session_key bigint, operator_key bigint, station_key bigint, ongoing boolean,
    messages_in_queue boolean, answered_at timestamptz)
ON CONFLICT (session_key) DO UPDATE SET ongoing = excluded.ongoing, messages_in_queue = excluded.messages_in_queue,
    answered_at = excluded.answered_at""",
}
