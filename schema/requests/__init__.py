"""One mutation for every request of OCPP: its input and its resolver are made from the request's own dataclass."""
