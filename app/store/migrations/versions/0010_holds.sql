-- Holds on drivers' cards. A call to the provider is a committed row before it is made.

-- Whose money it is: the operator's own account at the provider, or none for the installation's.
CREATE TABLE payment_account (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL UNIQUE REFERENCES operator,
    account text UNIQUE CHECK (account <> ''),
    fee_basis_points integer NOT NULL DEFAULT 0 CHECK (fee_basis_points BETWEEN 0 AND 10000),
    fee_fixed_minor bigint NOT NULL DEFAULT 0 CHECK (fee_fixed_minor >= 0),
    status text NOT NULL DEFAULT 'ACTIVE',                            -- ACTIVE, RESTRICTED, DISCONNECTED
    created_at timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 1
);

CREATE TABLE hold (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    location_key bigint NOT NULL,
    station_key bigint NOT NULL,
    evse_key bigint NOT NULL,
    session_key bigint,
    session_version bigint,                                           -- the session's, when the hold was last moved on
    quote_key bigint,
    currency text NOT NULL,
    way text NOT NULL,
    status text NOT NULL DEFAULT 'CREATED',
    wanted_minor bigint NOT NULL CHECK (wanted_minor > 0),
    held_minor bigint NOT NULL DEFAULT 0 CHECK (held_minor >= 0),
    captured_minor bigint NOT NULL DEFAULT 0 CHECK (captured_minor BETWEEN 0 AND held_minor),
    refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND captured_minor),
    fee_minor bigint NOT NULL DEFAULT 0 CHECK (fee_minor BETWEEN 0 AND captured_minor),
    debt_minor bigint NOT NULL DEFAULT 0 CHECK (debt_minor >= 0),
    waived_minor bigint NOT NULL DEFAULT 0 CHECK (waived_minor >= 0),
    provisional boolean NOT NULL DEFAULT false,
    account text,
    reference text,
    checkout_reference text,
    checkout_url text,
    client_secret text,
    return_url text,
    contact text,
    customer text,
    payment_method text,
    capture_before timestamptz,
    held_at timestamptz,
    pay_by timestamptz NOT NULL,
    may_increment boolean NOT NULL DEFAULT false,
    increment_refused boolean NOT NULL DEFAULT false,
    release_wanted text,
    attempted_at timestamptz,
    failure text,
    warned_at timestamptz, lowered_at timestamptz, stop_asked_at timestamptz,
    look boolean NOT NULL DEFAULT false,                              -- the provider sent word of it
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, key),
    FOREIGN KEY (operator_key, location_key) REFERENCES location (operator_key, key),
    FOREIGN KEY (operator_key, station_key) REFERENCES station (operator_key, key),
    FOREIGN KEY (operator_key, evse_key) REFERENCES evse (operator_key, key),
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key),
    FOREIGN KEY (operator_key, quote_key) REFERENCES quote (operator_key, key)
);
-- Two drivers, or one with two tabs: the first pays for the EVSE, the second is told that it is taken.
CREATE UNIQUE INDEX hold_open_at_evse ON hold (evse_key) WHERE status IN ('CREATED', 'ACTION_REQUIRED', 'HELD');
CREATE UNIQUE INDEX hold_of_session ON hold (session_key) WHERE session_key IS NOT NULL;
CREATE UNIQUE INDEX hold_reference ON hold (coalesce(account, ''), reference) WHERE reference IS NOT NULL;
CREATE INDEX hold_operator ON hold (operator_key, key);
CREATE INDEX hold_capture_before ON hold (operator_key, capture_before) WHERE status = 'HELD';

CREATE TABLE refund (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    hold_key bigint NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reason text NOT NULL,
    status text NOT NULL DEFAULT 'REQUESTED',
    reference text,
    failure text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (operator_key, key),
    FOREIGN KEY (operator_key, hold_key) REFERENCES hold (operator_key, key)
);
CREATE INDEX refund_hold ON refund (hold_key);

CREATE TABLE payment_call (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    hold_key bigint NOT NULL,
    deed text NOT NULL,
    generation integer NOT NULL,
    idempotency_key text NOT NULL UNIQUE,
    amount_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    reason text NOT NULL,
    provisional boolean NOT NULL,
    waived_minor bigint NOT NULL,
    refund_key bigint,
    state text NOT NULL DEFAULT 'WANTED',                             -- WANTED, DONE, REFUSED, LOST
    attempts integer NOT NULL DEFAULT 0,
    result text,
    last_error text,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    FOREIGN KEY (operator_key, hold_key) REFERENCES hold (operator_key, key),
    FOREIGN KEY (operator_key, refund_key) REFERENCES refund (operator_key, key)
);
CREATE INDEX payment_call_hold ON payment_call (hold_key);
-- One call at a time, and one capture for good: also against ourselves.
CREATE UNIQUE INDEX payment_call_wanted ON payment_call (hold_key) WHERE state = 'WANTED';
CREATE UNIQUE INDEX payment_call_capture ON payment_call (hold_key) WHERE deed = 'CAPTURE' AND state = 'DONE';

-- What the provider sent, once. Nobody's until the account or the hold that it names is found.
CREATE TABLE payment_event (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint REFERENCES operator,
    account text NOT NULL,                                            -- '' is the installation's own
    event_id text NOT NULL,
    type text NOT NULL,
    object_kind text NOT NULL,
    object_id text NOT NULL,
    hold_id uuid,
    state text NOT NULL,                                              -- DONE, or IGNORED: about nothing of ours
    created_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    UNIQUE (account, event_id)
);

SELECT keep_apart('payment_account', 'hold', 'refund', 'payment_call', 'payment_event');
GRANT SELECT, INSERT, UPDATE ON payment_account, hold, refund, payment_call TO voltgraph_app;

-- A duty that calls somebody outside holds no transaction meanwhile: a lease keeps others from it, and a wake that
-- comes during it is not lost.
ALTER TABLE duty
    ADD COLUMN hold_key bigint,
    ADD COLUMN leased_until timestamptz,
    ADD COLUMN wakes integer NOT NULL DEFAULT 0,
    ADD FOREIGN KEY (operator_key, hold_key) REFERENCES hold (operator_key, key);
CREATE UNIQUE INDEX duty_of_hold ON duty (kind, hold_key) WHERE hold_key IS NOT NULL;

-- Keeps what the provider sent, once, and lets the hold that it is about be looked at: whose it is, only the hold says.
-- The account must be the hold's own, so that nobody's message touches another's money. False for a repetition.
CREATE FUNCTION keep_payment_event(sent_account text, sent_id text, sent_type text, about_kind text, about_id text,
                                   marked uuid, intent text, sent_at timestamptz, at timestamptz)
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE ours hold;
BEGIN
    SELECT * INTO ours FROM hold h
    WHERE coalesce(h.account, '') = sent_account AND (h.id = marked OR h.reference = intent) LIMIT 1;
    INSERT INTO payment_event (operator_key, account, event_id, type, object_kind, object_id, hold_id, state, created_at,
                               received_at)
    VALUES (ours.operator_key, sent_account, sent_id, sent_type, about_kind, about_id, ours.id,
            CASE WHEN ours.key IS NULL THEN 'IGNORED' ELSE 'DONE' END, sent_at, at)
    ON CONFLICT (account, event_id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF ours.key IS NOT NULL THEN
        UPDATE hold SET look = true WHERE key = ours.key;
        UPDATE duty SET state = 'OWED', due_at = at, wakes = wakes + 1, done_at = NULL
        WHERE kind = 'ADVANCE_HOLD' AND hold_key = ours.key;
    END IF;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION keep_payment_event FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_payment_event TO voltgraph_app, voltgraph_ingest;
