"""Simulated stations obey what the operator asks of their power, in every version."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.fleet import Fleet
from simulator.spec import StationSpec
from simulator.station import Station
from tests.conftest import TestDatabase
from tests.gateway.doubles import until
from tests.journeys.power_house import House, house_of

every_version = pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


@contextlib.asynccontextmanager
async def simulated(house: House, version: str) -> AsyncIterator[Station]:
    spec = StationSpec(house.station.identity, None, version, evses=2, tokens=("CARD",), meter_interval_s=1)
    fleet = Fleet(f"ws://127.0.0.1:{house.server.port}/ocpp", [spec], seed=3, time_factor=50)
    life = asyncio.create_task(fleet.run(visitors=False))
    station = fleet[spec.identity]
    await station.wait_until(lambda one: one.link.online)
    yield station
    await fleet.stop()
    with contextlib.suppress(asyncio.CancelledError):
        await life


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


@every_version
async def test_a_profile_lowers_what_may_be_drawn(house: House, version: str) -> None:
    station_id = (await house.ids())["station"]

    async def composite() -> list[dict[str, Any]]:
        done = await house.do(
            "compositeScheduleGet",
            f'stationId: "{station_id}", request: {{evseId: 1, duration: 900, chargingRateUnit: A}},',
            fields="compositeSchedule { periods { startPeriod limit } }",
        )
        found: list[dict[str, Any]] = done["command"]["answer"]["compositeSchedule"]["periods"]
        return found

    async with simulated(house, version):
        (before,) = await composite()
        start = stamp(datetime.now(UTC) - timedelta(minutes=5))
        for number, evse, purpose, level, limit in (
            (1, 1, "TX_DEFAULT_PROFILE", 0, 20),
            (2, 1, "TX_DEFAULT_PROFILE", 1, 12),
            (3, 0, "CHARGING_STATION_MAX_PROFILE", 0, 10),
        ):
            done = await house.do(
                "chargingProfileSet",
                f"""stationId: "{station_id}", request: {{evseId: {evse}, chargingProfile: {{id: {number},
                stackLevel: {level}, chargingProfilePurpose: {purpose}, chargingProfileKind: ABSOLUTE,
                chargingSchedule: [{{id: 1, chargingRateUnit: A, startSchedule: "{start}",
                chargingSchedulePeriod: [{{startPeriod: 0, limit: {limit}}}, {{startPeriod: 600, limit: 6}}]}}]}}}},""",
            )
            assert done["command"]["answer"]["status"] == "Accepted", done
        lowered = await composite()
        assert [one["limit"] for one in lowered] == [10, 6]
        assert lowered[0]["startPeriod"] == 0
        assert 0 < lowered[1]["startPeriod"] <= 300
        await house.do(
            "chargingProfileClear",
            f'stationId: "{station_id}", request: {{chargingProfileCriteria: {{evseId: 1}}}},',
        )
        await house.do("chargingProfileClear", f'stationId: "{station_id}", request: {{chargingProfileId: 3}},')
        assert await composite() == [before]
        assert (await house.shown("chargingProfiles { evse }"))["chargingProfiles"] == []


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_it_reports_the_profiles_it_holds(house: House, version: str) -> None:
    station_id = (await house.ids())["station"]
    async with simulated(house, version) as station:
        await house.do(
            "chargingProfileSet",
            f"""stationId: "{station_id}", request: {{evseId: 1, chargingProfile: {{id: 1, stackLevel: 0,
            chargingProfilePurpose: TX_DEFAULT_PROFILE, chargingProfileKind: RELATIVE, chargingSchedule: [{{id: 1,
            chargingRateUnit: W, chargingSchedulePeriod: [{{startPeriod: 0, limit: 4000}}]}}]}}}},""",
        )
        assert list(station.holdings.profiles) == [1]
        get = f'stationId: "{station_id}", request: {{requestId: 3, chargingProfile: {{}}}},'
        assert (await house.do("chargingProfilesGet", get))["command"]["answer"]["status"] == "Accepted"

        def reported() -> bool:
            return house.world.ingest("SELECT 1 FROM charging_profile WHERE reported_at IS NOT NULL") != []

        await until(reported)


async def reserve(house: House, seconds: int) -> dict[str, Any]:
    ids = await house.ids()
    ends = stamp(datetime.now(UTC) + timedelta(seconds=seconds))
    return await house.do("reservationCreate", f'evseId: "{ids["evse"]}", tokenId: "{ids["token"]}", until: "{ends}",')


def statuses(house: House) -> set[str]:
    return {str(row[0]) for row in house.world.ingest("SELECT status FROM session WHERE origin = 'OPERATOR'")}


def plug(house: House) -> str:
    rows = house.world.ingest(
        "SELECT status FROM connector WHERE station_key = %s AND evse_number = 1", house.station.key
    )
    return str(rows[0][0])


@every_version
async def test_a_reservation_keeps_others_out(house: House, version: str) -> None:
    uid = (await house.ids())["uid"]
    async with simulated(house, version) as station:
        assert (await reserve(house, 3600))["session"]["status"] == "RESERVATION"
        await until(lambda: plug(house) == "RESERVED")
        assert not await station.tap(1, "CARD")
        assert await station.tap(1, uid)
        await station.plug_in(1)
        await until(lambda: statuses(house) == {"ACTIVE"})
        await station.unplug(1)
        await until(lambda: statuses(house) == {"COMPLETED"})


@every_version
async def test_a_reservation_lapses(house: House, version: str) -> None:
    async with simulated(house, version) as station:
        assert (await reserve(house, 3))["session"]["status"] == "RESERVATION"
        assert station.positions[1].reservation is not None
        await until(lambda: statuses(house) == {"INVALID"})
        await until(lambda: plug(house) == "AVAILABLE")


@every_version
async def test_its_list_is_what_we_say_it_is(house: House, version: str) -> None:
    ids = await house.ids()
    async with simulated(house, version) as station:
        sync = f'stationId: "{ids["station"]}",'
        await house.do("localListSync", sync)
        assert list(station.holdings.entries) == [ids["uid"]]
        await house.ask(
            f'mutation {{ tokenBlock(id: "{ids["token"]}", reason: "lost", options: {{idempotencyKey: "b"}})'
            " { errors { code } } }"
        )
        await house.do("localListSync", sync)
        assert station.holdings.entries == {}
        shown = (await house.shown("localList { version tokens inStep }"))["localList"]
        assert shown == {"version": station.holdings.list_version, "tokens": 0, "inStep": True}


async def test_a_2_1_station_holds_tariffs_and_grid_controls(house: House) -> None:
    station_id = (await house.ids())["station"]
    async with simulated(house, "2.1") as station:
        tariff = 'tariff: {tariffId: "A", currency: "EUR", energy: {prices: [{priceKwh: 0.49}]}}'
        await house.do("defaultTariffSet", f'stationId: "{station_id}", request: {{evseId: 0, {tariff}}},')
        await house.do("stationTariffsGet", f'stationId: "{station_id}", request: {{evseId: 0}},')
        (held,) = (await house.shown("stationTariffs { tariffId reportedAt }"))["stationTariffs"]
        assert held["reportedAt"] is not None
        control = (
            'isDefault: true, controlId: "c", controlType: ENTER_SERVICE, enterService: '
            "{priority: 1, highVoltage: 110, lowVoltage: 90, highFreq: 50.5, lowFreq: 49.5}"
        )
        await house.do("derControlSet", f'stationId: "{station_id}", request: {{{control}}},')
        await house.do("derControlsGet", f'stationId: "{station_id}", request: {{requestId: 1}},')
        assert list(station.holdings.controls) == ["c"]

        def reported() -> bool:
            return house.world.ingest("SELECT 1 FROM der_control WHERE reported_at IS NOT NULL") != []

        await until(reported)
