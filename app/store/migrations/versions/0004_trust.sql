-- What stations are trusted by: certificates, signing requests, security events, files they hand over.

-- The next password is sent to the station first; it counts beside the old one until the station has used it.
ALTER TABLE station ADD credential_next_salt bytea, ADD credential_next_digest bytea,
    ADD security_profile_asked smallint;                             -- raises the floor once the station has come with it

CREATE TABLE station_certificate (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    origin text NOT NULL CHECK (origin IN ('ISSUED', 'TRUSTED', 'REPORTED')),
    use text NOT NULL,
    serial_number text NOT NULL,
    issuer_key_hash text NOT NULL DEFAULT '', issuer_name_hash text NOT NULL DEFAULT '', hash_algorithm text,
    fingerprint text, common_name text,
    not_before timestamptz, not_after timestamptz,
    since timestamptz NOT NULL,
    revoked_at timestamptz,
    UNIQUE (station_key, origin, use, serial_number, issuer_key_hash),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);
CREATE INDEX station_certificate_fingerprint ON station_certificate (station_key, fingerprint) WHERE revoked_at IS NULL;

CREATE TABLE certificate_signing (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    use text NOT NULL,
    request_id integer,
    csr text NOT NULL,
    state text NOT NULL CHECK (state IN ('ASKED', 'SIGNED', 'INSTALLED', 'REFUSED')),
    reason text,
    fingerprint text,
    asked_at timestamptz NOT NULL,
    ended_at timestamptz,
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);
CREATE INDEX certificate_signing_station ON certificate_signing (station_key, key DESC);

CREATE TABLE security_event (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    location_key bigint NOT NULL,
    station_key bigint NOT NULL,
    kind text NOT NULL,
    critical boolean NOT NULL,
    tech_info text,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);
CREATE INDEX security_event_newest ON security_event (operator_key, key DESC);
CREATE INDEX security_event_station ON security_event (station_key, key DESC);

CREATE TABLE firmware_update (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    request_id integer NOT NULL,                                     -- 0: a 1.6 station names none
    publishing boolean NOT NULL,
    location text,
    status text NOT NULL,
    status_at timestamptz NOT NULL,
    published_at_urls text[] NOT NULL DEFAULT '{}',
    began_at timestamptz NOT NULL,
    UNIQUE (station_key, publishing, request_id),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

CREATE TABLE station_log (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    request_id integer NOT NULL,                                     -- 0: a 1.6 station names none
    kind text NOT NULL,
    status text NOT NULL,
    status_at timestamptz NOT NULL,
    asked_at timestamptz NOT NULL,
    upload_digest bytea UNIQUE,                                      -- SHA-256 of the secret in the upload address
    upload_until timestamptz,
    file_name text, file_bytes bigint, file_sha256 text, received_at timestamptz,
    UNIQUE (station_key, request_id, asked_at),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);
CREATE INDEX station_log_station ON station_log (station_key, key DESC);

-- Signed meter values as they came, byte by byte: a driver may have them checked years later.
CREATE TABLE signed_reading (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    session_key bigint NOT NULL,
    at timestamptz NOT NULL,
    context text NOT NULL,
    measurand text NOT NULL,
    format text NOT NULL,
    data text NOT NULL,
    public_key text,
    received_at timestamptz NOT NULL,
    UNIQUE (session_key, at, context, measurand),
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key)
);

SELECT keep_apart('station_certificate', 'certificate_signing', 'security_event', 'firmware_update', 'station_log',
    'signed_reading');
GRANT SELECT, INSERT, UPDATE ON station_certificate, station_log TO voltgraph_app;
GRANT SELECT ON certificate_signing, security_event, firmware_update, signed_reading TO voltgraph_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO voltgraph_app, voltgraph_ingest;

-- The upload address is a secret of its own: whoever has it may hand over one file, whichever operator it is for.
CREATE FUNCTION find_upload(digest bytea) RETURNS TABLE (key bigint, operator_key bigint, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT l.key, l.operator_key, l.id FROM station_log l
    WHERE l.upload_digest = digest AND l.received_at IS NULL AND l.upload_until > now()
$$;
REVOKE ALL ON FUNCTION find_upload FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_upload TO voltgraph_app;
