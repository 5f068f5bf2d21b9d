"""Transactions for people and partners: short, as voltgraph_app, with the operator set before the first row is seen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.store.migrate import sqlalchemy_url

_POOL_SIZE = 8  # a request holds at most one connection at a time, and none while it waits
_POOL_OVERFLOW = 8
_POOL_WAIT_S = 10
_STATEMENT_TIMEOUT_MS = 15_000
_SET_OPERATOR = text("SELECT set_config('voltgraph.operator', :operator, true)")


def _dumps(value: object) -> str:
    return orjson.dumps(value, default=str).decode()


class Database:
    """The pool of the voltgraph_app role."""

    def __init__(self, app_url: str, *, pool_size: int = _POOL_SIZE) -> None:
        self._engine = create_async_engine(
            sqlalchemy_url(app_url),
            pool_size=pool_size,
            max_overflow=_POOL_OVERFLOW,
            pool_timeout=_POOL_WAIT_S,
            pool_pre_ping=True,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            connect_args={"options": f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} -c timezone=UTC"},
        )
        self._frozen = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @asynccontextmanager
    async def transaction(self, operator_key: int) -> AsyncIterator[AsyncConnection]:
        """One transaction that sees one operator's rows; committed at the end of the block, rolled back on an exception."""
        async with self._engine.begin() as connection:
            await connection.execute(_SET_OPERATOR, {"operator": str(operator_key)})
            yield connection

    @asynccontextmanager
    async def snapshot(self, operator_key: int) -> AsyncIterator[AsyncConnection]:
        """One operator's rows as they were at one moment, however many statements read them: never half of a change."""
        async with self._frozen.begin() as connection:
            await connection.execute(_SET_OPERATOR, {"operator": str(operator_key)})
            yield connection

    @asynccontextmanager
    async def lookup(self) -> AsyncIterator[AsyncConnection]:
        """A transaction with no operator set: it sees no row, and may only call the SECURITY DEFINER look-ups."""
        async with self._engine.begin() as connection:
            yield connection

    async def close(self) -> None:
        await self._engine.dispose()
