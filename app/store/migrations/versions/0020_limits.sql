-- What a transaction is limited to (2.1 E16): as the station was told, once, and as it says itself.
ALTER TABLE session_power
    ADD limit_told jsonb,
    ADD limit_said jsonb;
