-- Anybody may press a start button: only where the operator says so is a start without a token accepted.
ALTER TABLE station ADD accepts_no_authorization boolean NOT NULL DEFAULT false;

-- What a station's variables are to be, whatever a reboot makes of them.
CREATE TABLE desired_variable (
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
    value text NOT NULL,
    state text NOT NULL DEFAULT 'UNCHECKED',
    said text,                                                       -- the station's word about the newest attempt
    is_due boolean NOT NULL DEFAULT true,                            -- looked at since the newest boot or wish: not yet
    attempts integer NOT NULL DEFAULT 0,                             -- since the wish, or since the day of the newest
    forgotten integer NOT NULL DEFAULT 0,                            -- how often a value that was in effect was gone
    set_at timestamptz NOT NULL,
    asked_at timestamptz,                                            -- the newest look, and the command that it is
    asked_key bigint,
    tried_at timestamptz,
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key) ON DELETE CASCADE
);
CREATE UNIQUE INDEX desired_variable_place ON desired_variable (station_key, lower(component), lower(variable),
    (lower(coalesce(component_instance, ''))), (lower(coalesce(instance, ''))), (coalesce(evse, 0)),
    (coalesce(connector, 0)), attribute);
SELECT keep_apart('desired_variable');
GRANT SELECT, INSERT, UPDATE, DELETE ON desired_variable TO voltgraph_app;

-- How a station makes its codes for paying on the web, and how often somebody tried wrong ones (2.1 C25).
CREATE TABLE web_payment (
    station_key bigint PRIMARY KEY,
    operator_key bigint NOT NULL,
    url_template text NOT NULL,
    shared_secret text NOT NULL,                                     -- shown to nobody
    validity_s integer NOT NULL,
    length integer NOT NULL,
    set_at timestamptz NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    failures_since timestamptz,
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key) ON DELETE CASCADE
);
SELECT keep_apart('web_payment');
GRANT SELECT, INSERT, UPDATE ON web_payment TO voltgraph_app;
