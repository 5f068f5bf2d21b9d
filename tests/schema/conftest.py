"""A populated installation, the API over it, and ways to ask it: in process, over HTTP, over a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn

from app.domain.scope import Scope
from schema.api import Api, build_api
from schema.context import Context
from schema.execution import Request
from schema.settings import ApiSettings
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, furnished
from tests.world import Tenant, World, make_world

SECRET = b"a secret for tests, thirty-two bytes long"


def api_of(world: World, **settings: Any) -> Api:
    desk = world.desk
    return build_api(
        desk.database,
        desk.feed,
        desk.stations,
        ApiSettings(secret=SECRET, ocpp_url=desk.ocpp_url, **settings),
        desk.clock,
    )


@pytest.fixture
async def world(database: TestDatabase, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Empty, unless the test also wants its ``tenant``."""
    made = await furnished(database, ALPHA) if "tenant" in request.fixturenames else make_world(database)
    yield made
    await made.desk.database.close()


@pytest.fixture
def tenant(world: World) -> Tenant:
    return world.tenants["ALPHA"]


@dataclass
class Client:
    """Asks the API in process."""

    api: Api

    async def ask(self, query: str, scope: Scope | None, **variables: Any) -> dict[str, Any]:
        context = Context(self.api.house, scope, "test-trace", "test-client")
        return (await self.api.execution.run(Request(query, None, variables), context)).body

    async def data(self, query: str, scope: Scope | None, **variables: Any) -> dict[str, Any]:
        body = await self.ask(query, scope, **variables)
        assert "errors" not in body, body["errors"]
        found: dict[str, Any] = body["data"]
        return found


@pytest.fixture
def api(world: World) -> Api:
    return api_of(world)


@pytest.fixture
def client(api: Api) -> Client:
    return Client(api)


def bearer(tenant: Tenant) -> dict[str, str]:
    return {"Authorization": f"Bearer {tenant.api_secret}"}


@asynccontextmanager
async def serving(api: Api) -> AsyncIterator[str]:
    """The API behind a real uvicorn on a free port; yields host:port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(api, log_level="error", ws="websockets-sansio", lifespan="off", ws_max_size=1 << 20)
    server = uvicorn.Server(config)
    await api.startup()
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        await api.shutdown()
        server.should_exit = True
        await task
        listener.close()


@pytest.fixture
async def http(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=api)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield client
