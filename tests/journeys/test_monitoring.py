"""Monitors, events and streams from end to end."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import TestDatabase
from tests.gateway.doubles import until
from tests.journeys.device_house import House, Json, open_house

STAMP = "2026-11-20T12:00:00.000Z"
PLACE = {"component": {"name": "Connector", "evse": {"id": 1, "connectorId": 1}}, "variable": {"name": "Temperature"}}
EVENTS = """{ stationEvents%s { nodes { eventId occurredAt kind severity actualValue cleared techInfo monitorId
    place { component variable evse connector } station { identity } } } }"""


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with open_house(database) as made:
        yield made


async def monitors(house: House) -> list[Json]:
    found = await house.station(
        "CP-J",
        "monitors { nodes { monitorId type value severity transaction kind place { component variable evse } } }",
    )
    return found["monitors"]["nodes"]


def event(number: int, **said: Any) -> Json:
    return {
        "eventId": number,
        "timestamp": STAMP,
        "trigger": "Alerting",
        "actualValue": "95",
        "eventNotificationType": "CustomMonitor",
        **PLACE,
        **said,
    }


async def test_monitors_set_reported_and_cleared(house: House) -> None:
    answers: dict[str, Any] = {
        "SetVariableMonitoring": lambda payload: {
            "setMonitoringResult": [
                {
                    **{name: data[name] for name in ("component", "variable", "type", "severity")},
                    **({"status": "Accepted", "id": 40} if at == 0 else {"status": "Rejected"}),
                }
                for at, data in enumerate(payload["setMonitoringData"])
            ]
        },
        "GetMonitoringReport": {"status": "Accepted"},
        "ClearVariableMonitoring": lambda payload: {
            "clearMonitoringResult": [{"id": one, "status": "Accepted"} for one in payload["id"]]
        },
        "SetMonitoringBase": {"status": "Accepted"},
        "SetMonitoringLevel": {"status": "Accepted"},
    }
    async with house.charger("2.0.1", answers) as charger:
        where = 'component: {name: "Connector", evse: {id: 1, connectorId: 1}}, variable: {name: "Temperature"}'
        asked = f"""request: {{setMonitoringData: [
            {{value: 90, type: UPPER_THRESHOLD, severity: 2, {where}}}, {{value: 5, type: DELTA, severity: 9, {where}}}]}}"""
        sent = await house.command("monitorsSet", asked, "CP-J")
        assert (sent["answer"]["status"], sent["answer"]["accepted"]) == ("Rejected", False)
        assert [(one["monitorId"], one["type"], one["value"], one["severity"]) for one in await monitors(house)] == [
            (40, "UpperThreshold", 90.0, 2)
        ]
        await house.command("monitoringReportGet", "request: {requestId: 3}", "CP-J")
        monitoring = {"id": 41, "transaction": False, "value": 1.5, "type": "Delta", "severity": 8}
        said = {
            "requestId": 3,
            "generatedAt": STAMP,
            "seqNo": 0,
            "monitor": [{**PLACE, "variableMonitoring": [monitoring]}],
        }
        await charger.say("NotifyMonitoringReport", said)
        assert [one["monitorId"] for one in await monitors(house)] == [40, 41]
        # 2.0.1 does not say how severe an event is: its monitor does.
        await charger.say(
            "NotifyEvent", {"generatedAt": STAMP, "seqNo": 0, "eventData": [event(1, variableMonitoringId=40)]}
        )
        assert (await house.ask(EVENTS % ""))["stationEvents"]["nodes"][0]["severity"] == 2
        await house.command("monitorsClear", "request: {id: [40, 41]}", "CP-J")
        assert await monitors(house) == []
        await house.command("monitoringBaseSet", "request: {monitoringBase: HARD_WIRED_ONLY}", "CP-J")
        await house.command("monitoringLevelSet", "request: {severity: 4}", "CP-J")
        assert charger.heard[-2:] == [
            ("SetMonitoringBase", {"monitoringBase": "HardWiredOnly"}), ("SetMonitoringLevel", {"severity": 4}),
        ]  # fmt: skip


async def test_events_are_history_and_the_severe_ones_are_news(house: House) -> None:
    async with house.charger("2.1") as charger:
        said = {
            "generatedAt": STAMP,
            "seqNo": 0,
            "eventData": [
                event(1, severity=9, techInfo="x" * 400),
                event(2, severity=1),
                event(3, eventNotificationType="HardWiredNotification", cleared=True),
            ],
        }
        assert await charger.say("NotifyEvent", said) == {}
        # The station did not hear us and says it again.
        assert await charger.say("NotifyEvent", said) == {}
        found = (await house.ask(EVENTS % ""))["stationEvents"]["nodes"]
        assert [(one["eventId"], one["severity"], one["cleared"]) for one in found] == [
            (3, None, True), (2, 1, False), (1, 9, False),
        ]  # fmt: skip
        assert found[2]["techInfo"] == "x" * 400
        assert found[0]["place"] == {"component": "Connector", "variable": "Temperature", "evse": 1, "connector": 1}
        assert found[0]["station"]["identity"] == "CP-J"
        assert found[0]["occurredAt"] == STAMP
        severe = (await house.ask(EVENTS % "(filter: {maxSeverity: 3})"))["stationEvents"]["nodes"]
        assert [one["eventId"] for one in severe] == [2]
        other = '(filter: {components: ["connector"], variables: ["Power"]})'
        assert (await house.ask(EVENTS % other))["stationEvents"]["nodes"] == []
        logged = house.world.ingest("SELECT data->>'severity' FROM event_log WHERE type = 'station.event' ORDER BY key")
        assert {row[0] for row in logged} == {"1", None}


async def test_streams_are_taken_without_an_answer(house: House) -> None:
    answers: dict[str, Any] = {
        "AdjustPeriodicEventStream": {"status": "Accepted"},
        "GetPeriodicEventStream": {
            "constantStreamData": [{"id": 6, "variableMonitoringId": 4, "params": {"interval": 9}}]
        },
    }
    fields = """eventStreams { nodes { streamId monitorId intervalS maxValues pending closedAt } }
        streamValues(streamId: 5) { nodes { at value } }"""
    async with house.charger("2.1", answers) as charger:
        opened = {"constantStreamData": {"id": 5, "variableMonitoringId": 3, "params": {"interval": 30, "values": 10}}}
        assert await charger.say("OpenPeriodicEventStream", opened) == {"status": "Accepted"}
        said = {"id": 5, "pending": 2, "basetime": STAMP, "data": [{"t": 0, "v": "1"}, {"t": 1.5, "v": "2"}]}
        await charger.send([6, "s1", "NotifyPeriodicEventStream", said])
        await charger.send([6, "s2", "NotifyPeriodicEventStream", "nonsense"])
        # What follows on the same socket is decided after it, so nothing needs to be waited for.
        await charger.say("Heartbeat", {})
        assert not {"s1", "s2"} & set(charger.replies)
        found = await house.station("CP-J", fields)
        assert found["eventStreams"]["nodes"] == [
            {"streamId": 5, "monitorId": 3, "intervalS": 30, "maxValues": 10, "pending": 2, "closedAt": None}
        ]
        assert [(one["at"], one["value"]) for one in found["streamValues"]["nodes"]] == [
            ("2026-11-20T12:00:01.500Z", "2"), ("2026-11-20T12:00:00.000Z", "1"),
        ]  # fmt: skip
        await house.command("eventStreamAdjust", "request: {id: 5, params: {interval: 60}}", "CP-J")
        await house.command("eventStreamsGet", "", "CP-J")
        found = await house.station("CP-J", fields)
        assert [(one["streamId"], one["intervalS"]) for one in found["eventStreams"]["nodes"]] == [(5, 60), (6, 9)]
        assert await charger.say("ClosePeriodicEventStream", {"id": 5}) == {}
        found = await house.station("CP-J", fields)
        assert found["eventStreams"]["nodes"][0]["closedAt"] is not None


async def test_an_answer_the_station_could_not_use_is_flagged(house: House) -> None:
    async with house.charger("2.1") as charger:
        await charger.say("Heartbeat", {})
        await charger.send([5, charger.last_id, "FormatViolation", "no such field", {}])
        await charger.say("Heartbeat", {})
        assert (await house.station("CP-J", "problems"))["problems"] == 1
        frames = await house.ask(
            f'{{ frames(filter: {{stationId: "{house.station_ids["CP-J"]}", onlyProblems: true}}) {{ nodes {{ problems payload }} }} }}'
        )
        assert [frame["problems"] for frame in frames["frames"]["nodes"]] == [["FormatViolation"]]
        assert charger.last_id in charger.replies


async def test_streams_exist_since_2_1(house: House) -> None:
    async with house.charger("2.0.1") as charger:
        await charger.send([2, "x", "OpenPeriodicEventStream", {}])
        await until(lambda: "x" in charger.replies)
        assert charger.replies["x"][2] == "NotImplemented"
        refused = await house.command("eventStreamsGet", "", "CP-J")
        assert refused["code"] == "NOT_SUPPORTED_BY_STATION"
