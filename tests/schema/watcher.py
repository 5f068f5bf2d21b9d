"""Clients of live updates, as a browser would be: over WebSocket and over server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from tests.schema.conftest import bearer
from tests.world import Tenant

WAIT_S = 10.0


@asynccontextmanager
async def raw_socket(host: str, **values: Any) -> AsyncIterator[ClientConnection]:
    """A socket that has said nothing yet."""
    values = {"subprotocols": ["graphql-transport-ws"], "max_size": None, "proxy": None} | values
    async with connect(f"ws://{host}/graphql", **values) as socket:
        yield socket


async def receive(socket: ClientConnection) -> dict[str, Any]:
    """The next message that is no ping."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), WAIT_S))
        if message["type"] != "ping":
            return message


@asynccontextmanager
async def opened(host: str, tenant: Tenant | None) -> AsyncIterator[ClientConnection]:
    """A socket that is acknowledged."""
    async with raw_socket(host) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {} if tenant is None else bearer(tenant)}))
        assert await receive(socket) == {"type": "connection_ack"}
        yield socket


async def subscribe(socket: ClientConnection, id: str, query: str, **variables: Any) -> None:
    await socket.send(json.dumps({"id": id, "type": "subscribe", "payload": {"query": query, "variables": variables}}))


@dataclass
class Mirror:
    """What a client believes: entities by id, by the rules of the contract."""

    field_name: str
    list_name: str
    entities: dict[str, dict[str, Any]] = field(default_factory=dict)
    fresh: dict[str, dict[str, Any]] | None = None
    complete: bool = False

    def hear(self, payload: dict[str, Any]) -> None:
        assert "errors" not in payload, payload["errors"]
        update = payload["data"][self.field_name]
        given = {entity["id"]: entity for entity in update[self.list_name]}
        if update["kind"] == "SNAPSHOT":
            self.fresh = (self.fresh or {}) | given
        elif update["kind"] == "SNAPSHOT_END":
            self.entities, self.fresh, self.complete = self.fresh or {}, None, True
        else:
            for id, entity in given.items():
                known = self.entities.get(id)
                assert known is None or known["version"] <= entity["version"], "an update went back in time"
                self.entities[id] = entity
            for id in update["leftIds"]:
                self.entities.pop(id, None)


@asynccontextmanager
async def event_stream(
    host: str, headers: dict[str, str], query: str, **variables: Any
) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """(event, data) pairs of one request."""
    async with (
        httpx.AsyncClient(timeout=WAIT_S) as client,
        client.stream(
            "POST",
            f"http://{host}/graphql",
            json={"query": query, "variables": variables},
            headers={"accept": "text/event-stream", **headers},
        ) as response,
    ):
        assert response.status_code == 200, await response.aread()

        async def events() -> AsyncIterator[tuple[str, Any]]:
            event = ""
            async for line in response.aiter_lines():
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data:"):
                    text = line[5:].strip()
                    yield event, json.loads(text) if text else None

        yield events()
