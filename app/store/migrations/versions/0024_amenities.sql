-- What a driver wants to know of a place before going there.
ALTER TABLE location
    ADD opening_times jsonb,                                          -- null: nobody has said
    ADD facilities text[] NOT NULL DEFAULT '{}',
    ADD accessibility jsonb;
