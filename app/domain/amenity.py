"""What a driver finds at a place: when it is open, what is there, and who can get in (OCPI 2.2.1, 8.4.14 to 8.4.17)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

_LAST_MINUTE = "23:59"  # the end of a day's last hours takes it in


class Facility(StrEnum):
    """What is at a place or near it, in OCPI's words."""

    HOTEL = "HOTEL"
    RESTAURANT = "RESTAURANT"
    CAFE = "CAFE"
    MALL = "MALL"
    SUPERMARKET = "SUPERMARKET"
    SPORT = "SPORT"
    RECREATION_AREA = "RECREATION_AREA"
    NATURE = "NATURE"
    MUSEUM = "MUSEUM"
    BIKE_SHARING = "BIKE_SHARING"
    BUS_STOP = "BUS_STOP"
    TAXI_STAND = "TAXI_STAND"
    TRAM_STOP = "TRAM_STOP"
    METRO_STATION = "METRO_STATION"
    TRAIN_STATION = "TRAIN_STATION"
    AIRPORT = "AIRPORT"
    PARKING_LOT = "PARKING_LOT"
    CARPOOL_PARKING = "CARPOOL_PARKING"
    FUEL_STATION = "FUEL_STATION"
    WIFI = "WIFI"


@dataclass(frozen=True, slots=True)
class RegularHours:
    """Open on a weekday (1 is Monday) from ``begin`` until ``end``, both HH:MM by the place's own clock."""

    weekday: int
    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class ExceptionalPeriod:
    """From a moment until before another."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class OpeningTimes:
    """Always, or at regular hours; exceptions go before both, a closing before an opening."""

    always: bool
    regular: tuple[RegularHours, ...] = ()
    openings: tuple[ExceptionalPeriod, ...] = ()
    closings: tuple[ExceptionalPeriod, ...] = ()

    def is_open(self, at: datetime, time_zone: str) -> bool:
        if any(period.begin <= at < period.end for period in self.closings):
            return False
        if self.always or any(period.begin <= at < period.end for period in self.openings):
            return True
        local = at.astimezone(ZoneInfo(time_zone))
        weekday, clock = local.isoweekday(), local.strftime("%H:%M")
        today = [hours for hours in self.regular if hours.weekday == weekday]
        return any(hours.begin <= clock < hours.end or clock == hours.end == _LAST_MINUTE for hours in today)


@dataclass(frozen=True, slots=True)
class Accessibility:
    """For whoever comes in a wheelchair or a wide car; None: nobody has said."""

    step_free: bool | None = None
    space_width_cm: int | None = None
    space_length_cm: int | None = None
    note: str | None = None
