-- A driver who paid for one EVSE and plugged in at another of the station: the hold moves, with the price that was shown.
ALTER TABLE hold ADD COLUMN moved_at timestamptz;
GRANT UPDATE (evse_key) ON quote TO voltgraph_app;

-- Letters to drivers without an account: a way back to what they paid, to the address that they gave when they paid. One
-- that was asked for by whoever gave no such address names no hold, and is never sent. No address is kept here.
CREATE TABLE guest_letter (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    hold_key bigint,
    kind text NOT NULL,                                               -- LINK, RECEIPT
    asked_at timestamptz NOT NULL,
    UNIQUE (operator_key, key),
    FOREIGN KEY (operator_key, hold_key) REFERENCES hold (operator_key, key)
);
CREATE INDEX guest_letter_hold ON guest_letter (hold_key, asked_at) WHERE hold_key IS NOT NULL;
CREATE INDEX guest_letter_asked_at ON guest_letter (asked_at);
SELECT keep_apart('guest_letter');
GRANT SELECT, INSERT ON guest_letter TO voltgraph_app;

ALTER TABLE duty
    ADD COLUMN letter_key bigint,
    ADD FOREIGN KEY (operator_key, letter_key) REFERENCES guest_letter (operator_key, key) ON DELETE CASCADE;
CREATE INDEX duty_letter ON duty (letter_key) WHERE letter_key IS NOT NULL;
CREATE INDEX guest_access_created_at ON guest_access (created_at);

-- Whose card it is, where a driver with an account pays.
ALTER TABLE hold
    ADD COLUMN driver_key bigint,
    ADD FOREIGN KEY (operator_key, driver_key) REFERENCES driver (operator_key, key);
CREATE INDEX hold_driver ON hold (driver_key) WHERE driver_key IS NOT NULL;
