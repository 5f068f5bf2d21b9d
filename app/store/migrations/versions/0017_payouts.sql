-- What the provider sent to the bank, or took from it.
CREATE TABLE payout (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    account text NOT NULL,                                            -- '' is the installation's own
    reference text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    status text NOT NULL,
    automatic boolean NOT NULL,
    complete boolean NOT NULL,                                        -- the provider knows its lines
    lines_read boolean NOT NULL DEFAULT false,
    failure text,
    created_at timestamptz NOT NULL,
    arrives_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, key),
    UNIQUE (account, reference)
);
CREATE INDEX payout_operator ON payout (operator_key, created_at, key);
CREATE INDEX payout_unread ON payout (account) WHERE complete AND NOT lines_read;

-- A line of the provider's balance. It never changes; only the payout that takes it is learnt later.
CREATE TABLE payout_line (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    account text NOT NULL,
    reference text NOT NULL,
    kind text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,                                        -- all that was kept of it
    application_fee_minor bigint NOT NULL,                            -- our part of that, which the hold has posted
    source text,
    intent text,
    at timestamptz NOT NULL,
    payout_key bigint,
    UNIQUE (operator_key, key),
    UNIQUE (account, reference),
    FOREIGN KEY (operator_key, payout_key) REFERENCES payout (operator_key, key)
);
CREATE INDEX payout_line_operator ON payout_line (operator_key, at, key);
CREATE INDEX payout_line_payout ON payout_line (payout_key, key);
CREATE INDEX payout_line_intent ON payout_line (account, intent);
CREATE INDEX refund_reference ON refund (reference) WHERE reference IS NOT NULL;

CREATE FUNCTION keep_payout_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.payout_key IS NOT NULL
        OR to_jsonb(NEW) - 'payout_key' IS DISTINCT FROM to_jsonb(OLD) - 'payout_key' THEN
        RAISE EXCEPTION 'a line of the provider''s is kept as it was said' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_line_is_kept BEFORE UPDATE OR DELETE ON payout_line FOR EACH ROW EXECUTE FUNCTION keep_payout_line();
CREATE FUNCTION keep_payout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.account, NEW.reference, NEW.currency, NEW.amount_minor, NEW.created_at)
        IS DISTINCT FROM (OLD.account, OLD.reference, OLD.currency, OLD.amount_minor, OLD.created_at) THEN
        RAISE EXCEPTION 'of a payout only how far it is may change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_is_kept BEFORE UPDATE OR DELETE ON payout FOR EACH ROW EXECUTE FUNCTION keep_payout();

-- A person's word that a line which nothing of ours explains is to be booked as it is.
CREATE TABLE payout_line_booking (
    payout_line_key bigint PRIMARY KEY,
    operator_key bigint NOT NULL,
    amount_minor bigint NOT NULL,
    booked_by text NOT NULL,
    booked_at timestamptz NOT NULL,
    FOREIGN KEY (operator_key, payout_line_key) REFERENCES payout_line (operator_key, key)
);
CREATE TRIGGER payout_line_booking_is_kept BEFORE UPDATE OR DELETE ON payout_line_booking
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- How far an account's balance has been read. One that several operators share cannot be told apart and is not read.
CREATE TABLE balance_reading (
    account text PRIMARY KEY,
    operator_key bigint NOT NULL REFERENCES operator,
    shared boolean NOT NULL DEFAULT false,
    read_until timestamptz NOT NULL,
    window_end timestamptz,                                           -- of the time that is being read
    after text,                                                       -- the line after which its next page begins
    due_at timestamptz NOT NULL,
    last_error text
);
CREATE INDEX balance_reading_due ON balance_reading (due_at) WHERE NOT shared;

SELECT keep_apart('payout', 'payout_line', 'payout_line_booking', 'balance_reading');
REVOKE UPDATE, DELETE ON payout_line, payout_line_booking FROM voltgraph_ingest;
GRANT SELECT, INSERT, UPDATE ON payout TO voltgraph_app;
GRANT SELECT, INSERT, UPDATE (payout_key) ON payout_line TO voltgraph_app;
GRANT SELECT, INSERT ON payout_line_booking TO voltgraph_app;
GRANT SELECT, UPDATE ON balance_reading TO voltgraph_app;

-- -- the books: see also app/domain/ledger.py ------------------------------------------------------------------------

CREATE FUNCTION payout_posts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM book_fact(NEW.operator_key, NULL, NEW.currency, 'PAYOUT', NEW.key, NEW.created_at,
        CASE NEW.status WHEN 'PAID' THEN
            jsonb_build_object('BANK', NEW.amount_minor, 'PROVIDER', -NEW.amount_minor) ELSE '{}' END);
    RETURN NULL;
END $$;
CREATE TRIGGER payout_posts AFTER INSERT OR UPDATE OF status ON payout FOR EACH ROW EXECUTE FUNCTION payout_posts();

CREATE FUNCTION payout_line_posts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE kept bigint := NEW.fee_minor - NEW.application_fee_minor; of_session bigint;
BEGIN
    IF NEW.kind = 'PROVIDER_FEE' THEN
        kept := kept - NEW.amount_minor;
    END IF;
    SELECT h.session_key INTO of_session FROM hold h
    WHERE coalesce(h.account, '') = NEW.account AND h.reference = NEW.intent AND h.operator_key = NEW.operator_key;
    PERFORM book_fact(NEW.operator_key, of_session, NEW.currency, 'PROVIDER_FEE', NEW.key, NEW.at,
        jsonb_build_object('FEE', kept, 'PROVIDER', -kept));
    RETURN NULL;
END $$;
CREATE TRIGGER payout_line_posts AFTER INSERT ON payout_line FOR EACH ROW EXECUTE FUNCTION payout_line_posts();

CREATE FUNCTION payout_line_booking_posts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE l payout_line;
BEGIN
    SELECT * INTO STRICT l FROM payout_line WHERE key = NEW.payout_line_key AND operator_key = NEW.operator_key;
    PERFORM book_fact(l.operator_key, NULL, l.currency, 'UNEXPLAINED', l.key, NEW.booked_at,
        jsonb_build_object('PROVIDER', NEW.amount_minor, 'WAIVED', -NEW.amount_minor));
    RETURN NULL;
END $$;
CREATE TRIGGER payout_line_booking_posts AFTER INSERT ON payout_line_booking
    FOR EACH ROW EXECUTE FUNCTION payout_line_booking_posts();

-- The first capture on an account makes its balance worth reading.
CREATE FUNCTION read_balance_of() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE named text := coalesce(NEW.account, '');
BEGIN
    IF NOT EXISTS (SELECT FROM balance_reading r WHERE r.account = named AND (r.shared OR r.operator_key = NEW.operator_key))
    THEN
        INSERT INTO balance_reading (account, operator_key, read_until, due_at)
        VALUES (named, NEW.operator_key, NEW.created_at - interval '1 hour', NEW.created_at)
        ON CONFLICT (account) DO UPDATE SET shared = balance_reading.operator_key <> NEW.operator_key;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER hold_is_captured AFTER UPDATE ON hold FOR EACH ROW
    WHEN (NEW.captured_minor > 0 AND OLD.captured_minor = 0) EXECUTE FUNCTION read_balance_of();
INSERT INTO balance_reading (account, operator_key, shared, read_until, due_at)
SELECT coalesce(account, ''), min(operator_key), count(DISTINCT operator_key) > 1, min(created_at) - interval '1 hour', now()
FROM hold WHERE captured_minor > 0 GROUP BY 1;

-- Word of a payout makes its account be read soon: of the payout itself nothing is believed.
CREATE FUNCTION payout_wakes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE balance_reading SET due_at = NEW.received_at WHERE account = NEW.account AND due_at > NEW.received_at;
    RETURN NULL;
END $$;
CREATE TRIGGER payout_wakes AFTER INSERT ON payment_event FOR EACH ROW
    WHEN (NEW.object_kind = 'payout') EXECUTE FUNCTION payout_wakes();
REVOKE ALL ON FUNCTION keep_payout_line, keep_payout, payout_posts, payout_line_posts, payout_line_booking_posts,
    read_balance_of, payout_wakes FROM PUBLIC;

-- -- reconciliation --------------------------------------------------------------------------------------------------

ALTER TABLE mismatch
    ADD COLUMN payout_line_key bigint,
    ADD FOREIGN KEY (operator_key, payout_line_key) REFERENCES payout_line (operator_key, key);
DROP INDEX mismatch_subject;
CREATE UNIQUE INDEX mismatch_subject ON mismatch (operator_key, day, cause, (coalesce(session_key, 0)),
    (coalesce(hold_key, 0)), (coalesce(payout_line_key, 0)));

-- -- disputes --------------------------------------------------------------------------------------------------------

ALTER TABLE hold ADD COLUMN card_fingerprint text;                    -- the provider's name of the card itself
CREATE TABLE dispute (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    hold_key bigint NOT NULL,
    account text NOT NULL,
    reference text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    status text NOT NULL,
    reason text NOT NULL,
    evidence_due_by timestamptz,
    created_at timestamptz NOT NULL,
    wish text,                                                        -- SUBMIT or ACCEPT: what we owe the provider
    attempts integer NOT NULL DEFAULT 0,
    submitted_at timestamptz,
    failure text,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, key),
    UNIQUE (account, reference),
    FOREIGN KEY (operator_key, hold_key) REFERENCES hold (operator_key, key)
);
CREATE INDEX dispute_hold ON dispute (hold_key);
CREATE INDEX dispute_operator ON dispute (operator_key, key);
-- Holds whose disputes are looked at, and when next.
CREATE TABLE dispute_watch (
    hold_key bigint PRIMARY KEY,
    operator_key bigint NOT NULL,
    due_at timestamptz NOT NULL,
    FOREIGN KEY (operator_key, hold_key) REFERENCES hold (operator_key, key)
);
CREATE INDEX dispute_watch_due ON dispute_watch (due_at);
SELECT keep_apart('dispute', 'dispute_watch');
GRANT SELECT, INSERT, UPDATE ON dispute, dispute_watch TO voltgraph_app;

CREATE FUNCTION dispute_posts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE of_session bigint;
BEGIN
    SELECT session_key INTO of_session FROM hold WHERE key = NEW.hold_key;
    PERFORM book_fact(NEW.operator_key, of_session, NEW.currency, 'DISPUTE', NEW.key, NEW.created_at,
        CASE WHEN NEW.status IN ('NEEDS_RESPONSE', 'UNDER_REVIEW') THEN
                jsonb_build_object('DISPUTED', NEW.amount_minor, 'PROVIDER', -NEW.amount_minor)
            WHEN NEW.status = 'LOST' THEN
                jsonb_build_object('WAIVED', NEW.amount_minor, 'PROVIDER', -NEW.amount_minor)
            ELSE '{}' END);
    RETURN NULL;
END $$;
CREATE TRIGGER dispute_posts AFTER INSERT OR UPDATE OF status ON dispute FOR EACH ROW EXECUTE FUNCTION dispute_posts();

-- Word of a dispute, by a message or by a line of the balance: what it says is read from the provider.
CREATE FUNCTION message_watches_dispute() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO dispute_watch (hold_key, operator_key, due_at)
    SELECT h.key, h.operator_key, NEW.received_at FROM hold h WHERE h.id = NEW.hold_id
    ON CONFLICT (hold_key) DO UPDATE SET due_at = least(dispute_watch.due_at, excluded.due_at);
    RETURN NULL;
END $$;
CREATE TRIGGER message_watches_dispute AFTER INSERT ON payment_event FOR EACH ROW
    WHEN (NEW.object_kind = 'dispute' AND NEW.hold_id IS NOT NULL) EXECUTE FUNCTION message_watches_dispute();
CREATE FUNCTION line_watches_dispute() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO dispute_watch (hold_key, operator_key, due_at)
    SELECT h.key, h.operator_key, NEW.at FROM hold h
    WHERE coalesce(h.account, '') = NEW.account AND h.reference = NEW.intent AND h.operator_key = NEW.operator_key
    ON CONFLICT (hold_key) DO UPDATE SET due_at = least(dispute_watch.due_at, excluded.due_at);
    RETURN NULL;
END $$;
CREATE TRIGGER line_watches_dispute AFTER INSERT ON payout_line FOR EACH ROW
    WHEN (NEW.kind = 'DISPUTE') EXECUTE FUNCTION line_watches_dispute();
REVOKE ALL ON FUNCTION dispute_posts, message_watches_dispute, line_watches_dispute FROM PUBLIC;
