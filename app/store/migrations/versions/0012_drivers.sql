-- People who charge, and the accounts that pay for them. A driver belongs to one operator.

CREATE TABLE driver (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    name text,
    email text,                                                       -- in lower case
    phone text,                                                       -- E.164
    locale text NOT NULL DEFAULT 'en',
    search_text text NOT NULL DEFAULT '',
    session_epoch integer NOT NULL DEFAULT 1,
    erased_at timestamptz,
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, key)
);
CREATE UNIQUE INDEX driver_email ON driver (operator_key, email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX driver_phone ON driver (operator_key, phone) WHERE phone IS NOT NULL;

CREATE TABLE account (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    kind text NOT NULL,                                               -- PRIVATE, COMPANY
    name text NOT NULL,
    legal_name text,
    vat_number text,
    country text NOT NULL,
    address_lines text[] NOT NULL DEFAULT '{}',
    time_zone text NOT NULL,                                          -- in which its days and months begin
    currency text NOT NULL,
    prepaid boolean NOT NULL DEFAULT false,
    balance_minor bigint NOT NULL DEFAULT 0,                          -- the sum of its entries; see post_entry
    status text NOT NULL DEFAULT 'ACTIVE',                            -- ACTIVE, SUSPENDED, CLOSED
    search_text text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, key)
);
CREATE INDEX account_operator ON account (operator_key, key);

CREATE TABLE cost_centre (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    account_key bigint NOT NULL,
    name text NOT NULL,
    UNIQUE (account_key, name),
    UNIQUE (operator_key, key),
    FOREIGN KEY (operator_key, account_key) REFERENCES account (operator_key, key)
);

CREATE TABLE account_member (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    account_key bigint NOT NULL,
    driver_key bigint NOT NULL,
    cost_centre_key bigint,
    role text NOT NULL,                                               -- ADMIN, MEMBER
    since timestamptz NOT NULL,
    UNIQUE (account_key, driver_key),
    FOREIGN KEY (operator_key, account_key) REFERENCES account (operator_key, key),
    FOREIGN KEY (operator_key, driver_key) REFERENCES driver (operator_key, key),
    FOREIGN KEY (operator_key, cost_centre_key) REFERENCES cost_centre (operator_key, key)
);
CREATE INDEX account_member_driver ON account_member (driver_key);

CREATE TABLE account_limit (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    account_key bigint NOT NULL,
    driver_key bigint,                                                -- of this driver only
    cost_centre_key bigint,                                           -- of this cost centre only
    location_key bigint,                                              -- only what is charged there
    what text NOT NULL,                                               -- ENERGY_WH, AMOUNT_MINOR, SESSIONS
    per text NOT NULL,                                                -- DAY, MONTH, SESSION
    most bigint NOT NULL CHECK (most >= 0),
    FOREIGN KEY (operator_key, account_key) REFERENCES account (operator_key, key),
    FOREIGN KEY (operator_key, driver_key) REFERENCES driver (operator_key, key),
    FOREIGN KEY (operator_key, cost_centre_key) REFERENCES cost_centre (operator_key, key),
    FOREIGN KEY (operator_key, location_key) REFERENCES location (operator_key, key)
);
CREATE UNIQUE INDEX account_limit_place ON account_limit (account_key, what, per, (coalesce(driver_key, 0)),
    (coalesce(cost_centre_key, 0)), (coalesce(location_key, 0)));

-- Every change of a balance, with its cause. Nobody edits or removes one: a mistake is corrected by another entry.
CREATE TABLE account_entry (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    operator_key bigint NOT NULL,
    account_key bigint NOT NULL,
    kind text NOT NULL,                                               -- TOP_UP, CHARGE, CORRECTION
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    session_key bigint,
    reason text,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    FOREIGN KEY (operator_key, account_key) REFERENCES account (operator_key, key),
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key)
);
CREATE INDEX account_entry_account ON account_entry (account_key, key);
CREATE UNIQUE INDEX account_entry_charge ON account_entry (session_key) WHERE kind = 'CHARGE';

-- Whose a token is, and who pays for it; both are pinned on the session that it begins.
ALTER TABLE token
    ADD COLUMN driver_key bigint,
    ADD COLUMN account_key bigint,
    ADD FOREIGN KEY (operator_key, driver_key) REFERENCES driver (operator_key, key),
    ADD FOREIGN KEY (operator_key, account_key) REFERENCES account (operator_key, key);
CREATE INDEX token_driver ON token (driver_key) WHERE driver_key IS NOT NULL;
CREATE INDEX token_account ON token (account_key) WHERE account_key IS NOT NULL;

ALTER TABLE session
    ADD COLUMN driver_key bigint,
    ADD COLUMN account_key bigint,
    ADD COLUMN cost_centre_key bigint,
    ADD FOREIGN KEY (operator_key, driver_key) REFERENCES driver (operator_key, key),
    ADD FOREIGN KEY (operator_key, account_key) REFERENCES account (operator_key, key),
    ADD FOREIGN KEY (operator_key, cost_centre_key) REFERENCES cost_centre (operator_key, key);
CREATE INDEX session_driver ON session (driver_key, began_at DESC, key DESC) WHERE driver_key IS NOT NULL;
CREATE INDEX session_account ON session (account_key, started_at) WHERE account_key IS NOT NULL;

SELECT keep_apart('driver', 'account', 'cost_centre', 'account_member', 'account_limit', 'account_entry');
GRANT SELECT, INSERT, UPDATE ON driver TO voltgraph_app;
GRANT SELECT, INSERT ON account, account_entry TO voltgraph_app;
GRANT SELECT, INSERT ON cost_centre TO voltgraph_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON account_member, account_limit TO voltgraph_app;
-- A balance is moved by entries alone.
GRANT UPDATE (kind, name, legal_name, vat_number, country, address_lines, time_zone, prepaid, status, search_text, version)
    ON account TO voltgraph_app;
REVOKE UPDATE, DELETE ON account, account_entry FROM voltgraph_ingest;

CREATE FUNCTION post_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE account SET balance_minor = balance_minor + NEW.amount_minor, version = version + 1 WHERE key = NEW.account_key;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION post_entry FROM PUBLIC;
CREATE TRIGGER account_entry_posts AFTER INSERT ON account_entry FOR EACH ROW EXECUTE FUNCTION post_entry();

-- How an account stands for one of its drivers: a row for each of its limits, and one without if it has none. What was
-- used counts from the beginning of the account's own day or month; a session counts where it began.
CREATE FUNCTION account_standing(wanted bigint, wanted_driver bigint, wanted_centre bigint, at timestamptz)
    RETURNS TABLE (status text, prepaid boolean, balance_minor bigint, what text, per text, most bigint, used bigint,
                   location_key bigint)
    LANGUAGE sql STABLE AS $$
    SELECT a.status, a.prepaid, a.balance_minor, l.what, l.per, l.most, coalesce(u.used, 0), l.location_key
    FROM account a
    LEFT JOIN account_limit l ON l.account_key = a.key AND (l.driver_key IS NULL OR l.driver_key = wanted_driver)
        AND (l.cost_centre_key IS NULL OR l.cost_centre_key = wanted_centre)
    LEFT JOIN LATERAL (
        SELECT CASE l.what WHEN 'ENERGY_WH' THEN sum(s.energy_wh)::bigint WHEN 'AMOUNT_MINOR' THEN sum(s.cost_minor)::bigint
                           ELSE count(*) END AS used
        FROM session s
        WHERE l.per <> 'SESSION' AND s.account_key = a.key
            AND s.started_at >= date_trunc(lower(l.per), at, a.time_zone) AND s.status IN ('ACTIVE', 'COMPLETED')
            AND (l.driver_key IS NULL OR s.driver_key = l.driver_key)
            AND (l.cost_centre_key IS NULL OR s.cost_centre_key = l.cost_centre_key)
            AND (l.location_key IS NULL OR s.location_key = l.location_key)
    ) u ON l.key IS NOT NULL
    WHERE a.key = wanted
$$;

-- Drivers sign in by a code that is sent to them. Nothing of a code is stored: it is made of its row's id and the
-- installation's secret, when it is sent and when it is compared.
ALTER TABLE operator ADD COLUMN driver_sign_up boolean NOT NULL DEFAULT true;

CREATE TABLE driver_code (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    contact text NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    used boolean NOT NULL DEFAULT false,
    asked_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    UNIQUE (operator_key, key)
);
CREATE INDEX driver_code_contact ON driver_code (operator_key, contact, key DESC);
CREATE INDEX driver_code_asked ON driver_code (operator_key, asked_at);

CREATE TABLE driver_session (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    driver_key bigint NOT NULL,
    turn integer NOT NULL DEFAULT 1,                                 -- how many refresh tokens were given out
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    FOREIGN KEY (operator_key, driver_key) REFERENCES driver (operator_key, key)
);
CREATE INDEX driver_session_driver ON driver_session (driver_key, key DESC);

SELECT keep_apart('driver_code', 'driver_session');
GRANT SELECT, INSERT, UPDATE, DELETE ON driver_code, driver_session TO voltgraph_app;

-- Sending is done outside any transaction, like what a hold asks for.
ALTER TABLE duty
    ADD COLUMN code_key bigint,
    ADD FOREIGN KEY (operator_key, code_key) REFERENCES driver_code (operator_key, key) ON DELETE CASCADE;
CREATE INDEX duty_code ON duty (code_key) WHERE code_key IS NOT NULL;

-- An operator by its public id, for those who are not known yet.
CREATE FUNCTION find_operator(wanted uuid) RETURNS TABLE (key bigint, driver_sign_up boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT o.key, o.driver_sign_up FROM operator o WHERE o.id = wanted
$$;

-- A driver by one of their sessions that has not been ended.
CREATE FUNCTION find_driver_session(wanted uuid, session uuid)
    RETURNS TABLE (key bigint, id uuid, operator_key bigint, operator_id uuid, session_epoch integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT d.key, d.id, d.operator_key, o.id, d.session_epoch
    FROM driver_session s JOIN driver d ON d.key = s.driver_key JOIN operator o ON o.key = d.operator_key
    WHERE s.id = session AND d.id = wanted AND s.ended_at IS NULL AND d.erased_at IS NULL
$$;

CREATE OR REPLACE FUNCTION living_principals(wanted uuid[])
    RETURNS TABLE (id uuid, session_epoch integer, expires_at timestamptz, location_keys bigint[], role text, scopes text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT s.id, m.session_epoch, NULL::timestamptz, m.location_keys, m.role, NULL::text[]
    FROM member_session s JOIN member m ON m.key = s.member_key
    WHERE s.id = ANY (wanted) AND s.ended_at IS NULL AND m.revoked_at IS NULL
    UNION ALL
    SELECT t.id, 0, t.expires_at, t.location_keys, NULL, t.scopes FROM api_token t
    WHERE t.id = ANY (wanted) AND t.revoked_at IS NULL
    UNION ALL
    SELECT s.id, d.session_epoch, NULL, NULL, 'DRIVER', NULL FROM driver_session s JOIN driver d ON d.key = s.driver_key
    WHERE s.id = ANY (wanted) AND s.ended_at IS NULL AND d.erased_at IS NULL
$$;
REVOKE ALL ON FUNCTION find_operator, find_driver_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_operator, find_driver_session TO voltgraph_app, voltgraph_ingest;

-- Takes a driver's address and number out of what nobody may edit otherwise, wherever somebody wrote them: the one reason
-- for which the journal and the audit log are ever changed. Also what is printed on their cards, and uids out of taps.
CREATE FUNCTION forget_driver(wanted bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $$
DECLARE person driver; word text; pattern text; own bigint := current_operator();
    printed text[] := ARRAY['visual_number', 'contract_id'];
BEGIN
    SELECT * INTO STRICT person FROM driver WHERE key = wanted AND operator_key = own;
    UPDATE authorisation SET presented_uid = 'erased'
    WHERE operator_key = own AND token_key IN (SELECT key FROM token WHERE driver_key = wanted);
    UPDATE audit_entry SET before = CASE jsonb_typeof(before) WHEN 'object' THEN before - printed ELSE before END,
        after = CASE jsonb_typeof(after) WHEN 'object' THEN after - printed ELSE after END
    WHERE operator_key = own AND subject_kind = 'token'
        AND subject_id IN (SELECT id FROM token WHERE driver_key = wanted);
    UPDATE event_log SET data = data - printed
    WHERE operator_key = own AND subject_kind = 'token'
        AND subject_id IN (SELECT id FROM token WHERE driver_key = wanted);
    FOREACH word IN ARRAY array_remove(ARRAY[person.email, person.phone], NULL) LOOP
        pattern := regexp_replace(word, '([^A-Za-z0-9])', '\\\1', 'g');
        DELETE FROM driver_code WHERE operator_key = own AND contact = word;
        UPDATE hold SET contact = NULL WHERE operator_key = own AND lower(contact) = word;
        UPDATE audit_entry SET before = regexp_replace(before::text, pattern, 'erased', 'gi')::jsonb,
            after = regexp_replace(after::text, pattern, 'erased', 'gi')::jsonb,
            reason = regexp_replace(reason, pattern, 'erased', 'gi')
        WHERE operator_key = own AND concat(before, ' ', after, ' ', reason) ~* pattern;
        UPDATE event_log SET data = regexp_replace(data::text, pattern, 'erased', 'gi')::jsonb
        WHERE operator_key = own AND data::text ~* pattern;
        UPDATE frame SET raw = regexp_replace(raw, pattern, 'erased', 'gi') WHERE operator_key = own AND raw ~* pattern;
        UPDATE command SET body = regexp_replace(body::text, pattern, 'erased', 'gi')::jsonb,
            answer_raw = regexp_replace(answer_raw, pattern, 'erased', 'gi'),
            reason = regexp_replace(reason, pattern, 'erased', 'gi')
        WHERE operator_key = own AND concat(body, ' ', answer_raw, ' ', reason) ~* pattern;
        UPDATE station_report SET texts = regexp_replace(texts::text, pattern, 'erased', 'gi')::jsonb
        WHERE operator_key = own AND texts::text ~* pattern;
        UPDATE token SET blocked_reason = regexp_replace(blocked_reason, pattern, 'erased', 'gi')
        WHERE operator_key = own AND blocked_reason ~* pattern;
        -- A reason of an entry is a note, not a part of the booking.
        UPDATE account_entry SET reason = regexp_replace(reason, pattern, 'erased', 'gi')
        WHERE operator_key = own AND reason ~* pattern;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION forget_driver FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_driver TO voltgraph_app;
