"""Connections of the voltgraph_ingest role: autocommit off, binary results, prepared statements, JSON by orjson."""

from typing import Any

import orjson
import psycopg
from psycopg.types.json import set_json_dumps, set_json_loads

IngestConnection = psycopg.AsyncConnection[tuple[Any, ...]]

# A batch that takes longer than this is stuck behind something that a person should see.
_STATEMENT_TIMEOUT_MS = 30_000
_CONNECT_TIMEOUT_S = 5


async def connect(ingest_url: str, *, autocommit: bool = False) -> IngestConnection:
    """A connection that ingests. Raises `psycopg.OperationalError` while the database is away."""
    connection = await psycopg.AsyncConnection.connect(
        ingest_url,
        autocommit=autocommit,
        connect_timeout=_CONNECT_TIMEOUT_S,
        options=f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} -c timezone=UTC -c plan_cache_mode=force_generic_plan",
        application_name="voltgraph ingest",
    )
    connection.prepare_threshold = 2
    set_json_loads(orjson.loads, connection)
    set_json_dumps(orjson.dumps, connection)
    return connection
