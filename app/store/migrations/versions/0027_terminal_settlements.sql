-- What a terminal at a station took is money of the operator's that no hold knows (2.1 C21).
ALTER TABLE settlement
    ADD id uuid NOT NULL DEFAULT gen_random_uuid(),                   -- by which its receipt is asked for
    ADD session_key bigint,
    ADD currency text,
    ADD amount_minor bigint,                                          -- null: not said in money that there is
    ADD written_off_minor bigint NOT NULL DEFAULT 0,                  -- what it lacks of the bill, let go; negative: has too much
    ADD problem text,                                                 -- why it pays no session; null when it does
    ADD UNIQUE (id),
    ADD FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key);
-- A reference that is used again for another transaction is another payment; another amount of the same is a claim.
ALTER TABLE settlement DROP CONSTRAINT settlement_station_key_psp_ref_key;
CREATE UNIQUE INDEX settlement_told ON settlement
    (station_key, psp_ref, transaction_id, (CASE WHEN problem = 'CONTRADICTS' THEN amount END)) NULLS NOT DISTINCT;
CREATE INDEX settlement_session ON settlement (session_key) WHERE session_key IS NOT NULL;
CREATE INDEX settlement_unmet ON settlement (station_key, transaction_id) WHERE session_key IS NULL;
GRANT UPDATE (written_off_minor) ON settlement TO voltgraph_app;

ALTER TABLE ledger_line DROP CONSTRAINT ledger_line_book_check;
ALTER TABLE ledger_line ADD CONSTRAINT ledger_line_book_check CHECK (book IN ('RECEIVABLE', 'REVENUE', 'TAX', 'PROVIDER',
    'FEE', 'WAIVED', 'PREPAID', 'BANK', 'DISPUTED', 'TERMINAL'));

-- All that a settlement says of money. What pays no session stands in the books, too, under none.
CREATE FUNCTION book_settlement(of_settlement bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE t settlement; taken bigint; pays bigint; fact text; before record;
BEGIN
    SELECT * INTO STRICT t FROM settlement WHERE key = of_settlement;
    taken := CASE WHEN t.status = 'Settled' AND t.problem IS DISTINCT FROM 'CONTRADICTS' THEN coalesce(t.amount_minor, 0)
        ELSE 0 END;
    pays := CASE WHEN t.problem IS NULL THEN t.session_key END;
    FOREACH fact IN ARRAY ARRAY['TERMINAL', 'WRITE_OFF'] LOOP
        SELECT session_key, currency INTO before FROM ledger_posting p WHERE p.cause = fact AND p.cause_key = t.key
        ORDER BY turn DESC LIMIT 1;
        -- It turned out to be another session's: it goes from where it stood.
        IF FOUND AND (before.session_key, before.currency) IS DISTINCT FROM (pays, t.currency) THEN
            PERFORM book_fact(t.operator_key, before.session_key, before.currency, fact, t.key, now(), '{}');
        END IF;
    END LOOP;
    IF t.currency IS NULL THEN
        RETURN;
    END IF;
    PERFORM book_fact(t.operator_key, pays, t.currency, 'TERMINAL', t.key, now(),
        jsonb_build_object('TERMINAL', taken, 'RECEIVABLE', -taken));
    PERFORM book_fact(t.operator_key, pays, t.currency, 'WRITE_OFF', t.key, now(),
        jsonb_build_object('WAIVED', t.written_off_minor, 'RECEIVABLE', -t.written_off_minor));
END $$;

-- A receipt is owed once there is a bill and what pays it; the station's own receipt is the only one then.
CREATE FUNCTION owe_terminal_receipts(sessions bigint[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO duty (id, operator_key, kind, station_key, session_key, due_at)
    SELECT DISTINCT ON (t.session_key) gen_random_uuid(), t.operator_key, 'ISSUE_DOCUMENT', t.station_key, t.session_key, now()
    FROM settlement t
    WHERE t.session_key = ANY(sessions) AND t.status = 'Settled' AND t.problem IS NULL
        AND EXISTS (SELECT FROM cdr c WHERE c.session_key = t.session_key)
    ON CONFLICT (kind, session_key) WHERE session_key IS NOT NULL
    DO UPDATE SET state = 'OWED', due_at = excluded.due_at, attempts = 0, done_at = NULL
$$;

CREATE FUNCTION settlement_posts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM book_settlement(NEW.key);
    PERFORM owe_terminal_receipts(ARRAY[NEW.session_key]);
    RETURN NULL;
END $$;
CREATE TRIGGER settlement_posts AFTER INSERT ON settlement FOR EACH ROW EXECUTE FUNCTION settlement_posts();
CREATE TRIGGER settlement_posts_again AFTER UPDATE ON settlement FOR EACH ROW
    WHEN ((NEW.status, NEW.amount_minor, NEW.currency, NEW.session_key, NEW.problem, NEW.written_off_minor)
          IS DISTINCT FROM (OLD.status, OLD.amount_minor, OLD.currency, OLD.session_key, OLD.problem, OLD.written_off_minor))
    EXECUTE FUNCTION settlement_posts();

-- A station that was offline may tell of the payment before it tells of the transaction.
CREATE FUNCTION cdrs_meet_settlements() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE settlement t SET session_key = s.key, problem = CASE
        WHEN t.problem = 'UNKNOWN_TRANSACTION' AND t.currency IS DISTINCT FROM w.currency THEN 'OTHER_CURRENCY'
        WHEN t.problem = 'UNKNOWN_TRANSACTION' THEN NULL ELSE t.problem END
    FROM written w JOIN session s ON s.key = w.session_key
    WHERE t.session_key IS NULL AND t.station_key = s.station_key AND t.transaction_id = s.transaction_id
        AND w.credit_of IS NULL;
    PERFORM owe_terminal_receipts(ARRAY(SELECT DISTINCT session_key FROM written));
    RETURN NULL;
END $$;
CREATE TRIGGER cdrs_meet_settlements AFTER INSERT ON cdr REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION cdrs_meet_settlements();

-- As migration 0014 has it, with what terminals took.
CREATE OR REPLACE FUNCTION rebook_session(of_session bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE c cdr; e record; of_hold bigint; taken bigint; own bigint := current_operator();
BEGIN
    FOR of_hold IN SELECT key FROM hold WHERE session_key = of_session AND operator_key = own FOR UPDATE LOOP
        PERFORM book_hold(of_hold);
    END LOOP;
    FOR taken IN SELECT key FROM settlement WHERE session_key = of_session AND operator_key = own FOR UPDATE LOOP
        PERFORM book_settlement(taken);
    END LOOP;
    FOR c IN SELECT * FROM cdr WHERE session_key = of_session AND operator_key = own ORDER BY key LOOP
        PERFORM book_fact(c.operator_key, c.session_key, c.currency, 'CDR', c.key, c.issued_at, jsonb_build_object(
            'RECEIVABLE', c.total_minor, 'REVENUE', -c.before_taxes_minor, 'TAX', -c.tax_minor));
    END LOOP;
    FOR e IN SELECT n.*, a.currency FROM account_entry n JOIN account a ON a.key = n.account_key
        WHERE n.session_key = of_session AND n.operator_key = own ORDER BY n.key LOOP
        PERFORM book_fact(e.operator_key, e.session_key, e.currency, 'ACCOUNT_ENTRY', e.key, e.created_at,
            jsonb_build_object('PREPAID', -e.amount_minor, 'RECEIVABLE', e.amount_minor));
    END LOOP;
END $$;

-- A signed address names a settlement, not its operator.
CREATE FUNCTION operator_of_settlement(wanted uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT operator_key FROM settlement WHERE id = wanted
$$;
-- Nor does a scanned code (2.1 C25); what is not published is not found by one.
CREATE FUNCTION find_scanned_station(identities text[]) RETURNS TABLE (operator_key bigint, operator_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.operator_key, o.id
    FROM station s JOIN web_payment w ON w.station_key = s.key JOIN location l ON l.key = s.location_key
        JOIN operator o ON o.key = s.operator_key
    WHERE s.identity = ANY(identities) AND l.published AND s.lifecycle = 'IN_SERVICE'
    ORDER BY s.key LIMIT 1
$$;
REVOKE ALL ON FUNCTION book_settlement, owe_terminal_receipts, settlement_posts, cdrs_meet_settlements, operator_of_settlement,
    find_scanned_station FROM PUBLIC;
GRANT EXECUTE ON FUNCTION operator_of_settlement, find_scanned_station TO voltgraph_app;

-- How energy may flow between a token's car and a station, told with its judgement (2.1 Q01).
ALTER TABLE token ADD allowed_energy_transfer text[] NOT NULL DEFAULT '{}';

-- How often in a row a stream had more to send than before, and when we last let it send more (2.1 N15).
ALTER TABLE event_stream
    ADD growing integer NOT NULL DEFAULT 0,
    ADD adjusted_at timestamptz;
