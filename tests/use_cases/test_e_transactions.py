"""Block E: transactions from their first message to their last, in order or not."""

import pytest

from tests.use_cases.scene import Scene, Transaction, card, meter, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")
SESSION = "status energyWh stopReason chargingState transactionId token { uid } settledAt"


async def test_e01_start_options(scene: Scene) -> None:
    """Whatever starts a transaction at a station, its first message is a session (E01.FR.11, .12)."""
    await scene.token("E01CARD")
    started = {
        "EVDetected": "e01-parked",
        "CablePluggedIn": "e01-plugged",
        "ChargingStateChanged": "e01-energy",
        "SignedDataReceived": "e01-signed",
    }
    async with scene.connected() as station:
        for trigger, name in started.items():
            one = Transaction(station, name)
            await one.tell("Started", trigger, info={"chargingState": "EVConnected"})
            await one.tell("Ended", "EVDeparted", info={"stoppedReason": "EVDisconnected"})
        answer = await Transaction(station, "e01-card").tell("Started", "Authorized", idToken=card("E01CARD"))
        assert answer["idTokenInfo"]["status"] == "Accepted"
        found = {one["transactionId"]: one["status"] for one in await scene.sessions(SESSION)}
        assert found == dict.fromkeys(started.values(), "COMPLETED") | {"e01-card": "ACTIVE"}


async def test_e02_cable_first(scene: Scene) -> None:
    """The cable, then the card: both are one session, which is charged to the card (E02.FR.02, .04)."""
    await scene.token("E02CARD")
    async with scene.connected() as station:
        car = Transaction(station, "e02")
        assert "idTokenInfo" not in await car.tell("Started", "CablePluggedIn", info={"chargingState": "EVConnected"})
        assert (await scene.session(SESSION))["chargingState"] == "EV_CONNECTED"
        answer = await car.tell("Updated", "Authorized", idToken=card("E02CARD"))
        assert answer["idTokenInfo"]["status"] == "Accepted"
        await car.tell("Updated", "ChargingStateChanged", info={"chargingState": "Charging"})
        found = await scene.session(SESSION)
        assert (found["chargingState"], found["token"]) == ("CHARGING", {"uid": "E02CARD"})


async def test_e03_token_first(scene: Scene) -> None:
    """The card, then the cable; or no cable in time, and the session is over without energy (E03.FR.02)."""
    await scene.token("E03CARD")
    async with scene.connected() as station:
        comes = Transaction(station, "e03")
        assert (await comes.tell("Started", "Authorized", idToken=card("E03CARD")))["idTokenInfo"] == {
            "status": "Accepted"
        }
        await comes.tell("Ended", "EVConnectTimeout", info={"stoppedReason": "Timeout"})
        found = await scene.session(SESSION)
        assert (found["status"], found["energyWh"], found["stopReason"]) == ("COMPLETED", 0, "Timeout")


async def test_e04_started_offline(scene: Scene) -> None:
    """A start of the past is a session of the past; the next message finds it."""
    await scene.token("E04CARD")
    began = moment(-900)
    async with scene.connected() as station:
        late = Transaction(station, "e04")
        answer = await late.tell("Started", "Authorized", at=began, offline=True, idToken=card("E04CARD"))
        assert answer["idTokenInfo"]["status"] == "Accepted"
        await late.tell("Updated", "MeterValuePeriodic", meterValue=meter(1000))
        found = await scene.session("status startedAt")
        assert found == {"status": "ACTIVE", "startedAt": began}


async def test_e05_token_not_accepted(scene: Scene) -> None:
    """A card that may not charge is refused in the answer; the station then ends what began (E01.FR.12)."""
    async with scene.connected() as station:
        refused = Transaction(station, "e05")
        await refused.tell("Started", "CablePluggedIn", info={"chargingState": "EVConnected"})
        answer = await refused.tell("Updated", "Authorized", idToken=card("E05NOBODY"))
        assert answer["idTokenInfo"]["status"] == "Unknown"
        await refused.tell("Ended", "Deauthorized", info={"stoppedReason": "DeAuthorized"})
        found = await scene.session(SESSION)
        assert (found["status"], found["stopReason"]) == ("COMPLETED", "DeAuthorized")


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        ("EVDeparted", "EVDisconnected"),
        ("EVCommunicationLost", "EVDisconnected"),
        ("EnergyLimitReached", "EnergyLimitReached"),
        ("TimeLimitReached", "TimeLimitReached"),
        ("AbnormalCondition", "EmergencyStop"),
        ("StopAuthorized", "Local"),
    ],
)
async def test_e06_stop_options(scene: Scene, trigger: str, reason: str) -> None:
    """Whatever ends a transaction at a station, its last message ends the session and says why."""
    async with scene.connected() as station:
        one = Transaction(station, f"e06-{trigger}")
        await one.tell("Started", "CablePluggedIn", meterValue=meter(100, context="Transaction.Begin"))
        await one.tell(
            "Ended", trigger, info={"stoppedReason": reason}, meterValue=meter(2100, context="Transaction.End")
        )
        found = await scene.session(SESSION)
        assert (found["status"], found["energyWh"], found["stopReason"]) == ("COMPLETED", 2000, reason)
        assert found["settledAt"] is not None


async def test_e07_stopped_by_the_same_card(scene: Scene) -> None:
    """The card that began it ends it: charging stops first, the cable leaves later, the money is asked for once."""
    await scene.token("E07CARD")
    async with scene.connected() as station:
        one = Transaction(station, "e07")
        await one.tell("Started", "Authorized", idToken=card("E07CARD"), meterValue=meter(0))
        await one.tell("Updated", "StopAuthorized", idToken=card("E07CARD"), info={"chargingState": "EVConnected"})
        assert (await scene.session(SESSION))["chargingState"] == "EV_CONNECTED"
        answer = await one.tell("Ended", "EVDeparted", info={"stoppedReason": "Local"}, meterValue=meter(4000))
        assert answer["totalCost"] == 2.0
        found = await scene.session(SESSION)
        assert (found["status"], found["energyWh"], found["stopReason"]) == ("COMPLETED", 4000, "Local")


@pytest.mark.parametrize("known", [True, False])
async def test_e08_e12_ended_offline(scene: Scene, known: bool) -> None:
    """An end, or a whole transaction, of an offline time is told in order later and kept with its own instants."""
    async with scene.connected() as station:
        one = Transaction(station, f"e08-{known}")
        if known:
            await one.tell("Started", "CablePluggedIn", at=moment(-900), meterValue=meter(0, at=moment(-900)))
    async with scene.connected(boot=False) as station:
        one.station = station
        if not known:
            began = moment(-900)
            await one.tell("Started", "CablePluggedIn", at=began, offline=True, meterValue=meter(0, at=began))
        await one.tell(
            "Updated", "MeterValuePeriodic", at=moment(-600), offline=True, meterValue=meter(700, at=moment(-600))
        )
        ended = moment(-300)
        await one.tell(
            "Ended",
            "EVDeparted",
            at=ended,
            offline=True,
            info={"stoppedReason": "EVDisconnected"},
            meterValue=meter(900, at=ended),
        )
        found = await scene.session("status energyWh endedAt")
        assert found == {"status": "COMPLETED", "energyWh": 900, "endedAt": ended}


async def test_e09_cable_out_stops(scene: Scene) -> None:
    """The cable is drawn at the car and the transaction is over."""
    async with scene.connected() as station:
        one = Transaction(station, "e09")
        await one.tell("Started", "CablePluggedIn", info={"chargingState": "Charging"})
        await one.tell(
            "Ended", "EVCommunicationLost", info={"stoppedReason": "EVDisconnected", "chargingState": "Idle"}
        )
        assert (await scene.session(SESSION))["status"] == "COMPLETED"


async def test_e10_cable_out_suspends(scene: Scene) -> None:
    """The cable is drawn at the car and the transaction waits: the session is the same when it comes back."""
    async with scene.connected() as station:
        one = Transaction(station, "e10")
        await one.tell("Started", "CablePluggedIn", info={"chargingState": "Charging"})
        await one.tell("Updated", "EVCommunicationLost", info={"chargingState": "Idle"})
        assert await scene.session("status chargingState") == {"status": "ACTIVE", "chargingState": "IDLE"}
        await one.tell("Updated", "CablePluggedIn", info={"chargingState": "Charging"})
        assert await scene.session("status chargingState") == {"status": "ACTIVE", "chargingState": "CHARGING"}


async def test_e11_line_lost_and_found(scene: Scene) -> None:
    """The line is lost while somebody charges: the session stays, and what was missed is filled in."""
    async with scene.connected() as station:
        one = Transaction(station, "e11")
        await one.tell("Started", "CablePluggedIn", at=moment(-100), meterValue=meter(0, at=moment(-100)))
    assert (await scene.session(SESSION))["status"] == "ACTIVE"
    async with scene.connected(boot=False) as station:
        one.station = station
        await one.tell(
            "Updated", "MeterValuePeriodic", at=moment(-50), offline=True, meterValue=meter(50, at=moment(-50))
        )
        await one.tell("Updated", "MeterValuePeriodic", meterValue=meter(80))
        found = await scene.session("status energyWh readings { nodes { energyWh } }")
        assert (found["status"], found["energyWh"]) == ("ACTIVE", 80)
        assert {one["energyWh"] for one in found["readings"]["nodes"]} == {0, 50, 80}


async def test_e13_a_message_said_twice(scene: Scene) -> None:
    """A message whose answer was lost is said again: it is answered, and counts once (J02.FR.19)."""
    async with scene.connected() as station:
        one = Transaction(station, "e13")
        await one.tell("Started", "CablePluggedIn", at=moment(-60), meterValue=meter(0, at=moment(-60)))
        at = moment(-30)
        for _ in range(3):
            one.seq = 1
            assert "idTokenInfo" not in await one.tell(
                "Updated", "MeterValuePeriodic", at=at, meterValue=meter(500, at=at)
            )
        found = await scene.session("energyWh readings { nodes { energyWh } }")
        assert found["energyWh"] == 500
        assert len(found["readings"]["nodes"]) == 2


async def test_e01_an_id_that_is_used_again(scene: Scene) -> None:
    """A start after the end of its namesake is another transaction; one said again is not (E01.FR.08, E13)."""
    await scene.token("E01TWICE")
    async with scene.connected() as station:
        for ago, wh in ((-600, 1000), (-300, 2000)):
            one = Transaction(station, "e01-again")
            began, over = moment(ago), moment(ago + 120)
            for _ in range(2):  # the second time it is said again
                one.seq = 0
                await one.tell(
                    "Started", "Authorized", at=began, idToken=card("E01TWICE"),
                    meterValue=meter(0, at=began, context="Transaction.Begin"),
                )  # fmt: skip
            ended = {"info": {"stoppedReason": "Local"}, "meterValue": meter(wh, at=over, context="Transaction.End")}
            await one.tell("Ended", "StopAuthorized", at=over, **ended)
        found = await scene.sessions("status energyWh")
        assert found == [{"status": "COMPLETED", "energyWh": wh} for wh in (2000, 1000)]
        quirks = (await scene.shown("quirks { code }"))["quirks"]
        assert [quirk["code"] for quirk in quirks] == ["TRANSACTION_ID_REUSED"]


async def test_e14_transaction_status(scene: Scene) -> None:
    """A station is asked whether a transaction runs, and whether messages wait; both are shown."""
    async with scene.connected() as station:
        await Transaction(station, "e14").tell("Started", "CablePluggedIn")
        station.answers["GetTransactionStatus"] = {"ongoingIndicator": True, "messagesInQueue": True}
        await scene.send("transactionStatusGet", {"transactionId": "e14"})
        found = await scene.session("transactionStatus { ongoing messagesInQueue }")
        assert found["transactionStatus"] == {"ongoing": True, "messagesInQueue": True}
        station.answers["GetTransactionStatus"] = {"messagesInQueue": False}
        assert (await scene.send("transactionStatusGet", {}))["answer"]["raw"] == {"messagesInQueue": False}
        assert station.was_asked("GetTransactionStatus") == [{"transactionId": "e14"}, {}]


async def test_e15_end_of_charging(scene: Scene) -> None:
    """The car has enough: it is suspended, then stopped by its own wish, and the session says so."""
    async with scene.connected() as station:
        one = Transaction(station, "e15")
        await one.tell("Started", "CablePluggedIn", info={"chargingState": "Charging"})
        await one.tell("Updated", "ChargingStateChanged", info={"chargingState": "SuspendedEV"})
        assert (await scene.session(SESSION))["chargingState"] == "SUSPENDED_EV"
        await one.tell("Ended", "ChargingStateChanged", info={"stoppedReason": "StoppedByEV"})
        assert (await scene.session(SESSION))["stopReason"] == "StoppedByEV"
