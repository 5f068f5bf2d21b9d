"""Figures, measured: server, database and load generator in processes of their own, on loopback."""
