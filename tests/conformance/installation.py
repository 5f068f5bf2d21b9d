"""A Voltgraph set up as the suite asks: five stations, its tokens, an energy tariff, TLS with the suite's certificates."""

import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.main import administration
from app.main.installation import installation
from app.main.process import Process
from app.main.settings import Settings
from tests.conformance.graphql import GraphQL

PASSWORD = "conformance-pass-1"  # the suite's own has 8 characters, and OCPP asks for 16
STATIONS_BY_PASSWORD = ("CP201_SP1", "CP202_SP2", "CP16_SP1")
STATIONS_BY_CERTIFICATE = ("CP202_SP3", "CP16_SP3")
_PLUG = {
    "number": 1,
    "standard": "IEC_62196_T2",
    "format": "SOCKET",
    "powerType": "AC_3_PHASE",
    "maxPowerW": 22_000,
    "maxVoltageV": 230,
    "maxCurrentA": 32,
}
# uid, type, group
_TOKENS = (
    ("TAG-001", "RFID", "GROUP001"),
    ("100000C01", "RFID", "GROUP001"),
    ("100000C39B", "RFID", "GROUP001"),
    ("MASTERC47", "RFID", "GROUP001"),
    ("EMAID001", "RFID", None),
    ("100000C06", "RFID", None),
)


@dataclass(frozen=True)
class Running:
    """Where it listens, and its operator's token."""

    graphql: str
    ocpp: str
    token: str


@asynccontextmanager
async def running(suite: Path) -> AsyncIterator[Running]:
    """Serves until the block ends; everything is in a temporary folder."""
    certs = suite / "certs"
    with tempfile.TemporaryDirectory(prefix="vgc-", dir="/tmp") as folder:
        settings = Settings(
            data=Path(folder),
            http="127.0.0.1:0",
            ocpp="127.0.0.1:0",
            tls_certificate=certs / "server.pem",
            tls_key=certs / "server.key",
            tls_second_certificate=certs / "server_rsa.pem",
            tls_second_key=certs / "server_rsa.key",
            tls_client_authority=certs / "ca.pem",
            # The suite's responders answer about no certificate in particular and sign nothing.
            pki_verify=False,
            pki_private_hosts=("localhost",),
            pki_provisioning_url="http://localhost:19081/",
        )
        with installation(settings) as place:
            office = administration.Office(settings, place)
            said = await administration.add_operator(office, "Conformance", "DE*CNF", "EUR")
            token = re.findall(r"vgt_[\w-]+", " ".join(map(str, said)))[0]
            await office.close()
            process = Process(settings, place.urls)
            await process.start()
            try:
                yield Running(
                    f"http://127.0.0.1:{process.http_port}/graphql", f"wss://localhost:{process.ocpp_port}", token
                )
            finally:
                await process.stop()


async def furnish(api: GraphQL, suite: Path) -> None:
    """Everything the suite's pages ask to be configured, by GraphQL."""
    place = await api.do("locationCreate", "location { id }", input=_location())
    location = place["location"]["id"]
    for identity in (*STATIONS_BY_PASSWORD, *STATIONS_BY_CERTIFICATE):
        await _station(api, suite, identity, location)
    for uid, kind, group in _TOKENS:
        await api.do("tokenCreate", "token { id }", input={"uid": uid, "type": kind, "groupId": group})
    blocked = await api.ask('{ tokens(filter: {uids: ["100000C06"]}) { nodes { id } } }')
    await api.do("tokenBlock", "token { id }", id=blocked["tokens"]["nodes"][0]["id"], reason="the suite asks for it")
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    await api.do("tokenCreate", "token { id }", input={"uid": "100000C07", "type": "RFID", "validUntil": past})
    await _tariff(api)


def _location() -> dict[str, Any]:
    return {
        "name": "Laboratory",
        "address": "A 1",
        "city": "Arnhem",
        "country": "NL",
        "latitude": 51.98,
        "longitude": 5.91,
        "timeZone": "Europe/Amsterdam",
    }


async def _station(api: GraphQL, suite: Path, identity: str, location: str) -> None:
    by_certificate = identity in STATIONS_BY_CERTIFICATE
    described = {
        "identity": identity,
        "locationId": location,
        "securityProfileFloor": 3 if by_certificate else 2 if identity == "CP202_SP2" else 1,
        "evses": [{"number": number, "connectors": [_PLUG]} for number in (1, 2)],
    }
    made = await api.do("stationRegister", "station { id }", input=described)
    station = made["station"]["id"]
    await api.do("stationCredentialsRotate", "password", id=station, password=PASSWORD)
    if by_certificate:
        shown = (suite / "certs" / "client.pem").read_text()
        await api.do("certificateTrust", "station { id }", stationId=station, certificate=shown)


async def _tariff(api: GraphQL) -> None:
    elements = [{"components": [{"type": "ENERGY", "price": "0.35", "stepSize": 1, "vatPercent": "21"}]}]
    drafted = await api.do(
        "tariffCreate",
        "tariff { id }",
        input={"code": "LAB", "currency": "EUR", "taxIncluded": True, "elements": elements},
    )
    await api.do("tariffPublish", "tariff { id }", id=drafted["tariff"]["id"])
    await api.do("tariffAssign", "tariff { id }", code="LAB")
