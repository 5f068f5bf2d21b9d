-- What stations do beyond the standard: allowed by their operator, and counted when met.

CREATE TABLE station_quirk (
    operator_key bigint NOT NULL,
    station_key bigint NOT NULL,
    code text NOT NULL,
    pinned_at timestamptz,                                           -- the operator allows it, whatever the profile says
    repairs bigint NOT NULL DEFAULT 0,                               -- how often it was met
    last_at timestamptz,
    PRIMARY KEY (station_key, code),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key)
);

SELECT keep_apart('station_quirk');
GRANT SELECT, INSERT, UPDATE ON station_quirk TO voltgraph_app;
