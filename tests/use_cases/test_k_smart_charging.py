"""Block K: limits that we set, and limits that others set."""

from typing import Any

import pytest

from tests.conformance.graphql import Refused
from tests.use_cases.scene import Scene, Transaction, card, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")
HELD = "chargingProfiles { source evse profile { id transactionId } }"


def profile(number: int = 1, purpose: str = "TxDefaultProfile", **more: Any) -> dict[str, Any]:
    periods = [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 600, "limit": 8.0}]
    schedule = {
        "id": 1,
        "chargingRateUnit": "A",
        "duration": 3600,
        "startSchedule": moment(),
        "chargingSchedulePeriod": periods,
    }
    return {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
        **more,
    }


async def held(scene: Scene) -> list[int]:
    return sorted(one["profile"]["id"] for one in (await scene.shown(HELD))["chargingProfiles"])


@pytest.mark.parametrize(
    ("purpose", "evse"), [("TxDefaultProfile", 1), ("TxDefaultProfile", 0), ("ChargingStationMaxProfile", 0)]
)
async def test_k01_k03_set_profile(scene: Scene, purpose: str, evse: int) -> None:
    """A default, or a most for the whole station, is sent as it was meant and shown once accepted (K01.FR.08)."""
    async with scene.connected() as station:
        assert (await scene.send("chargingProfileSet", {"evseId": evse, "chargingProfile": profile(3, purpose)}))[
            "answer"
        ]["accepted"]
        (sent,) = station.was_asked("SetChargingProfile")
        assert (sent["evseId"], sent["chargingProfile"]["chargingProfilePurpose"]) == (evse, purpose)
        assert len(sent["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"]) == 2
        assert await held(scene) == [3]
        station.answers["SetChargingProfile"] = {"status": "Rejected"}
        refused = profile(4, purpose, stackLevel=1)
        assert not (await scene.send("chargingProfileSet", {"evseId": evse, "chargingProfile": refused}))["answer"][
            "accepted"
        ]
        assert await held(scene) == [3]


async def test_k01_forbidden(scene: Scene) -> None:
    """What the standard forbids never reaches a station: a limit in others' name, a transaction without its id (K01.FR.03, .22)."""
    async with scene.connected() as station:
        for purpose in ("TxProfile", "ChargingStationExternalConstraints"):
            with pytest.raises(Refused, match="INVALID_INPUT"):
                await scene.send("chargingProfileSet", {"evseId": 1, "chargingProfile": profile(5, purpose)})
        assert station.was_asked("SetChargingProfile") == []


async def test_k01_no_two_of_a_rank(scene: Scene) -> None:
    """Two profiles of one purpose, level and place never hold at once, nor two of one transaction (K01.FR.06, .39)."""
    early, late = moment(3600), moment(7200)
    async with scene.connected() as station:
        await scene.send("chargingProfileSet", {"evseId": 1, "chargingProfile": profile(41, validTo=early)})
        fine = (
            (1, profile(41, validTo=early)),
            (2, profile(42)),
            (1, profile(43, validFrom=early, validTo=late)),
            (1, profile(44, stackLevel=1)),
            (1, profile(45, "TxProfile", transactionId="k01a")),
            (1, profile(46, "TxProfile", transactionId="k01b")),
        )
        for evse, one in fine:
            await scene.send("chargingProfileSet", {"evseId": evse, "chargingProfile": one})
        rivals = (profile(51), profile(52, validFrom=late), profile(53, "TxProfile", transactionId="k01b"))
        for one in rivals[:1] + rivals[2:]:
            with pytest.raises(Refused, match="at the station"):
                await scene.send("chargingProfileSet", {"evseId": 1, "chargingProfile": one})
        await scene.send("chargingProfileSet", {"evseId": 1, "chargingProfile": rivals[1]})
        assert len(station.was_asked("SetChargingProfile")) == 1 + len(fine) + 1


async def test_k01_which_phase(scene: Scene) -> None:
    """Which phase is to be used is said only where one may be used (K01.FR.19)."""
    async with scene.connected() as station:
        for phases, good in ((3, False), (None, False), (1, True)):
            one = profile(61)
            (period,) = one["chargingSchedule"][0]["chargingSchedulePeriod"][:1]
            one["chargingSchedule"][0]["chargingSchedulePeriod"] = [
                {**period, "phaseToUse": 2, **({} if phases is None else {"numberPhases": phases})}
            ]
            if good:
                await scene.send("chargingProfileSet", {"evseId": 1, "chargingProfile": one})
            else:
                with pytest.raises(Refused, match="INVALID_INPUT"):
                    await scene.send("chargingProfileSet", {"evseId": 1, "chargingProfile": one})
        assert len(station.was_asked("SetChargingProfile")) == 1


async def test_k02_k06_limit_of_a_transaction(scene: Scene) -> None:
    """A running transaction is limited by its id, and its profile goes with it (K01.FR.01, .03, K02.FR.03)."""
    async with scene.connected() as station:
        running = Transaction(station, "k02")
        await running.tell("Started", "CablePluggedIn", info={"chargingState": "Charging"})
        tx = profile(6, "TxProfile", transactionId="k02")
        await scene.send("chargingProfileSet", {"evseId": 1, "chargingProfile": tx})
        assert station.was_asked("SetChargingProfile")[0]["chargingProfile"]["transactionId"] == "k02"
        assert await running.tell("Updated", "ChargingRateChanged") is not None
        assert await held(scene) == [6]
        await running.tell("Ended", "EVDeparted", info={"stoppedReason": "EVDisconnected"})
        assert await held(scene) == []


async def test_k05_start_with_profile(scene: Scene) -> None:
    """A remote start may bring the limit of its transaction along (K05.FR.01, F01.FR.08, F02.FR.16)."""
    request = {
        "evseId": 1,
        "remoteStartId": 505,
        "idToken": card("K05CARD"),
        "chargingProfile": profile(7, "TxProfile"),
    }
    async with scene.connected() as station:
        assert (await scene.send("startRequestSend", request))["answer"]["accepted"]
        sent = station.was_asked("RequestStartTransaction")[0]["chargingProfile"]
        assert (sent["chargingProfilePurpose"], "transactionId" in sent) == ("TxProfile", False)


async def test_k08_composite(scene: Scene) -> None:
    """What all limits come to is asked for and read from the answer (K08.FR.01)."""
    schedule = {
        "evseId": 1, "duration": 600, "scheduleStart": moment(), "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 4000.0}],
    }  # fmt: skip
    request = {"evseId": 1, "duration": 600, "chargingRateUnit": "W"}
    async with scene.connected() as station:
        station.answers["GetCompositeSchedule"] = {"status": "Accepted", "schedule": schedule}
        pick = "command { answer { accepted compositeSchedule { evse unit periods { limit } } } }"
        done = await scene.do("compositeScheduleGet", pick, stationId=scene.id, request=request)
        assert station.was_asked("GetCompositeSchedule") == [request]
        assert done["command"]["answer"]["compositeSchedule"] == {
            "evse": 1,
            "unit": "W",
            "periods": [{"limit": 4000.0}],
        }


async def test_k09_get_profiles(scene: Scene) -> None:
    """A station tells which profiles it holds, in parts, whoever made them (K09.FR.03)."""
    request = {
        "requestId": 9,
        "evseId": 1,
        "chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0},
    }
    async with scene.connected() as station:
        await scene.send("chargingProfilesGet", request)
        assert station.was_asked("GetChargingProfiles")[0]["chargingProfile"]["stackLevel"] == 0
        for number, more in ((21, True), (22, False)):
            answer = await station.say(
                "ReportChargingProfiles",
                requestId=9,
                evseId=1,
                chargingLimitSource="CSO",
                tbc=more,
                chargingProfile=[profile(number)],
            )
            assert answer == {}
        assert await held(scene) == [21, 22]


async def test_k10_clear(scene: Scene) -> None:
    """Profiles are cleared by number or by what they are for; nothing named is nothing meant (K10.FR.02)."""
    async with scene.connected() as station:
        for number, evse in ((31, 1), (32, 2)):
            await scene.send("chargingProfileSet", {"evseId": evse, "chargingProfile": profile(number)})
        await scene.send("chargingProfileClear", {"chargingProfileId": 31})
        assert await held(scene) == [32]
        criteria = {"evseId": 2, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
        await scene.send("chargingProfileClear", {"chargingProfileCriteria": criteria})
        assert station.was_asked("ClearChargingProfile")[1] == {"chargingProfileCriteria": criteria}
        assert await held(scene) == []
        theirs = {"chargingProfilePurpose": "ChargingStationExternalConstraints"}
        for nothing in ({}, {"chargingProfileCriteria": theirs}):
            with pytest.raises(Refused, match="INVALID_INPUT"):
                await scene.send("chargingProfileClear", nothing)


@pytest.mark.parametrize("charging", [True, False])
async def test_k11_k12_k13_limits_of_others(scene: Scene, charging: bool) -> None:
    """A limit that somebody else sets at the station, with or without a transaction, is shown until it is released."""
    async with scene.connected() as station:
        if charging:
            running = Transaction(station, "k11")
            await running.tell("Started", "CablePluggedIn", info={"chargingState": "Charging"})
        limit = {"chargingLimitSource": "EMS", "isGridCritical": False}
        schedule = profile()["chargingSchedule"]
        assert await station.say("NotifyChargingLimit", evseId=1, chargingLimit=limit, chargingSchedule=schedule) == {}
        if charging:
            await running.tell("Updated", "ChargingRateChanged")
        limits = "chargingLimits { evse source }"
        assert (await scene.shown(limits))["chargingLimits"] == [{"evse": 1, "source": "EMS"}]
        assert await station.say("ClearedChargingLimit", evseId=1, chargingLimitSource="EMS") == {}
        assert (await scene.shown(limits))["chargingLimits"] == []


async def test_k15_k17_needs(scene: Scene) -> None:
    """What a car needs and what it plans are answered and shown with its session (K15.FR.02, K17.FR.02)."""
    needs = {"requestedEnergyTransfer": "DC", "dcChargingParameters": {"evMaxCurrent": 100, "evMaxVoltage": 400}}
    async with scene.connected() as station:
        await Transaction(station, "k15").tell("Started", "CablePluggedIn", info={"chargingState": "EVConnected"})
        answer = await station.say("NotifyEVChargingNeeds", evseId=1, chargingNeeds=needs, maxScheduleTuples=3)
        assert answer == {"status": "Accepted"}
        power = (await scene.session("power { needs { requestedEnergyTransfer } maxScheduleTuples }"))["power"]
        assert power == {"needs": {"requestedEnergyTransfer": "DC"}, "maxScheduleTuples": 3}
        schedule = profile()["chargingSchedule"][0]
        said = await station.say("NotifyEVChargingSchedule", evseId=1, timeBase=moment(), chargingSchedule=schedule)
        assert said == {"status": "Accepted"}
