"""Blocks I and J: what is measured, and what it costs."""

import pytest

from tests.use_cases.scene import Scene, Transaction, card, meter, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_i01_the_price_for_this_driver(scene: Scene) -> None:
    """A station that can show it is told what charging costs whoever presents a card; no other is (I01.FR.01, .02)."""
    await scene.token("I01CARD")
    async with scene.connected() as station:
        asked = {"idToken": card("I01CARD")}
        assert "personalMessage" not in (await station.say("Authorize", **asked))["idTokenInfo"]
        told = {"component": {"name": "TariffCostCtrlr"}, "variable": {"name": "Available"}}
        await station.say(
            "NotifyReport", requestId=1, generatedAt=moment(), seqNo=0,
            reportData=[{**told, "variableAttribute": [{"type": "Actual", "value": "true"}]}],
        )  # fmt: skip
        info = (await station.say("Authorize", **asked))["idTokenInfo"]
        assert info["personalMessage"] == {"format": "UTF8", "language": "en", "content": "Energy 0.5 EUR/kWh"}
        stranger = await station.say("Authorize", idToken=card("NOBODY"))
        assert "personalMessage" not in stranger["idTokenInfo"]


async def test_i02_running_cost(scene: Scene) -> None:
    """While somebody charges, the answer carries what it costs so far, or a message does (I02.FR.01)."""
    await scene.token("I02CARD")
    async with scene.connected() as station:
        one = Transaction(station, "i02")
        await one.tell("Started", "Authorized", idToken=card("I02CARD"), meterValue=meter(0))
        answer = await one.tell("Updated", "MeterValuePeriodic", meterValue=meter(3000))
        assert answer["totalCost"] == 1.5
        await scene.send("displayedCostUpdate", {"transactionId": "i02", "totalCost": 1.5})
        assert station.was_asked("CostUpdated") == [{"transactionId": "i02", "totalCost": 1.5}]


@pytest.mark.parametrize(("energy", "cost"), [(4000, 2.0), (0, 0)])
async def test_i03_final_cost(scene: Scene, energy: int, cost: float) -> None:
    """The answer to the last message says what it cost, also when that is nothing (I03.FR.02, .04)."""
    await scene.token(f"I03CARD{energy}")
    async with scene.connected() as station:
        one = Transaction(station, f"i03-{energy}")
        await one.tell("Started", "Authorized", idToken=card(f"I03CARD{energy}"), meterValue=meter(0))
        ended = {"info": {"stoppedReason": "Local"}, "meterValue": meter(energy, context="Transaction.End")}
        answer = await one.tell("Ended", "StopAuthorized", **ended)
        assert answer["totalCost"] == cost
        assert await scene.session("status energyWh") == {"status": "COMPLETED", "energyWh": energy}


@pytest.mark.parametrize("variable", ["TariffFallbackMessage", "TotalCostFallbackMessage"])
async def test_i04_i05_fallback_messages(scene: Scene, variable: str) -> None:
    """What a display says when nobody can be asked for a price is set in the station (I04.FR.02, I05.FR.01)."""

    def accepted(payload: dict) -> dict:
        kept = [{name: one[name] for name in ("component", "variable")} for one in payload["setVariableData"]]
        return {"setVariableResult": [{**one, "attributeStatus": "Accepted"} for one in kept]}

    async with scene.connected() as station:
        station.answers["SetVariables"] = accepted
        wanted = [{"component": "TariffCostCtrlr", "variable": variable, "value": "0.50 a kWh"}]
        assert (await scene.send("variablesSet", variables=wanted))["answer"]["accepted"]
        (entry,) = station.was_asked("SetVariables")[0]["setVariableData"]
        assert (entry["variable"], entry["attributeValue"]) == ({"name": variable}, "0.50 a kWh")


async def test_j01_meter_outside_a_transaction(scene: Scene) -> None:
    """Values of an idle EVSE are answered and belong to no session (J01.FR.18)."""
    async with scene.connected() as station:
        said = {"evseId": 1, "meterValue": meter(12_345, context="Sample.Clock")}
        assert await station.say("MeterValues", **said) == {}
        assert await scene.sessions("id") == []


async def test_j02_meter_of_a_transaction(scene: Scene) -> None:
    """Values of a transaction are answered and are its readings (J02.FR.19)."""
    async with scene.connected() as station:
        one = Transaction(station, "j02")
        began = moment(-90)
        await one.tell(
            "Started", "CablePluggedIn", at=began, meterValue=meter(1000, at=began, context="Transaction.Begin")
        )
        for wh, ago in ((1500, -60), (2500, -30)):
            at = moment(ago)
            await one.tell("Updated", "MeterValuePeriodic", at=at, meterValue=meter(wh, at=at))
        found = await scene.session("energyWh readings { nodes { energyWh } }")
        assert found["energyWh"] == 1500
        assert sorted(reading["energyWh"] for reading in found["readings"]["nodes"]) == [1000, 1500, 2500]
