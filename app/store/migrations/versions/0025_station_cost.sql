-- What a station calculated itself for a session, as it last said it; the bill is ours.
CREATE TABLE station_cost (
    session_key bigint PRIMARY KEY,
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    details jsonb NOT NULL,
    said_at timestamptz NOT NULL,
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);
SELECT keep_apart('station_cost');
GRANT SELECT ON station_cost TO voltgraph_app;

-- A limit of a transaction at the station has changed and was not told yet: its next message hears of it.
ALTER TABLE station ADD limits_due boolean NOT NULL DEFAULT false;
-- The longest that a driver wants to charge.
ALTER TABLE hold ADD target_duration_s integer CHECK (target_duration_s > 0);
