"""A whole process over a test database, and a client that knows only its GraphQL and its two ports."""

import itertools
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from app.domain.scope import Permission
from app.main.process import DatabaseUrls, Process
from app.main.settings import Settings
from app.operations import access, operators
from tests.conftest import TestDatabase
from tests.world import made, make_world, options

_KEYS = itertools.count(1)


class House:
    """One operator's view of a running installation."""

    def __init__(self, process: Process, secret: str, database: TestDatabase) -> None:
        self.process, self.secret, self.database = process, secret, database
        self._client = httpx.AsyncClient(timeout=60, headers={"Authorization": f"Bearer {secret}"})
        self._location: str | None = None

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.process.http_port}"

    @property
    def ocpp(self) -> str:
        scheme = "wss" if self.process.settings.tls_certificate else "ws"
        return f"{scheme}://localhost:{self.process.ocpp_port}"

    async def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = (await self._client.post(f"{self.http}/graphql", json={"query": query, "variables": variables})).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    async def do(self, mutation: str, arguments: str = "", pick: str = "", **variables: object) -> dict[str, Any]:
        """A mutation with a fresh key; its payload, which has no errors."""
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in variables.items())  # type: ignore[misc]
        text = (
            f"mutation{f'({declared})' if declared else ''} {{ {mutation}({arguments}"
            f'{", " if arguments else ""}options: {{idempotencyKey: "k{next(_KEYS)}"}}) {{ {pick} errors {{ code message }} }} }}'
        )
        payload = (await self.ask(text, **{name: value for name, (_, value) in variables.items()}))[mutation]  # type: ignore[misc]
        assert payload["errors"] == [], payload
        found: dict[str, Any] = payload
        return found

    async def location(self) -> str:
        if self._location is None:
            payload = await self.do(
                "locationCreate",
                'input: {name: "Depot", address: "A 1", city: "Bonn", country: "DE", latitude: 50.7, longitude: 7.1, '
                'timeZone: "Europe/Berlin"}',
                "location { id }",
            )
            self._location = payload["location"]["id"]
        return self._location

    async def station(self, identity: str, *, floor: int = 1, evses: int = 1) -> tuple[str, str | None]:
        """A registered station's id and password."""
        plug = (
            '{number: 1, standard: "IEC_62196_T2", format: "SOCKET", powerType: "AC_3_PHASE", maxPowerW: 22000, '
            "maxVoltageV: 230, maxCurrentA: 32}"
        )
        hardware = ", ".join(f"{{number: {number}, connectors: [{plug}]}}" for number in range(1, evses + 1))
        payload = await self.do(
            "stationRegister",
            f'input: {{identity: "{identity}", locationId: "{await self.location()}", securityProfileFloor: {floor}, '
            f"evses: [{hardware}]}}",
            "station { id } password",
        )
        return payload["station"]["id"], payload["password"]

    async def close(self) -> None:
        await self._client.aclose()


@asynccontextmanager
async def running(database: TestDatabase, folder: Path, **settings: Any) -> AsyncIterator[House]:
    """A process that serves everything, with one operator and a token that may do everything."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("SELECT ensure_history_day(current_date + n) FROM generate_series(-1, 2) n")
    world = make_world(database)
    operator = made(
        await operators.create(
            privileged_url=database.ingest_url,
            at=world.clock(),
            name="House",
            country_code="DE",
            party_id="HSE",
            currency="EUR",
        )
    )
    granted = made(
        await access.create_api_token(
            scope=access.system_scope(operator.key, operator.uuid),
            desk=world.desk,
            name="everything",
            permissions=tuple(permission.value for permission in Permission),
            location_ids=None,
            expires_at=world.clock().replace(year=world.clock().year + 1),
            options=options("token"),
        )
    )
    await world.desk.database.close()
    process = Process(
        Settings(
            data=folder,
            app_database_url=database.app_url,
            ingest_database_url=database.ingest_url,
            http="127.0.0.1:0",
            ocpp="127.0.0.1:0",
            **settings,
        ),
        DatabaseUrls(database.app_url, database.ingest_url),
    )
    await process.start()
    house = House(process, granted.secret, database)
    try:
        yield house
    finally:
        await house.close()
        await process.stop()


def trusting(root: Path, *chain: Path) -> ssl.SSLContext:
    """A charger's TLS: it trusts one root, and may show a certificate of its own."""
    context = ssl.create_default_context(cafile=str(root))
    if chain:
        context.load_cert_chain(*chain)
    return context
