"""A reservation from the operator's wish to the car that comes, or does not."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import TestDatabase
from tests.gateway.doubles import until
from tests.journeys.power_house import House, house_of
from tests.journeys.station import Station

VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
every_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


async def reserve(house: House, *, evse: str = "evse", hours: float = 1) -> dict[str, Any]:
    ids = await house.ids()
    ends = stamp(datetime.now(UTC) + timedelta(hours=hours))
    return await house.do("reservationCreate", f'evseId: "{ids[evse]}", tokenId: "{ids["token"]}", until: "{ends}",')


async def session(house: House, public_id: str) -> dict[str, Any]:
    text = "query($id: ID!) { node(id: $id) { ... on Session { status transactionId reservedUntil steps { name state code } } } }"
    found: dict[str, Any] = (await house.ask(text, id=public_id))["node"]
    return found


async def comes(
    station: Station, version: str, uid: str, number: int | None = None, *, tx: str = "tx-1", later: int = 0
) -> None:
    """Somebody plugs in at EVSE 1 with a token, perhaps with the number of a reservation."""
    kept = {} if number is None else {"reservationId": number}
    at = stamp(datetime.now(UTC) + timedelta(seconds=later))
    if version == "ocpp1.6":
        await station.say("StartTransaction", connectorId=1, idTag=uid, meterStart=0, timestamp=at, **kept)
        return
    await station.say(
        "TransactionEvent",
        eventType="Started",
        timestamp=at,
        triggerReason="Authorized",
        seqNo=0,
        transactionInfo={"transactionId": tx},
        evse={"id": 1, "connectorId": 1},
        idToken={"idToken": uid, "type": "ISO14443"},
        **kept,
    )


def number_of(station: Station, version: str) -> int:
    sent = station.was_asked("ReserveNow")[-1]
    return sent["reservationId"] if version == "ocpp1.6" else sent["id"]


@every_version
async def test_who_reserved_comes_and_charges(house: House, version: str) -> None:
    uid = (await house.ids())["uid"]
    async with house.dialled(version) as station:
        done = await reserve(house)
        assert done["errors"] == []
        assert (done["session"]["status"], done["command"]["answer"]["status"]) == ("RESERVATION", "Accepted")
        public_id = done["session"]["id"]
        assert (await session(house, public_id))["reservedUntil"] is not None
        sent = station.was_asked("ReserveNow")[-1]
        assert sent["connectorId" if version == "ocpp1.6" else "evseId"] == 1
        await comes(station, version, uid)
        kept = await session(house, public_id)
        assert kept["status"] == "ACTIVE"
        assert kept["transactionId"] is not None
        assert kept["reservedUntil"] is None


@every_version
async def test_another_token_does_not_keep_it_but_its_number_does(house: House, version: str) -> None:
    """A card of the same group may keep a reservation: the station says so by its number."""
    async with house.dialled(version) as station:
        public_id = (await reserve(house))["session"]["id"]
        await comes(station, version, "SOMEBODY", tx="tx-other")
        assert (await session(house, public_id))["status"] == "RESERVATION"
        await comes(station, version, "FRIEND", number_of(station, version), tx="tx-friend", later=60)
        assert (await session(house, public_id))["status"] == "ACTIVE"


@every_version
async def test_a_station_that_refuses_leaves_no_reservation(house: House, version: str) -> None:
    async with house.dialled(version) as station:
        station.answers["ReserveNow"] = {"status": "Occupied"}
        refused = await reserve(house)
        assert refused["session"]["status"] == "INVALID"
        assert [step["code"] for step in refused["session"]["steps"]] == ["Occupied"]
        station.answers.pop("ReserveNow")
        assert (await reserve(house))["session"]["status"] == "RESERVATION", "the EVSE is free again"


async def test_an_evse_is_promised_once(house: House) -> None:
    async with house.dialled("ocpp2.0.1") as station:
        assert (await reserve(house))["errors"] == []
        assert [error["code"] for error in (await reserve(house))["errors"]] == ["EVSE_BUSY"]
        assert (await reserve(house, evse="other"))["errors"] == []
        assert [error["code"] for error in (await reserve(house, hours=-1))["errors"]] == ["INVALID_INPUT"]
        assert len(station.was_asked("ReserveNow")) == 2


@every_version
async def test_it_is_taken_back(house: House, version: str) -> None:
    async with house.dialled(version) as station:
        public_id = (await reserve(house))["session"]["id"]
        done = await house.do("reservationCancel", f'sessionId: "{public_id}",')
        assert done["command"]["answer"]["accepted"] is True
        assert station.was_asked("CancelReservation") == [{"reservationId": number_of(station, version)}]
        over = await session(house, public_id)
        assert (over["status"], over["steps"][0]["code"]) == ("INVALID", "CANCELLED")
        again = await house.do("reservationCancel", f'sessionId: "{public_id}",')
        assert [error["code"] for error in again["errors"]] == ["SESSION_NOT_ACTIVE"]


async def test_the_stations_word_ends_it(house: House) -> None:
    async with house.dialled("ocpp2.0.1") as station:
        public_id = (await reserve(house))["session"]["id"]
        number = number_of(station, "ocpp2.0.1")
        await station.say("ReservationStatusUpdate", reservationId=number, reservationUpdateStatus="Removed")
        over = await session(house, public_id)
        assert (over["status"], over["steps"][0]["code"]) == ("INVALID", "REMOVED")


async def test_nobody_came_in_time(house: House) -> None:
    async with house.dialled("ocpp1.6"):
        public_id = (await reserve(house))["session"]["id"]
        house.world.ingest("UPDATE session SET start_deadline = now() - interval '1 s' WHERE status = 'RESERVATION'")

        def over() -> bool:
            return house.world.ingest("SELECT 1 FROM session WHERE status = 'RESERVATION'") == []

        await until(over)
        gone = await session(house, public_id)
        assert (gone["status"], gone["steps"][0]["code"]) == ("INVALID", "EXPIRED")


async def test_any_evse_is_reserved_in_ocpps_own_terms(house: House) -> None:
    station_id = (await house.ids())["station"]
    ends = stamp(datetime.now(UTC) + timedelta(hours=1))
    async with house.dialled("ocpp2.0.1") as station:
        await house.do(
            "reservationSend",
            f'''stationId: "{station_id}", request: {{id: 900, expiryDateTime: "{ends}", connectorType: "cType2",
                idToken: {{idToken: "TAG", type: "ISO14443"}}}},''',
        )
        assert station.was_asked("ReserveNow")[0]["connectorType"] == "cType2"
        await house.do("reservationWithdraw", f'stationId: "{station_id}", request: {{reservationId: 900}},')
        assert station.was_asked("CancelReservation") == [{"reservationId": 900}]
