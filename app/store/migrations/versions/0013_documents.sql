-- What is written once and never changed; who wants it changed takes it back and writes anew.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed: credit it and write a new one', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE cdr (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    location_key bigint NOT NULL,
    session_key bigint NOT NULL,
    tariff_key bigint NOT NULL,
    revision integer NOT NULL CHECK (revision > 0),                   -- counts within the session; a credit has its record's
    reason text NOT NULL,
    credit_of bigint UNIQUE,                                          -- a record is taken back once
    currency text NOT NULL,
    before_taxes_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    exact_before_taxes text NOT NULL,                                 -- a fraction, in major units
    exact_total text NOT NULL,
    energy_wh bigint NOT NULL,
    energy_said boolean NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    lines jsonb NOT NULL,
    note text,
    UNIQUE (operator_key, key),
    CHECK (before_taxes_minor + tax_minor = total_minor),
    FOREIGN KEY (operator_key, location_key) REFERENCES location (operator_key, key),
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key),
    FOREIGN KEY (operator_key, tariff_key) REFERENCES tariff (operator_key, key),
    FOREIGN KEY (operator_key, credit_of) REFERENCES cdr (operator_key, key)
);
-- One record of a session stands: the next is written only after the one before it was taken back.
CREATE UNIQUE INDEX cdr_revision ON cdr (session_key, revision) WHERE credit_of IS NULL;
CREATE INDEX cdr_operator ON cdr (operator_key, key);

CREATE FUNCTION check_cdr() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF NEW.credit_of IS NOT NULL AND NOT EXISTS (
        SELECT FROM cdr c WHERE c.key = NEW.credit_of AND c.credit_of IS NULL AND c.session_key = NEW.session_key
            AND c.revision = NEW.revision AND c.total_minor = -NEW.total_minor AND c.tax_minor = -NEW.tax_minor) THEN
        RAISE EXCEPTION 'a credit takes back all of one record of its session' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.credit_of IS NULL AND NEW.revision > 1 AND NOT EXISTS (
        SELECT FROM cdr c WHERE c.session_key = NEW.session_key AND c.revision = NEW.revision - 1
            AND c.credit_of IS NOT NULL) THEN
        RAISE EXCEPTION 'the record before this one still stands' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cdr_stands_alone BEFORE INSERT ON cdr FOR EACH ROW EXECUTE FUNCTION check_cdr();
CREATE TRIGGER cdr_is_kept BEFORE UPDATE OR DELETE ON cdr FOR EACH ROW EXECUTE FUNCTION refuse_change();

SELECT keep_apart('cdr');
GRANT SELECT, INSERT ON cdr TO voltgraph_app;
REVOKE UPDATE, DELETE ON cdr FROM voltgraph_ingest;

-- An operator's own word on taxes and on what currencies are worth, from a day on.
CREATE TABLE tax_rate (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL REFERENCES operator,
    country text NOT NULL,
    region text,
    name text NOT NULL,
    percent numeric NOT NULL CHECK (percent BETWEEN 0 AND 100),
    valid_from date NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX tax_rate_place ON tax_rate (operator_key, country, (coalesce(region, '')), valid_from);
CREATE TABLE exchange_rate (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL REFERENCES operator,
    currency text NOT NULL,                                           -- one of it is worth so much of the operator's own
    own_currency text NOT NULL,
    rate numeric NOT NULL CHECK (rate > 0),
    day date NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL,
    UNIQUE (operator_key, currency, own_currency, day)
);

-- Who sells: what the law wants on every document.
CREATE TABLE operator_legal (
    operator_key bigint PRIMARY KEY REFERENCES operator,
    data jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    set_at timestamptz NOT NULL
);

-- The last number taken. Its row is held until the document is committed: what rolls back leaves no gap.
CREATE TABLE document_series (
    operator_key bigint NOT NULL REFERENCES operator,
    series text NOT NULL,
    taken integer NOT NULL CHECK (taken > 0),
    PRIMARY KEY (operator_key, series)
);

CREATE TABLE document (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    location_key bigint,                                              -- where all of it was supplied; null: in many places
    session_key bigint,
    hold_key bigint,
    account_key bigint,
    credit_of bigint,
    kind text NOT NULL,                                               -- RECEIPT, INVOICE, CREDIT_NOTE, STATEMENT
    series text NOT NULL,
    sequence integer NOT NULL,
    number text NOT NULL,
    issued_at timestamptz NOT NULL,
    supply_from timestamptz NOT NULL,
    supply_to timestamptz NOT NULL,
    currency text NOT NULL,
    net_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    seller jsonb NOT NULL,
    buyer jsonb,
    lines jsonb NOT NULL,
    taxes jsonb NOT NULL,
    notes text[] NOT NULL,
    own_tax jsonb,                                                    -- the tax in the operator's own currency
    created_by text NOT NULL,
    UNIQUE (operator_key, key),
    UNIQUE (operator_key, series, sequence),
    UNIQUE (operator_key, number),
    CHECK (net_minor + tax_minor = total_minor),
    FOREIGN KEY (operator_key, location_key) REFERENCES location (operator_key, key),
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key),
    FOREIGN KEY (operator_key, hold_key) REFERENCES hold (operator_key, key),
    FOREIGN KEY (operator_key, credit_of) REFERENCES document (operator_key, key)
);
CREATE INDEX document_operator ON document (operator_key, key);
CREATE INDEX document_session ON document (session_key);
CREATE INDEX document_credit ON document (credit_of);
-- Which records a document bills or credits, with how much of it.
CREATE TABLE document_cdr (
    operator_key bigint NOT NULL,
    document_key bigint NOT NULL,
    cdr_key bigint NOT NULL,
    total_minor bigint NOT NULL,
    PRIMARY KEY (document_key, cdr_key),
    FOREIGN KEY (operator_key, document_key) REFERENCES document (operator_key, key),
    FOREIGN KEY (operator_key, cdr_key) REFERENCES cdr (operator_key, key)
);
CREATE INDEX document_cdr_record ON document_cdr (cdr_key);
CREATE TRIGGER document_is_kept BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_cdr_is_kept BEFORE UPDATE OR DELETE ON document_cdr FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Why a session's document is not issued yet: for a person to see.
CREATE TABLE document_wait (
    session_key bigint PRIMARY KEY,
    operator_key bigint NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    since timestamptz NOT NULL,
    FOREIGN KEY (operator_key, session_key) REFERENCES session (operator_key, key)
);

SELECT keep_apart('tax_rate', 'exchange_rate', 'operator_legal', 'document_series', 'document', 'document_cdr', 'document_wait');
GRANT SELECT, INSERT, UPDATE ON tax_rate, exchange_rate, operator_legal, document_series TO voltgraph_app;
GRANT SELECT, INSERT ON document, document_cdr TO voltgraph_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON document_wait TO voltgraph_app;
REVOKE UPDATE, DELETE ON document, document_cdr FROM voltgraph_ingest;

-- A signed address names a document, not its operator.
CREATE FUNCTION operator_of_document(wanted uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT operator_key FROM document WHERE id = wanted
$$;
REVOKE ALL ON FUNCTION operator_of_document FROM PUBLIC;
GRANT EXECUTE ON FUNCTION operator_of_document TO voltgraph_app;
