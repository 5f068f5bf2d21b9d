-- What is wanted at most of a session; of one that a card pays it stands with its hold.
ALTER TABLE session_power
    ADD target_energy_wh bigint,
    ADD target_cost_minor bigint,
    ADD target_soc_percent integer,
    ADD target_duration_s integer;
GRANT INSERT, UPDATE (target_energy_wh, target_cost_minor, target_soc_percent, target_duration_s) ON session_power
    TO voltgraph_app;
