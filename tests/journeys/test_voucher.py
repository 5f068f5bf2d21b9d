"""A visitor with a code: less is shown, held, charged and on the receipt, by the one price that all of them have."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.main.process import Process
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, furnished
from tests.journeys.station import dialled
from tests.journeys.test_ad_hoc import INTENT, LOOK, STICKER, driver, street
from tests.journeys.test_all_goes_wrong import seen, started
from tests.journeys.test_card_payment import charged
from tests.journeys.test_documents import LEGAL
from tests.world import Tenant

GIVE = """mutation { voucherCreate(code: "Spring-26", kind: PERCENT, worth: 20, usesMax: 1,
    options: {idempotencyKey: "v"}) { voucher { code uses } errors { code message } } }"""
QUOTE = """query($evse: ID!) { quote(evseId: $evse, voucherCode: "spring-26") { id holdAmount { amountMinor }
    lines { dimension amount { total { amountMinor } } } } }"""
BILLED = """{ holds { nodes { session { cost { price { total { amountMinor } } lines { dimension rule amount { total { amountMinor } } } }
    documents { kind price { total { amountMinor } taxes { amountMinor } } } } } } }"""
RUN = 'mutation { reconciliationRun(day: "%s") { errors { code message } } }'


@pytest.fixture
async def process(database: TestDatabase, tmp_path: Path) -> AsyncIterator[tuple[Process, Tenant]]:
    async with street(await furnished(database, ALPHA), tmp_path) as served:
        yield served


def total(of: dict[str, Any]) -> int:
    return int(of["amount"]["total"]["amountMinor"])


async def test_39_a_code_makes_a_charge_cheaper_from_the_price_to_the_books(
    process: tuple[Process, Tenant], database: TestDatabase
) -> None:
    running, tenant = process
    ann, staff = driver(running), driver(running)
    staff.token = tenant.api_secret
    assert (await staff.ask(LEGAL))["errors"] == []
    assert (await staff.ask(GIVE))["voucher"] == {"code": "SPRING-26", "uses": 0}
    async with dialled(running.ocpp_port, tenant.stations[0].identity, "ocpp2.0.1") as station:
        place = await ann.ask(LOOK, evse=STICKER)
        quote = await ann.ask(QUOTE, evse=place["id"])
        assert quote["holdAmount"]["amountMinor"] == 1600
        assert [(line["dimension"], total(line)) for line in quote["lines"]] == [("ENERGY", 1000), ("VOUCHER", -200)]
        back = f"{ann.home}/charge/{STICKER}"
        made = await ann.ask(INTENT, evse=place["id"], quote=quote["id"], back=back, key="k")
        assert made["errors"] == []
        ann.token, ann.checkout = made["guestToken"], made["checkoutUrl"]
        await ann.pay()
        asked = await started(station)
        await charged(station, asked["remoteStartId"], 10_000)
        bill = await seen(ann, lambda hold: bool(hold["session"] and hold["session"]["documents"]))
    assert (bill["status"], bill["captured"]["amountMinor"]) == ("CAPTURED", 400)
    session = (await staff.ask(BILLED))["nodes"][0]["session"]
    assert [(line["dimension"], total(line)) for line in session["cost"]["lines"]] == [
        ("ENERGY", 500),
        ("VOUCHER", -100),
    ]
    assert session["cost"]["lines"][1]["rule"] == "voucher SPRING-26: 20 percent less"
    (receipt,) = session["documents"]
    assert receipt["price"] == {"total": {"amountMinor": 400}, "taxes": {"amountMinor": 64}}
    day = datetime.now(UTC).date()
    assert (await staff.ask(RUN % day))["errors"] == []
    with psycopg.connect(database.owner_url) as owner:
        wrong = owner.execute(
            "SELECT cause FROM mismatch WHERE session_key = (SELECT session_key FROM hold ORDER BY key DESC LIMIT 1)"
        ).fetchall()
    assert wrong == [], "the books and a second look agree with what was taken"
