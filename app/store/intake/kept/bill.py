"""Bills: the record of a session that is settled, and the wish to look at one again."""

_OWE = """ON CONFLICT (kind, session_key) WHERE session_key IS NOT NULL
DO UPDATE SET state = 'OWED', due_at = excluded.due_at, attempts = 0, done_at = NULL"""

STATEMENTS: dict[str, str] = {
    # What was paid by card gets a receipt; for others a person asks.
    "cdr": f"""WITH made AS (
INSERT INTO cdr (id, operator_key, location_key, session_key, tariff_key, revision, reason, credit_of, currency,
    before_taxes_minor, tax_minor, total_minor, exact_before_taxes, exact_total, energy_wh, energy_said, started_at, ended_at,
    issued_at, lines, note)
SELECT * FROM json_to_recordset(%s::json) AS x(id uuid, operator_key bigint, location_key bigint, session_key bigint,
    tariff_key bigint, revision integer, reason text, credit_of bigint, currency text, before_taxes_minor bigint,
    tax_minor bigint, total_minor bigint, exact_before_taxes text, exact_total text, energy_wh bigint, energy_said boolean,
    started_at timestamptz, ended_at timestamptz, issued_at timestamptz, lines jsonb, note text)
RETURNING operator_key, session_key, issued_at)
INSERT INTO duty (id, operator_key, kind, station_key, session_key, due_at)
SELECT gen_random_uuid(), m.operator_key, 'ISSUE_DOCUMENT', h.station_key, m.session_key, m.issued_at
FROM made m JOIN hold h ON h.session_key = m.session_key
{_OWE}""",  # noqa: S608 - a constant
    # Whatever of a settled session comes late is folded in soon, together with what else comes.
    "cdr.look": f"""INSERT INTO duty (id, operator_key, kind, station_key, session_key, due_at)
SELECT gen_random_uuid(), x.operator_key, 'CORRECT_SESSION', x.station_key, x.session_key, x.due_at
FROM json_to_recordset(%s::json) AS x(operator_key bigint, station_key bigint, session_key bigint, due_at timestamptz)
{_OWE}""",  # noqa: S608
}
