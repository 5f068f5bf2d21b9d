-- What a session costs so far, as the watch of its account last saw it.
ALTER TABLE session_power ADD running_cost_minor bigint;
CREATE INDEX session_unsettled ON session (account_key) WHERE account_key IS NOT NULL AND settled_at IS NULL;

-- How an account stands for one of its drivers: a row for each of its limits, and one without if it has none. What was
-- used counts from the beginning of the account's own day or month; a session counts where it began, and with what it
-- costs so far until its bill is written. The session `but` is left out: who asks knows better what it has used.
-- `running` is what sessions that are not settled cost, by session: no balance has paid them yet.
DROP FUNCTION account_standing;
CREATE FUNCTION account_standing(wanted bigint, wanted_driver bigint, wanted_centre bigint, at timestamptz, but bigint)
    RETURNS TABLE (status text, prepaid boolean, balance_minor bigint, what text, per text, most bigint, used bigint,
                   location_key bigint, running jsonb)
    LANGUAGE sql STABLE AS $$
    SELECT a.status, a.prepaid, a.balance_minor, l.what, l.per, l.most, coalesce(u.used, 0), l.location_key, r.running
    FROM account a
    LEFT JOIN account_limit l ON l.account_key = a.key AND (l.driver_key IS NULL OR l.driver_key = wanted_driver)
        AND (l.cost_centre_key IS NULL OR l.cost_centre_key = wanted_centre)
    LEFT JOIN LATERAL (
        SELECT CASE l.what WHEN 'ENERGY_WH' THEN sum(s.energy_wh)::bigint
                           WHEN 'AMOUNT_MINOR' THEN sum(coalesce(s.cost_minor, p.running_cost_minor))::bigint
                           ELSE count(*) END AS used
        FROM session s LEFT JOIN session_power p ON p.session_key = s.key
        WHERE l.per <> 'SESSION' AND s.account_key = a.key AND s.key IS DISTINCT FROM but
            AND s.started_at >= date_trunc(lower(l.per), at, a.time_zone) AND s.status IN ('ACTIVE', 'COMPLETED')
            AND (l.driver_key IS NULL OR s.driver_key = l.driver_key)
            AND (l.cost_centre_key IS NULL OR s.cost_centre_key = l.cost_centre_key)
            AND (l.location_key IS NULL OR s.location_key = l.location_key)
    ) u ON l.key IS NOT NULL
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(s.key, coalesce(s.cost_minor, p.running_cost_minor)) AS running
        FROM session s LEFT JOIN session_power p ON p.session_key = s.key
        WHERE s.account_key = a.key AND s.settled_at IS NULL AND s.status IN ('ACTIVE', 'COMPLETED')
            AND coalesce(s.cost_minor, p.running_cost_minor) > 0
    ) r
    WHERE a.key = wanted
$$;
