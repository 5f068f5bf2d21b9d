"""What is to be priced: charging periods between one reading or change of state and the next, in order."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Activity(StrEnum):
    """What the car did: which of OCPI's time dimensions a period is billed by."""

    CHARGING = "CHARGING"  # TIME
    PARKED = "PARKED"  # PARKING_TIME: the car asks for no power
    WITHHELD = "WITHHELD"  # neither: the car asks, the station gives nothing


class Period(NamedTuple):
    """Energy flows evenly within a period. ``power_w`` None: the mean of its energy over its time.

    ``first_reading_at`` and ``last_reading_at`` are the readings that prove its energy.
    """

    start: datetime
    end: datetime
    energy_wh: int = 0
    activity: Activity = Activity.CHARGING
    power_w: int | None = None
    current_ma: int | None = None
    first_reading_at: datetime | None = None
    last_reading_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReservationUse:
    """How long an EVSE was kept; ``expired``: no session followed."""

    start: datetime
    end: datetime
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Periods in order, without overlap; none for a reservation that expired. ``time_zone`` is the location's."""

    periods: tuple[Period, ...]
    time_zone: str = "UTC"
    token_group_id: str | None = None
    reservation: ReservationUse | None = None


def flat_usage(energy_wh: int, start: datetime, end: datetime, *, time_zone: str = "UTC") -> Usage:
    """A session of which only its energy and its length are known (or matter): one period, charging all along."""
    return Usage((Period(start, max(start, end), max(energy_wh, 0)),), time_zone)
