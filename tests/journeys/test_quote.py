"""The price that is seen is the price that is billed: quotes and reservations, from the sign to the bill."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.ids import Prefix, public_id
from app.jobs.duties import do_duty
from app.jobs.tools import Tools
from app.main.process import utc_now
from app.operations import tariffs
from tests.conftest import TestDatabase
from tests.gateway.doubles import until
from tests.journeys.power_house import House, house_of
from tests.journeys.station import Station
from tests.world import made, options, uuid7

QUOTE = """quote(evseId: "%s" %s) { id price { total { amountMinor } taxes { amountMinor } } energyWh minutes validUntil
    lines { dimension rule } tariff { versionNumber } holdAmount { amountMinor currency } }"""
SESSION = """query($id: ID!) { node(id: $id) { ... on Session { status energyWh settledAt tariff { versionNumber }
    cost { final price { total { amountMinor } } lines { dimension quantity } } steps { name state code } } } }"""


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


async def publish(house: House, price: str, **more: Any) -> None:
    """The next version of the operator's tariff, from now on."""
    key = f"{price} {len(str(more))}"
    elements = more.pop("elements", [{"components": [{"type": "ENERGY", "price": price, "vatPercent": "19"}]}])
    draft = tariffs.TariffDraft("code-ALPHA", "EUR", True, elements, **more)
    scope, desk = house.tenant.scope, house.world.desk
    version: Any = made(await tariffs.create(scope=scope, desk=desk, draft=draft, options=options(key)))
    made(
        await tariffs.publish(
            scope=scope, desk=desk, tariff_id=version.uuid, valid_from=None, options=options(f"publish {key}")
        )
    )


async def quoted(house: House, evse: str = "evse", arguments: str = "") -> dict[str, Any]:
    found: dict[str, Any] = (await house.ask("{ " + QUOTE % ((await house.ids())[evse], arguments) + " }"))["quote"]
    return found


async def shown(house: House, session_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await house.ask(SESSION, id=session_id))["node"]
    return found


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


async def charge(station: Station, energy_wh: int, *, name: str = "tx", asked: dict[str, Any] | None = None) -> None:
    """A whole session of an hour, told as fast as the station can speak."""
    begin = datetime.now(UTC)
    remote = {} if asked is None else {"remoteStartId": asked["remoteStartId"]}
    parts = (("Started", 0, 0, "RemoteStart"), ("Ended", energy_wh, 1, "RemoteStop"))
    for kind, register, number, trigger in parts:
        at = (begin + timedelta(hours=number)).isoformat()
        value = {"value": register, "measurand": "Energy.Active.Import.Register"}
        await station.say(
            "TransactionEvent",
            eventType=kind,
            timestamp=at,
            triggerReason=trigger,
            seqNo=number,
            transactionInfo={"transactionId": name, **(remote if number == 0 else {})},
            evse={"id": 1, "connectorId": 1},
            meterValue=[{"timestamp": at, "sampledValue": [value]}],
        )


async def start(house: House, quote_id: str, evse: str = "evse") -> dict[str, Any]:
    return await house.do("sessionStart", f'evseId: "{(await house.ids())[evse]}" quoteId: "{quote_id}"')


async def test_a_session_pays_the_price_it_was_quoted(house: House) -> None:
    async with house.dialled("ocpp2.0.1") as station:
        quote = await quoted(house, arguments="energyWh: 12000")
        assert (quote["price"]["total"]["amountMinor"], quote["tariff"]["versionNumber"]) == (600, 1)
        assert quote["holdAmount"] == {"amountMinor": 2000, "currency": "EUR"}, "the tariff says what is held"
        await publish(house, "0.90")

        started = await start(house, quote["id"])
        assert started["errors"] == []
        assert {"name": "PRICE_SHOWN", "state": "DONE", "code": None} in started["session"]["steps"]
        (asked,) = station.was_asked("RequestStartTransaction")
        await charge(station, 12_000, asked=asked)
        session = await shown(house, started["session"]["id"])
        assert (session["tariff"]["versionNumber"], session["cost"]["final"]) == (1, True)
        assert session["cost"]["price"]["total"]["amountMinor"] == quote["price"]["total"]["amountMinor"]

        dearer = await quoted(house, arguments="energyWh: 12000")
        assert (dearer["price"]["total"]["amountMinor"], dearer["tariff"]["versionNumber"]) == (1080, 2)
        again = await start(house, quote["id"])
        assert [error["code"] for error in again["errors"]] == ["QUOTE_EXPIRED"], "one quote, one session"


async def test_without_a_quote_the_price_of_the_start_is_paid(house: House) -> None:
    """The control of the test above: the same session, the newer price."""
    async with house.dialled("ocpp2.0.1") as station:
        await publish(house, "0.90")
        started = await house.do("sessionStart", f'evseId: "{(await house.ids())["evse"]}"')
        (asked,) = station.was_asked("RequestStartTransaction")
        await charge(station, 12_000, asked=asked)
        session = await shown(house, started["session"]["id"])
        assert session["cost"]["price"]["total"]["amountMinor"] == 1080


async def test_a_quote_binds_where_when_and_for_whom(house: House) -> None:
    ids = await house.ids()
    async with house.dialled("ocpp2.0.1") as station:
        quote = await quoted(house)
        elsewhere = await start(house, quote["id"], "other")
        assert [(error["code"], error["path"]) for error in elsewhere["errors"]] == [("INVALID_INPUT", ["quoteId"])]
        personal = await quoted(house, arguments=f'tokenId: "{ids["token"]}"')
        assert [error["code"] for error in (await start(house, personal["id"]))["errors"]] == ["INVALID_INPUT"]
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        ahead = await quoted(house, arguments=f'startAt: "{tomorrow}"')
        assert [error["code"] for error in (await start(house, ahead["id"]))["errors"]] == ["INVALID_INPUT"]
        house.world.ingest("UPDATE session SET quote_key = NULL")
        with_owner_rights(house, "UPDATE quote SET valid_until = now() - interval '1 s'")
        late = await start(house, quote["id"])
        assert [error["code"] for error in late["errors"]] == ["QUOTE_EXPIRED"]
        assert "quote" in late["errors"][0]["message"]
        unknown = await start(house, "quo_" + "0" * 26)
        assert [error["code"] for error in unknown["errors"]] == ["NOT_FOUND"]
        assert station.was_asked("RequestStartTransaction") == []


def with_owner_rights(house: House, statement: str) -> None:
    import psycopg

    with psycopg.connect(house.world.database.owner_url, autocommit=True) as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [("energyWh: -1", "energyWh"), ("minutes: 100000", "minutes"), ('startAt: "2001-01-01T00:00:00Z"', "startAt")],
)
async def test_odd_wishes_are_refused(house: House, arguments: str, path: str) -> None:
    text = "{ " + QUOTE % ((await house.ids())["evse"], arguments) + " }"
    (error,) = (await house.client.ask(text, house.tenant.scope))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("INVALID_INPUT", [path])
    assert house.world.ingest("SELECT 1 FROM quote") == []


async def test_staying_longer_costs_what_parking_costs(house: House) -> None:
    parts = [{"type": "ENERGY", "price": "0.50"}, {"type": "PARKING_TIME", "price": "6.00"}]
    await publish(house, "", elements=[{"components": parts}])
    brief = await quoted(house, arguments="energyWh: 22000")
    assert brief["minutes"] == 60, "22 kWh at 22 kW"
    long = await quoted(house, arguments="energyWh: 22000 minutes: 90")
    assert [line["dimension"] for line in long["lines"]] == ["ENERGY", "PARKING_TIME"]
    assert long["price"]["total"]["amountMinor"] - brief["price"]["total"]["amountMinor"] == 300


RESERVING = [
    {"components": [{"type": "ENERGY", "price": "0.50"}]},
    {"components": [{"type": "TIME", "price": "6.00", "stepSize": 1}], "restrictions": {"reservation": "RESERVATION"}},
    {
        "components": [{"type": "FLAT", "price": "4.00"}],
        "restrictions": {"reservation": "RESERVATION_EXPIRES"},
    },
]


async def reserve(house: House) -> str:
    ids = await house.ids()
    ends = stamp(datetime.now(UTC) + timedelta(hours=1))
    done = await house.do("reservationCreate", f'evseId: "{ids["evse"]}", tokenId: "{ids["token"]}", until: "{ends}",')
    assert done["errors"] == []
    house.world.ingest("UPDATE session SET reserved_at = reserved_at - interval '30 min' WHERE status = 'RESERVATION'")
    found: str = done["session"]["id"]
    return found


async def test_waiting_for_a_car_is_billed_with_its_session_at_the_price_agreed(house: House) -> None:
    await publish(house, "", elements=RESERVING)
    async with house.dialled("ocpp2.0.1") as station:
        session_id = await reserve(house)
        await publish(house, "9.00")
        uid = (await house.ids())["uid"]
        number = station.was_asked("ReserveNow")[-1]["id"]
        begin = datetime.now(UTC)
        for kind, at, number_of, register in (
            ("Started", begin, 0, 0),
            ("Ended", begin + timedelta(hours=1), 1, 10_000),
        ):
            await station.say(
                "TransactionEvent",
                eventType=kind,
                timestamp=at.isoformat(),
                triggerReason="Authorized" if number_of == 0 else "StopAuthorized",
                seqNo=number_of,
                transactionInfo={"transactionId": "kept"},
                evse={"id": 1, "connectorId": 1},
                idToken={"idToken": uid, "type": "ISO14443"},
                reservationId=number,
                meterValue=[{"timestamp": at.isoformat(), "sampledValue": [{"value": register}]}],
            )
        session = await shown(house, session_id)
        assert [line["dimension"] for line in session["cost"]["lines"]] == ["ENERGY", "RESERVATION_TIME"]
        assert 800 <= session["cost"]["price"]["total"]["amountMinor"] <= 803, "5 EUR of energy, half an hour at 6 EUR"


async def test_nobody_came_and_the_fee_is_billed_once(house: House, database: TestDatabase) -> None:
    await publish(house, "", elements=RESERVING)
    async with house.dialled("ocpp2.0.1"):
        session_id = await reserve(house)
        house.world.ingest("UPDATE session SET start_deadline = now() - interval '1 s' WHERE status = 'RESERVATION'")
        await until(lambda: house.world.ingest("SELECT 1 FROM duty WHERE kind = 'SETTLE_RESERVATION'") != [])
        ((key,),) = house.world.ingest("SELECT key FROM duty WHERE kind = 'SETTLE_RESERVATION'")
        assert isinstance(key, int)
        for expected in (True, False):
            assert await do_duty(database.ingest_url, house.world.desk.feed, key, Tools(utc_now)) is expected
        session = await shown(house, session_id)
        assert session["status"] == "INVALID"
        assert {"name": "PRICED", "state": "DONE", "code": None} in session["steps"]
        assert [line["dimension"] for line in session["cost"]["lines"]] == ["RESERVATION_TIME", "RESERVATION_FLAT"]
        assert 700 <= session["cost"]["price"]["total"]["amountMinor"] <= 703, "4 EUR, and half an hour at 6 EUR"


async def test_what_the_station_refused_or_took_back_costs_nothing(house: House) -> None:
    await publish(house, "", elements=RESERVING)
    async with house.dialled("ocpp2.0.1") as station:
        await reserve(house)
        number = station.was_asked("ReserveNow")[-1]["id"]
        await station.say("ReservationStatusUpdate", reservationId=number, reservationUpdateStatus="Removed")
        station.answers["ReserveNow"] = {"status": "Occupied"}
        ids, ends = await house.ids(), stamp(datetime.now(UTC) + timedelta(hours=1))
        await house.do("reservationCreate", f'evseId: "{ids["evse"]}", tokenId: "{ids["token"]}", until: "{ends}",')
        await house.sweeper.reservations(await house.sweeper._connected())
        assert house.world.ingest("SELECT 1 FROM duty") == []


PREVIEW = """query($id: ID!) {
    tariffPreview(tariffId: $id) { nodes { session { id } before { amountMinor } after { amountMinor } difference { amountMinor } } }
    tariffPreviewTotal(tariffId: $id) { sessions others before { amountMinor } after { amountMinor } difference { amountMinor } } }"""


async def test_a_draft_is_tried_on_past_sessions_and_charged_to_nobody(house: House) -> None:
    async with house.dialled("ocpp2.0.1") as station:
        started = await house.do("sessionStart", f'evseId: "{(await house.ids())["evse"]}"')
        await charge(station, 12_000, asked=station.was_asked("RequestStartTransaction")[-1])
        session = await shown(house, started["session"]["id"])
        parts = [{"type": "ENERGY", "price": "0.40"}, {"type": "TIME", "price": "2.00"}]
        draft = tariffs.TariffDraft("code-ALPHA", "EUR", True, [{"components": parts}])
        made_draft: Any = made(
            await tariffs.create(
                scope=house.tenant.scope, desk=house.world.desk, draft=draft, options=options("preview")
            )
        )
        draft_id = public_id(Prefix.TARIFF, made_draft.uuid)
        found = await house.ask(PREVIEW, id=draft_id)
        rows = [
            [row[name]["amountMinor"] for name in ("before", "after", "difference")]
            for row in found["tariffPreview"]["nodes"]
            if row["before"] is not None
        ]
        assert [600, 680, 80] in rows, "an hour of time, cheaper energy"
        total = found["tariffPreviewTotal"]
        sums = [total[name]["amountMinor"] for name in ("before", "after", "difference")]
        assert sums == [sum(column) for column in zip(*rows, strict=True)]
        assert await shown(house, started["session"]["id"]) == session, "a preview changes nothing"
        unknown = await house.client.ask(PREVIEW, house.tenant.scope, id=public_id(Prefix.TARIFF, uuid7()))
        assert {error["extensions"]["code"] for error in unknown["errors"]} == {"NOT_FOUND"}
