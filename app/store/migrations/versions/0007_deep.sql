-- A car's needs are planned for once each: wanted until a plan is on its way, or until nobody can make one.
ALTER TABLE session_power
    ADD plan_wanted_at timestamptz,
    ADD planned_at timestamptz,
    ADD plan_refusals integer;                                       -- in a row: a car that never obeys is not chased for ever
CREATE INDEX session_power_unplanned ON session_power (station_key) WHERE plan_wanted_at IS NOT NULL;
