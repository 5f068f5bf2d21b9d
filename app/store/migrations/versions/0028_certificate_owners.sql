-- Who must own a client certificate that is good because it names a station; empty: whoever the chain trusts.
ALTER TABLE operator ADD certificate_organizations text[] NOT NULL DEFAULT '{}';
