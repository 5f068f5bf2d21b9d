"""Rows that are about our own behaviour: the test is the station, the installation is whole."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.house import House
from tests.journeys.charger import BOOT_16, plugged
from tests.quirks.story import stamp

pytestmark = pytest.mark.asyncio(loop_scope="module")
_FLOOD = 300


async def quirks_of(house: House, identity: str) -> dict[str, tuple[str, int]]:
    text = "query($identity: String!) { station(identity: $identity) { quirks { code source repairs } } }"
    shown = (await house.ask(text, identity=identity))["station"]["quirks"]
    return {one["code"]: (one["source"], one["repairs"]) for one in shown}


async def test_a_flood_of_history_is_answered_in_order_and_kept_once(house: House) -> None:
    station, _ = await house.station("FLOOD", floor=0)
    began = datetime.now(UTC) - timedelta(hours=6)

    def reading(number: int, transaction: int) -> str:
        value = {"timestamp": stamp(began + timedelta(minutes=number)), "sampledValue": [{"value": str(1000 + number)}]}
        payload = {"connectorId": 1, "transactionId": transaction, "meterValue": [value]}
        return orjson.dumps([2, f"m{number}", "MeterValues", payload]).decode()

    async with connect(f"{house.ocpp}/FLOOD", subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        start = {"connectorId": 1, "idTag": "CARD0001", "meterStart": 1000, "timestamp": stamp(began)}
        await socket.send(orjson.dumps([2, "s", "StartTransaction", start]).decode())
        transaction = orjson.loads(await socket.recv())[2]["transactionId"]

        async def flood() -> None:
            # Twice, as a station does that never heard the answers.
            for number in [*range(1, _FLOOD + 1), *range(1, _FLOOD + 1)]:
                await socket.send(reading(number, transaction))

        sending = asyncio.create_task(flood())
        heard = [orjson.loads(await socket.recv()) for _ in range(2 * _FLOOD)]
        await sending
        assert heard == [[3, f"m{number}", {}] for number in [*range(1, _FLOOD + 1)] * 2]
        stop = {"transactionId": transaction, "meterStop": 1000 + _FLOOD, "timestamp": stamp(datetime.now(UTC))}
        await socket.send(orjson.dumps([2, "e", "StopTransaction", stop]).decode())
        assert orjson.loads(await socket.recv())[0] == 3
    text = """query($id: ID!) { sessions(filter: {stationIds: [$id]}, first: 2) { nodes {
        status energyWh reviewFlags { code } readings(first: 400) { nodes { energyWh } } } } }"""
    (session,) = (await house.ask(text, id=station))["sessions"]["nodes"]
    assert (session["status"], session["energyWh"], session["reviewFlags"]) == ("COMPLETED", _FLOOD, [])
    registers = [node["energyWh"] for node in session["readings"]["nodes"]]
    assert sorted(registers) == [1000, *range(1001, 1001 + _FLOOD), 1000 + _FLOOD]


async def test_the_operator_sees_what_was_met_and_what_is_allowed_and_by_whom(house: House) -> None:
    station, _ = await house.station("SEEN", floor=0)
    async with plugged(house.ocpp, "SEEN", "ocpp1.6") as charger:
        await charger.call("BootNotification", {"chargePointVendor": "EVduty", "chargePointModel": "Smart"})
        for _ in range(3):
            await charger.call("Heartbeat", {"extra": 1})
            await charger.call("Authorize", {"idTag": 10})
    async with asyncio.timeout(20):
        while (await quirks_of(house, "SEEN")).get("VENDOR_FIELDS") != ("OBSERVED", 3):
            await asyncio.sleep(0.05)
    assert await quirks_of(house, "SEEN") == {
        "NO_PING": ("PROFILE", 0),
        "WRONG_TYPE": ("OBSERVED", 3),
        "VENDOR_FIELDS": ("OBSERVED", 3),
    }
    chosen = f'stationId: "{station}", codes: [NO_PING, REPAIR_JSON]'
    await house.do("stationQuirksSet", chosen, "station { id }")
    found = await quirks_of(house, "SEEN")
    assert (found["NO_PING"][0], found["REPAIR_JSON"][0]) == ("OPERATOR", "OPERATOR")
    await house.do("stationQuirksSet", f'stationId: "{station}", codes: []', "station { id }")
    found = await quirks_of(house, "SEEN")
    assert found["NO_PING"][0] == "PROFILE" and "REPAIR_JSON" not in found
    audit = "query($id: ID!) { auditEntries(subjectId: $id, first: 5) { nodes { action } } }"
    entries = (await house.ask(audit, id=station))["auditEntries"]["nodes"]
    assert [entry["action"] for entry in entries][:2] == ["station.quirks_set"] * 2


async def test_what_is_only_observed_cannot_be_allowed(house: House) -> None:
    station, _ = await house.station("STRICT", floor=0)
    text = f"""mutation {{ stationQuirksSet(stationId: "{station}", codes: [WRONG_TYPE],
        options: {{idempotencyKey: "observed"}}) {{ station {{ id }} errors {{ code message }} }} }}"""
    refused = (await house.ask(text))["stationQuirksSet"]
    assert refused["station"] is None and refused["errors"][0]["code"] == "INVALID_INPUT"


async def test_an_allowance_ends_the_open_connection_so_that_it_counts(house: House) -> None:
    station, _ = await house.station("AGAIN", floor=0)
    chosen = f'stationId: "{station}", codes: [REPAIR_JSON]'
    async with connect(f"{house.ocpp}/AGAIN", subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        await socket.send(orjson.dumps([2, "b", "BootNotification", BOOT_16]).decode())
        assert orjson.loads(await socket.recv())[0] == 3
        await house.do("stationQuirksSet", chosen, "station { id }")
        async with asyncio.timeout(20):
            await socket.wait_closed()
        assert socket.close_code == 1008
    async with connect(f"{house.ocpp}/AGAIN", subprotocols=[Subprotocol("ocpp1.6")]) as socket:
        await house.do("stationQuirksSet", chosen, "station { id }")  # nothing new: nobody is disturbed
        await socket.send('[2,"x","Heartbeat",{"a":,}]')
        assert orjson.loads(await socket.recv())[:2] == [3, "x"]


async def test_the_profiles_are_there_to_be_read(house: House) -> None:
    shown = await house.ask("{ quirkProfiles { name vendor allowances { code isAllowance } } quirkKinds { code } }")
    names = {profile["name"] for profile in shown["quirkProfiles"]}
    assert {"wallbox", "evduty", "foxess"} <= names
    assert all(one["isAllowance"] for profile in shown["quirkProfiles"] for one in profile["allowances"])
    assert len(shown["quirkKinds"]) > 20


async def test_what_was_met_is_a_metric(house: House) -> None:
    await house.station("METRIC", floor=0)
    async with plugged(house.ocpp, "METRIC", "ocpp2.0.1") as charger:
        await charger.call("Heartbeat", {"extra": 1})
    answer = await house._client.get(f"{house.http}/metrics")
    assert 'voltgraph_ocpp_quirks_total{quirk="VENDOR_FIELDS",version="ocpp2.0.1"}' in answer.text


@pytest.mark.parametrize(("power_w", "shown"), [(11_000, [(3680, 11_000)]), (3_700, [])], ids=["not kept", "kept"])
async def test_a_limit_that_was_accepted_and_not_kept_is_shown(
    house: House, power_w: int, shown: list[tuple[int, int]]
) -> None:
    identity = f"LIMIT-{power_w}"
    station, _ = await house.station(identity, floor=0)
    profile = """{evseId: 1, chargingProfile: {id: 7, stackLevel: 0, chargingProfilePurpose: TX_DEFAULT_PROFILE,
        chargingProfileKind: RELATIVE, chargingSchedule: [{id: 1, chargingRateUnit: A,
        chargingSchedulePeriod: [{startPeriod: 0, limit: 32}, {startPeriod: 60, limit: 16, numberPhases: 1}]}]}}"""
    async with plugged(house.ocpp, identity, "ocpp1.6") as charger:
        await charger.call("BootNotification", BOOT_16)
        await house.do("chargingProfileSet", f'stationId: "{station}", request: {profile}', "command { id }")
        began = datetime.now(UTC)
        start = {"connectorId": 1, "idTag": "CARD0001", "meterStart": 1000, "timestamp": stamp(began)}
        transaction = (await charger.call("StartTransaction", start))["transactionId"]
        # Its clock runs two minutes ahead, which is believed: the station had its minute to follow.
        power = {"value": str(power_w), "measurand": "Power.Active.Import", "unit": "W"}
        value = {"timestamp": stamp(began + timedelta(minutes=2)), "sampledValue": [power]}
        await charger.call("MeterValues", {"connectorId": 1, "transactionId": transaction, "meterValue": [value]})
        text = (
            "query($identity: String!) { station(identity: $identity) { limitsExceeded { limitW powerW evseNumber } } }"
        )
        found = (await house.ask(text, identity=identity))["station"]["limitsExceeded"]
        assert [(one["limitW"], one["powerW"]) for one in found] == shown
