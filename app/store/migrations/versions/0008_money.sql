-- All that a tariff may say, what the cars did in between, and prices that were promised.

ALTER TABLE tariff ADD COLUMN min_price jsonb, ADD COLUMN max_price jsonb, ADD COLUMN holidays jsonb;

-- What a car was said to do, and when: charging and parking are priced apart.
CREATE TABLE session_activity (
    operator_key bigint NOT NULL,
    session_key bigint NOT NULL,
    at timestamptz NOT NULL,
    state text NOT NULL,
    PRIMARY KEY (session_key, at, state),
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key)
);

-- A price that somebody was shown: it names the version that the session will pay.
CREATE TABLE quote (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    location_key bigint NOT NULL,
    evse_key bigint NOT NULL,
    tariff_key bigint NOT NULL,
    token_group_id text,
    energy_wh bigint NOT NULL,
    minutes integer NOT NULL,
    total_minor bigint NOT NULL,
    created_at timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    FOREIGN KEY (operator_key, location_key) REFERENCES location (operator_key, key),
    FOREIGN KEY (operator_key, evse_key) REFERENCES evse (operator_key, key),
    FOREIGN KEY (operator_key, tariff_key) REFERENCES tariff (operator_key, key)
);

SELECT keep_apart('session_activity', 'quote');
GRANT SELECT ON session_activity TO voltgraph_app;
GRANT SELECT, INSERT ON quote TO voltgraph_app;
