"""One use case's stage: a station of its own in the module's installation, and an operator who watches it."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.operations import stations
from tests.conformance.graphql import GraphQL
from tests.journeys.power_house import House
from tests.journeys.station import Json, Station
from tests.world import made, options, station_draft

BOOT = {"reason": "PowerUp", "chargingStation": {"model": "One", "vendorName": "Ada"}}
BOOT16 = {"chargePointModel": "One", "chargePointVendor": "Ada"}
COMMAND = "command { id status effect answer { status accepted raw } } session { id status }"


class InProcess(GraphQL):
    """The API without a wire: mutations whose arguments are OCPP's own JSON."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def ask(self, query: str, **variables: object) -> Json:
        return await self._house.ask(query, **variables)


@dataclass
class Scene:
    house: House
    identity: str
    password: str
    ids: Json = field(default_factory=dict)

    @property
    def id(self) -> str:
        found: str = self.ids["id"]
        return found

    @property
    def evse(self) -> str:
        """Public id of EVSE 1."""
        found: str = self.ids["evses"][0]["id"]
        return found

    async def ask(self, text: str, **values: object) -> Json:
        return await self.house.ask(text, **values)

    async def do(self, mutation: str, pick: str = COMMAND, **arguments: Any) -> Json:
        """A mutation; raises `tests.conformance.graphql.Refused` for its errors."""
        return await InProcess(self.house).do(mutation, pick, **arguments)

    async def send(self, mutation: str, request: Json | None = None, **arguments: Any) -> Json:
        """A command to the station, answered; ``request`` is OCPP's JSON."""
        given = arguments if request is None else {"request": request, **arguments}
        command: Json = (await self.do(mutation, stationId=self.id, **given))["command"]
        return command

    async def shown(self, fields: str) -> Json:
        """Fields of the station, as they are now."""
        found: Json = (await self.ask(f'{{ station(identity: "{self.identity}") {{ {fields} }} }}'))["station"]
        return found

    async def sessions(self, fields: str) -> list[Json]:
        """The station's sessions, newest first."""
        data = await self.ask(f'{{ sessions(filter: {{stationIds: ["{self.id}"]}}) {{ nodes {{ {fields} }} }} }}')
        found: list[Json] = data["sessions"]["nodes"]
        return found

    async def session(self, fields: str) -> Json:
        (found,) = await self.sessions(fields)
        return found

    async def authorisation(self) -> Json:
        """The newest judgement of a token that this station presented."""
        text = f'{{ authorisations(stationId: "{self.id}", first: 1) {{ nodes {{ presentedUid decision rule }} }} }}'
        (found,) = (await self.ask(text))["authorisations"]["nodes"]
        return dict(found)

    async def token(self, uid: str, **more: Any) -> str:
        """A new token's public id."""
        given = {"uid": uid, "type": "RFID", **more}
        found: str = (await self.do("tokenCreate", "token { id }", input=given))["token"]["id"]
        return found

    @asynccontextmanager
    async def connected(self, version: str = "ocpp2.0.1", *, boot: bool = True) -> AsyncIterator[Station]:
        secret = base64.b64encode(f"{self.identity}:{self.password}".encode()).decode()
        async with connect(
            f"ws://127.0.0.1:{self.house.server.port}/ocpp/{self.identity}",
            subprotocols=[Subprotocol(version)],
            additional_headers={"Authorization": f"Basic {secret}"},
        ) as socket:
            station = Player(socket)
            running = asyncio.create_task(station.run())
            if boot:
                said = BOOT16 if version == "ocpp1.6" else BOOT
                assert (await station.say("BootNotification", **said))["status"] == "Accepted"
            try:
                yield station
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


class ErrorAnswered(Exception):
    """A CALLERROR's code."""


class Player(Station):
    """A station that also hears errors."""

    def heard_error(self, message_id: str, code: str) -> None:
        self._pending.pop(message_id).set_exception(ErrorAnswered(code))


async def scene_of(house: House, identity: str) -> Scene:
    draft = station_draft(house.tenant.mark, house.tenant.locations[0].uuid, 1, "ALP")
    drafted = replace(draft, identity=identity, evses=tuple(replace(one, evse_id=None) for one in draft.evses))
    found = made(
        await stations.register(
            scope=house.tenant.scope, desk=house.world.desk, draft=drafted, options=options(f"scene {identity}")
        )
    )
    assert isinstance(found, stations.Credentials)
    assert found.password is not None
    scene = Scene(house, identity, found.password)
    scene.ids = await scene.shown("id evses { id number connectors { id number } }")
    return scene


def moment(later_s: float = 0) -> str:
    at = datetime.now(UTC) + timedelta(seconds=later_s)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def card(uid: str, kind: str = "ISO14443") -> Json:
    return {"idToken": uid, "type": kind}


def meter(wh: float, *, at: str | None = None, context: str = "Sample.Periodic") -> list[Json]:
    sample = {
        "value": wh,
        "context": context,
        "measurand": "Energy.Active.Import.Register",
        "unitOfMeasure": {"unit": "Wh"},
    }
    return [{"timestamp": at or moment(), "sampledValue": [sample]}]


@dataclass
class Transaction:
    """A transaction at EVSE 1 that counts its own messages."""

    station: Station
    id: str
    evse: int = 1
    seq: int = 0

    async def tell(
        self, kind: str, trigger: str, *, at: str | None = None, info: Json | None = None, **more: Any
    ) -> Json:
        message = {
            "eventType": kind,
            "timestamp": at or moment(),
            "triggerReason": trigger,
            "seqNo": self.seq,
            "transactionInfo": {"transactionId": self.id, **(info or {})},
            "evse": {"id": self.evse, "connectorId": 1},
        }
        self.seq += 1
        return await self.station.say("TransactionEvent", **message, **more)


async def refusal(station: Station, action: str, **payload: Any) -> str:
    """The code of the error that answers a message; an answer fails the test."""
    with pytest.raises(ErrorAnswered) as error:
        await station.say(action, **payload)
    return str(error.value)
