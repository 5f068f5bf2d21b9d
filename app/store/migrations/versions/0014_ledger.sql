-- Double entry, by operator and currency. Nobody posts: the facts do, in the transaction that writes them. What a fact
-- says is in app/domain/ledger.py, too, and both must agree.

CREATE TABLE ledger_posting (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    operator_key bigint NOT NULL REFERENCES operator,
    currency text NOT NULL,
    cause text NOT NULL,
    cause_key bigint NOT NULL,                                        -- of the row that is the cause
    turn integer NOT NULL CHECK (turn > 0),                           -- a fact that changes posts the difference
    session_key bigint,
    at timestamptz NOT NULL,
    UNIQUE (operator_key, key),
    UNIQUE (cause, cause_key, turn),
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key)
);
CREATE INDEX ledger_posting_operator ON ledger_posting (operator_key, at, key);
CREATE INDEX ledger_posting_session ON ledger_posting (session_key) WHERE session_key IS NOT NULL;
CREATE TABLE ledger_line (
    operator_key bigint NOT NULL,
    posting_key bigint NOT NULL,
    book text NOT NULL CHECK (book IN ('RECEIVABLE', 'REVENUE', 'TAX', 'PROVIDER', 'FEE', 'WAIVED', 'PREPAID', 'BANK',
                                       'DISPUTED')),
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),           -- what comes in is positive, what goes out negative
    PRIMARY KEY (posting_key, book),
    FOREIGN KEY (operator_key, posting_key) REFERENCES ledger_posting (operator_key, key)
);
CREATE TRIGGER ledger_posting_is_kept BEFORE UPDATE OR DELETE ON ledger_posting FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_line_is_kept BEFORE UPDATE OR DELETE ON ledger_line FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (SELECT sum(amount_minor) FROM ledger_line WHERE posting_key = NEW.posting_key) <> 0 THEN
        RAISE EXCEPTION 'the lines of posting % do not sum to zero', NEW.posting_key USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_line_balances AFTER INSERT ON ledger_line DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_balance();

SELECT keep_apart('ledger_posting', 'ledger_line');
REVOKE INSERT, UPDATE, DELETE ON ledger_posting, ledger_line FROM voltgraph_ingest;
GRANT SELECT ON ledger_posting, ledger_line TO voltgraph_app;

-- Brings what was posted of a fact to what it says now: the difference is a posting of its own, none is none. Whoever
-- calls it holds the fact's row, so that two differences are not posted twice.
CREATE FUNCTION book_fact(of_operator bigint, of_session bigint, in_currency text, by_cause text, by_key bigint,
                          moment timestamptz, said jsonb)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE missing jsonb; made bigint;
BEGIN
    SELECT jsonb_object_agg(x.book, x.amount) INTO missing FROM (
        SELECT b.book, sum(b.amount) AS amount FROM (
            SELECT key AS book, value::bigint AS amount FROM jsonb_each_text(said)
            UNION ALL
            SELECT l.book, -l.amount_minor FROM ledger_posting p JOIN ledger_line l ON l.posting_key = p.key
            WHERE p.cause = by_cause AND p.cause_key = by_key
        ) b GROUP BY b.book HAVING sum(b.amount) <> 0
    ) x;
    IF missing IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO ledger_posting (operator_key, currency, cause, cause_key, turn, session_key, at)
    SELECT of_operator, in_currency, by_cause, by_key,
        1 + (SELECT count(*) FROM ledger_posting p WHERE p.cause = by_cause AND p.cause_key = by_key), of_session, moment
    RETURNING key INTO made;
    INSERT INTO ledger_line (operator_key, posting_key, book, amount_minor)
    SELECT of_operator, made, key, value::bigint FROM jsonb_each_text(missing);
END $$;

-- All that a hold says of money. Goodwill is what was given back although the bill stands: only a bill makes it one.
CREATE FUNCTION book_hold(of_hold bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE h hold; given bigint; reached bigint; outside bigint; billed bigint; goodwill bigint := 0; r refund;
BEGIN
    SELECT * INTO STRICT h FROM hold WHERE key = of_hold;
    SELECT coalesce(sum(amount_minor) FILTER (WHERE status = 'SUCCEEDED'), 0),
           coalesce(sum(amount_minor) FILTER (WHERE status <> 'REQUESTED'), 0)
    INTO given, reached FROM refund WHERE hold_key = of_hold;
    outside := greatest(h.refunded_minor - reached, 0);
    SELECT c.total_minor INTO billed FROM cdr c
    WHERE c.session_key = h.session_key AND c.credit_of IS NULL
        AND NOT EXISTS (SELECT FROM cdr t WHERE t.credit_of = c.key);
    IF billed IS NOT NULL THEN
        goodwill := greatest(given + outside - greatest(h.captured_minor - billed, 0), 0);
    END IF;
    PERFORM book_fact(h.operator_key, h.session_key, h.currency, 'CAPTURE', h.key, now(),
        jsonb_build_object('PROVIDER', h.captured_minor, 'RECEIVABLE', -h.captured_minor));
    PERFORM book_fact(h.operator_key, h.session_key, h.currency, 'APPLICATION_FEE', h.key, now(),
        jsonb_build_object('FEE', h.fee_minor, 'PROVIDER', -h.fee_minor));
    PERFORM book_fact(h.operator_key, h.session_key, h.currency, 'WAIVER', h.key, now(),
        jsonb_build_object('WAIVED', h.waived_minor, 'RECEIVABLE', -h.waived_minor));
    FOR r IN SELECT * FROM refund WHERE hold_key = of_hold ORDER BY key LOOP
        PERFORM book_fact(h.operator_key, h.session_key, h.currency, 'REFUND', r.key, now(),
            CASE r.status WHEN 'SUCCEEDED' THEN
                jsonb_build_object('RECEIVABLE', r.amount_minor, 'PROVIDER', -r.amount_minor) ELSE '{}' END);
    END LOOP;
    PERFORM book_fact(h.operator_key, h.session_key, h.currency, 'OUTSIDE_REFUND', h.key, now(),
        jsonb_build_object('RECEIVABLE', outside, 'PROVIDER', -outside));
    PERFORM book_fact(h.operator_key, h.session_key, h.currency, 'GOODWILL', h.key, now(),
        jsonb_build_object('WAIVED', goodwill, 'RECEIVABLE', -goodwill));
END $$;

CREATE FUNCTION hold_posts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM book_hold(NEW.key);
    RETURN NULL;
END $$;
CREATE TRIGGER hold_posts AFTER UPDATE ON hold FOR EACH ROW
    WHEN ((NEW.captured_minor, NEW.fee_minor, NEW.waived_minor, NEW.refunded_minor)
          IS DISTINCT FROM (OLD.captured_minor, OLD.fee_minor, OLD.waived_minor, OLD.refunded_minor))
    EXECUTE FUNCTION hold_posts();
CREATE TRIGGER hold_posts_at_once AFTER INSERT ON hold FOR EACH ROW
    WHEN (NEW.captured_minor <> 0 OR NEW.waived_minor <> 0) EXECUTE FUNCTION hold_posts();

CREATE FUNCTION refund_posts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM hold WHERE key = NEW.hold_key FOR UPDATE;
    PERFORM book_hold(NEW.hold_key);
    RETURN NULL;
END $$;
CREATE TRIGGER refund_posts AFTER INSERT OR UPDATE OF status ON refund FOR EACH ROW EXECUTE FUNCTION refund_posts();

-- Records and entries are never changed: they post once, all of a statement's at a time. A new bill may make goodwill of
-- what was repaid, or a debt of it.
CREATE FUNCTION cdrs_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE of_hold bigint;
BEGIN
    WITH made AS (
        INSERT INTO ledger_posting (operator_key, currency, cause, cause_key, turn, session_key, at)
        SELECT operator_key, currency, 'CDR', key, 1, session_key, issued_at FROM written
        WHERE total_minor <> 0 OR tax_minor <> 0
        RETURNING operator_key, key, cause_key
    )
    INSERT INTO ledger_line (operator_key, posting_key, book, amount_minor)
    SELECT m.operator_key, m.key, x.book, x.amount
    FROM made m JOIN written w ON w.key = m.cause_key
    CROSS JOIN LATERAL (VALUES ('RECEIVABLE', w.total_minor), ('REVENUE', -w.before_taxes_minor), ('TAX', -w.tax_minor))
        AS x (book, amount)
    WHERE x.amount <> 0;
    FOR of_hold IN SELECT h.key FROM written w JOIN hold h ON h.session_key = w.session_key WHERE h.refunded_minor > 0
        ORDER BY h.key FOR UPDATE OF h
    LOOP
        PERFORM book_hold(of_hold);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER cdrs_post AFTER INSERT ON cdr REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION cdrs_post();

CREATE FUNCTION entries_post() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    WITH made AS (
        INSERT INTO ledger_posting (operator_key, currency, cause, cause_key, turn, session_key, at)
        SELECT w.operator_key, a.currency, 'ACCOUNT_ENTRY', w.key, 1, w.session_key, w.created_at
        FROM written w JOIN account a ON a.key = w.account_key
        RETURNING operator_key, key, cause_key
    )
    INSERT INTO ledger_line (operator_key, posting_key, book, amount_minor)
    SELECT m.operator_key, m.key, x.book, x.amount
    FROM made m JOIN written w ON w.key = m.cause_key
    CROSS JOIN LATERAL (VALUES ('PREPAID', -w.amount_minor),
        (CASE WHEN w.kind = 'TOP_UP' THEN 'BANK' WHEN w.session_key IS NOT NULL THEN 'RECEIVABLE' ELSE 'WAIVED' END,
         w.amount_minor)) AS x (book, amount);
    RETURN NULL;
END $$;
CREATE TRIGGER entries_post AFTER INSERT ON account_entry REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION entries_post();

-- Posts again what a session's facts say: for books that were lost, nothing for books that are right.
CREATE FUNCTION rebook_session(of_session bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE c cdr; e record; of_hold bigint; own bigint := current_operator();
BEGIN
    FOR of_hold IN SELECT key FROM hold WHERE session_key = of_session AND operator_key = own FOR UPDATE LOOP
        PERFORM book_hold(of_hold);
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

REVOKE ALL ON FUNCTION rebook_session, check_balance, book_fact, book_hold, hold_posts, refund_posts, cdrs_post, entries_post FROM PUBLIC;

GRANT EXECUTE ON FUNCTION rebook_session TO voltgraph_app;

-- What does not agree, found by reconciliation. Found again, it is the same row.
CREATE TABLE mismatch (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    day date NOT NULL,
    cause text NOT NULL,
    session_key bigint,
    hold_key bigint,
    currency text,                                                    -- null: expected and found are Wh
    expected bigint NOT NULL,
    found bigint NOT NULL,
    accepted boolean NOT NULL DEFAULT false,                          -- a person says that it is right as it is
    found_at timestamptz NOT NULL,
    last_found_at timestamptz NOT NULL,
    resolved_at timestamptz,
    resolved_by text,
    reason text,
    version bigint NOT NULL DEFAULT 1,
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key),
    FOREIGN KEY (operator_key, hold_key) REFERENCES hold (operator_key, key)
);
CREATE UNIQUE INDEX mismatch_subject ON mismatch (operator_key, day, cause, (coalesce(session_key, 0)),
    (coalesce(hold_key, 0)));
CREATE TABLE reconciliation_run (
    operator_key bigint NOT NULL REFERENCES operator,
    day date NOT NULL,
    ran_at timestamptz NOT NULL,
    PRIMARY KEY (operator_key, day)
);
SELECT keep_apart('mismatch', 'reconciliation_run');
GRANT SELECT, INSERT, UPDATE ON mismatch, reconciliation_run TO voltgraph_app;

-- What was there before the ledger.
DO $$
DECLARE c cdr; e record; of_hold bigint;
BEGIN
    FOR c IN SELECT * FROM cdr ORDER BY key LOOP
        PERFORM book_fact(c.operator_key, c.session_key, c.currency, 'CDR', c.key, c.issued_at, jsonb_build_object(
            'RECEIVABLE', c.total_minor, 'REVENUE', -c.before_taxes_minor, 'TAX', -c.tax_minor));
    END LOOP;
    FOR e IN SELECT n.*, a.currency FROM account_entry n JOIN account a ON a.key = n.account_key ORDER BY n.key LOOP
        PERFORM book_fact(e.operator_key, e.session_key, e.currency, 'ACCOUNT_ENTRY', e.key, e.created_at, jsonb_build_object(
            'PREPAID', -e.amount_minor,
            CASE WHEN e.kind = 'TOP_UP' THEN 'BANK' WHEN e.session_key IS NOT NULL THEN 'RECEIVABLE' ELSE 'WAIVED' END,
            e.amount_minor));
    END LOOP;
    FOR of_hold IN SELECT key FROM hold ORDER BY key LOOP
        PERFORM book_hold(of_hold);
    END LOOP;
END $$;
