"""Local time is what the wall says: days of 23 and 25 hours, hours that come twice, and nights over midnight."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from app.domain.pricing import LineKind, Price, price
from tests.domain.pricing.making import at, component, element, tariff_of, usage_of

BERLIN = "Europe/Berlin"
NIGHT = tariff_of(
    [element(component("TIME", "1"), startTime="22:00", endTime="06:00"), element(component("TIME", "10"))]
)
EARLY = tariff_of([element(component("TIME", "6"), startTime="02:00", endTime="03:00")])


def hours_of(found: Price, element_index: int) -> Decimal:
    return sum((line.quantity for line in found.lines if line.element == element_index), Decimal(0))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-21", 24)])
def test_a_whole_day_has_the_hours_its_clock_showed(day: str, hours: int) -> None:
    start = at(f"{day}T00:00", BERLIN)
    next_day = datetime.combine(date.fromisoformat(day) + timedelta(days=1), datetime.min.time(), ZoneInfo(BERLIN))
    length = (next_day.timestamp() - start.timestamp()) / 60
    assert length == hours * 60
    found = price(NIGHT, usage_of(start, (int(length), 0), zone=BERLIN))
    # The night has six hours in the morning and two in the evening, one more or less when the clock jumps in it.
    assert (hours_of(found, 0), hours_of(found, 1)) == (hours - 16, 16)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 0), ("2026-10-25", 2), ("2026-11-21", 1)])
def test_an_hour_that_the_clock_leaves_out_or_shows_twice(day: str, hours: int) -> None:
    found = price(EARLY, usage_of(at(f"{day}T00:00", BERLIN), (360, 0), zone=BERLIN))
    assert found.total_minor == hours * 600


def test_midnight_belongs_to_the_day_that_begins() -> None:
    sunday = tariff_of([element(component("TIME", "6"), dayOfWeek=["SUNDAY"]), element(component("TIME", "60"))])
    found = price(sunday, usage_of(at("2026-11-21T23:30", BERLIN), (60, 0), zone=BERLIN))
    assert found.total_minor == 3000 + 300
    elsewhere = price(sunday, usage_of(at("2026-11-21T23:30", BERLIN), (60, 0), zone="UTC"))
    assert elsewhere.total_minor == 6000


def test_public_holidays_are_days_of_the_location() -> None:
    tariff = tariff_of(
        [element(component("TIME", "6"), publicHoliday=True), element(component("TIME", "60"))],
        holidays=[date(2026, 12, 25)],
    )
    found = price(tariff, usage_of(at("2026-12-24T23:00", BERLIN), (120, 0), zone=BERLIN))
    assert found.total_minor == 6000 + 600
    assert "on public holidays" in found.lines[1].rule


def test_an_idle_fee_begins_after_its_grace_and_ends_at_its_cap() -> None:
    from app.domain.pricing import Activity

    idle = tariff_of(
        [
            element(component("PARKING_TIME", "6"), minParkingDuration=900, maxParkingDuration=4500),
            element(component("ENERGY", "0.5")),
        ]
    )
    parts = [(60, 10_000), (10, 0, Activity.PARKED), (5, 1_000), (100, 0, Activity.PARKED)]
    found = price(idle, usage_of(at("2026-11-21T10:00"), *parts))  # type: ignore[arg-type]
    lines = {line.dimension: line for line in found.lines}
    # The first ten minutes are within the grace, which begins anew: 15 of the last 100 are free, and so is what is
    # over 75.
    assert lines[LineKind.PARKING_TIME].total_minor == 600
    assert lines[LineKind.ENERGY].total_minor == 550
