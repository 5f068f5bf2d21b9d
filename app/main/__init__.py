"""The composition root: the only place where the core meets its doors."""
