"""The inbox's SQL, as voltgraph_ingest: lock, read, write, for a whole batch of stations at once."""
