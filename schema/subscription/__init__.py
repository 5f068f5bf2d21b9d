"""Live updates: equal subscriptions are read, executed and serialised once, however many watch and by whatever way."""
