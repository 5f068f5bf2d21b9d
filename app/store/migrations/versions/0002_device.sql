-- What stations report of themselves: variables, monitors, events, streams, messages, and how far their reports came.
--
-- Names are compared without regard to case, as OCPP asks, and kept as the station writes them. Every table keeps its
-- newest rows of a station only: a charger that invents names without end costs us a bounded number of rows.

CREATE FUNCTION keep_newest() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE owner bigint;
BEGIN
    FOR owner IN SELECT DISTINCT station_key FROM added LOOP
        EXECUTE format('DELETE FROM %1$I WHERE station_key = $1 AND key <= (SELECT key FROM %1$I WHERE station_key = $1
                        ORDER BY key DESC OFFSET %2$s LIMIT 1)', TG_TABLE_NAME, TG_ARGV[0]) USING owner;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TABLE variable (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    component text NOT NULL,
    component_instance text,
    evse integer,
    connector integer,
    variable text NOT NULL,
    instance text,
    attribute text NOT NULL,
    value text,
    pending_value text,                 -- set, and waiting for a restart
    pending_since timestamptz,
    mutability text,
    data_type text,
    unit text,
    min_limit double precision,
    max_limit double precision,
    max_elements integer,
    values_list text,
    supports_monitoring boolean,
    persistent boolean,
    constant boolean,
    reported_at timestamptz NOT NULL,
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key) ON DELETE CASCADE
);
CREATE UNIQUE INDEX variable_place ON variable (station_key, lower(component), lower(variable),
    (lower(coalesce(component_instance, ''))), (lower(coalesce(instance, ''))), (coalesce(evse, 0)),
    (coalesce(connector, 0)), attribute);
CREATE INDEX variable_station ON variable (station_key, key);

CREATE TABLE variable_change (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    component text NOT NULL,
    component_instance text,
    evse integer,
    connector integer,
    variable text NOT NULL,
    instance text,
    attribute text NOT NULL,
    value text,
    at timestamptz NOT NULL,
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key) ON DELETE CASCADE
);
CREATE INDEX variable_change_station ON variable_change (station_key, key);

-- A value's history is written by the table itself, whichever message brought the value.
CREATE FUNCTION note_variable_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO variable_change (operator_key, station_key, component, component_instance, evse, connector, variable,
        instance, attribute, value, at)
    VALUES (NEW.operator_key, NEW.station_key, NEW.component, NEW.component_instance, NEW.evse, NEW.connector,
        NEW.variable, NEW.instance, NEW.attribute, NEW.value, NEW.reported_at);
    RETURN NULL;
END $$;
CREATE TRIGGER variable_begins AFTER INSERT ON variable FOR EACH ROW WHEN (NEW.value IS NOT NULL)
    EXECUTE FUNCTION note_variable_change();
CREATE TRIGGER variable_changes AFTER UPDATE ON variable FOR EACH ROW WHEN (NEW.value IS DISTINCT FROM OLD.value)
    EXECUTE FUNCTION note_variable_change();

CREATE TABLE station_report (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    kind text NOT NULL,
    request_id integer NOT NULL,
    restarts boolean NOT NULL,          -- the newest news of it began a new series of parts
    asked_at timestamptz,
    answer text,
    seen int4multirange NOT NULL,
    last_seq_no integer,
    texts jsonb NOT NULL,               -- parts of a text by their numbers
    generated_at timestamptz,
    last_part_at timestamptz,
    UNIQUE (station_key, kind, request_id),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key) ON DELETE CASCADE
);
CREATE INDEX station_report_station ON station_report (station_key, key);

CREATE TABLE monitor (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    monitor_id integer NOT NULL,
    component text NOT NULL,
    component_instance text,
    evse integer,
    connector integer,
    variable text NOT NULL,
    instance text,
    type text NOT NULL,
    value double precision NOT NULL,
    severity integer NOT NULL,
    transaction boolean NOT NULL,
    kind text NOT NULL,
    reported_at timestamptz NOT NULL,
    UNIQUE (station_key, monitor_id),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key) ON DELETE CASCADE
);
CREATE INDEX monitor_station ON monitor (station_key, key);

CREATE TABLE station_event (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    event_id integer NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    component text NOT NULL,
    component_instance text,
    evse integer,
    connector integer,
    variable text NOT NULL,
    instance text,
    trigger text NOT NULL,
    kind text NOT NULL,
    severity integer,
    actual_value text NOT NULL,
    cleared boolean NOT NULL,
    cause integer,
    monitor_id integer,
    transaction_id text,
    tech_code text,
    tech_info text,
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key) ON DELETE CASCADE
);
-- The same event again, under a new message id, is the same event.
CREATE UNIQUE INDEX station_event_once ON station_event (station_key, event_id, occurred_at, component, variable);
CREATE INDEX station_event_station ON station_event (station_key, key);
CREATE INDEX station_event_operator ON station_event (operator_key, key);

CREATE TABLE event_stream (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    stream_id integer NOT NULL,
    opened boolean,
    monitor_id integer,
    interval_s integer,
    max_values integer,
    pending integer,
    opened_at timestamptz,
    closed_at timestamptz,
    last_at timestamptz,
    UNIQUE (station_key, stream_id),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key) ON DELETE CASCADE
);
CREATE INDEX event_stream_station ON event_stream (station_key, key);

CREATE TABLE stream_value (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    stream_id integer NOT NULL,
    at timestamptz NOT NULL,
    value text NOT NULL,
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key) ON DELETE CASCADE
);
CREATE INDEX stream_value_station ON stream_value (station_key, key);

CREATE TABLE display_message (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    message_id integer NOT NULL,
    priority text NOT NULL,
    format text NOT NULL,
    content text NOT NULL,
    language text,
    state text,
    starts_at timestamptz,
    ends_at timestamptz,
    transaction_id text,
    display text,
    evse integer,
    extra jsonb NOT NULL,               -- [[format, language, content], ...]
    reported_at timestamptz NOT NULL,
    UNIQUE (station_key, message_id),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key) ON DELETE CASCADE
);
CREATE INDEX display_message_station ON display_message (station_key, key);

CREATE TRIGGER newest AFTER INSERT ON variable REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION keep_newest('10000');
CREATE TRIGGER newest AFTER INSERT ON variable_change REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION keep_newest('20000');
CREATE TRIGGER newest AFTER INSERT ON station_report REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION keep_newest('200');
CREATE TRIGGER newest AFTER INSERT ON monitor REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION keep_newest('5000');
CREATE TRIGGER newest AFTER INSERT ON station_event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION keep_newest('10000');
CREATE TRIGGER newest AFTER INSERT ON event_stream REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION keep_newest('100');
CREATE TRIGGER newest AFTER INSERT ON stream_value REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION keep_newest('20000');
CREATE TRIGGER newest AFTER INSERT ON display_message REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION keep_newest('1000');

SELECT keep_apart('variable', 'variable_change', 'station_report', 'monitor', 'station_event', 'event_stream',
    'stream_value', 'display_message');
GRANT SELECT ON variable, variable_change, station_report, monitor, station_event, event_stream, stream_value,
    display_message TO voltgraph_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO voltgraph_app, voltgraph_ingest;
