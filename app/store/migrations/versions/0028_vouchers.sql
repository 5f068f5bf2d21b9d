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
