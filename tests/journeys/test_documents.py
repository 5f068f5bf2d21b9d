"""A driver pays by card and gets a receipt; of a charge that was too slow a part is given back, with a credit note."""

import asyncio
from typing import Any

import httpx

from tests.journeys.station import dialled
from tests.journeys.test_card_payment import Install, charged, install

__all__ = ["install"]
LEGAL = """mutation { operatorLegalSet(input: {name: "Volt GmbH", address: "Hauptstr. 1", city: "Berlin", country: "DE",
    vatNumber: "DE123456789"}) { legal { name } errors { code } } }"""
PAPERS = """{ sessions(filter: {status: [COMPLETED]}) { nodes { id cdr { price { total { amountMinor } } } hold { id status }
    documentWait { code } documents { kind number price { beforeTaxes { amountMinor } total { amountMinor } }
    creditOf { number } pdf: url csv: url(format: CSV) xml: url(format: XML) buyer { name } } } } }"""


async def papers(install: Install, count: int) -> dict[str, Any]:
    """The session that was paid, once it has so many documents."""
    async with asyncio.timeout(40):
        while True:
            nodes = (await install.ask(PAPERS))["sessions"]["nodes"]
            paid: dict[str, Any] | None = next((one for one in nodes if one["hold"]["status"] == "CAPTURED" and
                                                len(one["documents"]) == count and one["cdr"]["price"]["total"]["amountMinor"] == 500), None)  # fmt: skip
            if paid is not None:
                return paid
            await asyncio.sleep(0.3)


async def test_a_receipt_a_fair_refund_and_its_credit_note(install: Install) -> None:
    async with dialled(install.process.ocpp_port, install.tenant.stations[0].identity, "ocpp2.0.1") as station:
        assert (await install.ask(LEGAL))["operatorLegalSet"]["errors"] == []
        intent = await install.intent()
        async with httpx.AsyncClient() as browser:
            await browser.post(intent["checkoutUrl"], data={"card": "pm_card_visa"})
        async with asyncio.timeout(30):
            while not station.was_asked("RequestStartTransaction"):
                await asyncio.sleep(0.1)
        await charged(station, station.was_asked("RequestStartTransaction")[0]["remoteStartId"], 10_000)
        session = await papers(install, 1)
    (receipt,) = session["documents"]
    assert (receipt["kind"], receipt["price"]["total"]["amountMinor"]) == ("RECEIPT", 500)
    assert receipt["xml"] is None  # it names no buyer
    await a_file_for_who_has_its_address(install, receipt["pdf"], receipt["number"])
    refund = f"""mutation {{ refundCreate(holdId: "{session["hold"]["id"]}", amountMinor: 180,
        options: {{idempotencyKey: "fair", waitSeconds: 20, reason: "the charger was slow"}}) {{
        hold {{ refunded {{ amountMinor }} }} document {{ number }} errors {{ code }} }} }}"""
    made = (await install.ask(refund))["refundCreate"]
    assert (made["errors"], made["hold"]["refunded"]["amountMinor"]) == ([], 180)
    _, credit = (await papers(install, 2))["documents"]
    assert (credit["kind"], credit["price"]["total"]["amountMinor"]) == ("CREDIT_NOTE", 180)
    assert credit["creditOf"]["number"] == receipt["number"]
    again = (await install.ask(refund))["refundCreate"]  # asked again, it is there
    assert again["document"]["number"] == credit["number"]


async def a_file_for_who_has_its_address(install: Install, url: str, number: str) -> None:
    path = "/files/" + url.partition("/files/")[2]
    found = await install.http.get(path)
    assert found.status_code == 200
    assert found.content.startswith(b"%PDF")
    assert found.headers["content-disposition"] == f'attachment; filename="{number}.pdf"'
    assert found.headers["cache-control"] == "private, no-store"
    for wrong in (path.replace(".pdf", ".csv"), path[:-1] + ("0" if path[-1] != "0" else "1"), path.partition("?")[0]):
        assert (await install.http.get(wrong)).status_code == 404


async def test_a_person_corrects_the_bill_and_the_difference_goes_back(install: Install) -> None:
    async with dialled(install.process.ocpp_port, install.tenant.stations[0].identity, "ocpp2.0.1") as station:
        await install.ask(LEGAL)
        intent = await install.intent()
        async with httpx.AsyncClient() as browser:
            await browser.post(intent["checkoutUrl"], data={"card": "pm_card_visa"})
        async with asyncio.timeout(30):
            while not station.was_asked("RequestStartTransaction"):
                await asyncio.sleep(0.1)
        await charged(station, station.was_asked("RequestStartTransaction")[0]["remoteStartId"], 10_000)
        session = await papers(install, 1)
    text = f"""mutation {{ sessionRerate(id: "{session["id"]}", energyWh: 6000, options: {{idempotencyKey: "r"}}) {{
        session {{ energyWh }} cdr {{ revision price {{ total {{ amountMinor }} }} }} errors {{ code message }} }} }}"""
    made = (await install.ask(text))["sessionRerate"]
    assert (made["errors"], made["cdr"]["revision"], made["cdr"]["price"]["total"]["amountMinor"]) == ([], 2, 300)
    wanted = "{ holds { nodes { status captured { amountMinor } refunded { amountMinor } session { documents { kind } } } } }"
    async with asyncio.timeout(40):
        while True:
            holds = (await install.ask(wanted))["holds"]["nodes"]
            given = [hold for hold in holds if hold["refunded"]["amountMinor"] == 200]
            if given and len(given[0]["session"]["documents"]) == 3:
                break
            await asyncio.sleep(0.3)
    assert [one["kind"] for one in given[0]["session"]["documents"]] == ["RECEIPT", "CREDIT_NOTE", "RECEIPT"]
    records = (await install.ask("{ cdrs { nodes { credit price { total { amountMinor } } } } }"))["cdrs"]["nodes"]
    assert [one["price"]["total"]["amountMinor"] for one in records[:3]] == [300, -500, 500]
