"""OCPP 1.6: what its text asks of a central system beyond an answer, where no other story tells it."""

import pytest

from tests.conformance.graphql import Refused
from tests.use_cases.scene import BOOT16, Scene, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_4_2_who_is_not_accepted(scene: Scene) -> None:
    """Pending may be configured, Rejected is asked nothing; both are told when to ask again (§4.2)."""
    async with scene.connected("ocpp1.6", boot=False) as station:
        station.answers["ChangeConfiguration"] = {"status": "Accepted"}
        await scene.do("stationRegistrationSet", "station { id }", id=scene.id, registration="PENDING")
        told = await station.say("BootNotification", **BOOT16)
        assert told["status"] == "Pending"
        assert told["interval"] > 0
        wanted = [{"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "60"}]
        assert (await scene.send("variablesSet", variables=wanted))["status"] == "ANSWERED"
        await scene.do("stationRegistrationSet", "station { id }", id=scene.id, registration="REJECTED")
        assert (await station.say("BootNotification", **BOOT16))["status"] == "Rejected"
        asked = len(station.asked)
        with pytest.raises(Refused, match="STATION_NOT_ACCEPTED"):
            await scene.send("stationReset", whenIdle=True)
        assert len(station.asked) == asked
        await scene.do("stationRegistrationSet", "station { id }", id=scene.id, registration="ACCEPTED")
        assert (await station.say("BootNotification", **BOOT16))["status"] == "Accepted"


async def test_4_8_a_card_is_judged_at_the_start_whatever_the_station_thought(scene: Scene) -> None:
    """A start on an old word is judged anew and has its transaction all the same; so has its end (§4.8, §4.10)."""
    lost = await scene.token("S16LOST", groupId="S16FAMILY")
    await scene.token("S16KIN", groupId="S16FAMILY")
    async with scene.connected("ocpp1.6") as station:
        info = (await station.say("Authorize", idTag="S16LOST"))["idTagInfo"]
        assert info == {"status": "Accepted", "parentIdTag": "S16FAMILY"}
        await scene.do("tokenBlock", "token { id }", id=lost, reason="lost")
        started = await station.say(
            "StartTransaction", connectorId=1, idTag="S16LOST", meterStart=0, timestamp=moment(-60)
        )
        assert started["transactionId"] > 0
        assert started["idTagInfo"]["status"] == "Blocked"
        assert await scene.session("status reviewFlags { code }") == {
            "status": "ACTIVE",
            "reviewFlags": [{"code": "UNAUTHORISED_START"}],
        }
        ended = await station.say(
            "StopTransaction", transactionId=started["transactionId"], idTag="S16KIN", meterStop=900, timestamp=moment()
        )
        assert ended["idTagInfo"] == {"status": "Accepted", "parentIdTag": "S16FAMILY"}
        assert await scene.session("status energyWh") == {"status": "COMPLETED", "energyWh": 900}


async def test_4_1_a_prepaid_card_keeps_its_own_end(scene: Scene) -> None:
    """What 2.x says of its cache is in 1.6 the card's own end: a prepaid card has none, and is not said to (§7.28)."""
    said = {"kind": "PRIVATE", "name": "S16", "country": "DE", "currency": "EUR", "prepaid": True}
    account = (await scene.do("accountCreate", "account { id }", input=said))["account"]["id"]
    await scene.do("accountTopUp", "account { id }", accountId=account, amountMinor=500, reason="cash")
    await scene.token("S16PREPAID", accountId=account)
    async with scene.connected("ocpp1.6") as station:
        assert (await station.say("Authorize", idTag="S16PREPAID"))["idTagInfo"] == {"status": "Accepted"}
