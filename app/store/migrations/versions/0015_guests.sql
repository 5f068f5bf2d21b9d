-- Drivers without an account: found by the sticker's id, let back in by a secret of their own.

-- The id on a sticker as people type it: separators and case do not matter.
CREATE FUNCTION plain_evse_id(said text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = public, pg_temp AS $$
    SELECT upper(regexp_replace(said, '[^A-Za-z0-9]', '', 'g'))
$$;
CREATE INDEX evse_plain_id ON evse (plain_evse_id(evse_id)) WHERE evse_id IS NOT NULL;

-- The one EVSE that everybody may ask about, by either of its ids; nothing that is unpublished or not in service.
CREATE FUNCTION find_published_evse(by_id uuid, by_sticker text)
    RETURNS TABLE (operator_key bigint, operator_id uuid, evse_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT e.operator_key, o.id, e.id
    FROM evse e JOIN station s ON s.key = e.station_key JOIN location l ON l.key = s.location_key
        JOIN operator o ON o.key = e.operator_key
    WHERE (e.id = by_id OR (e.evse_id IS NOT NULL AND plain_evse_id(e.evse_id) = plain_evse_id(by_sticker)))
        AND l.published AND s.lifecycle = 'IN_SERVICE'
    ORDER BY e.key LIMIT 1
$$;

-- The way back of somebody who paid without an account. Only the digest of the secret is kept.
CREATE TABLE guest_access (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    hold_key bigint NOT NULL,
    secret_digest bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    FOREIGN KEY (operator_key, hold_key) REFERENCES hold (operator_key, key)
);
CREATE INDEX guest_access_hold ON guest_access (hold_key);
SELECT keep_apart('guest_access');
GRANT SELECT, INSERT, DELETE ON guest_access TO voltgraph_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON guest_access TO voltgraph_ingest;

-- It ends a week after the session, or after the promise that came to nothing; never while the session is open.
CREATE FUNCTION guest_ends(paid hold) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN s.key IS NULL OR s.started_at IS NULL THEN paid.created_at ELSE s.ended_at END + interval '7 days'
    FROM (SELECT paid.session_key AS wanted) p LEFT JOIN session s ON s.key = p.wanted
$$;

CREATE FUNCTION find_guest(digest bytea)
    RETURNS TABLE (id uuid, operator_key bigint, operator_id uuid, hold_key bigint, session_key bigint,
                   expires_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT g.id, g.operator_key, o.id, h.key, h.session_key, guest_ends(h)
    FROM guest_access g JOIN hold h ON h.key = g.hold_key JOIN operator o ON o.key = g.operator_key
    WHERE g.secret_digest = digest
$$;

CREATE OR REPLACE FUNCTION living_principals(wanted uuid[])
    RETURNS TABLE (id uuid, session_epoch integer, expires_at timestamptz, location_keys bigint[], role text, scopes text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.id, m.session_epoch, NULL::timestamptz, m.location_keys, m.role, NULL::text[]
    FROM member_session s JOIN member m ON m.key = s.member_key
    WHERE s.id = ANY (wanted) AND s.ended_at IS NULL AND m.revoked_at IS NULL
    UNION ALL
    SELECT t.id, 0, t.expires_at, t.location_keys, NULL, t.scopes FROM api_token t
    WHERE t.id = ANY (wanted) AND t.revoked_at IS NULL
    UNION ALL
    SELECT s.id, d.session_epoch, NULL, NULL, 'DRIVER', NULL FROM driver_session s JOIN driver d ON d.key = s.driver_key
    WHERE s.id = ANY (wanted) AND s.ended_at IS NULL AND d.erased_at IS NULL
    UNION ALL
    SELECT g.id, 0, NULL, NULL, 'GUEST', NULL FROM guest_access g WHERE g.id = ANY (wanted)
$$;
REVOKE ALL ON FUNCTION find_published_evse, find_guest FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_published_evse, find_guest TO voltgraph_app;

-- What the driver wants at most; reached, the session is stopped.
ALTER TABLE hold
    ADD COLUMN target_energy_wh bigint CHECK (target_energy_wh > 0),
    ADD COLUMN target_cost_minor bigint CHECK (target_cost_minor > 0),
    ADD COLUMN target_soc_percent integer CHECK (target_soc_percent BETWEEN 1 AND 100);
