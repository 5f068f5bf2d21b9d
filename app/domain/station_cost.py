"""What a 2.1 station calculated itself for a transaction (CostDetailsType, 2.1 I12): shown, and never the bill."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from app.domain.money import minor_digits

PERIODS_MAX = 200  # a tariff changes with the hour; one whose price follows the power might change with every reading
DIMENSIONS_MAX = 10  # 2.1 knows seven
_ROUNDING = 1  # minor units: a station rounds each part, we the total


@dataclass(frozen=True, slots=True)
class StationTaxRate:
    """A tax in what a station calculated."""

    type: Annotated[str, "Which tax."]
    tax: Annotated[float, "In percent."]
    stack: Annotated[int | None, "Its place where taxes lie upon each other; null is 0."] = None


@dataclass(frozen=True, slots=True)
class StationPrice:
    """A part of what a station calculated, in the currency's own unit."""

    excl_tax: Annotated[float | None, "Before taxes."] = None
    incl_tax: Annotated[float | None, "With taxes."] = None
    tax_rates: Annotated[tuple[StationTaxRate, ...], "The taxes in it."] = ()


@dataclass(frozen=True, slots=True)
class StationTotalPrice:
    """The whole of what a station calculated, in the currency's own unit."""

    excl_tax: Annotated[float | None, "Before taxes."] = None
    incl_tax: Annotated[float | None, "With taxes; null where it knows none."] = None


@dataclass(frozen=True, slots=True)
class StationTotalCost:
    """What a station calculated, by what it is for."""

    currency: Annotated[str, "Of every amount here."]
    type_of_cost: Annotated[str, "NormalCost; MinCost or MaxCost where its tariff's bound is what counts."]
    total: Annotated[StationTotalPrice, "All of it."]
    fixed: Annotated[StationPrice | None, "What a session costs at least."] = None
    energy: Annotated[StationPrice | None, "Energy."] = None
    charging_time: Annotated[StationPrice | None, "Time in which energy flowed."] = None
    idle_time: Annotated[StationPrice | None, "Time in which none did."] = None
    reservation_time: Annotated[StationPrice | None, "Time reserved."] = None
    reservation_fixed: Annotated[StationPrice | None, "A reservation as such."] = None


@dataclass(frozen=True, slots=True)
class StationUsage:
    """What a station calculated with."""

    energy: Annotated[float, "How much; 2.1 names no unit for it."]
    charging_time: Annotated[int, "Seconds from start to end."]
    idle_time: Annotated[int, "Seconds in which none did."]
    reservation_time: Annotated[int | None, "Seconds reserved."] = None


@dataclass(frozen=True, slots=True)
class StationCostDimension:
    """How much of something in a period."""

    type: Annotated[str, "In OCPP's words, such as Energy or ChargingTime."]
    volume: Annotated[float, "How much."]


@dataclass(frozen=True, slots=True)
class StationCostPeriod:
    """A time in which a station calculated with the same prices."""

    start_period: Annotated[datetime, "From when."]
    tariff_id: Annotated[str | None, "The station's tariff."] = None
    dimensions: Annotated[tuple[StationCostDimension, ...], "What was used in it."] = ()


@dataclass(frozen=True, slots=True)
class CostDetails:
    """As the station said it."""

    total_cost: StationTotalCost
    total_usage: StationUsage
    charging_periods: tuple[StationCostPeriod, ...] = ()
    failure_to_calculate: bool | None = None
    failure_reason: str | None = None


@dataclass(frozen=True, slots=True)
class StationCost:
    """What a station last said of a session's cost, and when that came."""

    details: CostDetails
    said_at: datetime

    def agrees(self, cost_minor: int | None, currency: str | None) -> bool | None:
        """Whether it is what we bill, but for rounding; None while there is no bill, or the station could not tell."""
        if cost_minor is None or currency is None or self.details.failure_to_calculate:
            return None
        said, total = self.details.total_cost.currency.upper(), self.details.total_cost.total
        amount = total.excl_tax if total.incl_tax is None else total.incl_tax
        if amount is None:
            return None
        theirs = Decimal(str(amount)).scaleb(minor_digits(currency))
        return said == currency.upper() and abs(theirs - cost_minor) <= _ROUNDING
