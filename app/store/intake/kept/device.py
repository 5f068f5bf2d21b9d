"""What stations report of themselves: variables, monitors, events, streams, messages, and how far reports came."""

_OWNER = "operator_key bigint, station_key bigint"
_PLACE = "component text, component_instance text, evse integer, connector integer, variable text, instance text"
_PLACE_NAMES = "component, component_instance, evse, connector, variable, instance"


def _said(names: str, table: str) -> str:
    """Assignments that keep what the message does not say."""
    return ", ".join(f"{name} = coalesce(excluded.{name}, {table}.{name})" for name in names.split())


_TRAITS = (
    "mutability data_type unit min_limit max_limit max_elements values_list supports_monitoring persistent constant"
)

# A value that was to wait for a restart has come into effect once it is reported.
_VARIABLE = f"""INSERT INTO variable (operator_key, station_key, {_PLACE_NAMES}, attribute, value, pending_value, pending_since,
    {_TRAITS.replace(" ", ", ")}, reported_at)
SELECT * FROM json_to_recordset(%s::json) AS x({_OWNER}, {_PLACE}, attribute text, value text, pending_value text,
    pending_since timestamptz, mutability text, data_type text, unit text, min_limit double precision,
    max_limit double precision, max_elements integer, values_list text, supports_monitoring boolean, persistent boolean,
    constant boolean, reported_at timestamptz)
ON CONFLICT (station_key, lower(component), lower(variable), (lower(coalesce(component_instance, ''))),
    (lower(coalesce(instance, ''))), (coalesce(evse, 0)), (coalesce(connector, 0)), attribute)
DO UPDATE SET {_said("value " + _TRAITS, "variable")}, reported_at = excluded.reported_at,
    pending_value = coalesce(excluded.pending_value, nullif(variable.pending_value, excluded.value)),
    pending_since = coalesce(excluded.pending_since, variable.pending_since)"""  # noqa: S608

# A series of parts that begins anew forgets the parts of the one before.
_REPORT = """INSERT INTO station_report AS r (operator_key, station_key, kind, request_id, restarts, asked_at, answer, seen,
    last_seq_no, texts, generated_at, last_part_at)
SELECT * FROM json_to_recordset(%s::json) AS x(operator_key bigint, station_key bigint, kind text, request_id integer,
    restarts boolean, asked_at timestamptz, answer text, seen int4multirange, last_seq_no integer, texts jsonb,
    generated_at timestamptz, last_part_at timestamptz)
ON CONFLICT (station_key, kind, request_id) DO UPDATE SET
    asked_at = coalesce(excluded.asked_at, r.asked_at), answer = coalesce(excluded.answer, r.answer),
    seen = CASE WHEN excluded.restarts THEN excluded.seen ELSE r.seen + excluded.seen END,
    last_seq_no = CASE WHEN excluded.restarts THEN excluded.last_seq_no
        ELSE coalesce(excluded.last_seq_no, r.last_seq_no) END,
    texts = CASE WHEN excluded.restarts THEN excluded.texts WHEN length(r.texts::text) > 200000 THEN r.texts
        ELSE r.texts || excluded.texts END,
    generated_at = coalesce(excluded.generated_at, r.generated_at),
    last_part_at = coalesce(excluded.last_part_at, r.last_part_at)"""

_MONITOR = f"""WITH x AS (SELECT * FROM json_to_recordset(%s::json) AS x({_OWNER}, {_PLACE}, monitor_id integer, type text,
    value double precision, severity integer, transaction boolean, kind text, reported_at timestamptz, gone boolean)),
cleared AS (DELETE FROM monitor m USING x WHERE x.gone AND m.station_key = x.station_key AND m.monitor_id = x.monitor_id)
INSERT INTO monitor (operator_key, station_key, {_PLACE_NAMES}, monitor_id, type, value, severity, transaction, kind,
    reported_at)
SELECT operator_key, station_key, {_PLACE_NAMES}, monitor_id, type, value, severity, transaction, kind, reported_at
FROM x WHERE NOT gone
ON CONFLICT (station_key, monitor_id) DO UPDATE SET component = excluded.component, variable = excluded.variable,
    component_instance = excluded.component_instance, instance = excluded.instance, evse = excluded.evse,
    connector = excluded.connector, type = excluded.type, value = excluded.value, severity = excluded.severity,
    transaction = excluded.transaction, kind = excluded.kind, reported_at = excluded.reported_at"""  # noqa: S608

# Before 2.1 an event does not say how severe it is; the monitor that noticed it does.
_EVENT = f"""INSERT INTO station_event (operator_key, station_key, {_PLACE_NAMES}, event_id, occurred_at, received_at, trigger,
    kind, severity, actual_value, cleared, cause, monitor_id, transaction_id, tech_code, tech_info)
SELECT x.operator_key, x.station_key, x.component, x.component_instance, x.evse, x.connector, x.variable, x.instance,
    x.event_id, x.occurred_at, x.received_at, x.trigger, x.kind, coalesce(x.severity, (SELECT m.severity FROM monitor m
        WHERE m.station_key = x.station_key AND m.monitor_id = x.monitor_id)), x.actual_value, x.cleared,
    x.cause, x.monitor_id, x.transaction_id, x.tech_code, x.tech_info
FROM json_to_recordset(%s::json) AS x({_OWNER}, {_PLACE}, event_id integer, occurred_at timestamptz,
    received_at timestamptz, trigger text, kind text, severity integer, actual_value text, cleared boolean, cause integer,
    monitor_id integer, transaction_id text, tech_code text, tech_info text)
ON CONFLICT (station_key, event_id, occurred_at, component, variable) DO NOTHING"""  # noqa: S608

_STREAM = f"""INSERT INTO event_stream AS s (operator_key, station_key, stream_id, opened, monitor_id, interval_s, max_values, pending,
    opened_at, closed_at, last_at, growing, adjusted_at)
SELECT operator_key, station_key, stream_id, opened, monitor_id, interval_s, max_values, pending, opened_at, closed_at,
    last_at, coalesce(growing, 0), adjusted_at FROM json_to_recordset(%s::json) AS x({_OWNER}, stream_id integer, opened boolean, monitor_id integer,
    interval_s integer, max_values integer, pending integer, opened_at timestamptz, closed_at timestamptz, last_at timestamptz,
    growing integer, adjusted_at timestamptz)
ON CONFLICT (station_key, stream_id) DO UPDATE SET
    {_said("opened monitor_id interval_s max_values pending opened_at last_at growing adjusted_at", "s")},
    closed_at = CASE WHEN excluded.opened THEN NULL ELSE coalesce(excluded.closed_at, s.closed_at) END"""  # noqa: S608

# Sent like anybody's; what is under way already is not asked twice.
_STREAM_ADJUST = f"""INSERT INTO command (operator_key, station_key, id, action, body, status, effect, requested_by, reason,
    created_at, deadline, queue_until)
SELECT x.operator_key, x.station_key, x.id, x.action, x.body, 'QUEUED', 'NOT_EXPECTED', x.requested_by,
    'the stream falls behind', x.at, x.deadline, x.deadline
FROM json_to_recordset(%s::json) AS x({_OWNER}, id uuid, action text, body jsonb, requested_by text, at timestamptz,
    deadline timestamptz)
WHERE NOT EXISTS (SELECT FROM command c WHERE c.station_key = x.station_key AND c.action = x.action
    AND c.status IN ('QUEUED', 'SENT') AND c.deadline > x.at AND c.body -> 'id' = x.body -> 'id')"""  # noqa: S608

_STREAM_VALUE = f"""INSERT INTO stream_value (operator_key, station_key, stream_id, at, value)
SELECT * FROM json_to_recordset(%s::json) AS x({_OWNER}, stream_id integer, at timestamptz, value text)"""  # noqa: S608

_MESSAGE_NAMES = (
    "message_id, priority, format, content, language, state, starts_at, ends_at, transaction_id, display, evse, extra,"
    " reported_at"
)
_MESSAGE = f"""WITH x AS (SELECT * FROM json_to_recordset(%s::json) AS x({_OWNER}, message_id integer, priority text, format text,
    content text, language text, state text, starts_at timestamptz, ends_at timestamptz, transaction_id text, display text,
    evse integer, extra jsonb, reported_at timestamptz, gone boolean)),
cleared AS (DELETE FROM display_message m USING x WHERE x.gone AND m.station_key = x.station_key
    AND m.message_id = x.message_id)
INSERT INTO display_message (operator_key, station_key, {_MESSAGE_NAMES})
SELECT operator_key, station_key, {_MESSAGE_NAMES} FROM x WHERE NOT gone
ON CONFLICT (station_key, message_id) DO UPDATE SET priority = excluded.priority, format = excluded.format,
    content = excluded.content, language = excluded.language, state = excluded.state, starts_at = excluded.starts_at,
    ends_at = excluded.ends_at, transaction_id = excluded.transaction_id, display = excluded.display,
    evse = excluded.evse, extra = excluded.extra, reported_at = excluded.reported_at"""  # noqa: S608

# Monitors before events: an event looks its severity up.
STATEMENTS: dict[str, str] = {
    "variable": _VARIABLE,
    "station_report": _REPORT,
    "monitor": _MONITOR,
    "station_event": _EVENT,
    "event_stream": _STREAM,
    "event_stream.adjust": _STREAM_ADJUST,
    "stream_value": _STREAM_VALUE,
    "display_message": _MESSAGE,
}
