# ruff: noqa: S608 - only constants of this module are spliced in
"""What stations hold for us: local lists, reservations, charging profiles, tariffs and grid controls.

Each statement takes the rows of a batch as one JSON parameter. A name with a dot is not a table but a deed on it, done
before or after the table's own rows as the order here says.
"""

_WHO = "operator_key bigint, station_key bigint"


def _upsert(table: str, key: str, columns: str, types: str, *, keep: tuple[str, ...] = ()) -> str:
    """Inserts or replaces; a column in ``keep`` keeps its old value when the new one is null."""
    names = [name.strip() for name in columns.split(",")]
    changed = [name for name in names if name not in key.replace(" ", "").split(",")]
    assignments = ", ".join(
        f"{name} = coalesce(excluded.{name}, {table}.{name})" if name in keep else f"{name} = excluded.{name}"
        for name in changed
    )
    return f"""INSERT INTO {table} (operator_key, station_key, {columns})
SELECT operator_key, station_key, {columns} FROM json_to_recordset(%s::json) AS x({_WHO}, {types})
ON CONFLICT ({key}) DO UPDATE SET {assignments}"""


def _unless_settled(*names: str) -> str:
    """Assignments to a settlement ``t``; one that is settled with an amount that can be keeps what it has."""
    settled = "t.status = 'Settled' AND t.amount_minor IS NOT NULL"
    return ", ".join(f"{name} = CASE WHEN {settled} THEN t.{name} ELSE excluded.{name} END" for name in names)


# Which rows criteria mean: what is null does not matter.
_PROFILE_MATCH = """p.station_key = x.station_key AND (x.profile_ids IS NULL OR p.profile_id = ANY(x.profile_ids))
    AND (x.sources IS NULL OR p.source = ANY(x.sources)) AND (x.evse_number IS NULL OR p.evse_number = x.evse_number)
    AND (x.purpose IS NULL OR p.purpose = x.purpose) AND (x.stack_level IS NULL OR p.stack_level = x.stack_level)
    AND (x.except_id IS NULL OR p.profile_id <> x.except_id)"""
_PROFILE_CRITERIA = """station_key bigint, profile_ids integer[], sources text[], evse_number integer, purpose text,
    stack_level integer, except_id integer, request_id integer"""
_CONTROL_MATCH = """c.station_key = x.station_key AND (x.control_id IS NULL OR c.control_id = x.control_id)
    AND (x.control_type IS NULL OR c.control_type = x.control_type)
    AND (x.is_default IS NULL OR c.is_default = x.is_default)"""
_CONTROL_CRITERIA = "station_key bigint, control_id text, control_type text, is_default boolean, request_id integer"

STATEMENTS: dict[str, str] = {
    "charging_profile.clear": f"""DELETE FROM charging_profile p
USING json_to_recordset(%s::json) AS x({_PROFILE_CRITERIA}) WHERE {_PROFILE_MATCH}""",
    "charging_profile.doubt": f"""UPDATE charging_profile p SET doubted_by = x.request_id
FROM json_to_recordset(%s::json) AS x({_PROFILE_CRITERIA}) WHERE {_PROFILE_MATCH}""",
    "charging_profile": _upsert(
        "charging_profile",
        "station_key, source, profile_id",
        "source, profile_id, evse_number, purpose, stack_level, transaction_id, profile, dynamic, command_id, set_at, "
        "reported_at, doubted_by",
        "source text, profile_id integer, evse_number integer, purpose text, stack_level integer, transaction_id text, "
        "profile jsonb, dynamic jsonb, command_id uuid, set_at timestamptz, reported_at timestamptz, doubted_by integer",
        keep=("command_id", "set_at", "reported_at"),
    ),
    "charging_profile.move": """UPDATE charging_profile p SET dynamic = coalesce(p.dynamic, '{}') || x.dynamic
FROM json_to_recordset(%s::json) AS x(station_key bigint, profile_id integer, dynamic jsonb)
WHERE p.station_key = x.station_key AND p.profile_id = x.profile_id AND p.source = 'CSO'""",
    "charging_profile.forget": """DELETE FROM charging_profile p
USING json_to_recordset(%s::json) AS x(station_key bigint, request_id integer)
WHERE p.station_key = x.station_key AND p.doubted_by = x.request_id""",
    # A transaction that goes on after a reboot is given its profiles again, unless the station keeps them (2.1 E17.FR.15).
    # One that was given a moment ago, or is on its way, is not given twice.
    "charging_profile.again": """INSERT INTO command (id, operator_key, station_key, session_key, action, body, status,
    effect, requested_by, reason, created_at, deadline, queue_until)
SELECT gen_random_uuid(), p.operator_key, p.station_key, x.session_key, 'SetChargingProfile',
    jsonb_build_object('evse_id', p.evse_number, 'charging_profile', p.profile), 'QUEUED', 'NOT_EXPECTED', 'voltgraph',
    'the transaction goes on after an interruption', x.at, x.deadline, x.deadline
FROM json_to_recordset(%s::json) AS x(station_key bigint, session_key bigint, transaction_id text, at timestamptz,
    deadline timestamptz)
JOIN charging_profile p ON p.station_key = x.station_key AND p.transaction_id = x.transaction_id AND p.source = 'CSO'
    AND p.purpose = 'TxProfile'
WHERE NOT EXISTS (SELECT FROM variable v WHERE v.station_key = x.station_key AND lower(v.component) = 'smartchargingctrlr'
    AND lower(v.variable) = 'chargingprofilepersistence' AND lower(v.instance) = 'txprofile' AND v.attribute = 'Actual'
    AND lower(v.value) = 'true')
AND NOT EXISTS (SELECT FROM command c WHERE c.station_key = x.station_key AND c.action = 'SetChargingProfile'
    AND c.status IN ('QUEUED', 'SENT') AND c.deadline > x.at
    AND c.body #>> '{charging_profile,transaction_id}' = x.transaction_id)""",
    "charging_limit": _upsert(
        "charging_limit",
        "station_key, evse_number, source",
        "evse_number, source, is_grid_critical, is_local_generation, schedules, notified_at",
        "evse_number integer, source text, is_grid_critical boolean, is_local_generation boolean, schedules jsonb, "
        "notified_at timestamptz",
    ),
    "charging_limit.clear": """DELETE FROM charging_limit l
USING json_to_recordset(%s::json) AS x(station_key bigint, evse_number integer, source text)
WHERE l.station_key = x.station_key AND l.source = x.source AND x.evse_number IN (0, l.evse_number)""",
    "session_power": _upsert(
        "session_power",
        "session_key",
        "session_key, needs, needs_at, max_schedule_tuples, ev_schedule, ev_schedule_at, selected_schedule_id, "
        "tolerance_accepted, priority, priority_at, allowed_transfer, tariff_id, plan_wanted_at, plan_refusals, "
        "limit_told, limit_said",
        "session_key bigint, needs jsonb, needs_at timestamptz, max_schedule_tuples integer, ev_schedule jsonb, "
        "ev_schedule_at timestamptz, selected_schedule_id integer, tolerance_accepted boolean, priority boolean, "
        "priority_at timestamptz, allowed_transfer text[], tariff_id text, plan_wanted_at timestamptz, "
        "plan_refusals integer, limit_told jsonb, limit_said jsonb",
        keep=(
            "needs",
            "needs_at",
            "max_schedule_tuples",
            "ev_schedule",
            "ev_schedule_at",
            "selected_schedule_id",
            "tolerance_accepted",
            "priority",
            "priority_at",
            "allowed_transfer",
            "tariff_id",
            "plan_wanted_at",
            "plan_refusals",
            "limit_told",
            "limit_said",
        ),
    ),
    "station.limits_told": """UPDATE station s SET limits_due = false
FROM json_to_recordset(%s::json) AS x(station_key bigint) WHERE s.key = x.station_key""",
    "station_cost": _upsert(
        "station_cost",
        "session_key",
        "session_key, details, said_at",
        "session_key bigint, details jsonb, said_at timestamptz",
    ),
    # A list is what it was plus what a differential says, provided that was the very list it was made for.
    "local_list": f"""INSERT INTO local_list AS l (operator_key, station_key, list_version, entries, in_step, last_status,
    sent_at)
SELECT operator_key, station_key, list_version, coalesce(entries, '{{}}'), in_step, last_status, sent_at
FROM json_to_recordset(%s::json) AS x({_WHO}, list_version integer, base_version integer, entries jsonb, removed text[],
    in_step boolean, last_status text, sent_at timestamptz)
ON CONFLICT (station_key) DO UPDATE SET list_version = excluded.list_version, entries = excluded.entries,
    in_step = excluded.in_step, last_status = excluded.last_status, sent_at = excluded.sent_at""",
    "local_list.change": """UPDATE local_list l SET
    list_version = CASE WHEN l.list_version = x.base_version THEN x.list_version END,
    entries = CASE WHEN l.list_version = x.base_version THEN (l.entries || x.entries) - x.removed ELSE l.entries END,
    in_step = x.in_step AND l.list_version IS NOT DISTINCT FROM x.base_version, last_status = x.last_status,
    sent_at = x.sent_at
FROM json_to_recordset(%s::json) AS x(station_key bigint, list_version integer, base_version integer, entries jsonb,
    removed text[], in_step boolean, last_status text, sent_at timestamptz)
WHERE l.station_key = x.station_key""",
    "local_list.doubt": """UPDATE local_list l SET list_version = NULL, in_step = false, last_status = x.last_status
FROM json_to_recordset(%s::json) AS x(station_key bigint, last_status text) WHERE l.station_key = x.station_key""",
    "local_list.check": """UPDATE local_list l SET checked_at = x.checked_at,
    in_step = l.in_step AND l.list_version IS NOT DISTINCT FROM x.list_version,
    list_version = CASE WHEN l.list_version = x.list_version THEN l.list_version END
FROM json_to_recordset(%s::json) AS x(station_key bigint, list_version integer, checked_at timestamptz)
WHERE l.station_key = x.station_key""",
    "local_list.bounds": f"""INSERT INTO local_list AS l (operator_key, station_key, max_entries, max_message)
SELECT operator_key, station_key, max_entries, max_message
FROM json_to_recordset(%s::json) AS x({_WHO}, max_entries integer, max_message integer)
ON CONFLICT (station_key) DO UPDATE SET max_entries = coalesce(excluded.max_entries, l.max_entries),
    max_message = coalesce(excluded.max_message, l.max_message)""",
    # Whoever comes back is asked what list it holds, if it was ever given one.
    "local_list.ask": """INSERT INTO command (id, operator_key, station_key, action, body, status, effect, requested_by,
    reason, created_at, deadline, queue_until)
SELECT x.id, l.operator_key, l.station_key, 'GetLocalListVersion', '{}', 'QUEUED', 'NOT_EXPECTED', 'system',
    'the station is back', x.at, x.deadline, x.deadline
FROM json_to_recordset(%s::json) AS x(id uuid, station_key bigint, at timestamptz, deadline timestamptz)
JOIN local_list l ON l.station_key = x.station_key AND l.list_version IS NOT NULL
WHERE NOT EXISTS (SELECT FROM command c WHERE c.station_key = l.station_key AND c.action = 'GetLocalListVersion'
    AND c.status IN ('QUEUED', 'SENT') AND c.deadline > x.at)""",
    # Somebody whom a station has forgotten comes off its list by a message of our own.
    "local_list.forget": """INSERT INTO command (id, operator_key, station_key, action, body, status, effect, requested_by,
    reason, created_at, deadline, queue_until)
SELECT x.id, l.operator_key, l.station_key, 'SendLocalList', jsonb_build_object('version_number', l.list_version + 1,
        'update_type', 'Differential', 'local_authorization_list', jsonb_build_array(jsonb_build_object('id_token',
        jsonb_build_object('id_token', x.uid, 'type', x.type, 'additional_info', '[]'::jsonb), 'id_token_info', NULL))),
    'QUEUED', 'NOT_EXPECTED', 'voltgraph', 'the station has forgotten this customer', x.at, x.deadline, x.deadline
FROM json_to_recordset(%s::json) AS x(id uuid, station_key bigint, uid text, type text, at timestamptz,
    deadline timestamptz)
JOIN local_list l ON l.station_key = x.station_key AND l.list_version IS NOT NULL AND l.entries ? x.uid""",
    "station_tariff.clear": """DELETE FROM station_tariff t
USING json_to_recordset(%s::json) AS x(station_key bigint, tariff_id text, evse_number integer, kind text,
    except_id text)
WHERE t.station_key = x.station_key AND (x.tariff_id IS NULL OR t.tariff_id = x.tariff_id)
    AND (x.evse_number IS NULL OR t.evse_number = x.evse_number) AND (x.kind IS NULL OR t.kind = x.kind)
    AND (x.except_id IS NULL OR t.tariff_id <> x.except_id)""",
    "station_tariff": _upsert(
        "station_tariff",
        "station_key, tariff_id, evse_number",
        "tariff_id, evse_number, kind, transaction_id, tariff, set_at, reported_at",
        "tariff_id text, evse_number integer, kind text, transaction_id text, tariff jsonb, set_at timestamptz, "
        "reported_at timestamptz",
        keep=("transaction_id", "tariff", "set_at", "reported_at"),
    ),
    "der_control.clear": f"""DELETE FROM der_control c
USING json_to_recordset(%s::json) AS x({_CONTROL_CRITERIA}) WHERE {_CONTROL_MATCH}""",
    "der_control.doubt": f"""UPDATE der_control c SET doubted_by = x.request_id
FROM json_to_recordset(%s::json) AS x({_CONTROL_CRITERIA}) WHERE {_CONTROL_MATCH}""",
    "der_control": _upsert(
        "der_control",
        "station_key, control_id",
        "control_id, control_type, is_default, is_superseded, control, set_at, reported_at, doubted_by",
        "control_id text, control_type text, is_default boolean, is_superseded boolean, control jsonb, "
        "set_at timestamptz, reported_at timestamptz, doubted_by integer",
        keep=("set_at", "reported_at"),
    ),
    "der_control.start": """UPDATE der_control c SET started = x.started, started_at = x.at
FROM json_to_recordset(%s::json) AS x(station_key bigint, control_id text, started boolean, at timestamptz)
WHERE c.station_key = x.station_key AND c.control_id = x.control_id""",
    "der_control.supersede": """UPDATE der_control c SET is_superseded = true
FROM json_to_recordset(%s::json) AS x(station_key bigint, control_id text)
WHERE c.station_key = x.station_key AND c.control_id = x.control_id""",
    "der_control.forget": """DELETE FROM der_control c
USING json_to_recordset(%s::json) AS x(station_key bigint, request_id integer)
WHERE c.station_key = x.station_key AND c.doubted_by = x.request_id""",
    "der_alarm": _upsert(
        "der_alarm",
        "station_key, control_type",
        "control_type, fault, info, since, ended_at",
        "control_type text, fault text, info text, since timestamptz, ended_at timestamptz",
        keep=("fault", "info"),
    ),
    "der_alarm.end": """UPDATE der_alarm a SET ended_at = x.ended_at
FROM json_to_recordset(%s::json) AS x(station_key bigint, control_type text, ended_at timestamptz)
WHERE a.station_key = x.station_key AND a.control_type = x.control_type AND a.ended_at IS NULL""",
    # What is settled stays so, and what it is for: a word to the contrary that comes later is a row of its own, or in the
    # journal and the event log. Told again it may only add its papers.
    "settlement": f"""INSERT INTO settlement AS t (operator_key, station_key, id, psp_ref, status, amount, transaction_id,
    info, receipt_id, receipt_url, vat_company, vat_number, settled_at, session_key, currency, amount_minor, problem)
SELECT operator_key, station_key, id, psp_ref, status, amount, transaction_id, info, receipt_id, receipt_url, vat_company,
    vat_number, settled_at, session_key, currency, amount_minor, problem
FROM json_to_recordset(%s::json) AS x({_WHO}, id uuid, psp_ref text, status text, amount numeric, transaction_id text,
    info text, receipt_id text, receipt_url text, vat_company jsonb, vat_number text, settled_at timestamptz,
    session_key bigint, currency text, amount_minor bigint, problem text)
ON CONFLICT (station_key, psp_ref, transaction_id, (CASE WHEN problem = 'CONTRADICTS' THEN amount END)) DO UPDATE SET
    info = coalesce(excluded.info, t.info), receipt_id = coalesce(excluded.receipt_id, t.receipt_id),
    receipt_url = coalesce(excluded.receipt_url, t.receipt_url),
    vat_company = coalesce(excluded.vat_company, t.vat_company), vat_number = coalesce(excluded.vat_number, t.vat_number),
    {_unless_settled("id", "status", "amount", "settled_at", "session_key", "currency", "amount_minor", "problem")}
WHERE t.status IS DISTINCT FROM 'Settled' OR excluded.status = 'Settled'""",
    "vat_check": _upsert(
        "vat_check",
        "station_key, vat_number",
        "vat_number, evse_number, plausible, checked_at",
        "vat_number text, evse_number integer, plausible boolean, checked_at timestamptz",
    ),
    "battery_swap": _upsert(
        "battery_swap",
        "station_key, request_id, event",
        "request_id, event, token_uid, batteries, at",
        "request_id integer, event text, token_uid text, batteries jsonb, at timestamptz",
    ),
}
