"""Prices inside a charging schedule, for cars that plan with them (ISO 15118; 2.0.1 and 2.1 K)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated


@dataclass(frozen=True, slots=True)
class RelativeTimeInterval:
    """A time counted from the schedule's start."""

    start: Annotated[int, "Seconds from the start."]
    duration: Annotated[int | None, "For how many seconds; to the end without it."] = None


class CostKind(StrEnum):
    """What a relative cost of energy counts."""

    CARBON_DIOXIDE_EMISSION = "CarbonDioxideEmission"
    RELATIVE_PRICE_PERCENTAGE = "RelativePricePercentage"
    RENEWABLE_GENERATION_PERCENTAGE = "RenewableGenerationPercentage"


@dataclass(frozen=True, slots=True)
class PriceCost:
    """One cost of energy, relative."""

    cost_kind: Annotated[CostKind, "What is counted."]
    amount: Annotated[int, "How much, by its kind."]
    amount_multiplier: Annotated[int | None, "Power of ten of the amount."] = None


@dataclass(frozen=True, slots=True)
class ConsumptionCost:
    """What energy costs from an amount on."""

    start_value: Annotated[float, "From this consumption on."]
    cost: Annotated[tuple[PriceCost, ...], "The costs."]


@dataclass(frozen=True, slots=True)
class SalesTariffEntry:
    """What energy costs in an interval."""

    relative_time_interval: Annotated[RelativeTimeInterval, "When."]
    e_price_level: Annotated[int | None, "The level; a higher one is dearer."] = None
    consumption_cost: Annotated[tuple[ConsumptionCost, ...], "Costs by consumption."] = ()


@dataclass(frozen=True, slots=True)
class SalesTariff:
    """Relative costs of energy over time, for a car that plans with them."""

    id: Annotated[int, "Its id."]
    sales_tariff_entry: Annotated[tuple[SalesTariffEntry, ...], "Its intervals in order."]
    sales_tariff_description: Annotated[str | None, "What it is called."] = None
    num_e_price_levels: Annotated[int | None, "How many levels there are."] = None


@dataclass(frozen=True, slots=True)
class Rational:
    """A decimal number: value times ten to the exponent."""

    exponent: Annotated[int, "Power of ten."]
    value: Annotated[int, "The digits."]


@dataclass(frozen=True, slots=True)
class PriceRule:
    """What energy and parking cost from a power on."""

    energy_fee: Annotated[Rational, "What a kWh costs."]
    power_range_start: Annotated[Rational, "From this power on, in W."]
    parking_fee_period: Annotated[int | None, "Parking costs for each so many seconds."] = None
    carbon_dioxide_emission: Annotated[int | None, "Grams of CO2 a kWh."] = None
    renewable_generation_percentage: Annotated[int | None, "Share of renewable energy, in percent."] = None
    parking_fee: Annotated[Rational | None, "What parking costs."] = None


@dataclass(frozen=True, slots=True)
class PriceRuleStack:
    """Price rules that hold for a time."""

    duration: Annotated[int, "For how many seconds; to the end without it."]
    price_rule: Annotated[tuple[PriceRule, ...], "The rules by power."]


@dataclass(frozen=True, slots=True)
class TaxRule:
    """A tax and what it applies to."""

    tax_rule_id: Annotated[int, "The tax's id."] = field(metadata={"wire": "taxRuleID"})
    applies_to_energy_fee: Annotated[bool, "Whether energy is taxed."]
    applies_to_parking_fee: Annotated[bool, "Whether parking is taxed."]
    applies_to_overstay_fee: Annotated[bool, "Whether staying is taxed."]
    applies_to_minimum_maximum_cost: Annotated[bool, "Whether the least and the most are taxed."]
    tax_rate: Annotated[Rational, "The rate in percent."]
    tax_rule_name: Annotated[str | None, "What it is called."] = None
    tax_included_in_price: Annotated[bool | None, "Whether prices include it."] = None


@dataclass(frozen=True, slots=True)
class OverstayRule:
    """One fee for staying."""

    overstay_fee: Annotated[Rational, "What it costs."]
    start_time: Annotated[int, "After how many seconds."]
    overstay_fee_period: Annotated[int, "For each so many seconds."]
    overstay_rule_description: Annotated[str | None, "What it is called."] = None


@dataclass(frozen=True, slots=True)
class OverstayRuleList:
    """What staying after charging costs."""

    overstay_rule: Annotated[tuple[OverstayRule, ...], "The fees in order."]
    overstay_power_threshold: Annotated[Rational | None, "Below this power the car counts as done."] = None
    overstay_time_threshold: Annotated[int | None, "After how many seconds staying costs."] = None


@dataclass(frozen=True, slots=True)
class AdditionalSelectedServices:
    """Something besides energy that is paid for."""

    service_fee: Annotated[Rational, "What it costs."]
    service_name: Annotated[str, "What it is."]


@dataclass(frozen=True, slots=True)
class AbsolutePriceSchedule:
    """Prices in money, as ISO 15118-20 tells them to a car."""

    time_anchor: Annotated[datetime, "From when it counts."]
    price_schedule_id: Annotated[int, "The price schedule's id."] = field(metadata={"wire": "priceScheduleID"})
    currency: Annotated[str, "ISO 4217 code."]
    language: Annotated[str, "RFC 5646 tag."]
    price_algorithm: Annotated[str, "How the price is calculated, as ISO 15118-20 names it."]
    price_rule_stacks: Annotated[tuple[PriceRuleStack, ...], "Price rules in order."]
    price_schedule_description: Annotated[str | None, "What it is called."] = None
    minimum_cost: Annotated[Rational | None, "The least that is charged."] = None
    maximum_cost: Annotated[Rational | None, "The most that is charged."] = None
    tax_rules: Annotated[tuple[TaxRule, ...], "Taxes."] = ()
    overstay_rule_list: Annotated[OverstayRuleList | None, "What staying costs."] = None
    additional_selected_services: Annotated[tuple[AdditionalSelectedServices, ...], "What else is paid for."] = ()


@dataclass(frozen=True, slots=True)
class PriceLevelScheduleEntry:
    """How long a price level holds."""

    duration: Annotated[int, "For how many seconds."]
    price_level: Annotated[int, "The level; a higher one is dearer."]


@dataclass(frozen=True, slots=True)
class PriceLevelSchedule:
    """Price levels without money, as ISO 15118-20 tells them to a car."""

    price_level_schedule_entries: Annotated[tuple[PriceLevelScheduleEntry, ...], "The levels in order."]
    time_anchor: Annotated[datetime, "From when it counts."]
    price_schedule_id: Annotated[int, "The price schedule's id."]
    number_of_price_levels: Annotated[int, "How many levels there are."]
    price_schedule_description: Annotated[str | None, "What it is called."] = None
