-- Terminals of the payment provider at a location, by its names of them.
CREATE TABLE card_reader (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    location_key bigint NOT NULL,
    account text,                                                     -- the operator's at the provider; null: the installation's
    reference text NOT NULL,
    label text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (operator_key, key),
    FOREIGN KEY (operator_key, location_key) REFERENCES location (operator_key, key)
);
-- A reader stands in one place.
CREATE UNIQUE INDEX card_reader_reference ON card_reader (coalesce(account, ''), reference);
SELECT keep_apart('card_reader');
GRANT SELECT, INSERT, DELETE ON card_reader TO voltgraph_app;

ALTER TABLE hold ADD COLUMN reader text;
