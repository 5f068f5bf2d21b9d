"""Every amount that OCPI works out in prose (2.3.0 ed. 2, Tariffs and CDRs) comes out of the one pricing function."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pytest

from app.domain.pricing import Activity, ReservationUse, Usage, price
from app.domain.tariff import Tariff
from tests.domain.pricing.making import at, component, element, limit, tariff_of, usage_of

MONDAY, SATURDAY = "2026-11-23", "2026-11-28"
NOON = at(f"{MONDAY}T12:00")
PARKED = Activity.PARKED
QUARTER = component("ENERGY", "0.25", vat="10")
START_FEE = component("FLAT", "0.50", vat="20")
WEEKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]

SIMPLE = tariff_of([element(QUARTER)])
WITH_START = tariff_of([element(START_FEE), element(QUARTER)])
LEAST = tariff_of([element(QUARTER)], least=limit("0.50", "0.55"))
MOST = tariff_of([element(START_FEE), element(QUARTER)], most=limit("10", "11"))
PARKING = tariff_of([element(START_FEE, QUARTER, component("PARKING_TIME", "2", 900, "20"))])
HOURLY = tariff_of([element(component("TIME", "2", 60, "10"))])
HOURS = tariff_of([element(component("TIME", "3", 60, "10"), component("PARKING_TIME", "5", 300, "20"))])
AD_HOC = tariff_of([element(component("TIME", "1.9", 300, "5.2"))])
AMERICA = tariff_of([element(component("TIME", "2", 60))], currency="CAD")
AMERICA_INCLUDED = tariff_of([element(component("TIME", "2.10", 60))], currency="CAD", included=True)
CHEAP = tariff_of([element(START_FEE, component("ENERGY", "0.25", 100, "10"))])


def complex_tariff(weekend: str) -> Tariff:
    return tariff_of(
        [
            element(component("FLAT", "2.50", vat="15")),
            element(component("TIME", "1", 900, "20"), maxCurrent="32"),
            element(component("TIME", "2", 600, "20"), minCurrent="32", dayOfWeek=WEEKDAYS),
            element(component("TIME", weekend, 600, "20"), minCurrent="32", dayOfWeek=["SATURDAY", "SUNDAY"]),
            element(component("PARKING_TIME", "5", 300, "10"), startTime="09:00", endTime="18:00", dayOfWeek=WEEKDAYS),
            element(
                component("PARKING_TIME", "6", 300, "10"), startTime="10:00", endTime="17:00", dayOfWeek=["SATURDAY"]
            ),
        ]
    )


# OCPI prices the weekend at 1.25 an hour and works the amount out at 1.20: each price gives its own.
COMPLEX, COMPLEX_AS_WORKED = complex_tariff("1.25"), complex_tariff("1.20")
SATURDAYS_USE = usage_of(at(f"{SATURDAY}T13:30"), (114, 9_000, Activity.CHARGING, 43_000), (71, 0, PARKED))
FREE = tariff_of([element(component("FLAT", "0"))])
STEPS = tariff_of(
    [
        element(
            component("TIME", "1.2", 1800), component("PARKING_TIME", "1", 900), startTime="00:00", endTime="17:00"
        ),
        element(component("TIME", "2.4", 900), component("PARKING_TIME", "1", 900), startTime="17:00", endTime="20:00"),
        element(component("TIME", "2.4", 900), startTime="20:00", endTime="00:00"),
    ]
)
REST = element(START_FEE, QUARTER)


def reserving(*elements: dict[str, object]) -> Tariff:
    return tariff_of([*elements, REST])


RESERVED = reserving(element(component("TIME", "5", 60, "20"), reservation="RESERVATION"))
RESERVED_FEE = reserving(
    element(component("FLAT", "2", vat="20"), component("TIME", "5", 300, "20"), reservation="RESERVATION")
)
EXPIRE_FEE = reserving(
    element(component("FLAT", "4", vat="20"), reservation="RESERVATION_EXPIRES"),
    element(component("TIME", "2", 600, "20"), reservation="RESERVATION"),
)
EXPIRE_TIME = reserving(
    element(component("TIME", "6", 600, "20"), reservation="RESERVATION_EXPIRES"),
    element(component("TIME", "3", 600, "20"), reservation="RESERVATION"),
)
POWER = tariff_of(
    [
        element(component("ENERGY", "0.20"), maxPower="16"),
        element(component("ENERGY", "0.35"), maxPower="32"),
        element(component("ENERGY", "0.50")),
    ]
)
SUPERMARKET = tariff_of(
    [
        element(component("ENERGY", "0"), maxDuration=1800),
        element(component("ENERGY", "0.25"), maxDuration=3600),
        element(component("ENERGY", "0.40")),
    ]
)
ENERGY_SWITCH = tariff_of(
    [element(component("ENERGY", "0.20", 500), endTime="17:00"), element(component("ENERGY", "0.27", 500))]
)
TIME_SWITCH = tariff_of([element(component("TIME", "5", 600), endTime="17:00"), element(component("TIME", "7", 600))])
CHARGE_THEN_PARK = tariff_of([element(component("TIME", "1", 600), component("PARKING_TIME", "2", 600))])
FIRST_FREE = tariff_of([element(component("ENERGY", "0"), maxKwh="1"), element(component("ENERGY", "0.20"))])


def kept(minutes: int, *, expired: bool = False) -> ReservationUse:
    begin = at(f"{MONDAY}T11:00")
    return ReservationUse(begin, begin.replace(minute=minutes % 60, hour=11 + minutes // 60), expired=expired)


@dataclass(frozen=True)
class Worked:
    """A usage and what it costs, before and after taxes."""

    tariff: Tariff
    usage: Usage
    net: str
    gross: str


EXAMPLES = {
    "0.25 a kWh": Worked(SIMPLE, usage_of(NOON, (60, 20_000)), "5.00", "5.50"),
    "with a start fee": Worked(WITH_START, usage_of(NOON, (60, 20_000)), "5.50", "6.10"),
    "minimum not reached": Worked(LEAST, usage_of(NOON, (60, 1_200)), "0.50", "0.55"),
    "minimum passed": Worked(LEAST, usage_of(NOON, (60, 20_000)), "5.00", "5.50"),
    "parking of 40 minutes billed as 45": Worked(
        PARKING, usage_of(NOON, (60, 20_000), (40, 0, PARKED)), "7.00", "7.90"
    ),
    "maximum passed": Worked(MOST, usage_of(NOON, (60, 50_000)), "10.00", "11.00"),
    "maximum not reached": Worked(MOST, usage_of(NOON, (60, 30_000)), "8.00", "8.85"),
    "2 an hour": Worked(HOURLY, usage_of(NOON, (150, 9_000)), "5.00", "5.50"),
    "2 an hour, parking free": Worked(HOURLY, usage_of(NOON, (150, 9_000), (60, 0, PARKED)), "5.00", "5.50"),
    "3 an hour, 5 parking": Worked(HOURS, usage_of(NOON, (150, 9_000), (42, 0, PARKED)), "11.25", "12.75"),
    "1.90 an hour": Worked(AD_HOC, usage_of(NOON, (150, 9_000)), "4.75", "4.997"),
    "taxes unknown, on top": Worked(AMERICA, usage_of(NOON, (150, 0)), "5.00", "5.00"),
    "taxes unknown, within": Worked(AMERICA_INCLUDED, usage_of(NOON, (150, 0)), "5.25", "5.25"),
    "20.45 kWh in steps of 0.1": Worked(CHEAP, usage_of(NOON, (60, 20_450)), "5.625", "6.2375"),
    "complex on a Monday": Worked(
        COMPLEX,
        usage_of(at(f"{MONDAY}T09:30"), (165, 9_000, Activity.CHARGING, 16_000), (42, 0, PARKED)),
        "9.00",
        "10.30",
    ),
    "complex on a Saturday": Worked(COMPLEX_AS_WORKED, SATURDAYS_USE, "12.28", "13.861"),
    "complex on a Saturday, as priced": Worked(COMPLEX, SATURDAYS_USE, "12.375", "13.975"),
    "free of charge": Worked(FREE, usage_of(NOON, (60, 20_000)), "0", "0"),
    "steps: parking last": Worked(STEPS, usage_of(at(f"{MONDAY}T16:55"), (10, 0), (2, 0, PARKED)), "0.55", "0.55"),
    "steps: charging last": Worked(STEPS, usage_of(at(f"{MONDAY}T16:35"), (35, 0)), "1.30", "1.30"),
    "steps: parking becomes free": Worked(
        STEPS, usage_of(at(f"{MONDAY}T19:40"), (12, 0), (20, 0, PARKED)), "0.73", "0.73"
    ),
    "reserved for 15 minutes": Worked(RESERVED, usage_of(NOON, (60, 20_000), reserved=kept(15)), "6.75", "7.60"),
    "reserved for 13, billed as 15": Worked(
        RESERVED_FEE, usage_of(NOON, (60, 20_000), reserved=kept(13)), "8.75", "10.00"
    ),
    "reserved for 22, billed as 30": Worked(
        EXPIRE_FEE, usage_of(NOON, (60, 20_000), reserved=kept(22)), "6.50", "7.30"
    ),
    "an hour's reservation expired, with a fee": Worked(
        EXPIRE_FEE, usage_of(NOON, reserved=kept(60, expired=True)), "6.00", "7.20"
    ),
    "reserved at another price for expiry": Worked(
        EXPIRE_TIME, usage_of(NOON, (60, 20_000), reserved=kept(22)), "7.00", "7.90"
    ),
    "expired at another price": Worked(EXPIRE_TIME, usage_of(NOON, reserved=kept(90, expired=True)), "9.00", "10.80"),
    "by power": Worked(POWER, usage_of(NOON, (10, 1_000), (50, 40_000), (8, 500)), "20.30", "20.30"),
    "by duration": Worked(SUPERMARKET, usage_of(NOON, (30, 5_000), (10, 1_200)), "0.30", "0.30"),
    "energy steps over a switch": Worked(
        ENERGY_SWITCH, usage_of(at(f"{MONDAY}T16:00"), (60, 4_300), (30, 1_100)), "1.184", "1.184"
    ),
    "time steps over a switch": Worked(TIME_SWITCH, usage_of(at(f"{MONDAY}T16:54"), (28, 0)), "3.30", "3.30"),
    "parking steps after charging": Worked(
        CHARGE_THEN_PARK, usage_of(NOON, (21, 0), (16, 0, PARKED)), "1.0166666667", "1.0166666667"
    ),
    "the first kWh is free": Worked(FIRST_FREE, usage_of(NOON, (60, 20_000)), "3.80", "3.80"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_amount_that_ocpi_works_out(name: str) -> None:
    worked = EXAMPLES[name]
    found = price(worked.tariff, worked.usage)
    assert abs(found.exact_before_taxes - Fraction(worked.net)) < Fraction(1, 10**9)
    assert abs(found.exact_total - Fraction(worked.gross)) < Fraction(1, 10**9)
    cents = (Decimal(worked.net) * 100 + Decimal("0.5"), Decimal(worked.gross) * 100 + Decimal("0.5"))
    assert (found.before_taxes_minor, found.total_minor) == (int(cents[0]), int(cents[1]))


def test_each_line_says_version_element_price_condition_and_rounding() -> None:
    monday = EXAMPLES["complex on a Monday"]
    lines = {line.dimension.value: line for line in price(monday.tariff, monday.usage).lines}
    assert lines["TIME"].rule == "DAY version 3, element 2: 1 EUR per h, until 32 A"
    assert lines["PARKING_TIME"].rule == (
        "DAY version 3, element 5: 5 EUR per h, from 09:00 until 18:00, on Monday, Tuesday, Wednesday, Thursday, Friday, "
        "2520 s in all billed as 2700 s in steps of 300 s"
    )
    assert (lines["TIME"].quantity, lines["PARKING_TIME"].quantity) == (Decimal("2.75"), Decimal("0.75"))
    assert (lines["PARKING_TIME"].start, lines["PARKING_TIME"].end) == (at(f"{MONDAY}T12:15"), at(f"{MONDAY}T12:57"))
    cheapest = price(LEAST, EXAMPLES["minimum not reached"].usage).lines[-1]
    assert cheapest.rule == "DAY version 3: a session costs at least 0.55 EUR with taxes"
