"""OCPP 2.1 C21: what a station's own terminal took is in the books, and whoever paid is led to the receipt."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette

from app.jobs.duties import do_duty
from app.jobs.tools import Tools
from app.main.document_files import DocumentDoor
from app.main.process import utc_now
from app.main.receipt_page import ReceiptDoor
from tests.journeys.power_house import FILES_URL, SECRET
from tests.journeys.station import Json, Station
from tests.use_cases.scene import Scene, Transaction, meter, moment

pytestmark = pytest.mark.asyncio(loop_scope="module")
LEGAL = {
    "name": "Volt GmbH",
    "address": "Hauptstr. 1",
    "city": "Berlin",
    "country": "DE",
    "vatNumber": "DE123456789",
}
SHOWN = """id settlements { pspRef status amount currency problem }
    documents { kind number buyer { name vatNumber } price { total { amountMinor } } }"""
FOUND = """{ mismatches(open: true) { nodes { id cause session { id } expected { amountMinor } found { amountMinor } } } }"""
COMPANY = {"name": "Ada AG", "address1": "Weg 1", "city": "Bonn", "country": "de", "postalCode": "53111"}


def paid(reference: str, amount: float = 0.5, **more: object) -> Json:
    return {"pspRef": reference, "status": "Settled", "settlementAmount": amount, "settlementTime": moment(), **more}


async def used(station: Station, name: str) -> None:
    """1 kWh for 0.50, begun with a payment at the terminal."""
    paying = {"idToken": f"psp-{name}", "type": "DirectPayment"}
    one = Transaction(station, name)
    await one.tell("Started", "Authorized", idToken=paying, meterValue=meter(0))
    await one.tell("Ended", "StopAuthorized", idToken=paying, info={"stoppedReason": "Local"}, meterValue=meter(1000))


async def charged(scene: Scene, station: Station, name: str) -> str:
    """The only session of the station; its id."""
    await used(station, name)
    return str((await scene.session("id"))["id"])


async def till(scene: Scene) -> None:
    """The station's terminal is let take money, and the operator has said who sells."""
    await scene.do("operatorLegalSet", "legal { name }", input=LEGAL)
    shown = await scene.shown("version location { id }")
    said = {"identity": scene.identity, "locationId": shown["location"]["id"], "securityProfileFloor": 0}
    wanted = {"input": {**said, "acceptsDirectPayment": True}}
    await scene.do("stationUpdate", "station { id }", id=scene.id, ifVersion=shown["version"], **wanted)


async def issue(scene: Scene) -> int:
    """Does the duties that this station's sessions owe their papers by; how many."""
    world = scene.house.world
    due = world.ingest(
        "SELECT d.key FROM duty d JOIN station s ON s.key = d.station_key WHERE s.identity = %s"
        " AND d.kind = 'ISSUE_DOCUMENT' AND d.state = 'OWED'",
        scene.identity,
    )
    for (key,) in due:
        assert await do_duty(world.database.ingest_url, world.desk.feed, int(str(key)), Tools(utc_now, desk=world.desk))
    return len(due)


def browser(scene: Scene) -> httpx.AsyncClient:
    database = scene.house.world.desk.database
    doors = (ReceiptDoor(SECRET, FILES_URL, database, utc_now), DocumentDoor(SECRET, database, utc_now))
    app = Starlette(routes=[route for door in doors for route in door.routes()])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), follow_redirects=True)


async def mismatches(scene: Scene, session: str) -> list[Json]:
    """Those of one session, as if it had been settled an hour ago."""
    scene.house.world.ingest(
        "UPDATE session SET settled_at = settled_at - interval '1 hour' WHERE station_key ="
        " (SELECT key FROM station WHERE identity = %s)",
        scene.identity,
    )
    place = scene.house.tenant.locations[0]
    ended = datetime.fromisoformat((await scene.session("endedAt"))["endedAt"])
    day = ended.astimezone(ZoneInfo(place.time_zone)).date()
    await scene.do("reconciliationRun", "open", day=day.isoformat())
    nodes = (await scene.ask(FOUND))["mismatches"]["nodes"]
    return [one for one in nodes if one["session"] is not None and one["session"]["id"] == session]


def books(scene: Scene) -> dict[str, int]:
    rows = scene.house.world.ingest(
        "SELECT l.book, sum(l.amount_minor)::bigint FROM ledger_posting p JOIN ledger_line l ON l.posting_key = p.key"
        " JOIN session x ON x.key = p.session_key JOIN station s ON s.key = x.station_key WHERE s.identity = %s"
        " GROUP BY 1 HAVING sum(l.amount_minor) <> 0",
        scene.identity,
    )
    return {str(book): int(str(amount)) for book, amount in rows}


async def test_c21_a_receipt_of_ours(scene: Scene) -> None:
    """The answer says where the receipt will be, the same however often it is told, and names it when it is (C21.FR.03)."""
    await till(scene)
    async with scene.connected("ocpp2.1") as station, browser(scene) as phone:
        session = await charged(scene, station, "c21-own")
        said = paid("c21-own", transactionId="c21-own", vatCompany=COMPANY, vatNumber="DE999999999")
        answer = await station.say("NotifySettlement", **said)
        assert set(answer) == {"receiptUrl"}
        waiting = await phone.get(answer["receiptUrl"])
        assert (waiting.status_code, "being written" in waiting.text) == (200, True)
        assert await station.say("NotifySettlement", **said) == answer
        assert await issue(scene) == 1
        receipt = await phone.get(answer["receiptUrl"])
        assert receipt.content.startswith(b"%PDF")
        shown = await scene.session(SHOWN)
        (paper,) = shown["documents"]
        assert (paper["kind"], paper["price"]["total"]["amountMinor"]) == ("RECEIPT", 50)
        assert paper["buyer"] == {"name": "Ada AG", "vatNumber": "DE999999999"}
        assert shown["settlements"] == [
            {"pspRef": "c21-own", "status": "Settled", "amount": "0.5", "currency": "EUR", "problem": None}
        ]
        assert await station.say("NotifySettlement", **said) == {**answer, "receiptId": paper["number"]}
        assert await issue(scene) == 0
        late = await station.say("NotifySettlement", **(said | {"status": "Failed"}))
        assert late == {}
        assert books(scene)["TERMINAL"] == 50, "what is settled stays so"
        assert "RECEIVABLE" not in books(scene)
        assert await mismatches(scene, session) == []
        wrong = answer["receiptUrl"][:-1] + ("A" if answer["receiptUrl"][-1] != "A" else "B")
        assert (await phone.get(wrong)).status_code == 404
        assert (await phone.get(answer["receiptUrl"].partition("?")[0])).status_code == 404


async def test_c21_a_reference_used_again_for_another_transaction(scene: Scene) -> None:
    """It is another payment, with an address of its own; the first keeps its session, its receipt and its posting."""
    await till(scene)
    async with scene.connected("ocpp2.1") as station, browser(scene) as phone:
        first = await charged(scene, station, "c21-one")
        said = paid("c21-same", transactionId="c21-one")
        answer = await station.say("NotifySettlement", **said)
        assert await issue(scene) == 1
        await used(station, "c21-two")
        other = await station.say("NotifySettlement", **paid("c21-same", 1.0, transactionId="c21-two"))
        assert other["receiptUrl"] != answer["receiptUrl"]
        assert "receiptId" not in other
        assert "being written" in (await phone.get(other["receiptUrl"])).text
        assert (await phone.get(answer["receiptUrl"])).content.startswith(b"%PDF")
        shown = await scene.sessions("id settlements { transactionId amount }")
        (kept,) = next(one["settlements"] for one in shown if one["id"] == first)
        assert kept == {"transactionId": "c21-one", "amount": "0.5"}
        assert books(scene)["TERMINAL"] == 150
        assert (await station.say("NotifySettlement", **said))["receiptUrl"] == answer["receiptUrl"]


async def test_c21_another_amount_of_what_is_settled(scene: Scene) -> None:
    """It is kept and flagged, and neither changes what is booked nor is booked beside it, possible or not."""
    await till(scene)
    async with scene.connected("ocpp2.1") as station:
        session = await charged(scene, station, "c21-twice")
        said = paid("c21-twice", transactionId="c21-twice")
        answer = await station.say("NotifySettlement", **said)
        for amount in (0.02, 5e12, 0.02):
            assert await station.say("NotifySettlement", **(said | {"settlementAmount": amount})) == {}
        assert await station.say("NotifySettlement", **said) == answer
        kept = (await scene.shown("settlements { nodes { amount problem } }"))["settlements"]["nodes"]
        assert sorted((float(one["amount"]), one["problem"]) for one in kept) == [
            (0.02, "CONTRADICTS"), (0.5, None), (5e12, "CONTRADICTS"),
        ]  # fmt: skip
        assert books(scene)["TERMINAL"] == 50
        assert await issue(scene) == 1
        assert await mismatches(scene, session) == []


async def test_c21_an_amount_that_cannot_be_is_put_right(scene: Scene) -> None:
    """Nothing was booked by it: the next word counts. What once was booked goes when nothing can be."""
    await till(scene)
    async with scene.connected("ocpp2.1") as station:
        await charged(scene, station, "c21-right")
        said = paid("c21-right", transactionId="c21-right")
        assert await station.say("NotifySettlement", **(said | {"settlementAmount": 5e12})) == {}
        assert "TERMINAL" not in books(scene)
        assert set(await station.say("NotifySettlement", **said)) == {"receiptUrl"}
        assert books(scene)["TERMINAL"] == 50
        scene.house.world.ingest(
            "UPDATE settlement SET amount_minor = NULL, problem = 'IMPLAUSIBLE_AMOUNT' WHERE psp_ref = 'c21-right'"
        )
        assert "TERMINAL" not in books(scene)


async def test_c21_the_payment_is_told_before_the_transaction(scene: Scene) -> None:
    """What is told in the wrong order is the same in the end; until then the payment is flagged, and in the books."""
    await till(scene)
    async with scene.connected("ocpp2.1") as station, browser(scene) as phone:
        answer = await station.say("NotifySettlement", **paid("c21-late", transactionId="c21-late"))
        (kept,) = (await scene.shown("settlements { nodes { problem } }"))["settlements"]["nodes"]
        assert kept["problem"] == "UNKNOWN_TRANSACTION"
        assert "being written" in (await phone.get(answer["receiptUrl"])).text
        session = await charged(scene, station, "c21-late")
        assert (await scene.session(SHOWN))["settlements"][0]["problem"] is None
        assert await issue(scene) == 1
        assert (await phone.get(answer["receiptUrl"])).content.startswith(b"%PDF")
        assert "RECEIVABLE" not in books(scene)
        assert await mismatches(scene, session) == []


@pytest.mark.parametrize(("amount", "receipts"), [(0.4, 0), (0.6, 1)])
async def test_c21_another_amount_than_the_bill(scene: Scene, amount: float, receipts: int) -> None:
    """A difference is found and can be let go; too little is no paid bill until then."""
    await till(scene)
    name = f"c21-{amount}"
    async with scene.connected("ocpp2.1") as station:
        session = await charged(scene, station, name)
        await station.say("NotifySettlement", **paid(name, amount, transactionId=name))
        await issue(scene)
        assert len((await scene.session(SHOWN))["documents"]) == receipts
        (found,) = await mismatches(scene, session)
        assert (found["cause"], found["expected"]["amountMinor"]) == ("TERMINAL_DIFFERS", 50)
        assert found["found"]["amountMinor"] == round(amount * 100)
        await scene.do("mismatchResolve", "mismatch { resolvedAt }", id=found["id"])
        await issue(scene)
        assert len((await scene.session(SHOWN))["documents"]) == 1
        assert books(scene)["WAIVED"] == 50 - round(amount * 100)
        assert await mismatches(scene, session) == []


async def test_c21_nothing_came_from_the_terminal(scene: Scene) -> None:
    """A session that was to be paid there and was not is found (C21.FR.01)."""
    await till(scene)
    async with scene.connected("ocpp2.1") as station:
        session = await charged(scene, station, "c21-none")
        failed = paid("c21-none", transactionId="c21-none") | {"status": "Failed"}
        assert await station.say("NotifySettlement", **failed) == {}
        assert await issue(scene) == 0
        (found,) = await mismatches(scene, session)
        assert (found["cause"], found["found"]["amountMinor"]) == ("TERMINAL_DIFFERS", 0)


async def test_c21_what_pays_no_session(scene: Scene) -> None:
    """Another currency, a transaction of nobody's, no amount: answered, kept, flagged; nothing is receipted."""
    await till(scene)
    currency = {
        "component": {"name": "TariffCostCtrlr"},
        "variable": {"name": "Currency"},
        "variableAttribute": [{"type": "Actual", "value": "CHF"}],
    }
    async with scene.connected("ocpp2.1") as station:
        await station.say("NotifyReport", requestId=1, generatedAt=moment(), seqNo=0, reportData=[currency])
        await charged(scene, station, "c21-odd")
        told: dict[str, Any] = {
            "OTHER_CURRENCY": paid("odd-1", transactionId="c21-odd"),
            "UNKNOWN_TRANSACTION": paid("odd-2"),
            "IMPLAUSIBLE_AMOUNT": paid("odd-3", -1, transactionId="c21-odd"),
        }
        for problem, said in told.items():
            assert await station.say("NotifySettlement", **said) == {}
            kept = (await scene.shown("settlements { nodes { pspRef problem } }"))["settlements"]["nodes"]
            assert {"pspRef": said["pspRef"], "problem": problem} in kept
        assert await issue(scene) == 0
        assert "TERMINAL" not in books(scene)


async def test_c21_the_stations_own_receipt_is_the_only_one(scene: Scene) -> None:
    """Two receipts for one charge would owe its tax twice (C21.FR.04)."""
    await till(scene)
    async with scene.connected("ocpp2.1") as station:
        session = await charged(scene, station, "c21-theirs")
        said = paid("c21-theirs", transactionId="c21-theirs", receiptUrl="https://receipts.example/1")
        assert await station.say("NotifySettlement", **said) == {}
        await issue(scene)
        assert (await scene.session(SHOWN))["documents"] == []
        assert await mismatches(scene, session) == []
        assert "RECEIVABLE" not in books(scene)
