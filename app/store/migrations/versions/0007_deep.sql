-- A car's needs are planned for once each: wanted until a plan is on its way, or until nobody can make one.
ALTER TABLE session_power
    ADD plan_wanted_at timestamptz,
    ADD planned_at timestamptz,
    ADD plan_refusals integer;                                       -- in a row: a car that never obeys is not chased for ever
CREATE INDEX session_power_unplanned ON session_power (station_key) WHERE plan_wanted_at IS NOT NULL;

-- What a station said when it was asked about a transaction (2.0.1 E14); a bill waits while it holds messages back.
CREATE TABLE transaction_status (
    session_key bigint PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    ongoing boolean,
    messages_in_queue boolean NOT NULL,
    answered_at timestamptz NOT NULL,
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);
SELECT keep_apart('transaction_status');
GRANT SELECT ON transaction_status TO voltgraph_app;

-- Signed values are bytes: what was signed must stay what it was. Two of one moment may differ, and both are kept.
ALTER TABLE signed_reading
    ALTER data TYPE bytea USING convert_to(data, 'UTF8'),
    ADD verification text,                                           -- null: not checked yet
    ADD checked_with text;
ALTER TABLE signed_reading DROP CONSTRAINT signed_reading_session_key_at_context_measurand_key;
CREATE UNIQUE INDEX signed_reading_once ON signed_reading (session_key, at, context, measurand, sha256(data));
CREATE INDEX signed_reading_unchecked ON signed_reading (station_key) WHERE verification IS NULL;
ALTER TABLE evse ADD meter_public_key text;                          -- as its operator read it off the meter
GRANT UPDATE (verification) ON signed_reading TO voltgraph_app;      -- a key that becomes known has them checked again
