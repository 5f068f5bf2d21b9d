"""Certificates made on the spot, and the built-in infrastructure."""
