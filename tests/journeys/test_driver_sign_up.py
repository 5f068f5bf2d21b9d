"""A driver's first day, in one whole process: sign up by a mailed code, claim a card, charge, lose the card."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_string
from email.message import Message
from pathlib import Path
from typing import Any

import httpx

from app.main.process import DatabaseUrls, Process
from app.main.settings import Settings
from tests.conftest import TestDatabase
from tests.drivers import of_operator
from tests.furnished import ALPHA, furnished
from tests.journeys.station import Station, dialled
from tests.world import Tenant


class Postman:
    """A mail server of a test: takes every letter, and loses the first connection."""

    def __init__(self) -> None:
        self.letters: asyncio.Queue[Message] = asyncio.Queue()
        self.calls = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        if self.calls == 1:
            writer.close()
            return
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode().strip():
            if line.upper() == "DATA":
                writer.write(b"354 go on\r\n")
                text = (await reader.readuntil(b"\r\n.\r\n")).decode()
                self.letters.put_nowait(message_from_string(text))
            writer.write(b"221 bye\r\n" if line.upper() == "QUIT" else b"250 fine\r\n")
        writer.close()


@asynccontextmanager
async def postman() -> AsyncIterator[Postman]:
    made = Postman()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


class Phone:
    """A driver's app."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http, self._token = http, ""

    async def ask(self, text: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        body = (await self._http.post("/graphql", json={"query": text}, headers=headers)).json()
        assert "errors" not in body, body
        ((_, found),) = body["data"].items()
        if isinstance(found, dict) and "errors" in found:
            assert found["errors"] == [], found
        return dict(found)

    async def sign_up(self, tenant: Tenant, box: Postman, email: str) -> dict[str, Any]:
        who = f'contact: "{email}", operatorId: "{of_operator(tenant)}"'
        await self.ask(f"mutation {{ driverCodeRequest({who}) {{ errors {{ message }} }} }}")
        async with asyncio.timeout(60):
            letter = await box.letters.get()
        assert letter["To"] == email
        code = re.search(r"\d{6}", str(letter.get_payload()))
        assert code is not None
        made = await self.ask(
            f'mutation {{ driverSignIn({who}, code: "{code[0]}") {{ accessToken viewer {{ driver {{ id email }} }} '
            "errors { message } } }"
        )
        self._token = made["accessToken"]
        return dict(made["viewer"]["driver"])


async def tapped(station: Station, uid: str) -> str:
    answer = await station.say("Authorize", idToken={"idToken": uid, "type": "ISO14443"})
    return str(answer["idTokenInfo"]["status"])


async def charged(station: Station, uid: str) -> None:
    for kind, number, trigger in (("Started", 0, "Authorized"), ("Ended", 1, "EVDeparted")):
        await station.say(
            "TransactionEvent",
            eventType=kind,
            timestamp=f"2026-11-01T12:0{number}:00Z",
            triggerReason=trigger,
            seqNo=number,
            transactionInfo={"transactionId": "hers"},
            evse={"id": 1, "connectorId": 1},
            **({"idToken": {"idToken": uid, "type": "ISO14443"}} if number == 0 else {}),
        )


async def test_a_driver_signs_up_charges_by_card_and_loses_it(database: TestDatabase, tmp_path: Path) -> None:
    world = await furnished(database, ALPHA)
    tenant = world.tenants["ALPHA"]
    world.ingest("UPDATE station SET credential_salt = NULL, credential_digest = NULL, security_profile_floor = 0")
    world.ingest("UPDATE token SET driver_key = NULL, account_key = NULL")
    assert tenant.token is not None
    uid = tenant.token.uid
    async with postman() as box:
        settings = Settings(
            data=tmp_path, http="127.0.0.1:0", ocpp="127.0.0.1:0", smtp_url=f"smtp://127.0.0.1:{box.port}"
        )
        process = Process(settings, DatabaseUrls(database.app_url, database.ingest_url))
        await process.start()
        try:
            async with (
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{process.http_port}", timeout=40) as http,
                dialled(process.ocpp_port, tenant.stations[0].identity, "ocpp2.0.1") as station,
            ):
                phone = Phone(http)
                driver = await phone.sign_up(tenant, box, "ada@example.com")
                assert driver["email"] == "ada@example.com"
                claim = 'mutation { driverTokenClaim(visualNumber: "%s") { token { id valid } errors { code } } }'
                card = (await phone.ask(claim % "V-ALPHA"))["token"]
                assert await tapped(station, uid) == "Accepted"
                await charged(station, uid)
                sessions = await phone.ask("{ sessions { nodes { status driver { id } token { id } } } }")
                assert sessions["nodes"] == [
                    {"status": "COMPLETED", "driver": {"id": driver["id"]}, "token": {"id": card["id"]}}
                ]
                block = f'mutation {{ driverTokenBlock(id: "{card["id"]}") {{ token {{ valid }} errors {{ code }} }} }}'
                assert (await phone.ask(block))["token"] == {"valid": False}
                assert await tapped(station, uid) == "Blocked"

                other = Phone(http)
                await other.sign_up(tenant, box, "ben@example.com")
                assert (await other.ask("{ sessions { nodes { id } } }"))["nodes"] == []
                refused = (
                    await http.post(
                        "/graphql",
                        json={"query": claim % "V-ALPHA"},
                        headers={"Authorization": f"Bearer {other._token}"},
                    )
                ).json()["data"]["driverTokenClaim"]
                assert refused["errors"] == [{"code": "NOT_FOUND"}]
                assert box.calls > 2  # the lost connection was made good
        finally:
            await process.stop()
            await world.desk.database.close()
