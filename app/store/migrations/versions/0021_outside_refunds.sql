-- A repayment that the provider refused has no name there: what was given back on its own pages is none of it.
CREATE OR REPLACE FUNCTION book_hold(of_hold bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE h hold; given bigint; reached bigint; outside bigint; billed bigint; goodwill bigint := 0; r refund;
BEGIN
    SELECT * INTO STRICT h FROM hold WHERE key = of_hold;
    SELECT coalesce(sum(amount_minor) FILTER (WHERE status = 'SUCCEEDED'), 0),
           coalesce(sum(amount_minor) FILTER (WHERE status <> 'REQUESTED' AND reference IS NOT NULL), 0)
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
