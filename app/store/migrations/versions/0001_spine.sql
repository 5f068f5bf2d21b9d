-- The spine: operators and their people, places and hardware, sessions, commands, and the histories kept by day.
--
-- Every row carries its operator, and foreign keys are composite, so a row that crosses operators cannot exist.
-- Two roles log in as themselves: voltgraph_app serves people under FORCEd row security, voltgraph_ingest serves
-- the inbox, sweeps and duties and never answers a person.

CREATE SEQUENCE transaction_number AS integer MINVALUE 1 CYCLE;     -- OCPP 1.6 transactionId: positive int32 per installation
CREATE SEQUENCE remote_start_number AS integer MINVALUE 1 CYCLE;    -- OCPP 2.x remoteStartId

CREATE TABLE operator (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    name text NOT NULL,
    country_code text NOT NULL CHECK (country_code ~ '^[A-Z]{2}$'),
    party_id text NOT NULL CHECK (party_id ~ '^[A-Z0-9]{3}$'),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (country_code, party_id)
);

CREATE TABLE location (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    name text NOT NULL,
    address text NOT NULL,
    postal_code text,
    city text NOT NULL,
    country text NOT NULL,
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    time_zone text NOT NULL,
    published boolean NOT NULL DEFAULT false,
    help_phone text,
    search_text text NOT NULL,                                       -- lower case: pattern operators are not leakproof
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, key)
);

CREATE TABLE member (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    email text NOT NULL CHECK (email = lower(email)),
    password_hash text,                                              -- argon2; null until the invitation is redeemed
    invitation_digest bytea,
    invitation_expires_at timestamptz,
    role text NOT NULL,
    location_keys bigint[],                                          -- null: all of the operator
    revoked_at timestamptz,
    session_epoch integer NOT NULL DEFAULT 1,                        -- raised to end every JWT session at once
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, email),
    UNIQUE (operator_key, key)
);
CREATE INDEX member_email ON member (email);

CREATE TABLE api_token (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    name text NOT NULL,
    secret_digest bytea NOT NULL UNIQUE,                             -- SHA-256 of 256 random bits
    scopes text[] NOT NULL,
    location_keys bigint[],
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    last_used_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, key)
);

-- One answer a key: the mutation's input hash and the row it made. A repeat returns that row as it is now.
CREATE TABLE idempotency (
    operator_key bigint NOT NULL REFERENCES operator,
    caller text NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    mutation text NOT NULL,
    input_digest bytea NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (operator_key, caller, key)
);

-- A gateway process; a station is online while the process that holds its socket renews this lease.
CREATE TABLE gateway_process (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz NOT NULL
);

CREATE TABLE station (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    location_key bigint NOT NULL,
    identity text NOT NULL UNIQUE CHECK (length(identity) BETWEEN 1 AND 48),
    search_text text NOT NULL,
    name text,
    lifecycle text NOT NULL DEFAULT 'IN_SERVICE',
    registration text NOT NULL DEFAULT 'ACCEPTED',
    security_profile_floor smallint NOT NULL DEFAULT 1 CHECK (security_profile_floor BETWEEN 0 AND 3),
    credential_salt bytea,
    credential_digest bytea,                                         -- SHA-256 over salt and password; null: profile 0
    vendor text, model text, serial_number text, firmware_version text,
    boot_reason text, booted_at timestamptz,
    ocpp_version text,
    status text,                                                     -- the station's own (1.6 connector 0)
    epoch bigint NOT NULL DEFAULT 0,
    gateway_id uuid,
    connected_at timestamptz, disconnected_at timestamptz, last_seen_at timestamptz,
    subprotocol text, security_profile smallint, remote_address text, close_reason text,
    problems bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, key),
    FOREIGN KEY (operator_key, location_key) REFERENCES location (operator_key, key)
) WITH (fillfactor = 60);
CREATE INDEX station_location ON station (operator_key, location_key);
CREATE INDEX station_gateway ON station (gateway_id) WHERE gateway_id IS NOT NULL;

CREATE TABLE evse (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    number integer NOT NULL CHECK (number BETWEEN 1 AND 1000),
    evse_id text UNIQUE,                                             -- the public id on the sticker, DE*VGT*E0001*1
    physical_reference text,
    operative boolean NOT NULL DEFAULT true,
    charging_state text,
    status_since timestamptz,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (station_key, number),
    UNIQUE (operator_key, key),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
) WITH (fillfactor = 60);

CREATE TABLE connector (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    evse_key bigint NOT NULL,
    evse_number integer NOT NULL,
    number integer NOT NULL CHECK (number BETWEEN 1 AND 100),
    standard text NOT NULL,
    format text NOT NULL,
    power_type text NOT NULL,
    max_power_w bigint NOT NULL,
    max_voltage_v integer NOT NULL,
    max_current_a integer NOT NULL,
    status text,
    status_since timestamptz,                                        -- the station's claim, or ours when it made none
    error_code text, vendor_error_code text,
    UNIQUE (evse_key, number),
    FOREIGN KEY (operator_key, evse_key) REFERENCES evse (operator_key, key),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
) WITH (fillfactor = 60);
CREATE INDEX connector_station ON connector (station_key);

CREATE TABLE token (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    uid text NOT NULL,                                               -- normalised
    type text NOT NULL,
    ocpp_type text NOT NULL,
    visual_number text,
    contract_id text,
    group_id text,
    valid boolean NOT NULL DEFAULT true,
    blocked_reason text,
    valid_from timestamptz, valid_until timestamptz,
    last_used_at timestamptz,
    search_text text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, uid),
    UNIQUE (operator_key, key)
);

CREATE TABLE tariff (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    code text NOT NULL,
    version_number integer NOT NULL,
    state text NOT NULL,
    currency text NOT NULL,
    tax_included boolean NOT NULL,
    elements jsonb NOT NULL,
    hold_amount_minor bigint,
    valid_from timestamptz,                                          -- set by publishing; rows never change after it
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, code, version_number),
    UNIQUE (operator_key, key)
);

CREATE TABLE tariff_assignment (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL REFERENCES operator,
    code text NOT NULL,
    location_key bigint,                                             -- both null: the whole operator
    evse_key bigint,
    token_group_id text,
    valid_from timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (operator_key, location_key) REFERENCES location (operator_key, key),
    FOREIGN KEY (operator_key, evse_key) REFERENCES evse (operator_key, key)
);
CREATE INDEX tariff_assignment_operator ON tariff_assignment (operator_key, code);

CREATE TABLE session (
    key bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    location_key bigint NOT NULL,
    station_key bigint NOT NULL,
    evse_key bigint,
    evse_number integer,
    connector_number integer,
    status text NOT NULL,
    origin text NOT NULL,
    transaction_id text,                                             -- the station's; 1.6: the number we gave
    start_identity text,                                             -- 1.6 business key of the start message
    stop_identity text,                                              -- 1.6 business key of a stop without a usable id
    remote_start_id integer,
    token_key bigint,
    token_uid text,
    created_at timestamptz NOT NULL,
    start_deadline timestamptz,                                      -- a promise that nobody keeps ends here
    started_at timestamptz, ended_at timestamptz,
    settled_at timestamptz,
    charging_state text,
    stop_reason text,
    energy_wh bigint NOT NULL DEFAULT 0,
    power_w bigint,
    soc_percent smallint,
    meter_first_at timestamptz, meter_last_at timestamptz, meter_register_at timestamptz,
    meter_segment_first_wh bigint, meter_last_wh bigint, meter_settled_wh bigint NOT NULL DEFAULT 0,
    seen_seq_nos int4multirange NOT NULL DEFAULT '{}',
    ended_seq_no integer, started_seq_no integer,
    steps jsonb NOT NULL DEFAULT '{}',
    flags text[] NOT NULL DEFAULT '{}',
    tariff_key bigint,
    currency text,
    cost_minor bigint,
    began_at timestamptz GENERATED ALWAYS AS (coalesce(started_at, created_at)) STORED,
    -- An index on energy_wh itself would make every reading rewrite every index of the row.
    settled_energy_wh bigint GENERATED ALWAYS AS (CASE WHEN settled_at IS NULL THEN 0 ELSE energy_wh END) STORED,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, key),
    UNIQUE (station_key, transaction_id),
    FOREIGN KEY (operator_key, location_key) REFERENCES location (operator_key, key),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key),
    FOREIGN KEY (operator_key, evse_key) REFERENCES evse (operator_key, key),
    FOREIGN KEY (operator_key, token_key) REFERENCES token (operator_key, key),
    FOREIGN KEY (operator_key, tariff_key) REFERENCES tariff (operator_key, key)
) WITH (fillfactor = 70);
CREATE INDEX session_open ON session (station_key) WHERE status IN ('PENDING', 'ACTIVE');
CREATE INDEX session_began ON session (operator_key, began_at DESC, key DESC);
CREATE INDEX session_created ON session (operator_key, created_at DESC, key DESC);
CREATE INDEX session_ended ON session (operator_key, ended_at DESC, key DESC);
CREATE INDEX session_energy ON session (operator_key, settled_energy_wh DESC, key DESC);
CREATE INDEX session_start_identity ON session (station_key, start_identity) WHERE start_identity IS NOT NULL;
CREATE INDEX session_stop_identity ON session (station_key, stop_identity) WHERE stop_identity IS NOT NULL;
CREATE INDEX session_remote_start ON session (station_key, remote_start_id) WHERE remote_start_id IS NOT NULL;
-- A stop that came without its start waits here for it.
CREATE INDEX session_orphan ON session (station_key) WHERE started_at IS NULL AND status = 'COMPLETED';
CREATE INDEX session_token ON session (operator_key, token_key) WHERE token_key IS NOT NULL;

CREATE TABLE command (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    evse_key bigint,
    session_key bigint,
    action text NOT NULL,
    body jsonb NOT NULL,
    status text NOT NULL,
    effect text NOT NULL,
    answer_status text, answer_accepted boolean, answer_reason_code text, answer_additional_info text, answer_raw text,
    requested_by text NOT NULL,
    reason text,
    created_at timestamptz NOT NULL,
    deadline timestamptz NOT NULL,
    queue_until timestamptz,
    effect_deadline timestamptz,
    sent_at timestamptz, answered_at timestamptz,
    gateway_id uuid,                                                 -- who sent it: its end without an outcome is UNKNOWN
    message_id text,
    failure text,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, key),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key),
    FOREIGN KEY (operator_key, evse_key) REFERENCES evse (operator_key, key),
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key)
);
CREATE INDEX command_station ON command (station_key, key DESC);
CREATE INDEX command_created ON command (operator_key, created_at DESC, key DESC);
CREATE INDEX command_open ON command (deadline) WHERE status IN ('QUEUED', 'SENT');
CREATE INDEX command_effect ON command (station_key) WHERE effect = 'AWAITED';
CREATE INDEX command_session ON command (session_key) WHERE session_key IS NOT NULL;

-- What we still owe. Written with its cause; procrastinate only wakes a worker with the key.
CREATE TABLE duty (
    key bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    kind text NOT NULL,
    station_key bigint, session_key bigint,
    state text NOT NULL DEFAULT 'OWED',                              -- OWED, DONE, GIVEN_UP
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (operator_key, key),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key),
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key)
);
CREATE INDEX duty_owed ON duty (due_at) WHERE state = 'OWED';
CREATE UNIQUE INDEX duty_once ON duty (kind, session_key) WHERE session_key IS NOT NULL;

-- An event that our code or a constraint could not take: kept whole, answered safely, listed for a person.
CREATE TABLE quarantine (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    received_at timestamptz NOT NULL,
    action text NOT NULL,
    message_id text NOT NULL,
    raw text NOT NULL,
    error text NOT NULL,
    resolved_at timestamptz,
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

CREATE TABLE audit_entry (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL REFERENCES operator,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    subject_kind text,
    subject_id uuid,
    before jsonb, after jsonb,
    reason text
);
CREATE INDEX audit_entry_operator ON audit_entry (operator_key, key DESC);

-- Host-owned until claimed: operator_key stays null for an identity that nobody has registered.
CREATE TABLE connection_attempt (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint,
    station_key bigint,
    at timestamptz NOT NULL,
    path text NOT NULL,
    identity text NOT NULL,
    remote_address text NOT NULL,
    offered_subprotocols text[] NOT NULL,
    result text NOT NULL,
    hint text NOT NULL
);
CREATE INDEX connection_attempt_operator ON connection_attempt (operator_key, key DESC);
CREATE INDEX connection_attempt_identity ON connection_attempt (identity, key DESC);
CREATE INDEX connection_attempt_at ON connection_attempt USING brin (at);

-- Histories, by the day we received them; appended by COPY into the day's leaf, without unique keys.
CREATE TABLE reading (
    received_day date NOT NULL,
    operator_key bigint NOT NULL,
    session_key bigint,
    station_key bigint NOT NULL,
    evse_number integer,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    energy_wh bigint, power_w bigint,
    current_ma integer[], voltage_mv integer[],
    soc_percent smallint,
    context text NOT NULL,
    suspect boolean NOT NULL
) PARTITION BY RANGE (received_day);
CREATE INDEX reading_session ON reading (session_key, at) WHERE session_key IS NOT NULL;
CREATE INDEX reading_received ON reading USING brin (received_at);

CREATE TABLE frame (
    received_day date NOT NULL,
    key bigint GENERATED ALWAYS AS IDENTITY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    session_key bigint,
    command_key bigint,
    at timestamptz NOT NULL,
    inbound boolean NOT NULL,
    message_id text NOT NULL,
    action text NOT NULL,
    raw text NOT NULL,
    problems text[],
    took_ms integer
) PARTITION BY RANGE (received_day);
CREATE INDEX frame_station ON frame (station_key, key DESC);
CREATE INDEX frame_session ON frame (session_key, key DESC) WHERE session_key IS NOT NULL;
CREATE INDEX frame_command ON frame (command_key) WHERE command_key IS NOT NULL;

CREATE TABLE authorisation (
    received_day date NOT NULL,
    key bigint GENERATED ALWAYS AS IDENTITY,
    operator_key bigint NOT NULL,
    location_key bigint NOT NULL,
    station_key bigint NOT NULL,
    token_key bigint,
    at timestamptz NOT NULL,
    presented_uid text NOT NULL,
    decision text NOT NULL,
    rule text NOT NULL,
    source text NOT NULL,
    took_ms integer NOT NULL
) PARTITION BY RANGE (received_day);
CREATE INDEX authorisation_operator ON authorisation (operator_key, key DESC);

-- Transitions, outcomes and configuration, from the first row on. Read by (xid, key) below the snapshot's xmin, so a
-- cursor misses nothing and repeats nothing.
CREATE TABLE event_log (
    received_day date NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    key bigint GENERATED ALWAYS AS IDENTITY,
    operator_key bigint NOT NULL,
    location_key bigint,
    type text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    data jsonb NOT NULL
) PARTITION BY RANGE (received_day);
CREATE INDEX event_log_order ON event_log (operator_key, xid, key);

-- Row security -------------------------------------------------------------------------------------------------------

CREATE FUNCTION current_operator() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('voltgraph.operator', true), '')::bigint;

-- Row security of a table that belongs to operators: people see their own, the intake sees all.
CREATE FUNCTION keep_apart(VARIADIC names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY names
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY own_operator ON %I TO voltgraph_app USING (operator_key = current_operator())
                        WITH CHECK (operator_key = current_operator())', name);
        EXECUTE format('CREATE POLICY every_operator ON %I TO voltgraph_ingest, %I USING (true) WITH CHECK (true)', name,
                       current_user);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO voltgraph_ingest', name);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION keep_apart FROM PUBLIC;

SELECT keep_apart('location', 'member', 'api_token', 'idempotency', 'station', 'evse', 'connector', 'token', 'tariff',
    'tariff_assignment', 'session', 'command', 'duty', 'quarantine', 'audit_entry', 'connection_attempt', 'reading',
    'frame', 'authorisation', 'event_log');

DO $$
BEGIN
    EXECUTE 'ALTER TABLE operator ENABLE ROW LEVEL SECURITY';
    EXECUTE 'ALTER TABLE operator FORCE ROW LEVEL SECURITY';
    EXECUTE 'CREATE POLICY own_operator ON operator TO voltgraph_app USING (key = current_operator())';
    EXECUTE format('CREATE POLICY every_operator ON operator TO voltgraph_ingest, %I USING (true) WITH CHECK (true)',
                   current_user);
END $$;

GRANT USAGE ON SCHEMA public TO voltgraph_app, voltgraph_ingest;
GRANT SELECT, UPDATE ON operator TO voltgraph_app;
GRANT SELECT, INSERT, UPDATE ON location, member, api_token, station, evse, connector, token, tariff, session, command, duty
    TO voltgraph_app;
GRANT SELECT, INSERT ON idempotency, tariff_assignment, audit_entry, event_log TO voltgraph_app;
GRANT SELECT ON quarantine, connection_attempt, reading, frame, authorisation, gateway_process TO voltgraph_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO voltgraph_ingest;
REVOKE UPDATE, DELETE ON audit_entry FROM voltgraph_ingest;          -- the audit log cannot be edited silently
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO voltgraph_app, voltgraph_ingest;

-- An operator is found only by an exact secret or public id. These run as the owner, who alone is exempt from policies.


CREATE FUNCTION find_api_token(digest bytea)
    RETURNS TABLE (key bigint, id uuid, operator_key bigint, name text, scopes text[], location_keys bigint[],
                   expires_at timestamptz, revoked_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT t.key, t.id, t.operator_key, t.name, t.scopes, t.location_keys, t.expires_at, t.revoked_at
    FROM api_token t WHERE t.secret_digest = digest
$$;

CREATE FUNCTION find_members(wanted_email text)
    RETURNS TABLE (key bigint, id uuid, operator_key bigint, operator_id uuid, password_hash text, role text,
                   location_keys bigint[], revoked_at timestamptz, session_epoch integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT m.key, m.id, m.operator_key, o.id, m.password_hash, m.role, m.location_keys, m.revoked_at, m.session_epoch
    FROM member m JOIN operator o ON o.key = m.operator_key
    WHERE m.email = lower(wanted_email) ORDER BY m.key
$$;

CREATE FUNCTION find_member(wanted uuid)
    RETURNS TABLE (key bigint, id uuid, operator_key bigint, operator_id uuid, email text, role text,
                   location_keys bigint[], revoked_at timestamptz, session_epoch integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT m.key, m.id, m.operator_key, o.id, m.email, m.role, m.location_keys, m.revoked_at, m.session_epoch
    FROM member m JOIN operator o ON o.key = m.operator_key WHERE m.id = wanted
$$;

CREATE FUNCTION find_invitation(digest bytea)
    RETURNS TABLE (key bigint, id uuid, operator_key bigint, expires_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT m.key, m.id, m.operator_key, m.invitation_expires_at FROM member m
    WHERE m.invitation_digest = digest AND m.revoked_at IS NULL
$$;

-- Which of these open principals still hold: one statement re-checks every live subscription.
CREATE FUNCTION living_principals(wanted uuid[])
    RETURNS TABLE (id uuid, session_epoch integer, expires_at timestamptz, location_keys bigint[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT m.id, m.session_epoch, NULL::timestamptz, m.location_keys FROM member m
    WHERE m.id = ANY (wanted) AND m.revoked_at IS NULL
    UNION ALL
    SELECT t.id, 0, t.expires_at, t.location_keys FROM api_token t
    WHERE t.id = ANY (wanted) AND t.revoked_at IS NULL
$$;

-- The operators one person belongs to, by a membership that the caller already proved.
CREATE FUNCTION operators_of_member(wanted uuid)
    RETURNS TABLE (key bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT other.operator_key FROM member m JOIN member other ON other.email = m.email AND other.revoked_at IS NULL
    WHERE m.id = wanted AND m.revoked_at IS NULL
$$;

-- True when somebody knocked with this identity lately; says nothing about who.
CREATE FUNCTION identity_has_knocked(wanted_identity text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM connection_attempt WHERE identity = wanted_identity AND operator_key IS NULL)
$$;

-- Registering a station hands its earlier attempts to the operator who now owns the identity.
CREATE FUNCTION claim_attempts(wanted_identity text) RETURNS bigint
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public AS $$
    WITH owned AS (
        SELECT operator_key, key FROM station WHERE identity = wanted_identity AND operator_key = current_operator()
    ), claimed AS (
        UPDATE connection_attempt a SET operator_key = owned.operator_key, station_key = owned.key FROM owned
        WHERE a.identity = wanted_identity AND a.operator_key IS NULL RETURNING 1
    )
    SELECT count(*) FROM claimed
$$;

-- Leaves of the histories: made ahead, dropped by policy. Row security does not guard leaves, so only ingest may touch them.
CREATE FUNCTION ensure_history_day(wanted date) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $$
DECLARE parent text; leaf text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('voltgraph history partitions'));
    FOREACH parent IN ARRAY ARRAY['reading', 'frame', 'authorisation', 'event_log'] LOOP
        leaf := parent || '_' || to_char(wanted, 'YYYYMMDD');
        IF to_regclass(leaf) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', leaf, parent, wanted, wanted + 1);
            EXECUTE format('REVOKE ALL ON %I FROM PUBLIC', leaf);
            EXECUTE format('GRANT SELECT, INSERT ON %I TO voltgraph_ingest', leaf);
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION drop_history_before(parent text, oldest date) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $$
DECLARE leaf text; dropped integer := 0;
BEGIN
    IF parent NOT IN ('reading', 'frame', 'authorisation', 'event_log') THEN
        RAISE EXCEPTION 'not a history: %', parent;
    END IF;
    FOR leaf IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = parent::regclass AND right(c.relname, 8) < to_char(oldest, 'YYYYMMDD') LOOP
        EXECUTE format('DROP TABLE %I', leaf);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

-- Keys in blocks, so that a batch can refer to rows it is about to write.
CREATE FUNCTION reserve_keys(sequence_name text, wanted integer) RETURNS SETOF bigint
    LANGUAGE sql VOLATILE AS $$
    SELECT nextval(sequence_name::regclass) FROM generate_series(1, wanted)
$$;

REVOKE ALL ON FUNCTION find_api_token, find_members, find_member, find_invitation, living_principals, operators_of_member,
    identity_has_knocked, claim_attempts, ensure_history_day, drop_history_before FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_api_token, find_members, find_member, find_invitation, living_principals,
    operators_of_member, identity_has_knocked, claim_attempts TO voltgraph_app, voltgraph_ingest;
GRANT EXECUTE ON FUNCTION ensure_history_day, drop_history_before TO voltgraph_ingest;
