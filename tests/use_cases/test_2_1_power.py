"""OCPP 2.1: power both ways, grid services, streams and batteries."""

from typing import Any

import pytest

from tests.conformance.graphql import Refused
from tests.gateway.doubles import until
from tests.use_cases.scene import BOOT, Scene, Transaction, card, meter, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")
CURVE = [{"frequency": 49.8, "power": 5000.0}, {"frequency": 50.2, "power": -5000.0}]
SIGNALS = [{"signal": -10, "power": -5000.0}, {"signal": 10, "power": 5000.0}]


def profile(number: int, period: dict[str, Any], kind: str = "Absolute") -> dict[str, Any]:
    schedule: dict[str, Any] = {
        "id": 1,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, **period}],
    }
    if kind == "Absolute":
        schedule["startSchedule"] = moment()
    return {
        "id": number,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": kind,
        "chargingSchedule": [schedule],
    }


@pytest.mark.parametrize(
    ("kind", "period"),
    [
        ("Absolute", {"operationMode": "CentralSetpoint", "setpoint": -4000.0, "setpointReactive": 100.0}),
        ("Dynamic", {"operationMode": "CentralSetpoint", "setpoint": 3000.0}),
        ("Absolute", {"operationMode": "ExternalSetpoint", "limit": 7000.0, "dischargeLimit": -7000.0}),
        ("Absolute", {"operationMode": "ExternalLimits", "limit": 7000.0, "dischargeLimit": -7000.0}),
        ("Dynamic", {"operationMode": "CentralFrequency", "setpoint": 1000.0, "v2xBaseline": 500.0}),
        ("Absolute", {"operationMode": "LocalFrequency", "v2xFreqWattCurve": CURVE, "v2xSignalWattCurve": SIGNALS}),
        ("Absolute", {"operationMode": "LocalLoadBalancing", "limit": 7000.0, "dischargeLimit": -7000.0}),
        ("Absolute", {"operationMode": "Idle", "evseSleep": True, "preconditioningRequest": False}),
    ],
)
async def test_q_modes_are_sent_as_they_are_meant(scene: Scene, kind: str, period: dict[str, Any]) -> None:
    """Whoever steers, every field of their mode reaches the station and is shown (Q03.FR.01, Q04 to Q10)."""
    async with scene.connected("ocpp2.1") as station:
        sent = await scene.send("chargingProfileSet", {"evseId": 1, "chargingProfile": profile(5, period, kind)})
        assert sent["answer"]["accepted"]
        (asked,) = station.was_asked("SetChargingProfile")
        (heard,) = asked["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"]
        assert heard == {"startPeriod": 0, **period}
        fields = "profile { chargingSchedule { chargingSchedulePeriod { operationMode } } }"
        (held,) = (await scene.shown(f"chargingProfiles {{ {fields} }}"))["chargingProfiles"]
        (shown,) = held["profile"]["chargingSchedule"][0]["chargingSchedulePeriod"]
        assert shown["operationMode"].replace("_", "") == period["operationMode"].upper()


@pytest.mark.parametrize(
    "period",
    [
        {"limit": 7000.0, "setpoint": 5000.0},
        {"operationMode": "ChargingOnly", "limit": 7000.0, "dischargeLimit": -1.0},
        {"operationMode": "ChargingOnly", "limit": 7000.0, "setpointReactiveL2": 5.0},
        {"operationMode": "CentralSetpoint", "setpoint": 5000.0, "limit": 7000.0},
        {"operationMode": "CentralSetpoint", "setpoint": 5000.0, "dischargeLimitL3": -7000.0},
    ],
)
async def test_q02_q03_no_field_of_another_mode(scene: Scene, period: dict[str, Any]) -> None:
    """Who only charges has no setpoint, whom we steer has no limit: such a profile is never sent (Q02.FR.02, Q03.FR.02)."""
    async with scene.connected("ocpp2.1") as station:
        with pytest.raises(Refused, match="INVALID_INPUT"):
            await scene.send("chargingProfileSet", {"evseId": 1, "chargingProfile": profile(5, period)})
        assert station.was_asked("SetChargingProfile") == []


async def test_k27_what_is_generated_at_the_place(scene: Scene) -> None:
    """Limits that an EMS sets, and what the roof gives, are shown as its word and not as ours (K27.FR.03, Q06)."""
    async with scene.connected("ocpp2.1") as station:
        period = {"startPeriod": 0, "operationMode": "ExternalLimits", "limit": 3000.0, "dischargeLimit": -2000.0}
        schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
        limit = {"chargingLimitSource": "EMS", "isLocalGeneration": True}
        assert (
            await station.say("NotifyChargingLimit", evseId=1, chargingLimit=limit, chargingSchedule=[schedule]) == {}
        )
        fields = "chargingLimits { evse source isLocalGeneration schedules { chargingSchedulePeriod { limit } } }"
        (found,) = (await scene.shown(fields))["chargingLimits"]
        assert (found["evse"], found["source"], found["isLocalGeneration"]) == (1, "EMS", True)
        assert found["schedules"] == [{"chargingSchedulePeriod": [{"limit": 3000.0}]}]


async def test_k29_a_dynamic_profile_that_another_system_moves(scene: Scene) -> None:
    """A dynamic profile that an EMS keeps is reported as the EMS's; we have no newer limits for it (K28.FR.12)."""
    async with scene.connected("ocpp2.1") as station:
        theirs = profile(90, {"limit": 4000.0}, "Dynamic") | {
            "chargingProfilePurpose": "TxProfile",
            "transactionId": "k29",
        }
        said = {"requestId": 3, "evseId": 1, "chargingLimitSource": "EMS", "chargingProfile": [theirs]}
        assert await station.say("ReportChargingProfiles", **said) == {}
        (held,) = (await scene.shown("chargingProfiles { source profile { id } }"))["chargingProfiles"]
        assert held == {"source": "EMS", "profile": {"id": 90}}
        assert (await station.say("PullDynamicScheduleUpdate", chargingProfileId=90))["status"] == "Rejected"


async def test_n11_a_monitor_with_a_stream(scene: Scene) -> None:
    """A monitor is set with how often its stream is sent, and the stream that follows belongs to it (N11.FR.04, .06, .09)."""
    place = {"component": {"name": "Connector"}, "variable": {"name": "Temperature"}}

    def accepted(payload: dict[str, Any]) -> dict[str, Any]:
        (wanted,) = payload["setMonitoringData"]
        same = {name: wanted[name] for name in ("component", "variable", "type", "severity")}
        return {"setMonitoringResult": [{**same, "status": "Accepted", "id": 8}]}

    async with scene.connected("ocpp2.1") as station:
        station.answers["SetVariableMonitoring"] = accepted
        stream = {"interval": 30, "values": 10}
        monitor = {"value": 30.0, "type": "Periodic", "severity": 8, "periodicEventStream": stream, **place}
        assert (await scene.send("monitorsSet", {"setMonitoringData": [monitor]}))["answer"]["accepted"]
        (asked,) = station.was_asked("SetVariableMonitoring")
        assert asked["setMonitoringData"][0]["periodicEventStream"] == stream
        opened = {"constantStreamData": {"id": 2, "variableMonitoringId": 8, "params": stream}}
        assert await station.say("OpenPeriodicEventStream", **opened) == {"status": "Accepted"}
        shown = await scene.shown(
            "eventStreams { nodes { streamId monitorId intervalS } } monitors { nodes { monitorId } }"
        )
        assert shown["eventStreams"]["nodes"] == [{"streamId": 2, "monitorId": 8, "intervalS": 30}]
        assert shown["monitors"]["nodes"] == [{"monitorId": 8}]


async def test_s04_a_battery_charges_in_its_slot(scene: Scene) -> None:
    """A battery's slot is an EVSE whose transaction begins and ends with the battery (S04.FR.02, .04, .07)."""
    await scene.token("S04SWAP")
    async with scene.connected("ocpp2.1") as station:
        slot = Transaction(station, "s04")
        token = {"idToken": "S04SWAP", "type": "Central"}
        began = await slot.tell("Started", "CablePluggedIn", info={"chargingState": "Charging"}, idToken=token)
        assert began["idTokenInfo"]["status"] == "Accepted"
        charge = {"value": 64, "measurand": "SoC", "context": "Sample.Periodic"}
        values = meter(900)
        values[0]["sampledValue"].append(charge)
        await slot.tell("Updated", "MeterValuePeriodic", meterValue=values)
        assert await scene.session("socPercent status") == {"socPercent": 64, "status": "ACTIVE"}
        await slot.tell("Ended", "EVCommunicationLost", info={"stoppedReason": "EVDisconnected"})
        assert (await scene.session("status"))["status"] == "COMPLETED"


async def test_s02_nobody_swaps_whom_we_would_refuse(scene: Scene) -> None:
    """A battery is asked for whoever may charge, and for nobody else; the rule that refused them is named (S02.FR.03)."""

    async def swap(uid: str) -> dict[str, Any]:
        wanted = {"requestId": 5, "idToken": card(uid)}
        return await scene.send("batterySwapRequest", wanted)

    good, ends = await scene.token("S02GOOD"), await scene.token("S02ENDS")
    poor = {"kind": "PRIVATE", "name": "s02", "country": "DE", "currency": "EUR", "prepaid": True}
    account = (await scene.do("accountCreate", "account { id }", input=poor))["account"]["id"]
    await scene.token("S02POOR", accountId=account)
    async with scene.connected("ocpp2.1") as station:
        assert (await swap("s02good"))["answer"]["accepted"]
        await scene.do("tokenBlock", "token { id }", id=ends, reason="lost")
        refused = {"S02ENDS": "TOKEN_BLOCKED", "S02NOBODY": "NO_SUCH_TOKEN", "S02POOR": "BALANCE:EMPTY"}
        for uid, rule in refused.items():
            with pytest.raises(Refused, match=f"TOKEN_REFUSED.*{rule}"):
                await swap(uid)
        (asked,) = station.was_asked("RequestBatterySwap")
        assert asked["idToken"]["idToken"] == "s02good"
        await scene.do("tokenBlock", "token { id }", id=good, reason="lost")
        with pytest.raises(Refused, match="TOKEN_REFUSED"):
            await swap("S02GOOD")


@pytest.mark.parametrize("evse", [False, True])
async def test_b13_a_reset_that_resumes(scene: Scene, evse: bool) -> None:
    """Sessions go on after it; only 2.1 has words for that, and its boot is its effect (B13.FR.01)."""
    async with scene.connected("ocpp2.1") as station:
        where = {"evseId": scene.evse} if evse else {}
        sent = await scene.send("stationReset", resume=True, **where)
        assert (sent["answer"]["accepted"], sent["effect"]) == (True, "AWAITED")
        asked = {"type": "ImmediateAndResume", **({"evseId": 1} if evse else {})}
        assert station.was_asked("Reset") == [asked]
        await station.say("BootNotification", **{**BOOT, "reason": "RemoteReset"})
        commands = f'{{ commands(filter: {{stationIds: ["{scene.id}"]}}) {{ nodes {{ effect }} }} }}'
        assert (await scene.ask(commands))["commands"]["nodes"] == [{"effect": "OBSERVED"}]
    for version in ("ocpp2.0.1", "ocpp1.6"):
        async with scene.connected(version) as station:
            with pytest.raises(Refused, match="NOT_SUPPORTED_BY_STATION"):
                await scene.send("stationReset", resume=True)
            assert station.was_asked("Reset") == []


def persistent(value: str) -> dict[str, Any]:
    """A report of whether the station keeps a transaction's profile over a reboot."""
    said = {
        "component": {"name": "SmartChargingCtrlr"},
        "variable": {"name": "ChargingProfilePersistence", "instance": "TxProfile"},
    }
    entry = {**said, "variableAttribute": [{"type": "Actual", "value": value}]}
    return {"requestId": 1, "generatedAt": moment(), "seqNo": 0, "reportData": [entry]}


@pytest.mark.parametrize(("said", "times"), [(None, 2), ("false", 2), ("true", 1)])
async def test_b13_e17_a_transaction_that_goes_on(scene: Scene, said: str | None, times: int) -> None:
    """After a reboot a transaction's own profile is given again, once, to a station that forgets it (B13.FR.31, E17.FR.15)."""
    mine = {"chargingProfilePurpose": "TxProfile", "transactionId": f"e17-{said}"}
    async with scene.connected("ocpp2.1") as station:
        if said is not None:
            await station.say("NotifyReport", **persistent(said))
        one = Transaction(station, f"e17-{said}")
        await one.tell("Started", "CablePluggedIn", info={"chargingState": "Charging"}, meterValue=meter(0))
        wanted = {"evseId": 1, "chargingProfile": profile(7, {"limit": 4000.0}) | mine}
        assert (await scene.send("chargingProfileSet", wanted))["answer"]["accepted"]
        await one.tell("Updated", "TxResumed", info={"chargingState": "Charging"})
        await one.tell("Updated", "MeterValuePeriodic", meterValue=meter(500))
        text = f'{{ commands(filter: {{stationIds: ["{scene.id}"]}}) {{ nodes {{ action requestedBy }} }} }}'
        asked = [one for one in (await scene.ask(text))["commands"]["nodes"] if one["action"] == "SetChargingProfile"]
        assert len(asked) == times
        await until(lambda: len(station.was_asked("SetChargingProfile")) == times)
        first, last = station.was_asked("SetChargingProfile")[0], station.was_asked("SetChargingProfile")[-1]
        assert first == last
        assert (await scene.session("status energyWh"))["status"] == "ACTIVE"


async def test_q01_only_the_transfer_that_is_allowed(scene: Scene) -> None:
    """A car that wants to feed back where we allowed only charging is refused; what is allowed is not (Q01.FR.04, K18.FR.22)."""

    async def wants(mode: str) -> str:
        needs = {"requestedEnergyTransfer": mode, "availableEnergyTransfer": ["DC", "DC_BPT"]}
        answer = await station.say("NotifyEVChargingNeeds", evseId=1, chargingNeeds=needs)
        return str(answer["status"])

    async with scene.connected("ocpp2.1") as station:
        await Transaction(station, "q01").tell("Started", "CablePluggedIn", info={"chargingState": "EVConnected"})
        assert await wants("DC_BPT") != "Rejected", "nothing was said about modes"
        await scene.send("allowedEnergyTransferNotify", {"transactionId": "q01", "allowedEnergyTransfer": ["DC"]})
        assert await wants("DC_BPT") == "Rejected"
        shown = (await scene.session("power { allowedTransfer needs { requestedEnergyTransfer } }"))["power"]
        assert shown == {"allowedTransfer": ["DC"], "needs": {"requestedEnergyTransfer": "DC_BPT"}}
        assert await wants("DC") != "Rejected"


async def test_n15_a_stream_that_falls_behind_is_let_send_more(scene: Scene) -> None:
    """Ever more left over: larger messages, else more frequent ones, by a command of our own, one in ten minutes (N15.FR.05)."""
    asked = "AdjustPeriodicEventStream"

    async def left_over(*pending: int, stream: int = 5) -> None:
        for count in pending:
            said = {"id": stream, "pending": count, "basetime": moment(), "data": [{"t": 0, "v": "1"}]}
            await station.send("NotifyPeriodicEventStream", **said)
        await station.say("Heartbeat")

    async with scene.connected("ocpp2.1") as station:
        station.answers[asked] = {"status": "Accepted"}
        for stream, params in ((5, {"interval": 30, "values": 10}), (6, {"interval": 30})):
            opened = {"id": stream, "variableMonitoringId": stream, "params": params}
            await station.say("OpenPeriodicEventStream", constantStreamData=opened)
        await left_over(4, 4, 9, 3, 0, 7)
        await left_over(1, 2, stream=6)
        await until(lambda: bool(station.was_asked(asked)))
        assert station.was_asked(asked) == [{"id": 6, "params": {"interval": 15, "values": 0}}], (
            "5 caught up in between"
        )
        await left_over(8, 12)
        await until(lambda: len(station.was_asked(asked)) == 2)
        assert station.was_asked(asked)[1] == {"id": 5, "params": {"interval": 30, "values": 20}}
        await left_over(13, 14, 15)
        text = (
            f'{{ commands(filter: {{stationIds: ["{scene.id}"]}}) {{ nodes {{ action requestedBy reason status }} }} }}'
        )
        sent = (await scene.ask(text))["commands"]["nodes"]
        ours = [one for one in sent if one["action"] == asked]
        assert len(ours) == 2, "not more than once for a stream in a while"
        assert {(one["requestedBy"], one["reason"]) for one in ours} == {("voltgraph", "the stream falls behind")}
        streams = (await scene.shown("eventStreams { nodes { streamId intervalS maxValues } }"))["eventStreams"][
            "nodes"
        ]
        assert {one["streamId"]: (one["intervalS"], one["maxValues"]) for one in streams} == {5: (30, 20), 6: (15, 0)}
        scene.house.world.ingest("UPDATE event_stream SET adjusted_at = adjusted_at - interval '10 minutes'")
        await left_over(16, 17)
        await until(lambda: len(station.was_asked(asked)) == 3)


async def test_q01_what_a_token_is_allowed_is_told_beforehand(scene: Scene) -> None:
    """The operator's word about a token is in the answer to 2.1's Authorize, and binds its car (Q01.FR.01, .04, .08)."""
    uid, plain = "Q01BOTHWAYS", "Q01PLAIN"
    token = await scene.token(uid, allowedEnergyTransfer=["DC", "DC_BPT", "DC"])
    await scene.token(plain)
    text = "query($id: ID!) { node(id: $id) { ... on Token { allowedEnergyTransfer } } }"
    assert (await scene.ask(text, id=token))["node"] == {"allowedEnergyTransfer": ["DC", "DC_BPT"]}
    async with scene.connected("ocpp2.1") as station:
        told = await station.say("Authorize", idToken=card(uid))
        assert told["allowedEnergyTransfer"] == ["DC", "DC_BPT"]
        assert "allowedEnergyTransfer" not in await station.say("Authorize", idToken=card(plain))
        await scene.do("tokenBlock", "token { id }", id=token, reason="lost")
        assert "allowedEnergyTransfer" not in await station.say("Authorize", idToken=card(uid))
        await scene.do("tokenUnblock", "token { id }", id=token, reason="found")
        await Transaction(station, "q01-token").tell("Started", "Authorized", idToken=card(uid))
        for mode, good in (("DC_BPT", True), ("AC_BPT", False)):
            needs = {"requestedEnergyTransfer": mode}
            answer = await station.say("NotifyEVChargingNeeds", evseId=1, chargingNeeds=needs)
            assert (answer["status"] != "Rejected") is good
    async with scene.connected("ocpp2.0.1") as station:
        assert "allowedEnergyTransfer" not in await station.say("Authorize", idToken=card(uid))
