-- Who asks for letters closes no way of who paid: ways are counted by how they were opened.
ALTER TABLE guest_access ADD COLUMN mailed boolean NOT NULL DEFAULT false;

-- When the page behind a way was last heard: whoever began to pay and fell silent keeps nobody from the EVSE for long.
ALTER TABLE guest_access ADD COLUMN heard_at timestamptz;

-- Written at most every half minute: a page asks each second.
CREATE FUNCTION hear_guest(wanted uuid, at timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE guest_access SET heard_at = at
    WHERE id = wanted AND coalesce(heard_at, created_at) < at - interval '30 seconds'
$$;
REVOKE ALL ON FUNCTION hear_guest FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hear_guest TO voltgraph_app;

-- Codes that make a charge cheaper. What one is worth never changes; it is retired instead.
CREATE TABLE voucher (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL REFERENCES operator,
    code text NOT NULL,
    kind text NOT NULL,                                               -- AMOUNT, PERCENT, ENERGY
    worth bigint NOT NULL CHECK (worth > 0),                          -- minor units, percent or Wh
    currency text,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    uses_max bigint,
    uses_each_max bigint,
    location_keys bigint[],                                           -- null: everywhere
    retired_at timestamptz,
    created_at timestamptz NOT NULL,
    UNIQUE (operator_key, key),
    UNIQUE (operator_key, code)
);

-- A use is given back by its row when nothing was charged.
CREATE TABLE voucher_use (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_key bigint NOT NULL,
    voucher_key bigint NOT NULL,
    hold_key bigint NOT NULL UNIQUE,
    payer text,                                                       -- who, as far as anybody knows
    used_at timestamptz NOT NULL,
    given_back_at timestamptz,
    FOREIGN KEY (operator_key, voucher_key) REFERENCES voucher (operator_key, key),
    FOREIGN KEY (operator_key, hold_key) REFERENCES hold (operator_key, key)
);
CREATE INDEX voucher_use_counted ON voucher_use (voucher_key) WHERE given_back_at IS NULL;
SELECT keep_apart('voucher', 'voucher_use');
GRANT SELECT, INSERT ON voucher, voucher_use TO voltgraph_app;
GRANT UPDATE (retired_at) ON voucher TO voltgraph_app;
GRANT UPDATE (given_back_at) ON voucher_use TO voltgraph_app;

-- A tariff version less a voucher is a version of its own: whatever prices by the pinned version prices it alike.
ALTER TABLE tariff ADD COLUMN voucher_key bigint, ADD COLUMN discount jsonb,
    ADD FOREIGN KEY (operator_key, voucher_key) REFERENCES voucher (operator_key, key);
