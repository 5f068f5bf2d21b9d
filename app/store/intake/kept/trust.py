"""Certificates, signing requests, security events, firmware and logs, as stations report them."""

# Where a request's row holds what only the station may know, and what stands there once it has been sent.
_SECRETS = {
    "{connection_data,basic_auth_password}": "null",
    "{connection_data,apn,apn_password}": "null",
    "{connection_data,apn,sim_pin}": "null",
    "{connection_data,vpn,password}": '""',
    "{connection_data,vpn,key}": '""',
}


def _emptied(body: str, places: dict[str, str]) -> str:
    """A place that is there is emptied, not removed: the request can still be read."""
    for path, nothing in places.items():
        body = f"jsonb_set({body}, '{path}', '{nothing}', false)"
    return body


STATEMENTS: dict[str, str] = {
    "certificate_signing": """INSERT INTO certificate_signing (id, operator_key, station_key, use, request_id, csr, state,
    reason, asked_at)
SELECT * FROM json_to_recordset(%s::json) AS x(id uuid, operator_key bigint, station_key bigint, use text,
    request_id integer, csr text, state text, reason text, asked_at timestamptz)""",
    # The newest one that was signed is the one the station answers about: OCPP 1.6 and 2.0.1 name none.
    "certificate_signing_ended": """UPDATE certificate_signing s SET state = x.state, reason = x.reason, ended_at = x.ended_at
FROM json_to_recordset(%s::json) AS x(station_key bigint, state text, reason text, ended_at timestamptz)
WHERE s.key = (SELECT max(t.key) FROM certificate_signing t
               WHERE t.station_key = x.station_key AND t.state IN ('SIGNED', 'INSTALLED'))""",
    # What a station holds is what it last said: what it no longer names is gone.
    "certificates_reported": """WITH x AS (
    SELECT * FROM json_to_recordset(%s::json) AS x(operator_key bigint, station_key bigint, uses text[], since timestamptz,
        held json)),
gone AS (
    DELETE FROM station_certificate c USING x
    WHERE c.station_key = x.station_key AND c.origin = 'REPORTED' AND (x.uses IS NULL OR c.use = ANY (x.uses))
        AND NOT EXISTS (SELECT FROM json_to_recordset(x.held) AS h(use text, serial_number text, issuer_key_hash text)
                        WHERE (h.use, h.serial_number, h.issuer_key_hash) = (c.use, c.serial_number, c.issuer_key_hash)))
INSERT INTO station_certificate (operator_key, station_key, origin, use, serial_number, issuer_key_hash, issuer_name_hash,
    hash_algorithm, since)
SELECT x.operator_key, x.station_key, 'REPORTED', h.use, h.serial_number, h.issuer_key_hash, h.issuer_name_hash,
    h.hash_algorithm, x.since
FROM x, json_to_recordset(x.held) AS h(use text, serial_number text, issuer_key_hash text, issuer_name_hash text,
    hash_algorithm text)
ON CONFLICT (station_key, origin, use, serial_number, issuer_key_hash) DO NOTHING""",
    "certificate_deleted": """DELETE FROM station_certificate c
USING json_to_recordset(%s::json) AS x(station_key bigint, serial_number text, issuer_key_hash text)
WHERE c.station_key = x.station_key AND c.origin = 'REPORTED' AND c.serial_number = x.serial_number
    AND c.issuer_key_hash = x.issuer_key_hash""",
    "security_event": """INSERT INTO security_event (id, operator_key, location_key, station_key, kind, critical, tech_info,
    occurred_at, received_at)
SELECT * FROM json_to_recordset(%s::json) AS x(id uuid, operator_key bigint, location_key bigint, station_key bigint,
    kind text, critical boolean, tech_info text, occurred_at timestamptz, received_at timestamptz)""",
    "firmware_update": """INSERT INTO firmware_update (id, operator_key, station_key, request_id, publishing, location, status,
    status_at, published_at_urls, began_at)
SELECT id, operator_key, station_key, request_id, publishing, location, status, status_at,
    coalesce(published_at_urls, '{}'), status_at
FROM json_to_recordset(%s::json) AS x(id uuid, operator_key bigint, station_key bigint, request_id integer,
    publishing boolean, location text, status text, status_at timestamptz, published_at_urls text[])
ON CONFLICT (station_key, publishing, request_id) DO UPDATE SET status = excluded.status, status_at = excluded.status_at,
    location = coalesce(excluded.location, firmware_update.location),
    published_at_urls = CASE WHEN excluded.published_at_urls = '{}' THEN firmware_update.published_at_urls
        ELSE excluded.published_at_urls END""",
    # A status names its request, or (1.6 diagnostics) means the newest one.
    "station_log": """UPDATE station_log l SET status = x.status, status_at = x.status_at
FROM json_to_recordset(%s::json) AS x(station_key bigint, request_id integer, status text, status_at timestamptz)
WHERE l.key = (SELECT max(m.key) FROM station_log m WHERE m.station_key = x.station_key
               AND (x.request_id IS NULL OR m.request_id = x.request_id))""",
    "station_log_asked": """INSERT INTO station_log (id, operator_key, station_key, request_id, kind, status, status_at, asked_at)
SELECT id, operator_key, station_key, request_id, kind, 'Asked', asked_at, asked_at
FROM json_to_recordset(%s::json) AS x(id uuid, operator_key bigint, station_key bigint, request_id integer, kind text,
    asked_at timestamptz)
WHERE NOT EXISTS (SELECT FROM station_log l WHERE l.station_key = x.station_key AND l.request_id = x.request_id)
ON CONFLICT DO NOTHING""",
    "credential_next": """UPDATE station s SET credential_next_salt = decode(x.salt, 'hex'),
    credential_next_digest = decode(x.digest, 'hex')
FROM json_to_recordset(%s::json) AS x(station_key bigint, salt text, digest text) WHERE s.key = x.station_key""",
    "command_secret": f"""UPDATE command c SET body = {_emptied("c.body - 'password'", _SECRETS)}
FROM json_to_recordset(%s::json) AS x(key bigint) WHERE c.key = x.key""",  # noqa: S608 - the constants above
    "command_variable_secret": """UPDATE command c SET body = c.body || jsonb_build_object('variables', (SELECT jsonb_agg(
    CASE WHEN lower(p -> 0 ->> 'variable') = ANY('{authorizationkey,basicauthpassword,password,sharedsecret}')
        THEN jsonb_build_array(p -> 0, '***') ELSE p END) FROM jsonb_array_elements(c.body -> 'variables') p))
FROM json_to_recordset(%s::json) AS x(key bigint) WHERE c.key = x.key""",
    "profile_asked": """UPDATE station s SET security_profile_asked = x.profile
FROM json_to_recordset(%s::json) AS x(station_key bigint, profile smallint) WHERE s.key = x.station_key""",
    "profile_reached": """UPDATE station s
SET security_profile_floor = greatest(s.security_profile_floor, s.security_profile_asked), security_profile_asked = NULL
FROM json_to_recordset(%s::json) AS x(station_key bigint, profile smallint)
WHERE s.key = x.station_key AND s.security_profile_asked <= x.profile""",
    "signed_reading": """INSERT INTO signed_reading (operator_key, station_key, session_key, at, context, measurand, format, data,
    public_key, received_at)
SELECT operator_key, station_key, session_key, at, context, measurand, format, decode(data, 'base64'), public_key, received_at
FROM json_to_recordset(%s::json) AS x(operator_key bigint, station_key bigint, session_key bigint, at timestamptz,
    context text, measurand text, format text, data text, public_key text, received_at timestamptz)
ON CONFLICT (session_key, at, context, measurand, sha256(data)) DO NOTHING""",
}
