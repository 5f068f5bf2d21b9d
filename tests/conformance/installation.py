"""A Voltgraph set up as the suite asks: stations, tokens, an energy tariff, TLS with the suite's certificates."""

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.main import administration
from app.main.installation import Installation, installation
from app.main.process import Process
from app.main.settings import Settings
from tests.conformance.graphql import GraphQL
from tests.folders import server_folder

PASSWORD = "conformance-pass-1"  # the suite's own has 8 characters, and OCPP asks for 16
# The suite's variable -> the security profile that its station speaks
_STATIONS = {"CP201_SP1": 1, "CP201_SP2": 2, "CP201_SP3": 3, "CP16_SP1": 1, "CP16_SP3": 3}
_LABORATORIES = itertools.count(1)
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
    """Where it listens, and the console that makes its operators."""

    graphql: str
    ocpp: str
    settings: Settings
    place: Installation

    async def operator(self, number: int) -> str:
        """Makes an operator, as ``voltgraph operator add`` does; its token."""
        office = administration.Office(self.settings, self.place)
        party = "".join(chr(ord("A") + number // 26**power % 26) for power in (2, 1, 0))
        said = await administration.add_operator(office, f"Conformance {number}", f"DE*{party}", "EUR")
        await office.close()
        return str(re.findall(r"vgt_[\w-]+", " ".join(map(str, said)))[0])


@asynccontextmanager
async def running(suite: Path) -> AsyncIterator[Running]:
    """Serves until the block ends; everything is in a temporary folder."""
    certs = suite / "certs"
    with server_folder("vgc") as folder:
        settings = Settings(
            data=folder,
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
            process = Process(settings, place.urls)
            await process.start()
            try:
                graphql, ocpp = f"http://127.0.0.1:{process.http_port}/graphql", f"wss://localhost:{process.ocpp_port}"
                yield Running(graphql, ocpp, settings, place)
            finally:
                await process.stop()


@dataclass(frozen=True)
class Laboratory:
    """An operator with what the suite's pages ask to be configured: stations by the suite's variables, cards, a price.

    Each case has one of its own: cases leave transactions running, and a card charges at one place at a time.
    """

    api: GraphQL
    stations: dict[str, str]

    @classmethod
    async def furnished(cls, house: Running, suite: Path) -> "Laboratory":
        number = next(_LABORATORIES)
        api = GraphQL(house.graphql, await house.operator(number))
        place = await api.do("locationCreate", "location { id }", input=_location())
        await _cards(api)
        await _tariff(api)
        stations = {variable: f"{variable}-{number}" for variable in _STATIONS}
        for variable, profile in _STATIONS.items():
            await _station(api, suite, stations[variable], profile, place["location"]["id"])
        return cls(api, stations)


async def _cards(api: GraphQL) -> None:
    for uid, kind, group in _TOKENS:
        await api.do("tokenCreate", "token { id }", input={"uid": uid, "type": kind, "groupId": group})
    blocked = await api.ask('{ tokens(filter: {uids: ["100000C06"]}) { nodes { id } } }')
    node = blocked["tokens"]["nodes"][0]["id"]
    await api.do("tokenBlock", "token { id }", id=node, reason="the suite asks for it")
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    await api.do("tokenCreate", "token { id }", input={"uid": "100000C07", "type": "RFID", "validUntil": past})


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


async def _station(api: GraphQL, suite: Path, identity: str, profile: int, location: str) -> None:
    described = {
        "identity": identity,
        "locationId": location,
        "securityProfileFloor": profile,
        "evses": [{"number": number, "connectors": [_PLUG]} for number in (1, 2)],
    }
    made = await api.do("stationRegister", "station { id }", input=described)
    station = made["station"]["id"]
    await api.do("stationCredentialsRotate", "password", id=station, password=PASSWORD)
    if profile == 3:
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
