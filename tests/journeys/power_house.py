"""A whole installation in one process: GraphQL above, a gateway below, an inbox and sweeps between, one operator."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from app.domain.station import ChargingStation
from app.domain.terminal import receipt_address
from app.inbox import Inbox
from app.jobs.sweeps import Sweeper
from app.main.process import utc_now
from gateway.server import OcppServer
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, furnished
from tests.inbox.conftest import GATEWAY
from tests.journeys.station import Station, dialled
from tests.schema.conftest import Client, api_of
from tests.world import Tenant, World

FILES_URL = "https://volt.example/files"
SECRET = b"the installation's"


@dataclass
class House:
    world: World
    tenant: Tenant
    server: OcppServer
    client: Client
    sweeper: Sweeper
    deeds: int = 0

    @property
    def station(self) -> ChargingStation:
        return self.tenant.stations[0]

    async def ask(self, text: str, **values: object) -> dict[str, Any]:
        return await self.client.data(text, self.tenant.scope, **values)

    async def ids(self) -> dict[str, Any]:
        """Public ids of the first station, its EVSEs and the token."""
        data = await self.ask("{ stations { nodes { id identity evses { id number } } } tokens { nodes { id uid } } }")
        first = next(one for one in data["stations"]["nodes"] if one["identity"] == self.station.identity)
        return {
            "station": first["id"],
            "evse": first["evses"][0]["id"],
            "other": first["evses"][1]["id"],
            "token": data["tokens"]["nodes"][0]["id"],
            "uid": data["tokens"]["nodes"][0]["uid"],
        }

    async def do(self, mutation: str, arguments: str = "", *, fields: str = "") -> dict[str, Any]:
        """One mutation about the first station: what came of it, refusals included."""
        self.deeds += 1
        options = f'options: {{idempotencyKey: "deed {self.deeds}", waitSeconds: 20}}'
        text = f"""mutation {{ {mutation}({arguments} {options}) {{
            command {{ status failure answer {{ status accepted {fields} }} }}
            session {{ id status steps {{ name state code }} }}
            errors {{ code message path }} }} }}"""
        found: dict[str, Any] = (await self.ask(text))[mutation]
        return found

    async def shown(self, fields: str) -> dict[str, Any]:
        """Fields of the first station, as they are now."""
        text = f'{{ station(identity: "{self.station.identity}") {{ {fields} }} }}'
        found: dict[str, Any] = (await self.ask(text))["station"]
        return found

    def dialled(self, version: str) -> contextlib.AbstractAsyncContextManager[Station]:
        return dialled(self.server.port, self.station.identity, version)


@contextlib.asynccontextmanager
async def house_of(database: TestDatabase) -> AsyncIterator[House]:
    world = await furnished(database, ALPHA)
    tenant = world.tenants["ALPHA"]
    # Nobody has reported anything here yet, and no password is asked.
    for table in ("charging_profile", "charging_limit", "local_list", "station_tariff", "der_control", "der_alarm"):
        world.ingest(f"DELETE FROM {table}")
    for table in ("settlement", "vat_check", "battery_swap", "session_power", "station_cost"):
        world.ingest(f"DELETE FROM {table}")
    world.ingest("UPDATE station SET credential_salt = NULL, credential_digest = NULL, security_profile_floor = 0")
    feed = world.desk.feed
    address = partial(receipt_address, SECRET, FILES_URL)
    inbox = Inbox(database.ingest_url, feed, gateway_id=GATEWAY, clock=utc_now, receipt_url=address)
    await inbox.start()
    server = OcppServer(inbox, "127.0.0.1", 0, GATEWAY)
    await server.start()
    sweeper = Sweeper(database.ingest_url, feed, gateway_id=GATEWAY, name="t", clock=utc_now, stations=server)
    await sweeper.prepare(sole_server=True)
    running = asyncio.create_task(sweeper.run())
    world.desk = replace(world.desk, stations=server, clock=utc_now)
    try:
        yield House(world, tenant, server, Client(api_of(world, cost_max=10**9, bucket_size=10**12)), sweeper)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await server.stop()
        await sweeper.close()
        await inbox.stop()
        await world.desk.database.close()
