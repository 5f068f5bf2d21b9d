"""CPU of the schema for a cached small query, and of one delivery to many identical subscriptions."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from app.domain.command import OutboundCommand
from app.domain.station import (
    ChargingStation,
    ConnectionState,
    Connector,
    ConnectorStatus,
    Evse,
    Lifecycle,
    OcppVersion,
    Registration,
    StationLink,
)
from app.feed import Feed
from app.operations.access import system_scope
from app.operations.desk import Desk
from app.queries import stations as station_queries
from benchmarks.children import child, server
from benchmarks.figure import Figure, middle
from schema.api import Api
from schema.context import Context
from schema.execution import Request
from schema.settings import ApiSettings

_WATCHERS = 500
_SECONDS = 8.0
_QUERY = """query Station($identity: String!) { station(identity: $identity) { id identity name lifecycle version
  connection { state since } evses { number connectors { id number status } } } }"""


class _NoStations:
    """A double of the gateway's port: a query sends nothing."""

    def send(self, command: OutboundCommand) -> bool:
        return False

    def close(self, station_key: int, *, reason: str) -> bool:
        return False


def _station() -> ChargingStation:
    at = datetime.now(UTC)
    plugs = tuple(
        Connector(
            number, UUID(int=number), 1, number, "IEC_62196_T2", "CABLE", "AC_3_PHASE", 22_000, 400, 32,
            ConnectorStatus.AVAILABLE, at,
        )
        for number in (1, 2)
    )  # fmt: skip
    evse = Evse(1, UUID(int=3), 1, "DE*BEN*E1", None, True, None, None, plugs)
    return ChargingStation(
        1, UUID(int=4), 1, 1, "CP-1", "One", Lifecycle.IN_SERVICE, Registration.ACCEPTED, "v", "m", "s", "f",
        OcppVersion.V16, 1, StationLink(ConnectionState.ONLINE, at), 3, (replace(evse),),
    )  # fmt: skip


async def _query_micros() -> list[float]:
    """Parsing, validation and cost are cached; the store's answer is given, so that only the schema is timed."""
    station = _station()

    async def by_identity(**_: object) -> ChargingStation:
        return station

    original = station_queries.by_identity
    station_queries.by_identity = by_identity
    settings = ApiSettings(secret=b"x" * 32, bucket_size=10**12, bucket_restore_per_s=10**9)
    desk = Desk(None, Feed(), _NoStations(), lambda: datetime.now(UTC), "ws://x", "http://x")  # type: ignore[arg-type]
    api = Api(desk, settings)
    scope = system_scope(1, UUID(int=1))
    request = Request(_QUERY, None, {"identity": "CP-1"})
    rounds = []
    try:
        for _ in range(7):
            began = time.process_time()
            for _ in range(1000):
                (await api.execution.run(request, Context(api.house, scope, "trace", "caller"))).json()
            rounds.append((time.process_time() - began) / 1000 * 1e6)
    finally:
        station_queries.by_identity = original
    return rounds


def _delivery() -> Figure:
    """Server CPU a message while one station changes and five hundred identical subscriptions hear of it."""
    with server(20, "all") as (running, where):
        ocpp, http = f"ws://127.0.0.1:{where['ocpp']}", f"ws://127.0.0.1:{where['http']}/graphql"
        arguments = ("--watchers", _WATCHERS, "--probes", 1, "--seconds", _SECONDS, "--every", 0.05)
        with child("benchmarks.watchers", "--ocpp", ocpp, "--http", http, *arguments) as watchers:
            watchers.hear()
            before = running.ask()
            seen = watchers.ask("go")
            after = running.ask()
    micros = (after["cpu_s"] - before["cpu_s"]) / seen["deliveries"] * 1e6
    note = f"{seen['deliveries']:,} deliveries to {_WATCHERS} subscribers; the whole server's CPU, inbox included"
    return Figure("delivery, identical subscriptions", micros, "µs CPU", at_most=15, note=note)


def measure() -> list[Figure]:
    return [
        Figure("cached small query (14 leaves)", middle(asyncio.run(_query_micros())), "µs CPU", at_most=250),
        _delivery(),
    ]
