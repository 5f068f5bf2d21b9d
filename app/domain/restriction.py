"""When an element of a tariff applies: OCPI's TariffRestrictions (2.2.1 11.4.6, 2.3.0) and a few of our own."""

from dataclasses import dataclass, fields
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated


class Weekday(StrEnum):
    """A day of the week in the location's time."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


DAYS = tuple(Weekday)  # as `date.weekday` counts them


class ReservationKind(StrEnum):
    """Which reservations an element prices."""

    RESERVATION = "RESERVATION"
    RESERVATION_EXPIRES = "RESERVATION_EXPIRES"


@dataclass(frozen=True, slots=True)
class Restriction:
    """When an element applies; all that is said must hold. Times and dates are those of the location's clock.

    A least value is included and a greatest one is not. Durations are whole seconds since the session began, or since
    the car stopped charging.
    """

    start_time: Annotated[time | None, "From this time of day."] = None
    end_time: Annotated[time | None, "Until this time of day; one before the start is on the next day."] = None
    start_date: Annotated[date | None, "From this day on."] = None
    end_date: Annotated[date | None, "Until this day, exclusive."] = None
    min_kwh: Annotated[Decimal | None, "From this much energy on, in kWh."] = None
    max_kwh: Annotated[Decimal | None, "Until this much energy, in kWh."] = None
    min_current: Annotated[Decimal | None, "While charging with at least so many amperes, all phases together."] = None
    max_current: Annotated[Decimal | None, "While charging with fewer amperes, all phases together."] = None
    min_power: Annotated[Decimal | None, "While charging with at least so many kW."] = None
    max_power: Annotated[Decimal | None, "While charging with fewer kW."] = None
    min_duration: Annotated[int | None, "Once the session has lasted so many seconds."] = None
    max_duration: Annotated[int | None, "Until the session has lasted so many seconds."] = None
    day_of_week: Annotated[tuple[Weekday, ...], "On these days; empty: on every day."] = ()
    reservation: Annotated[ReservationKind | None, "Prices a reservation, not a session."] = None
    min_parking_duration: Annotated[
        int | None, "Once the car has stood for so many seconds without charging: the grace of an idle fee."
    ] = None
    max_parking_duration: Annotated[
        int | None, "Until the car has stood for so many seconds without charging: the cap of an idle fee."
    ] = None
    public_holiday: Annotated[bool | None, "True: on the tariff's public holidays only; false: never on them."] = None
    token_groups: Annotated[tuple[str, ...], "Only for tokens of these groups; empty: for all."] = ()

    @property
    def is_none(self) -> bool:
        """Whether it restricts nothing."""
        return self == ALWAYS

    @property
    def needs_clock(self) -> bool:
        """Whether it depends on the time of day or the calendar."""
        return (
            self.start_time is not None
            or self.end_time is not None
            or self.start_date is not None
            or self.end_date is not None
            or self.public_holiday is not None
            or bool(self.day_of_week)
        )

    def said(self) -> dict[str, object]:
        """What it says, by field; nothing for what it leaves open."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {name: value for name, value in values.items() if value is not None and value != ()}


ALWAYS = Restriction()


def holds_on_clock(restriction: Restriction, day: date, at: time, *, holiday: bool) -> bool:
    """Whether time of day, date, day of week and holiday fit; ``day`` and ``at`` are local."""
    if restriction.day_of_week and DAYS[day.weekday()] not in restriction.day_of_week:
        return False
    if restriction.start_date is not None and day < restriction.start_date:
        return False
    if restriction.end_date is not None and day >= restriction.end_date:
        return False
    if restriction.public_holiday is not None and restriction.public_holiday is not holiday:
        return False
    return _in_hours(restriction.start_time, restriction.end_time, at)


def _in_hours(start: time | None, end: time | None, at: time) -> bool:
    if start is None:
        return end is None or end == time.min or at < end
    if end is None or end == time.min:
        return at >= start
    if start == end:
        return True
    return start <= at < end if start < end else at >= start or at < end
