"""Paid for one EVSE, plugged in at the one beside it: said, offered, and moved with the money that is held."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.main.process import Process
from tests.conftest import TestDatabase
from tests.journeys.station import Station, dialled
from tests.journeys.test_ad_hoc import LOOK, STICKER, Driver, driver, process
from tests.world import Tenant

__all__ = ["process"]
BESIDE = "DE*ALP*E0042*2"
WAITS = """{ holds { nodes { id status captured { amountMinor } pluggedElsewhere { evse { id evseId } objection { code } }
    session { id evse { evseId } steps { name state code } } } } }"""
MOVE = """mutation($id: ID!, $evse: ID!, $key: String!) { chargeIntentMove(id: $id, evseId: $evse,
    options: {idempotencyKey: $key, waitSeconds: 20}) { hold { id } errors { code } } }"""


async def waits(ann: Driver) -> dict[str, Any]:
    found: dict[str, Any] = (await ann.ask(WAITS))["nodes"][0]
    return found


async def until(ann: Driver, name: str) -> dict[str, Any]:
    async with asyncio.timeout(30):
        while not (found := await waits(ann)).get(name):
            await asyncio.sleep(0.1)
    return found


async def show(station: Station, evse: int, status: str) -> None:
    now = datetime.now(UTC).isoformat()
    await station.say("StatusNotification", evseId=evse, connectorId=1, connectorStatus=status, timestamp=now)


async def starts(station: Station, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(40):
        while len(found := station.was_asked("RequestStartTransaction")) < count:
            await asyncio.sleep(0.1)
    return found


async def test_19_a_voucher_goes_along(process: tuple[Process, Tenant], database: TestDatabase) -> None:
    """The price beside is the same one less the same voucher."""
    running, tenant = process
    ann = driver(running)
    async with dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.0.1") as station:
        assert await ann.intend() == []
        with psycopg.connect(database.owner_url, autocommit=True) as owner:
            owner.execute(
                "WITH given AS (INSERT INTO voucher (id, operator_key, code, kind, worth, valid_from, created_at) SELECT"
                " gen_random_uuid(), operator_key, 'SPRING-26', 'PERCENT', 20, now(), now() FROM tariff WHERE key = %s"
                " RETURNING key), less AS (INSERT INTO tariff (id, operator_key, code, version_number, state, currency,"
                " tax_included, elements, valid_from, voucher_key, discount) SELECT gen_random_uuid(), operator_key, code ||"
                " '+SPRING-26', version_number, state, currency, tax_included, elements, valid_from, given.key, %s FROM"
                " tariff, given WHERE tariff.key = %s RETURNING key)"
                " UPDATE quote SET tariff_key = less.key FROM less WHERE quote.key = (SELECT quote_key FROM hold ORDER BY key"
                " DESC LIMIT 1)",
                (tenant.tariff.key, Jsonb({"kind": "PERCENT", "worth": 20, "code": "SPRING-26"}), tenant.tariff.key),  # type: ignore[union-attr]
            )
        await ann.pay()
        await starts(station, 1)
        await show(station, 2, "Occupied")
        waiting = await until(ann, "pluggedElsewhere")
        offered = waiting["pluggedElsewhere"]
        assert offered["objection"] is None
        moved = await ann.ask(MOVE, id=waiting["id"], evse=offered["evse"]["id"], key="move")
        assert moved["errors"] == []


async def paid_and_plugged_in_beside(ann: Driver, station: Station) -> dict[str, Any]:
    assert await ann.intend() == []
    await ann.pay()
    await starts(station, 1)
    await show(station, 2, "Occupied")
    waiting = await until(ann, "pluggedElsewhere")
    steps = {step["name"]: (step["state"], step["code"]) for step in waiting["session"]["steps"]}
    assert steps["TRANSACTION_STARTED"] == ("WAITING", "PLUGGED_ELSEWHERE")
    return waiting


@pytest.fixture(autouse=True)
def beside(database: TestDatabase, process: tuple[Process, Tenant]) -> None:
    _, tenant = process
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("UPDATE evse SET evse_id = %s WHERE key = %s", (BESIDE, tenant.stations[0].evses[1].key))


async def test_19_the_charge_moves_to_where_the_cable_is(process: tuple[Process, Tenant]) -> None:
    running, tenant = process
    ann, ben = driver(running), driver(running)
    async with dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.0.1") as station:
        waiting = await paid_and_plugged_in_beside(ann, station)
        offered = waiting["pluggedElsewhere"]
        assert (offered["evse"]["evseId"], offered["objection"]) == (BESIDE, None)
        moved = await ann.ask(MOVE, id=waiting["id"], evse=offered["evse"]["id"], key="move")
        assert (moved["errors"], moved["hold"]["id"]) == ([], waiting["id"])
        again = (await starts(station, 2))[1]
        assert again["evseId"] == 2
        assert (await ben.ask(LOOK, evse=STICKER))["availability"] == "AVAILABLE", "the first is free again"
        assert (await ben.ask(LOOK, evse=BESIDE))["availability"] == "IN_USE"
        for kind, register, number, trigger in (("Started", 0, 0, "RemoteStart"), ("Ended", 10_000, 1, "EVDeparted")):
            now = (datetime.now(UTC) + timedelta(minutes=59 * number)).isoformat()
            await station.say(
                "TransactionEvent", eventType=kind, timestamp=now, triggerReason=trigger, seqNo=number,
                transactionInfo={"transactionId": "moved", "remoteStartId": again["remoteStartId"]},
                evse={"id": 2, "connectorId": 1},
                meterValue=[{"timestamp": now, "sampledValue": [{"value": register}]}],
            )  # fmt: skip
        bill = await ann.hold_is("CAPTURED")
        assert bill["captured"]["amountMinor"] == 500
        here = await waits(ann)
        assert (here["session"]["evse"]["evseId"], here["pluggedElsewhere"]) == (BESIDE, None)
        repeated = await ann.ask(MOVE, id=waiting["id"], evse=offered["evse"]["id"], key="move")
        assert repeated["errors"] == []
        late = await ann.ask(MOVE, id=waiting["id"], evse=offered["evse"]["id"], key="late")
        assert [error["code"] for error in late["errors"]] == ["HOLD_ENDED"]
    assert len(station.was_asked("RequestStartTransaction")) == 2


async def test_19_where_another_price_applies_the_plug_is_to_be_moved(
    process: tuple[Process, Tenant], database: TestDatabase
) -> None:
    running, tenant = process
    ann, ben = driver(running), driver(running)
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute(
            "WITH dear AS (INSERT INTO tariff (id, operator_key, code, version_number, state, currency, tax_included,"
            " elements, valid_from) SELECT gen_random_uuid(), operator_key, 'DEAR', 1, 'PUBLISHED', 'EUR', true, elements,"
            " '2020-01-01' FROM tariff WHERE key = %s RETURNING operator_key)"
            " INSERT INTO tariff_assignment (operator_key, code, location_key, evse_key, valid_from)"
            " SELECT operator_key, 'DEAR', %s, %s, '2020-01-01' FROM dear",
            (tenant.tariff.key, tenant.stations[0].location_key, tenant.stations[0].evses[1].key),  # type: ignore[union-attr]
        )
    async with dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.0.1") as station:
        waiting = await paid_and_plugged_in_beside(ann, station)
        beside = waiting["pluggedElsewhere"]["evse"]["id"]
        assert waiting["pluggedElsewhere"]["objection"] == {"code": "PRICE_DIFFERS"}
        refused = await ann.ask(MOVE, id=waiting["id"], evse=beside, key="move")
        assert [error["code"] for error in refused["errors"]] == ["PRICE_DIFFERS"]
        assert await ben.intend() == ["EVSE_BUSY"]
        await show(station, 2, "Available")
        async with asyncio.timeout(20):
            while (await waits(ann))["pluggedElsewhere"] is not None:
                await asyncio.sleep(0.1)
    assert len(station.was_asked("RequestStartTransaction")) == 1
