"""OCPP 2.1: payments at the station itself, prepaid accounts and limits of a transaction."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.hold import Hold
from app.domain.ids import Prefix, parse_id
from app.jobs.hold_floor import StationFloor
from app.store import holds
from app.store.hold_shelf import StoredShelf, payments_scope
from tests.gateway.doubles import until
from tests.journeys.station import Station
from tests.use_cases.scene import COMMAND, Scene, Transaction, card, meter, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTLEMENTS = "settlements { nodes { pspRef status amount transactionId receiptUrl info } }"


async def settlements(scene: Scene) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await scene.shown(SETTLEMENTS))["settlements"]["nodes"]
    return found


async def test_c19_cancelled_before_a_transaction(scene: Scene) -> None:
    """A card that was presented to the terminal and charged nothing is told as cancelled, and is no session (C19.FR.02)."""
    async with scene.connected("ocpp2.1") as station:
        said = {"pspRef": "c19", "status": "Canceled", "settlementAmount": 0, "settlementTime": moment()}
        assert await station.say("NotifySettlement", **said) == {}
        (found,) = await settlements(scene)
        assert (found["pspRef"], found["status"], found["transactionId"]) == ("c19", "Canceled", None)
        assert await scene.sessions("id") == []


@pytest.mark.parametrize("trigger", ["StopAuthorized", "EVConnectTimeout"])
async def test_c20_nothing_flowed_and_nothing_is_owed(scene: Scene, trigger: str) -> None:
    """A transaction that ends before any energy flowed costs 0, which the answer says (C20.FR.03)."""
    uid = f"C20{trigger.upper()}"
    await scene.token(uid)
    async with scene.connected("ocpp2.1") as station:
        one = Transaction(station, f"c20-{trigger}")
        await one.tell("Started", "Authorized", idToken=card(uid))
        answer = await one.tell("Ended", trigger, info={"stoppedReason": "Timeout"}, meterValue=meter(0))
        assert answer["totalCost"] == 0
        assert await scene.session("status energyWh") == {"status": "COMPLETED", "energyWh": 0}


async def test_c21_settled_at_the_terminal(scene: Scene) -> None:
    """What the terminal took is kept with the receipt that the station made, and names its transaction (C21.FR.02, .04)."""
    async with scene.connected("ocpp2.1") as station:
        one = Transaction(station, "c21")
        await one.tell("Started", "CablePluggedIn")
        await one.tell("Ended", "EVDeparted", info={"stoppedReason": "EVDisconnected"})
        said = {"pspRef": "c21", "status": "Settled", "settlementAmount": 4.5, "settlementTime": moment()}
        await station.say("NotifySettlement", **said, transactionId="c21", receiptUrl="https://receipts.example/c21")
        (found,) = await settlements(scene)
        assert (found["amount"], found["transactionId"]) == ("4.5", "c21")
        assert found["receiptUrl"] == "https://receipts.example/c21"


@pytest.mark.parametrize("word", ["Rejected", "Failed"])
async def test_c22_a_settlement_that_failed(scene: Scene, word: str) -> None:
    """A payment that the provider refused, or that could not be made, is listed as such with its reason (C22.FR.01, .02)."""
    async with scene.connected("ocpp2.1") as station:
        said = {"pspRef": "c22", "status": word, "settlementAmount": 9.9, "settlementTime": moment()}
        assert await station.say("NotifySettlement", **said, transactionId="c22", statusInfo="card expired") == {}
        (found,) = await settlements(scene)
        assert (found["status"], found["info"], found["receiptUrl"]) == (word, "card expired", None)


async def supports(station: Station, *words: str) -> None:
    """The station reports which limits it can keep to."""
    said = {"component": {"name": "TxCtrlr"}, "variable": {"name": "SupportedLimits"}}
    value = [{"type": "Actual", "value": ",".join(words)}]
    await station.say(
        "NotifyReport", requestId=1, generatedAt=moment(), seqNo=0, reportData=[{**said, "variableAttribute": value}]
    )


async def prepaid(scene: Scene, uid: str, balance_minor: int) -> str:
    """A token of a prepaid account with a balance; the account's public id."""
    said = {"kind": "PRIVATE", "name": uid, "country": "DE", "currency": "EUR", "prepaid": True}
    account: str = (await scene.do("accountCreate", "account { id }", input=said))["account"]["id"]
    if balance_minor:
        await top_up(scene, account, balance_minor)
    await scene.token(uid, accountId=account)
    return account


async def top_up(scene: Scene, account: str, amount_minor: int) -> None:
    await scene.do("accountTopUp", "account { id }", accountId=account, amountMinor=amount_minor, reason="cash")


async def held(scene: Scene, **target: int) -> None:
    """A start from afar that a hold of 20 EUR on a driver's card pays."""
    session = (await scene.do("sessionStart", COMMAND, evseId=scene.evse))["session"]["id"]
    names = "".join(f", {name}" for name in target)
    values = "".join(f", {value}" for value in target.values())
    scene.house.world.ingest(
        "INSERT INTO hold (id, operator_key, location_key, station_key, evse_key, session_key, currency, way, status,"
        f" wanted_minor, held_minor, pay_by, created_by, created_at{names})"
        " SELECT gen_random_uuid(), s.operator_key, s.location_key, s.station_key, s.evse_key, s.key, 'EUR', 'ELEMENT',"
        f" 'HELD', 2000, 2000, now(), 'me', now(){values} FROM session s WHERE s.id = '{parse_id(Prefix.SESSION, session)}'"
    )


@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
async def test_c17_a_prepaid_card_stays_in_no_cache(scene: Scene, version: str) -> None:
    """With a balance it is accepted, without one it has no credit; neither is to be remembered (C17.FR.01, .02)."""
    mark = version[4:].replace(".", "")
    await prepaid(scene, f"C17FULL{mark}", 1000)
    await prepaid(scene, f"C17VOID{mark}", 0)
    await scene.token(f"C17CARD{mark}")
    async with scene.connected(version) as station:
        for uid, word in ((f"C17FULL{mark}", "Accepted"), (f"C17VOID{mark}", "NoCredit")):
            info = (await station.say("Authorize", idToken=card(uid)))["idTokenInfo"]
            assert info["status"] == word
            assert datetime.fromisoformat(info["cacheExpiryDateTime"]) <= datetime.now(UTC)
        assert (await station.say("Authorize", idToken=card(f"C17CARD{mark}")))["idTokenInfo"] == {"status": "Accepted"}


async def test_c17_a_balance_is_the_most_a_transaction_may_cost(scene: Scene) -> None:
    """The station hears once what may be spent, again when that grows, and is told of costs meanwhile (C17.FR.03, E16.FR.11)."""
    account = await prepaid(scene, "C17LIMIT", 1250)
    async with scene.connected("ocpp2.1") as station:
        await supports(station, "MaxCost", "MaxTime")
        one = Transaction(station, "c17")
        assert "transactionLimit" not in await one.tell("Started", "CablePluggedIn", meterValue=meter(0))
        answer = await one.tell("Updated", "Authorized", idToken=card("C17LIMIT"))
        assert answer["transactionLimit"] == {"maxCost": 12.5}
        set_ = {"info": {"transactionLimit": {"maxCost": 12.5}}}
        assert "transactionLimit" not in await one.tell("Updated", "LimitSet", **set_)
        running = await one.tell("Updated", "MeterValuePeriodic", meterValue=meter(3000))
        assert (running["totalCost"], "transactionLimit" in running) == (1.5, False)
        limits = "power { limitTold { maxCost maxEnergy } limitSaid { maxCost } }"
        assert (await scene.session(limits))["power"] == {
            "limitTold": {"maxCost": 12.5, "maxEnergy": None},
            "limitSaid": {"maxCost": 12.5},
        }
        await top_up(scene, account, 500)
        again = await one.tell("Updated", "Authorized", idToken=card("C17LIMIT"))
        assert again["transactionLimit"] == {"maxCost": 17.5}


async def test_c23_a_terminal_raises_what_it_holds(scene: Scene) -> None:
    """What the station limits a transaction to by itself is shown as its word, the newest of it (C18.FR.06, C23.FR.02)."""
    async with scene.connected("ocpp2.1") as station:
        await supports(station, "MaxCost")
        one = Transaction(station, "c23")
        for kind, trigger, cost in (("Started", "Authorized", 20), ("Updated", "LimitSet", 30)):
            answer = await one.tell(kind, trigger, info={"transactionLimit": {"maxCost": cost}})
            assert "transactionLimit" not in answer
            found = (await scene.session("power { limitTold { maxCost } limitSaid { maxCost } }"))["power"]
            assert found == {"limitTold": None, "limitSaid": {"maxCost": cost}}


async def test_e16_f07_what_a_driver_wants_at_most(scene: Scene) -> None:
    """A start's target and what is held for it reach the station with its first message, once (E16.FR.02, F07.FR.02)."""
    async with scene.connected("ocpp2.1") as station:
        await supports(station, "MaxEnergy", "MaxCost", "MaxSoC")
        await held(scene, target_energy_wh=15_000, target_soc_percent=80)
        (asked,) = station.was_asked("RequestStartTransaction")
        one = Transaction(station, "e16")
        begun = {"remoteStartId": asked["remoteStartId"]}
        answer = await one.tell("Started", "RemoteStart", info=begun, idToken=asked["idToken"])
        assert answer["transactionLimit"] == {"maxCost": 20.0, "maxEnergy": 15_000, "maxSoC": 80}
        one.seq = 0
        again = await one.tell("Started", "RemoteStart", info=begun, idToken=asked["idToken"])
        assert again["transactionLimit"] == answer["transactionLimit"], "the first answer was not heard"
        confirmed = {"transactionLimit": answer["transactionLimit"]}
        assert "transactionLimit" not in await one.tell("Updated", "LimitSet", info=confirmed)
        assert "transactionLimit" not in await one.tell("Updated", "Authorized", idToken=asked["idToken"])


async def grown(scene: Scene, held_minor: int) -> None:
    """The bank holds more than it did, as a worker writes it down."""
    tenant, desk = scene.house.tenant, scene.house.world.desk
    ((key,),) = scene.house.world.ingest(
        "SELECT h.key FROM hold h JOIN station s ON s.key = h.station_key WHERE s.identity = %s", scene.identity
    )
    shelf = StoredShelf(desk.database, tenant.operator.key, desk.clock, lambda *_: None)
    async with shelf.page(int(str(key))) as page:
        await page.save(replace(page.hold, held_minor=held_minor))


async def test_e16_a_hold_that_grew_is_told_at_once(scene: Scene) -> None:
    """With the very next answer of its session, once, though that message only moves the meter (E16.FR.02)."""
    async with scene.connected("ocpp2.1") as station:
        await supports(station, "MaxCost")
        await held(scene)
        (asked,) = station.was_asked("RequestStartTransaction")
        one = Transaction(station, "e16-grows")
        begun = {"remoteStartId": asked["remoteStartId"]}
        answer = await one.tell("Started", "RemoteStart", info=begun, idToken=asked["idToken"], meterValue=meter(0))
        assert answer["transactionLimit"] == {"maxCost": 20.0}
        assert "transactionLimit" not in await one.tell("Updated", "MeterValuePeriodic", meterValue=meter(1000))
        await grown(scene, 3500)
        another = Transaction(station, "e16-other", evse=2)
        assert "transactionLimit" not in await another.tell("Started", "CablePluggedIn")
        answer = await one.tell("Updated", "MeterValuePeriodic", meterValue=meter(2000))
        assert answer["transactionLimit"] == {"maxCost": 35.0}
        assert "transactionLimit" not in await one.tell("Updated", "MeterValuePeriodic", meterValue=meter(3000))
        due = scene.house.world.ingest("SELECT limits_due FROM station WHERE identity = %s", scene.identity)
        assert due == [(False,)]


async def test_e16_a_balance_that_grew_is_told_at_once(scene: Scene) -> None:
    """A top-up reaches the station with the next reading (C17.FR.03, E16.FR.02)."""
    account = await prepaid(scene, "E16TOPUP", 1000)
    async with scene.connected("ocpp2.1") as station:
        await supports(station, "MaxCost")
        one = Transaction(station, "e16-top-up")
        answer = await one.tell("Started", "Authorized", idToken=card("E16TOPUP"), meterValue=meter(0))
        assert answer["transactionLimit"] == {"maxCost": 10.0}
        await one.tell("Updated", "MeterValuePeriodic", meterValue=meter(1000))
        await top_up(scene, account, 700)
        answer = await one.tell("Updated", "MeterValuePeriodic", meterValue=meter(2000))
        assert answer["transactionLimit"] == {"maxCost": 17.0}


@pytest.mark.parametrize(("version", "kind"), [("ocpp2.0.1", "Central"), ("ocpp2.1", "DirectPayment")])
async def test_c24_paid_elsewhere_and_started_as_such(scene: Scene, version: str, kind: str) -> None:
    """A payment starts a session under the provider's name of it; only 2.1 knows such tokens (C24.FR.01, C25.FR.23)."""
    tenant, desk = scene.house.tenant, scene.house.world.desk
    floor = StationFloor(desk, payments_scope(tenant.operator.key, tenant.operator.uuid))
    reference, newer = f"pi_{scene.identity}", version == "ocpp2.1"
    async with scene.connected(version) as station:
        assert await floor.start(await paid_hold(scene, reference, target_duration_s=1800)) is None
        await until(lambda: bool(station.was_asked("RequestStartTransaction")))
        (asked,) = station.was_asked("RequestStartTransaction")
        assert asked["idToken"]["type"] == kind
        assert (asked["idToken"]["idToken"] == reference) is newer
        await supports(station, "MaxTime")
        one, begun = Transaction(station, "c24"), {"remoteStartId": asked["remoteStartId"]}
        told = await one.tell("Started", "RemoteStart", info=begun, idToken=asked["idToken"])
        assert told["idTokenInfo"]["status"] == "Accepted", "it is ours, though payments at its terminal are not taken"
        assert told.get("transactionLimit") == ({"maxTime": 1800} if newer else None)
        await one.tell("Ended", "RemoteStop", info={"stoppedReason": "Remote"}, idToken=asked["idToken"])
        assert await scene.session("origin status") == {"origin": "AD_HOC", "status": "COMPLETED"}


async def paid_hold(scene: Scene, reference: str, **target: int) -> Hold:
    """A hold that waits for its session."""
    names, values = "".join(f", {name}" for name in target), "".join(f", {value}" for value in target.values())
    ((key,),) = scene.house.world.ingest(
        "INSERT INTO hold (id, operator_key, location_key, station_key, evse_key, currency, way, status, wanted_minor,"
        f" held_minor, reference, held_at, pay_by, created_by, created_at{names})"
        " SELECT gen_random_uuid(), s.operator_key, s.location_key, s.key, e.key, 'EUR', 'ELEMENT', 'HELD', 2000, 2000,"
        f" %s, now(), now(), 'me', now(){values} FROM station s JOIN evse e ON e.station_key = s.key AND e.number = 1"
        " WHERE s.identity = %s RETURNING key",
        reference,
        scene.identity,
    )
    scope, database = scene.house.tenant.scope, scene.house.world.desk.database
    async with database.transaction(scope.operator_key) as connection:
        return (await holds.by_keys(connection, scope, (int(str(key)),)))[int(str(key))]


@pytest.mark.parametrize(
    ("words", "own", "told"),
    [
        ((), None, None),
        (("MaxEnergy",), None, {"maxEnergy": 15_000}),
        (("MaxEnergy", "MaxCost"), {"maxCost": 5, "maxEnergy": 15_000}, None),
        (("MaxEnergy", "MaxCost"), {"maxCost": 50}, {"maxCost": 20.0, "maxEnergy": 15_000}),
    ],
)
async def test_e16_only_what_the_station_can_keep_to(
    scene: Scene, words: tuple[str, ...], own: dict[str, Any] | None, told: dict[str, Any] | None
) -> None:
    """No limit that it does not know, and none where its own is as low already (E16.FR.07, .08, .12)."""
    async with scene.connected("ocpp2.1") as station:
        if words:
            await supports(station, *words)
        await held(scene, target_energy_wh=15_000)
        (asked,) = station.was_asked("RequestStartTransaction")
        info = {"remoteStartId": asked["remoteStartId"]} | ({} if own is None else {"transactionLimit": own})
        one = Transaction(station, f"e16-{scene.identity}")
        answer = await one.tell("Started", "RemoteStart", info=info, idToken=asked["idToken"])
        assert answer.get("transactionLimit") == told


async def calculates(station: Station, *, conditions: bool) -> None:
    """The station reports that it calculates with tariffs, and whether it knows conditions in them."""
    said = [("Available", True), ("ConditionsSupported", conditions)]
    data = [
        {
            "component": {"name": "TariffCostCtrlr"},
            "variable": {"name": name, "instance": "Tariff"},
            "variableAttribute": [{"type": "Actual", "value": str(value).lower()}],
        }
        for name, value in said
    ]
    await station.say("NotifyReport", requestId=2, generatedAt=moment(), seqNo=0, reportData=data)


async def group_tariff(
    scene: Scene, code: str, elements: list[dict[str, Any]], *, group: str | None = None, **where: str
) -> str:
    """A published tariff for the tokens of a group, which has the code's name; its public id."""
    said = {"code": code, "currency": "EUR", "taxIncluded": True, "elements": elements}
    tariff = (await scene.do("tariffCreate", "tariff { id }", input=said))["tariff"]
    await scene.do("tariffPublish", "tariff { id }", id=tariff["id"])
    await scene.do("tariffAssign", "tariff { id }", code=code, tokenGroupId=group or code, **where)
    return str(tariff["id"])


VAT = [{"name": "VAT", "percent": "19"}]


async def test_i08_a_drivers_own_tariff(scene: Scene) -> None:
    """A station that calculates gets a driver's own tariff with the judgement of the card; nobody else's does (I08.FR.01)."""
    evening = {"startTime": "18:00", "dayOfWeek": ["FRIDAY"]}
    elements = [
        {"components": [{"type": "ENERGY", "price": "0.595", "taxes": VAT}], "restrictions": evening},
        {"components": [{"type": "ENERGY", "price": "0.357", "taxes": VAT}, {"type": "PARKING_TIME", "price": "6"}]},
    ]
    tariff = await group_tariff(scene, "I08FLEET", elements)
    await scene.token("I08CARD", groupId="I08FLEET")
    await scene.token("I08OTHER")
    async with scene.connected("ocpp2.1") as station:
        assert "tariff" not in await station.say("Authorize", idToken=card("I08CARD"))
        await calculates(station, conditions=True)
        answer = await station.say("Authorize", idToken=card("I08CARD"))
        assert answer["tariff"] == {
            "tariffId": tariff,
            "currency": "EUR",
            "energy": {
                "prices": [
                    {"priceKwh": 0.5, "conditions": {"startTimeOfDay": "18:00", "dayOfWeek": ["Friday"]}},
                    {"priceKwh": 0.3},
                ],
                "taxRates": [{"type": "VAT", "tax": 19.0}],
            },
            "idleTime": {"prices": [{"priceMinute": 0.1}]},
        }
        assert "tariff" not in await station.say("Authorize", idToken=card("I08OTHER"))
        await calculates(station, conditions=False)
        assert "tariff" not in await station.say("Authorize", idToken=card("I08CARD"))


FLAT = [{"components": [{"type": "ENERGY", "price": "0.595", "taxes": VAT}]}]


async def test_i08_a_contracts_tariff_and_one_evses(scene: Scene) -> None:
    """A contract is told its tariff as a card is; one of a single EVSE only where no other EVSE has another (I08.FR.01)."""
    evses = [one["id"] for one in scene.ids["evses"]]
    tariff = await group_tariff(scene, "I08VANS", FLAT, evseId=evses[0])
    await scene.token("I08VAN", groupId="I08VANS")
    await scene.token("DEI08EMAID", type="OTHER", groupId="I08VANS")
    contract = {"hashAlgorithm": "SHA256", "issuerNameHash": "00", "issuerKeyHash": "00", "serialNumber": "1"}
    named = {"iso15118CertificateHashData": [{**contract, "responderURL": "https://ocsp.example"}]}

    async def told() -> list[str | None]:
        by_card = await station.say("Authorize", idToken=card("I08VAN"))
        by_contract = await station.say("Authorize", idToken=card("DEI08EMAID", "eMAID"), **named)
        return [answer.get("tariff", {}).get("tariffId") for answer in (by_card, by_contract)]

    async with scene.connected("ocpp2.1") as station:
        await calculates(station, conditions=True)
        assert await told() == ([tariff] * 2 if len(evses) == 1 else [None] * 2)
        for evse in evses[1:]:
            await scene.do("tariffAssign", "tariff { id }", code="I08VANS", tokenGroupId="I08VANS", evseId=evse)
        assert await told() == [tariff, tariff]
        if len(evses) == 1:
            await Transaction(station, "i08-second", evse=2).tell("Started", "CablePluggedIn")
            assert await told() == [None, None], "an EVSE that was not known has no such tariff"


async def test_i08_evses_that_differ_and_the_right_one_bound_at_the_start(scene: Scene) -> None:
    """No tariff is told where the EVSEs have different ones; each start is bound to its own EVSE's, which is the bill."""
    first, second = (one["id"] for one in scene.ids["evses"])
    dear = [{"components": [{"type": "ENERGY", "price": "0.714", "taxes": VAT}]}]
    own = [
        await group_tariff(scene, "I08NEAR", FLAT, evseId=first, group="I08BOTH"),
        await group_tariff(scene, "I08FAR", dear, evseId=second, group="I08BOTH"),
    ]
    await scene.token("I08DRIVER", groupId="I08BOTH")
    async with scene.connected("ocpp2.1") as station:
        await calculates(station, conditions=True)
        assert "tariff" not in await station.say("Authorize", idToken=card("I08DRIVER"))
        for number, tariff, cost in ((1, own[0], 0.6), (2, own[1], 0.71)):
            one = Transaction(station, f"i08-at-{number}", evse=number)
            await one.tell("Started", "Authorized", idToken=card("I08DRIVER"), meterValue=meter(0))
            assert (await scene.sessions("tariff { id }"))[0]["tariff"] == {"id": tariff}
            ended = await one.tell("Ended", "StopAuthorized", meterValue=meter(1000))
            assert ended["totalCost"] == cost


def calculated(incl_tax: float, **more: Any) -> dict[str, Any]:
    """CostDetailsType of 5 kWh."""
    energy = {"exclTax": 2.0, "inclTax": incl_tax, "taxRates": [{"type": "VAT", "tax": 19}]}
    total = {"exclTax": 2.0, "inclTax": incl_tax}
    return {
        "totalCost": {"currency": "EUR", "typeOfCost": "NormalCost", "energy": energy, "total": total},
        "totalUsage": {"energy": 5, "chargingTime": 600, "idleTime": 0},
        **more,
    }


@pytest.mark.parametrize(("total", "agrees"), [(2.5, True), (2.51, True), (2.53, False)])
async def test_i12_what_the_station_calculated(scene: Scene, total: float, agrees: bool) -> None:
    """The newest of it is shown beside our bill, which it never changes; where they differ that is said (I12.FR.01, .02)."""
    uid = f"I12{round(total * 100)}"
    await scene.token(uid)
    period = {"startPeriod": moment(), "tariffId": "T1", "dimensions": [{"type": "Energy", "volume": 5}]}
    shown = """stationCost { totalCost { currency typeOfCost energy { inclTax taxRates { type tax } } total { inclTax } }
        totalUsage { energy chargingTime } periods { tariffId dimensions { type volume } } agrees failed }"""
    async with scene.connected("ocpp2.1") as station:
        one = Transaction(station, f"i12-{total}")
        await one.tell("Started", "Authorized", idToken=card(uid), meterValue=meter(0), costDetails=calculated(0))
        one.seq = 2
        await one.tell("Updated", "RunningCost", meterValue=meter(4000), costDetails=calculated(2.0))
        one.seq = 1
        await one.tell("Updated", "RunningCost", meterValue=meter(2000, at=moment(-5)), costDetails=calculated(1.0))
        found = (await scene.session(shown))["stationCost"]
        assert (found["totalCost"]["total"], found["agrees"]) == ({"inclTax": 2.0}, None), "what came late is older"
        one.seq = 3
        end = calculated(total, chargingPeriods=[period])
        info = {"stoppedReason": "Local", "tariffId": "T1"}
        answer = await one.tell("Ended", "StopAuthorized", info=info, meterValue=meter(5000), costDetails=end)
        assert answer["totalCost"] == 2.5, "the bill is ours"
        found = (await scene.session(shown))["stationCost"]
        assert found["agrees"] is agrees
        assert found["totalCost"] == {
            "currency": "EUR",
            "typeOfCost": "NormalCost",
            "energy": {"inclTax": total, "taxRates": [{"type": "VAT", "tax": 19.0}]},
            "total": {"inclTax": total},
        }
        assert found["totalUsage"] == {"energy": 5.0, "chargingTime": 600}
        assert found["periods"] == [{"tariffId": "T1", "dimensions": [{"type": "Energy", "volume": 5.0}]}]


async def test_i12_what_it_could_not_calculate(scene: Scene) -> None:
    """A station that failed to calculate says why; ours is the bill all the same (I12.FR.14)."""
    await scene.token("I12FAILS")
    failed = calculated(0, failureToCalculate=True, failureReason="no clock")
    async with scene.connected("ocpp2.1") as station:
        one = Transaction(station, "i12-fails")
        await one.tell("Started", "Authorized", idToken=card("I12FAILS"), meterValue=meter(0))
        assert (await scene.session("stationCost { failed }"))["stationCost"] is None
        answer = await one.tell("Ended", "StopAuthorized", meterValue=meter(5000), costDetails=failed)
        assert answer["totalCost"] == 2.5
        found = (await scene.session("stationCost { failed failureReason agrees }"))["stationCost"]
        assert found == {"failed": True, "failureReason": "no clock", "agrees": None}


async def test_c18_paid_at_the_stations_own_terminal(scene: Scene) -> None:
    """A payment at the terminal is accepted where the operator lets it, and its session says so (C18.FR.04, .05)."""
    paid = {"idToken": "psp-c18", "type": "DirectPayment"}
    async with scene.connected("ocpp2.1") as station:
        assert (await station.say("Authorize", idToken=paid))["idTokenInfo"]["status"] == "Invalid"
        assert (await scene.authorisation())["rule"] == "DIRECT_PAYMENT_NOT_ALLOWED"
        shown = await scene.shown("version acceptsDirectPayment location { id }")
        assert shown["acceptsDirectPayment"] is False
        said = {"identity": scene.identity, "locationId": shown["location"]["id"], "securityProfileFloor": 0}
        wanted = {"input": {**said, "acceptsDirectPayment": True}}
        await scene.do(
            "stationUpdate", "station { acceptsDirectPayment }", id=scene.id, ifVersion=shown["version"], **wanted
        )
        assert (await station.say("Authorize", idToken=paid))["idTokenInfo"]["status"] == "Accepted"
        assert (await scene.authorisation())["rule"] == "DIRECT_PAYMENT"
        one = Transaction(station, "c18")
        await one.tell("Started", "Authorized", idToken=paid, info={"transactionLimit": {"maxCost": 20}})
        found = await scene.session("origin status reviewFlags { code }")
        assert found == {"origin": "TERMINAL", "status": "ACTIVE", "reviewFlags": []}
        stranger = await station.say("Authorize", idToken={**paid, "type": "ISO14443"})
        assert stranger["idTokenInfo"]["status"] == "Unknown"
