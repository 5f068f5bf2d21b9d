"""When a place is open, by its own clock, and what cannot be said of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.amenity import ExceptionalPeriod, OpeningTimes, RegularHours
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, furnished
from tests.schema.conftest import Client, api_of

SATURDAY = datetime(2026, 11, 21, 12, tzinfo=UTC)  # 13:00 in Berlin
SHOP = OpeningTimes(False, (RegularHours(5, "08:00", "20:00"), RegularHours(6, "08:00", "13:30")))


@pytest.mark.parametrize(
    ("times", "at", "is_open"),
    [
        (SHOP, SATURDAY, True),
        (SHOP, SATURDAY + timedelta(minutes=30), False),
        (SHOP, SATURDAY - timedelta(days=1, hours=5), True),
        (SHOP, SATURDAY - timedelta(days=1, hours=5, minutes=1), False),
        (SHOP, SATURDAY + timedelta(days=1), False),
        (OpeningTimes(True), SATURDAY, True),
        (OpeningTimes(True, closings=(ExceptionalPeriod(SATURDAY, SATURDAY + timedelta(hours=1)),)), SATURDAY, False),
        (OpeningTimes(False, openings=(ExceptionalPeriod(SATURDAY, SATURDAY + timedelta(hours=1)),)), SATURDAY, True),
    ],
)
def test_a_place_is_open_by_its_own_clock(times: OpeningTimes, at: datetime, is_open: bool) -> None:
    assert times.is_open(at, "Europe/Berlin") is is_open


PLACE = {
    "name": "Mall", "address": "a", "city": "c", "country": "DE", "latitude": 1, "longitude": 1,
    "timeZone": "Europe/Berlin", "facilities": ["MALL", "WIFI", "MALL"],
    "openingTimes": {
        "regular": [{"weekday": 6, "begin": "08:00", "end": "20:00"}],
        "exceptionalClosings": [{"begin": "2026-12-24T00:00:00Z", "end": "2026-12-27T00:00:00Z"}],
    },
    "accessibility": {"stepFree": True, "spaceWidthCm": 350, "note": "Lift at gate B"},
}  # fmt: skip
CREATE = """mutation($input: LocationInput!, $key: String!) { locationCreate(input: $input, options: {idempotencyKey: $key}) {
    location { facilities openingTimes { always regular { weekday begin end } exceptionalClosings { begin end } }
        accessibility { stepFree spaceWidthCm spaceLengthCm note } } errors { code path } } }"""


async def test_what_is_said_of_a_place_is_shown_and_what_cannot_be_is_refused(database: TestDatabase) -> None:
    world = await furnished(database, ALPHA)
    tenant, client = world.tenants["ALPHA"], Client(api_of(world))

    async def create(key: str, **change: Any) -> dict[str, Any]:
        data = await client.data(CREATE, tenant.scope, input=PLACE | change, key=key)
        found: dict[str, Any] = data["locationCreate"]
        return found

    made = (await create("good"))["location"]
    assert made["facilities"] == ["MALL", "WIFI"]
    assert made["openingTimes"]["regular"] == [{"weekday": 6, "begin": "08:00", "end": "20:00"}]
    assert made["openingTimes"]["exceptionalClosings"][0]["begin"].startswith("2026-12-24T00:00")
    assert made["accessibility"] == {
        "stepFree": True, "spaceWidthCm": 350, "spaceLengthCm": None, "note": "Lift at gate B",
    }  # fmt: skip
    late = {"weekday": 6, "begin": "22:00", "end": "02:00"}
    wrongs = {
        "end": {"openingTimes": {"regular": [late]}},
        "weekday": {"openingTimes": {"regular": [late | {"weekday": 0}]}},
        "begin": {"openingTimes": {"regular": [late | {"begin": "8:00"}]}},
        "regular": {"openingTimes": {"always": True, "regular": [late]}},
        "spaceWidthCm": {"accessibility": {"spaceWidthCm": 0}},
    }
    for last, change in wrongs.items():
        (error,) = (await create(f"bad {last}", **change))["errors"]
        assert (error["code"], error["path"][-1]) == ("INVALID_INPUT", last)
    await world.desk.database.close()
