"""The same installation and server as the schema's tests."""

from tests.schema.conftest import api, client, http, tenant, world

__all__ = ["api", "client", "http", "tenant", "world"]
