"""Batteries that are swapped (2.1 S)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated


@dataclass(frozen=True, slots=True)
class BatteryData:
    """A battery in a swap."""

    evse_id: Annotated[int, "The slot it was put in or taken out of."]
    serial_number: Annotated[str, "Its serial number."]
    so_c: Annotated[float, "Charge, in percent."]
    so_h: Annotated[float, "Health, in percent."]
    production_date: Annotated[datetime | None, "When it was made."] = None
    vendor_info: Annotated[str | None, "What its vendor says."] = None


class BatterySwapEvent(StrEnum):
    """What happened to the batteries of a swap."""

    BATTERY_IN = "BatteryIn"
    BATTERY_OUT = "BatteryOut"
    BATTERY_OUT_TIMEOUT = "BatteryOutTimeout"
