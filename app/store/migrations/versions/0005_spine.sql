-- Prices that end.

-- An assignment is never deleted: what began before its end still pays by it, however late we hear of it.
ALTER TABLE tariff_assignment ADD id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE, ADD valid_until timestamptz;
GRANT UPDATE (valid_until) ON tariff_assignment TO voltgraph_app;
-- A retired version was published and counts until then; a draft that is retired never counts.
ALTER TABLE tariff ADD retired_at timestamptz;
