-- Cards that drivers saved at the provider: its names of them, and what a person knows a card by. Never its number.
CREATE TABLE payment_method (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    operator_key bigint NOT NULL,
    driver_key bigint NOT NULL,
    account text,                                                     -- the operator's at the provider; null: the installation's
    state text NOT NULL,                                              -- WANTED, OFFERED, SAVED, LAPSED, REMOVED, FORGOTTEN
    return_url text,
    offered_until timestamptz NOT NULL,
    reference text,                                                   -- the provider's page where the card is given
    url text,
    customer text,
    payment_method text,
    brand text,
    last_four text,
    preferred boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    saved_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (operator_key, key),
    FOREIGN KEY (operator_key, driver_key) REFERENCES driver (operator_key, key)
);
CREATE INDEX payment_method_driver ON payment_method (driver_key, key DESC);
CREATE UNIQUE INDEX payment_method_preferred ON payment_method (driver_key) WHERE preferred;
SELECT keep_apart('payment_method');
GRANT SELECT, INSERT, UPDATE ON payment_method TO voltgraph_app;

ALTER TABLE duty
    ADD COLUMN payment_method_key bigint,
    ADD FOREIGN KEY (operator_key, payment_method_key) REFERENCES payment_method (operator_key, key);
CREATE UNIQUE INDEX duty_payment_method ON duty (payment_method_key) WHERE payment_method_key IS NOT NULL;
-- One duty moves a card on; it is woken when there is more to do.

-- Nobody asks for the operators of an address: an address proves nobody.
DROP FUNCTION operators_of_member(uuid);

-- What runs with its owner's rights looks for no name among the caller's temporary ones first.
DO $$
DECLARE found regprocedure;
BEGIN
    FOR found IN SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_temp', found);
    END LOOP;
END $$;
