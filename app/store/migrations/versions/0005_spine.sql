-- Prices that end.

-- An assignment is never deleted: what began before its end still pays by it, however late we hear of it.
ALTER TABLE tariff_assignment ADD id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE, ADD valid_until timestamptz;
GRANT UPDATE (valid_until) ON tariff_assignment TO voltgraph_app;
-- A retired version was published and counts until then; a draft that is retired never counts.
ALTER TABLE tariff ADD retired_at timestamptz;

-- Sessions of people: a family of refresh tokens, of which only the newest opens anything.
CREATE TABLE member_session (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    member_key bigint NOT NULL,
    turn integer NOT NULL DEFAULT 1,                                 -- how many refresh tokens were given out
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    FOREIGN KEY (operator_key, member_key) REFERENCES member (operator_key, key)
);
CREATE INDEX member_session_member ON member_session (member_key, key DESC);
SELECT keep_apart('member_session');
GRANT SELECT, INSERT, UPDATE, DELETE ON member_session TO voltgraph_app;

-- A membership by one of its sessions that has not been ended.
CREATE FUNCTION find_member_session(wanted uuid, session uuid)
    RETURNS TABLE (key bigint, id uuid, operator_key bigint, operator_id uuid, email text, role text,
                   location_keys bigint[], revoked_at timestamptz, session_epoch integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT m.key, m.id, m.operator_key, o.id, m.email, m.role, m.location_keys, m.revoked_at, m.session_epoch
    FROM member_session s JOIN member m ON m.key = s.member_key JOIN operator o ON o.key = m.operator_key
    WHERE s.id = session AND m.id = wanted AND s.ended_at IS NULL
$$;

-- Which of these open connections' proofs still hold (sessions of people, API tokens), and what rights they give.
DROP FUNCTION living_principals;
CREATE FUNCTION living_principals(wanted uuid[])
    RETURNS TABLE (id uuid, session_epoch integer, expires_at timestamptz, location_keys bigint[], role text, scopes text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT s.id, m.session_epoch, NULL::timestamptz, m.location_keys, m.role, NULL::text[]
    FROM member_session s JOIN member m ON m.key = s.member_key
    WHERE s.id = ANY (wanted) AND s.ended_at IS NULL AND m.revoked_at IS NULL
    UNION ALL
    SELECT t.id, 0, t.expires_at, t.location_keys, NULL, t.scopes FROM api_token t
    WHERE t.id = ANY (wanted) AND t.revoked_at IS NULL
$$;
REVOKE ALL ON FUNCTION find_member_session, living_principals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_member_session, living_principals TO voltgraph_app, voltgraph_ingest;
