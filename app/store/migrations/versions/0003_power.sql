-- What stations hold for us: local lists, reservations, charging profiles, tariffs and grid controls.

-- A profile by who set it (CSO is us) and its id. `doubted_by` is the report that is expected to name it again:
-- what its last part leaves unnamed is gone.
CREATE TABLE charging_profile (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    source text NOT NULL,
    profile_id integer NOT NULL,
    evse_number integer NOT NULL,                                    -- 0: the whole station
    purpose text NOT NULL,
    stack_level integer NOT NULL,
    transaction_id text,
    profile jsonb NOT NULL,
    dynamic jsonb,                                                   -- the newest limits of a dynamic profile
    command_id uuid,
    set_at timestamptz,
    reported_at timestamptz,
    doubted_by integer,
    UNIQUE (station_key, source, profile_id),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

CREATE TABLE charging_limit (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    evse_number integer NOT NULL,                                    -- 0: the whole station
    source text NOT NULL,
    is_grid_critical boolean,
    is_local_generation boolean,
    schedules jsonb NOT NULL,
    notified_at timestamptz NOT NULL,
    UNIQUE (station_key, evse_number, source),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

CREATE TABLE session_power (
    session_key bigint PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    needs jsonb, needs_at timestamptz, max_schedule_tuples integer,
    ev_schedule jsonb, ev_schedule_at timestamptz, selected_schedule_id integer, tolerance_accepted boolean,
    priority boolean, priority_at timestamptz,
    allowed_transfer text[],
    tariff_id text,
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

-- One row a station that was ever given a list. `entries` is what it holds: a digest by uid.
CREATE TABLE local_list (
    station_key bigint PRIMARY KEY,
    operator_key bigint NOT NULL,
    list_version integer,                                            -- null: unknown, so the next one is sent whole
    entries jsonb NOT NULL DEFAULT '{}',
    in_step boolean NOT NULL DEFAULT false,
    last_status text,
    sent_at timestamptz, checked_at timestamptz,
    max_entries integer, max_message integer,
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

CREATE TABLE station_tariff (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    tariff_id text NOT NULL,
    evse_number integer NOT NULL,                                    -- 0: all
    kind text NOT NULL,                                              -- DefaultTariff or DriverTariff
    transaction_id text,
    tariff jsonb,                                                    -- null: reported by the station, not set by us
    set_at timestamptz,
    reported_at timestamptz,
    UNIQUE (station_key, tariff_id, evse_number),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

CREATE TABLE der_control (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    control_id text NOT NULL,
    control_type text NOT NULL,
    is_default boolean NOT NULL,
    is_superseded boolean NOT NULL DEFAULT false,
    control jsonb NOT NULL,
    started boolean,
    started_at timestamptz,
    set_at timestamptz,
    reported_at timestamptz,
    doubted_by integer,
    UNIQUE (station_key, control_id),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

CREATE TABLE der_alarm (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    control_type text NOT NULL,
    fault text,
    info text,
    since timestamptz NOT NULL,
    ended_at timestamptz,
    UNIQUE (station_key, control_type),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

CREATE TABLE settlement (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    psp_ref text NOT NULL,
    status text,
    amount numeric NOT NULL,
    transaction_id text,
    info text,
    receipt_id text, receipt_url text,
    vat_company jsonb, vat_number text,
    settled_at timestamptz NOT NULL,
    UNIQUE (station_key, psp_ref),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

CREATE TABLE vat_check (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    vat_number text NOT NULL,
    evse_number integer,
    plausible boolean NOT NULL,
    checked_at timestamptz NOT NULL,
    UNIQUE (station_key, vat_number),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

CREATE TABLE battery_swap (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    request_id integer NOT NULL,
    event text NOT NULL,                                             -- REQUESTED by us, then OCPP's BatterySwapEvent
    token_uid text,
    batteries jsonb NOT NULL DEFAULT '[]',
    at timestamptz NOT NULL,
    UNIQUE (station_key, request_id, event),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

-- A reservation is read wherever a promised start is, because a start may keep it.
DROP INDEX session_open;
CREATE INDEX session_open ON session (station_key) WHERE status IN ('PENDING', 'ACTIVE', 'RESERVATION');
CREATE INDEX session_reserved ON session (start_deadline) WHERE status = 'RESERVATION';

SELECT keep_apart('charging_profile', 'charging_limit', 'session_power', 'local_list', 'station_tariff', 'der_control',
    'der_alarm', 'settlement', 'vat_check', 'battery_swap');
GRANT SELECT ON charging_profile, charging_limit, session_power, station_tariff, der_control, der_alarm, settlement,
    vat_check, battery_swap TO voltgraph_app;
GRANT SELECT, UPDATE ON local_list TO voltgraph_app;
