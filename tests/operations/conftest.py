"""The same installation as the schema's tests."""

from tests.schema.conftest import api, client, tenant, world

__all__ = ["api", "client", "tenant", "world"]
