-- A price that was shown is the price that is billed: a session may carry its quote, and a reservation its beginning.

ALTER TABLE quote
    ADD COLUMN token_key bigint,
    ADD COLUMN starts_at timestamptz NOT NULL,
    ADD COLUMN hold_minor bigint NOT NULL,
    ADD UNIQUE (operator_key, key),
    ADD FOREIGN KEY (operator_key, token_key) REFERENCES token (operator_key, key);
CREATE INDEX quote_valid_until ON quote (valid_until);

ALTER TABLE session
    ADD COLUMN quote_key bigint,
    ADD COLUMN reserved_at timestamptz,
    ADD FOREIGN KEY (operator_key, quote_key) REFERENCES quote (operator_key, key);
CREATE UNIQUE INDEX session_quote ON session (quote_key) WHERE quote_key IS NOT NULL;

-- Quotes that nobody used are forgotten.
GRANT SELECT, DELETE ON quote TO voltgraph_ingest;

-- A reservation that is over without a car, and whose waiting may cost something.
CREATE INDEX session_reservation_over ON session (key) WHERE status = 'INVALID' AND reserved_at IS NOT NULL
    AND tariff_key IS NOT NULL AND settled_at IS NULL;

-- A car that stays at the plug after the end, where staying costs something.
CREATE INDEX session_stays ON session (key) WHERE status = 'COMPLETED' AND settled_at IS NULL
    AND steps->'UNPLUGGED'->>'state' = 'WAITING';
