"""An installation as an operator has it: GraphQL over a real database, a gateway, and chargers on real sockets."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.domain.scope import Permission, Scope
from app.feed import Feed
from app.inbox import Inbox
from app.main.process import utc_now
from app.operations import stations
from app.operations.desk import Desk
from app.queries import Database
from gateway.server import OcppServer
from schema.api import Api, build_api
from schema.settings import ApiSettings
from tests.conftest import TestDatabase
from tests.gateway.doubles import until
from tests.inbox.conftest import GATEWAY
from tests.schema.conftest import SECRET, Client
from tests.world import Tenant, World, add_operator, add_place, made, make_world, options, station_draft

Json = dict[str, Any]
SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


@dataclass
class Charger:
    """A charger that answers as it is told and says what it is told; ``heard`` is what it was asked, in order."""

    socket: ClientConnection
    answers: dict[str, Json | Callable[[Json], Json]]
    heard: list[tuple[str, Json]] = field(default_factory=list)
    replies: dict[str, list[Any]] = field(default_factory=dict)
    last_id: str = ""

    async def read(self) -> None:
        async for raw in self.socket:
            frame = orjson.loads(raw)
            if frame[0] != 2:
                self.replies[frame[1]] = frame
                continue
            self.heard.append((frame[2], frame[3]))
            answer = self.answers.get(frame[2])
            if answer is None:
                await self.send([4, frame[1], "NotSupported", "", {}])
            else:
                await self.send([3, frame[1], answer(frame[3]) if callable(answer) else answer])

    async def send(self, frame: list[Any]) -> None:
        await self.socket.send(orjson.dumps(frame).decode())

    async def say(self, action: str, payload: Json) -> Json:
        """The answer to a message of the charger; an error fails the test."""
        self.last_id = f"c{len(self.replies)}"
        await self.send([2, self.last_id, action, payload])
        await until(lambda: self.last_id in self.replies)
        frame = self.replies[self.last_id]
        assert frame[0] == 3, frame
        return frame[2]

    def asked(self, action: str) -> Json:
        """The newest request of a kind."""
        return next(payload for name, payload in reversed(self.heard) if name == action)


@dataclass
class House:
    world: World
    tenant: Tenant
    api: Api
    server: OcppServer
    station_ids: dict[str, str] = field(default_factory=dict)
    _asked: int = 0

    async def ask(self, query: str, scope: Scope | None = None, **variables: Any) -> Json:
        return await Client(self.api).data(query, scope or self.tenant.scope, **variables)

    async def command(self, mutation: str, arguments: str, charger: str) -> Json:
        """A mutation to a station as its operator makes it; the command, or the refusal's code and message."""
        self._asked += 1
        opts = f'{{idempotencyKey: "j{self._asked}", waitSeconds: 10}}'
        text = f'stationId: "{self.station_ids[charger]}", options: {opts}' + (f", {arguments}" if arguments else "")
        done = await self.ask(
            f"mutation {{ {mutation}({text}) {{ command {{ id status answer {{ status accepted raw }} }}"
            " errors { code message } } }"
        )
        assert len(done) == 1
        found = done[mutation]
        return found["errors"][0] if found["errors"] else found["command"]

    async def station(self, charger: str, fields: str, scope: Scope | None = None) -> Json:
        data = await self.ask(f'{{ station(identity: "{charger}") {{ {fields} }} }}', scope)
        return data["station"]

    def without(self, *permissions: Permission) -> Scope:
        """The operator's scope without some rights."""
        scope = self.tenant.scope
        return replace(scope, permissions=scope.permissions - set(permissions))

    async def register(self, identity: str) -> str:
        """A new station; returns its password."""
        draft = station_draft(self.tenant.mark, self.tenant.locations[0].uuid, 1, "HSE")
        drafted = replace(draft, identity=identity, evses=tuple(replace(evse, evse_id=None) for evse in draft.evses))
        found = made(
            await stations.register(
                scope=self.tenant.scope, desk=self.api.house.desk, draft=drafted, options=options(f"reg-{identity}")
            )
        )
        assert isinstance(found, stations.Credentials)
        assert found.password is not None
        data = await self.ask(f'{{ station(identity: "{identity}") {{ id }} }}')
        self.station_ids[identity] = data["station"]["id"]
        return found.password

    @asynccontextmanager
    async def charger(
        self, version: str, answers: dict[str, Json | Callable[[Json], Json]] | None = None, identity: str = "CP-J"
    ) -> AsyncIterator[Charger]:
        password = await self.register(identity)
        secret = base64.b64encode(f"{identity}:{password}".encode()).decode()
        async with connect(
            f"ws://127.0.0.1:{self.server.port}/ocpp/{identity}",
            subprotocols=[Subprotocol(SUBPROTOCOLS[version])],
            additional_headers={"Authorization": f"Basic {secret}"},
        ) as socket:
            charger = Charger(socket, answers or {})
            reading = asyncio.create_task(charger.read())
            boot = (
                {"chargePointVendor": "V", "chargePointModel": "M"}
                if version == "1.6"
                else {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}}
            )
            await charger.say("BootNotification", boot)
            yield charger
            reading.cancel()


@asynccontextmanager
async def open_house(database: TestDatabase) -> AsyncIterator[House]:
    world, feed = make_world(database), Feed()
    await world.desk.database.close()
    inbox = Inbox(database.ingest_url, feed, gateway_id=GATEWAY, clock=utc_now)
    await inbox.start()
    server = OcppServer(inbox, "127.0.0.1", 0, GATEWAY)
    await server.start()
    world.ingest(
        "INSERT INTO gateway_process (id, name, lease_until) VALUES (%s, 'test', now() + interval '1 hour')", GATEWAY
    )
    world.desk = Desk(
        Database(database.app_url), feed, server, utc_now, "ws://127.0.0.1/ocpp", "http://127.0.0.1/files"
    )
    api = build_api(
        world.desk.database, feed, server, ApiSettings(secret=SECRET, ocpp_url="ws://x", bucket_size=10**9), utc_now
    )
    tenant = await add_operator(world, "HOUSE", "HSE")
    await add_place(world, tenant, 1, stations_=0)
    try:
        yield House(world, tenant, api, server)
    finally:
        await server.stop()
        await inbox.stop()
        await world.desk.database.close()
