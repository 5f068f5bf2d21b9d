"""The acknowledgement law on a bad network: what a station heard an answer to is in the tables, exactly once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from simulator.battery import Battery
from simulator.faults import Fault
from simulator.fleet import Fleet
from simulator.link import Link
from simulator.spec import StationSpec
from simulator.station import Station
from tests.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")
_VISITS = 4
_VERSIONS = ("1.6", "2.0.1", "2.1")
Acknowledged = list[tuple[str, str, dict[str, Any], dict[str, Any]]]


@pytest.fixture
def acknowledged(monkeypatch: pytest.MonkeyPatch) -> Acknowledged:
    """Every call that a station heard an answer to: (identity, action, payload, answer)."""
    heard: Acknowledged = []
    call = Link.call

    async def recorded(link: Link, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        answer = await call(link, action, payload)
        heard.append((link._spec.identity, action, payload, answer))
        return answer

    monkeypatch.setattr(Link, "call", recorded)
    return heard


@asynccontextmanager
async def fleet_of(house: House, seed: int, faults: tuple[str, ...]) -> AsyncIterator[list[Station]]:
    specs = [
        StationSpec(
            f"FAULTY-{seed}-{version}",
            version=version,
            tokens=("CARD0001",),
            meter_interval_s=1,
            faults=faults,
            call_timeout_s=0.4,
        )
        for version in _VERSIONS
    ]
    for one in specs:
        await house.station(one.identity, floor=0)
    fleet = Fleet(house.ocpp, specs, seed=seed, time_factor=200)
    running = asyncio.create_task(fleet.run(visitors=False))
    try:
        yield [fleet[one.identity] for one in specs]
    finally:
        await fleet.stop()
        await asyncio.gather(running, return_exceptions=True)


async def visits(station: Station) -> None:
    for _ in range(_VISITS):
        await station.plug_in(1, Battery(50_000, 0.4, 11_000))
        await station.tap(1, "CARD0001")
        await asyncio.sleep(1.2)  # the meter's interval is a second; how often it speaks is not what is tested
        await station.unplug(1)
    station.link.network.calm_down()
    await station.wait_until(lambda one: one.link.online and one.link.waiting == 0, within=60)


def times_kept(connection: psycopg.Connection[Any], identity: str, at: str, context: str) -> int:
    row = connection.execute(
        "SELECT count(*) FROM reading r JOIN station s ON s.key = r.station_key "
        "WHERE s.identity = %s AND r.at = %s::timestamptz AND r.context = %s AND r.session_key IS NOT NULL",
        (identity, at, context),
    ).fetchone()
    assert row is not None
    return int(row[0])


def kept_readings(action: str, payload: dict[str, Any]) -> list[tuple[str, str]]:
    """(moment, context) of each reading that a call carries into a session."""
    if action == "StartTransaction":
        return [(payload["timestamp"], "Transaction.Begin")]
    if action == "StopTransaction" and payload["transactionId"] > 0:
        return [(payload["timestamp"], "Transaction.End")]
    if action == "TransactionEvent" or (action == "MeterValues" and payload.get("transactionId", 0) > 0):
        return [(value["timestamp"], value["sampledValue"][0]["context"]) for value in payload.get("meterValue", ())]
    return []


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_was_acknowledged_is_kept_exactly_once(house: House, acknowledged: Acknowledged, seed: int) -> None:
    async with fleet_of(house, seed, tuple(Fault)) as stations:
        await asyncio.gather(*(visits(station) for station in stations))
        met = {fault: sum(station.link.network.met[fault] for station in stations) for fault in Fault}
    assert met[Fault.DROP] and met[Fault.DUPLICATE] and met[Fault.MALFORMED] and met[Fault.REORDER], met
    with psycopg.connect(house.database.owner_url) as connection:
        wrong = [
            (identity, action, at, context, count)
            for identity, action, payload, _ in acknowledged
            for at, context in kept_readings(action, payload)
            if (count := times_kept(connection, identity, at, context)) != 1
        ]
        assert wrong == []
        numbers = {
            (identity, answer["transactionId"], payload["timestamp"])
            for identity, action, payload, answer in acknowledged
            if action == "StartTransaction"
        }
        for identity, number, at in numbers:
            row = connection.execute(
                "SELECT count(*) FROM session x JOIN station s ON s.key = x.station_key WHERE s.identity = %s "
                "AND x.transaction_id = %s AND x.started_at = %s::timestamptz",
                (identity, str(number), at),
            ).fetchone()
            assert row == (1,), (identity, number)
        for identity, action, payload, _ in acknowledged:
            if action != "TransactionEvent":
                continue
            row = connection.execute(
                "SELECT count(*) FROM session x JOIN station s ON s.key = x.station_key WHERE s.identity = %s "
                "AND x.transaction_id = %s AND x.seen_seq_nos @> %s::integer",
                (identity, payload["transactionInfo"]["transactionId"], payload["seqNo"]),
            ).fetchone()
            assert row == (1,), (identity, payload["seqNo"])
    said = {action for _, action, _, _ in acknowledged}
    assert {"StartTransaction", "StopTransaction", "TransactionEvent", "MeterValues"} <= said
