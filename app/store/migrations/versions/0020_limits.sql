-- What a transaction is limited to (2.1 E16): as the station was told, once, and as it says itself.
ALTER TABLE session_power
    ADD limit_told jsonb,
    ADD limit_said jsonb;

-- Whoever paid at a station's own terminal may charge: only where the operator says so (2.1 C18).
ALTER TABLE station ADD accepts_direct_payment boolean NOT NULL DEFAULT false;
