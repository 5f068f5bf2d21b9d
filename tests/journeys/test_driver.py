"""Drivers on an account: a contractor's kilowatt-hours end where they end, and a prepaid balance pays what it can."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.jobs.duties import do_duty
from app.jobs.tools import Tools
from app.main.process import utc_now
from tests.conftest import TestDatabase
from tests.journeys.power_house import House, house_of
from tests.journeys.station import Station, dialled

CARD = {"idToken": "", "type": "ISO14443"}
SESSIONS = """{ sessions(filter: {driverIds: ["%s"], accountIds: ["%s"]}) { nodes { id energyWh status transactionId
    driver { name } account { name balance { amountMinor } } costCentre } } }"""
TARGETS = """{ sessions(first: 1, orderBy: STARTED_AT_DESC) { nodes { target { energyWh costLimit { amountMinor currency }
    socPercent durationS } } } }"""
RULES = "{ authorisations(first: 1) { nodes { decision rule } } }"


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        made.world.ingest("DELETE FROM account_limit")
        yield made


async def mutation(house: House, text: str) -> dict[str, Any]:
    (found,) = (await house.ask(f"mutation {{ {text} }}")).values()
    assert found["errors"] == [], found
    return dict(found)


async def names(house: House) -> tuple[str, str]:
    data = await house.ask("{ drivers { nodes { id } } accounts { nodes { id } } }")
    return data["drivers"]["nodes"][0]["id"], data["accounts"]["nodes"][0]["id"]


async def limit(house: House, on: str, per: str, most: int, more: str = "") -> None:
    _, account = await names(house)
    text = f'accountLimitSet(accountId: "{account}", on: {on}, per: {per}, most: {most}{more})'
    await mutation(house, text + " { errors { message } }")


async def tap(house: House, station: Station) -> str:
    uid = (await house.ids())["uid"]
    answer = await station.say("Authorize", idToken=CARD | {"idToken": uid})
    return str(answer["idTokenInfo"]["status"])


async def report(
    house: House, station: Station, kind: str, number: int, energy_wh: int, *, power_w: int = 11_000, minutes: int = 0
) -> dict[str, Any]:
    now = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    values = [
        {"value": energy_wh, "measurand": "Energy.Active.Import.Register"},
        {"value": power_w, "measurand": "Power.Active.Import"},
    ]
    more = {"idToken": CARD | {"idToken": (await house.ids())["uid"]}} if kind == "Started" else {}
    return await station.say(
        "TransactionEvent",
        eventType=kind,
        timestamp=now,
        triggerReason={"Started": "Authorized", "Updated": "MeterValuePeriodic", "Ended": "EVDeparted"}[kind],
        seqNo=number,
        transactionInfo={"transactionId": "t1", "chargingState": "Charging"},
        evse={"id": 1, "connectorId": 1},
        meterValue=[{"timestamp": now, "sampledValue": values}],
        **more,
    )


async def look(house: House) -> None:
    """The duty that watches the account, as if its time had come."""
    [(key,)] = house.world.ingest("SELECT key FROM duty WHERE kind = 'WATCH_ACCOUNT'")
    assert await do_duty(house.world.database.ingest_url, house.world.desk.feed, int(str(key)), Tools(utc_now))


async def of_hers(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await house.ask(SESSIONS % await names(house)))["sessions"]["nodes"]
    return [one for one in found if one["transactionId"] == "t1"]


async def test_a_contractor_s_last_kilowatt_hours_are_stopped_and_the_next_is_refused(house: House) -> None:
    """Two stations' earlier sessions used 20 kWh of this month's 50 already."""
    house.world.ingest("UPDATE session SET started_at = now() - interval '1 second'")
    await limit(house, "ENERGY_WH", "MONTH", 50_000, ', costCentre: "Centre ALPHA"')
    async with house.dialled("ocpp2.0.1") as station:
        assert await tap(house, station) == "Accepted"
        started = await report(house, station, "Started", 0, 0)
        assert started["idTokenInfo"]["status"] == "Accepted"
        await report(house, station, "Updated", 1, 29_000)
        await look(house)
        assert station.was_asked("RequestStopTransaction") == []
        await report(house, station, "Updated", 2, 29_990)
        await look(house)
        async with asyncio.timeout(20):
            while not station.was_asked("RequestStopTransaction"):
                await asyncio.sleep(0.1)
        assert station.was_asked("RequestStopTransaction") == [{"transactionId": "t1"}]
        assert await tap(house, station) == "Accepted"  # who charges may show the card to end it
        await report(house, station, "Ended", 3, 30_010, power_w=0)
        assert await tap(house, station) == "NoCredit"
    (tapped,) = (await house.ask(RULES))["authorisations"]["nodes"]
    assert tapped == {"decision": "NO_CREDIT", "rule": "LIMIT:ENERGY_WH/MONTH"}
    (session,) = await of_hers(house)
    assert (session["energyWh"], session["driver"]["name"], session["account"]["name"]) == (
        30_010, "Driver ALPHA", "Account ALPHA",
    )  # fmt: skip
    assert session["costCentre"] == "Centre ALPHA"
    entry = (await house.ask("{ auditEntries(first: 5) { nodes { actor action reason subjectId } } }"))["auditEntries"]
    asked = {"actor": "voltgraph", "action": "session.stop_requested", "reason": "LIMIT:ENERGY_WH/MONTH"}
    assert asked | {"subjectId": session["id"]} in entry["nodes"]
    commands = (await house.ask("{ commands(first: 1) { nodes { reason session { id } } } }"))["commands"]["nodes"]
    assert commands == [{"reason": "LIMIT:ENERGY_WH/MONTH", "session": {"id": session["id"]}}]


async def test_what_was_used_last_month_elsewhere_or_by_others_does_not_count(house: House) -> None:
    house.world.ingest("UPDATE session SET started_at = now() - interval '40 days'")
    await limit(house, "ENERGY_WH", "MONTH", 1)
    async with house.dialled("ocpp2.0.1") as station:
        assert await tap(house, station) == "Accepted"
        house.world.ingest("UPDATE session SET started_at = now() - interval '1 second', location_key = %s "
                           "WHERE station_key = %s", house.tenant.locations[1].key, house.tenant.stations[0].key)  # fmt: skip
        place = (await house.ask("{ locations { nodes { id } } }"))["locations"]["nodes"][0]["id"]
        house.world.ingest("DELETE FROM account_limit")
        await limit(house, "ENERGY_WH", "MONTH", 1, f', locationId: "{place}"')
        assert await tap(house, station) == "Accepted"
        house.world.ingest("DELETE FROM account_limit")
        await limit(house, "ENERGY_WH", "MONTH", 1)
        assert await tap(house, station) == "NoCredit"
        house.world.ingest("UPDATE session SET account_key = NULL")
        assert await tap(house, station) == "Accepted"


async def test_a_limit_that_is_set_while_somebody_charges_ends_it(house: House) -> None:
    async with house.dialled("ocpp2.0.1") as station:
        await report(house, station, "Started", 0, 0)
        await report(house, station, "Updated", 1, 5_000)
        assert house.world.ingest("SELECT key FROM duty WHERE kind = 'WATCH_ACCOUNT'") == []
        await limit(house, "ENERGY_WH", "SESSION", 4_000)
        await look(house)
        async with asyncio.timeout(20):
            while not station.was_asked("RequestStopTransaction"):
                await asyncio.sleep(0.1)
    newest = (await house.ask("{ commands(first: 1) { nodes { reason } } }"))["commands"]["nodes"]
    assert newest == [{"reason": "LIMIT:ENERGY_WH/SESSION"}]


async def test_a_remote_start_is_refused_by_the_same_rule(house: House) -> None:
    house.world.ingest("UPDATE session SET started_at = now() - interval '1 second'")
    await limit(house, "SESSIONS", "DAY", 2)
    async with house.dialled("ocpp2.0.1") as station:
        ids = await house.ids()
        refused = await house.do("sessionStart", f'evseId: "{ids["evse"]}" tokenId: "{ids["token"]}"')
        assert [(error["code"], "LIMIT:SESSIONS/DAY" in error["message"]) for error in refused["errors"]] == [
            ("TOKEN_REFUSED", True)
        ]
        await limit(house, "SESSIONS", "DAY", 3)
        started = await house.do("sessionStart", f'evseId: "{ids["evse"]}" tokenId: "{ids["token"]}"')
        assert started["errors"] == []
        assert len(station.was_asked("RequestStartTransaction")) == 1
    (pinned,) = house.world.ingest(
        "SELECT driver_key IS NOT NULL, account_key IS NOT NULL, cost_centre_key IS NOT NULL FROM session "
        "WHERE status = 'PENDING'"
    )
    assert pinned == (True, True, True)


@pytest.mark.parametrize(
    ("target", "shown", "rule"),
    [
        ("energyWh: 5000", {"energyWh": 5000}, "TARGET_ENERGY"),
        ("costLimitMinor: 250", {"costLimit": {"amountMinor": 250, "currency": "EUR"}}, "TARGET_COST"),
        ("durationS: 20", {"durationS": 20}, "TARGET_TIME"),
    ],
)
async def test_what_is_wanted_of_a_start_ends_it(house: House, target: str, shown: dict[str, Any], rule: str) -> None:
    for table in ("tariff", "tariff_assignment"):
        house.world.ingest(f"UPDATE {table} SET valid_from = now() - interval '1 day'")
    ids = await house.ids()
    where = f'evseId: "{ids["evse"]}" tokenId: "{ids["token"]}"'
    wrong = await house.do("sessionStart", where + " target: {socPercent: 101}")
    assert [(error["code"], error["path"]) for error in wrong["errors"]] == [
        ("INVALID_INPUT", ["target", "socPercent"])
    ]
    async with house.dialled("ocpp2.0.1") as station:
        assert (await house.do("sessionStart", where + f" target: {{{target}}}"))["errors"] == []
        number = station.was_asked("RequestStartTransaction")[0]["remoteStartId"]
        for kind, wh, at in (("Started", 0, 0), ("Updated", 5_000, 1)):
            now = (datetime.now(UTC) - timedelta(minutes=30 - 30 * at)).isoformat()
            await station.say(
                "TransactionEvent", eventType=kind, timestamp=now, triggerReason="RemoteStart", seqNo=at,
                transactionInfo={"transactionId": "t1", "remoteStartId": number}, evse={"id": 1, "connectorId": 1},
                meterValue=[{"timestamp": now, "sampledValue": [{"value": wh}]}],
            )  # fmt: skip
        await look(house)
        async with asyncio.timeout(20):
            while not station.was_asked("RequestStopTransaction"):
                await asyncio.sleep(0.1)
    found = (await house.ask(TARGETS))["sessions"]["nodes"][0]["target"]
    assert found == {"energyWh": None, "costLimit": None, "socPercent": None, "durationS": None} | shown
    newest = (await house.ask("{ commands(first: 1) { nodes { reason } } }"))["commands"]["nodes"]
    assert newest == [{"reason": rule}]


async def made_prepaid(house: House) -> None:
    """Of 10 EUR, at 0.50 a kWh; what was charged before is settled."""
    house.world.ingest("UPDATE session SET settled_at = ended_at")
    house.world.ingest("DELETE FROM tariff_assignment")
    _, account = await names(house)
    version = (await house.ask("{ accounts { nodes { version } } }"))["accounts"]["nodes"][0]["version"]
    said = 'input: {kind: PRIVATE, name: "Account ALPHA", country: "DE", currency: "EUR", prepaid: true}'
    await mutation(house, f'accountUpdate(id: "{account}", ifVersion: {version}, {said}) {{ errors {{ message }} }}')
    await mutation(house, 'tariffAssign(code: "code-ALPHA") { errors { message } }')


async def test_what_runs_up_elsewhere_is_not_spent_twice(house: House) -> None:
    await made_prepaid(house)
    other = house.tenant.stations[1].identity
    async with house.dialled("ocpp2.0.1") as station, dialled(house.server.port, other, "ocpp2.0.1") as second:
        await report(house, station, "Started", 0, 0)
        await report(house, station, "Updated", 1, 19_000, power_w=0, minutes=55)
        await look(house)
        assert await tap(house, second) == "Accepted", "50 cents are left"
        await report(house, station, "Updated", 2, 20_000, power_w=0, minutes=57)
        await look(house)
        assert await tap(house, second) == "NoCredit", "nothing is billed yet, and yet all is spent"
        assert await tap(house, station) == "Accepted"  # to end it
        await report(house, station, "Ended", 4, 20_000, minutes=58)  # a message before it is missing
        [row] = house.world.ingest("SELECT settled_at IS NULL, cost_minor FROM session WHERE transaction_id = 't1'")
        assert row == (True, 1000), "it has ended, and nothing is paid yet"
        assert await tap(house, second) == "NoCredit"
        await report(house, station, "Updated", 3, 20_000, power_w=0, minutes=57)
    [(balance,)] = house.world.ingest("SELECT balance_minor FROM account")
    assert balance == 0, "and paid once"


async def test_a_prepaid_balance_pays_what_was_charged_once_and_then_is_empty(house: House) -> None:
    await made_prepaid(house)
    async with house.dialled("ocpp2.0.1") as station:
        assert await tap(house, station) == "Accepted"
        await report(house, station, "Started", 0, 0)
        for _ in range(2):  # an end that is told twice is one end
            await report(house, station, "Ended", 1, 20_000, minutes=58)
        assert await tap(house, station) == "NoCredit"
    (session,) = await of_hers(house)
    assert session["account"]["balance"] == {"amountMinor": 0}
    data = await house.ask("{ accounts { nodes { entries { nodes { kind amountMinor } } } } }")
    entries = [(one["kind"], one["amountMinor"]) for one in data["accounts"]["nodes"][0]["entries"]["nodes"]]
    assert entries == [("CHARGE", -1000), ("TOP_UP", 1000)]
