"""Wishes for a station's variables: due for a look after a boot, judged once it was read, answered when it was told."""

_OWED = "SELECT FROM duty o WHERE o.station_key = x.station_key AND o.kind = '{kind}' AND o.state = 'OWED'"

# A station that boots for ever is looked at every two minutes, not at every boot.
_BOOT = f"""WITH x AS (SELECT * FROM json_to_recordset(%s::json) AS x(id uuid, station_key bigint, at timestamptz)),
due AS (UPDATE desired_variable d SET is_due = true FROM x WHERE d.station_key = x.station_key
    RETURNING d.operator_key, d.station_key, d.asked_at)
INSERT INTO duty (id, operator_key, kind, station_key, due_at)
SELECT x.id, d.operator_key, 'READ_CONFIGURATION', x.station_key, greatest(x.at, max(d.asked_at) + interval '2 minutes')
FROM x JOIN due d USING (station_key)
WHERE NOT EXISTS ({_OWED.format(kind="READ_CONFIGURATION")})
GROUP BY x.id, d.operator_key, x.station_key, x.at"""  # noqa: S608 - only constants are spliced in

_LOOK = f"""INSERT INTO duty (id, operator_key, kind, station_key, due_at)
SELECT x.id, s.operator_key, 'APPLY_CONFIGURATION', x.station_key, x.at
FROM json_to_recordset(%s::json) AS x(id uuid, station_key bigint, command_key bigint, at timestamptz)
JOIN station s ON s.key = x.station_key
WHERE EXISTS (SELECT FROM desired_variable d WHERE d.station_key = x.station_key AND d.is_due
        AND d.asked_key = x.command_key)
    AND NOT EXISTS ({_OWED.format(kind="APPLY_CONFIGURATION")})"""  # noqa: S608

_ANSWER = """UPDATE desired_variable d SET state = x.state, said = x.said
FROM json_to_recordset(%s::json) AS x(station_key bigint, component text, component_instance text, evse integer,
    connector integer, variable text, instance text, attribute text, value text, state text, said text)
WHERE d.station_key = x.station_key AND lower(d.component) = lower(x.component) AND lower(d.variable) = lower(x.variable)
    AND lower(coalesce(d.component_instance, '')) = lower(coalesce(x.component_instance, ''))
    AND lower(coalesce(d.instance, '')) = lower(coalesce(x.instance, ''))
    AND coalesce(d.evse, 0) = coalesce(x.evse, 0) AND coalesce(d.connector, 0) = coalesce(x.connector, 0)
    AND d.attribute = x.attribute AND d.value = x.value"""

STATEMENTS: dict[str, str] = {
    "desired_variable.boot": _BOOT,
    "desired_variable.look": _LOOK,
    "desired_variable.answer": _ANSWER,
}
