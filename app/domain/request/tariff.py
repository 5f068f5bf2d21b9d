"""Tariffs that a 2.1 station calculates with itself, and payments at its door (2.1 I07–I12, C25)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from app.domain.request.kind import SINCE_21, Priority, StationRequest
from app.domain.station import OcppVersion


class TariffTextFormat(StrEnum):
    """How a text is written."""

    ASCII = "ASCII"
    HTML = "HTML"
    URI = "URI"
    UTF8 = "UTF8"
    QRCODE = "QRCODE"


@dataclass(frozen=True, slots=True)
class TariffText:
    """A text about a tariff in one language."""

    format: Annotated[TariffTextFormat, "How it is written."]
    content: Annotated[str, "The text."]
    language: Annotated[str | None, "RFC 5646 tag."] = None


class DayOfWeek(StrEnum):
    """A day of the week."""

    MONDAY = "Monday"
    TUESDAY = "Tuesday"
    WEDNESDAY = "Wednesday"
    THURSDAY = "Thursday"
    FRIDAY = "Friday"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


class TariffEvseKind(StrEnum):
    """Whether a price is for alternating or direct current."""

    AC = "AC"
    DC = "DC"


@dataclass(frozen=True, slots=True)
class TariffConditions:
    """When a price applies."""

    start_time_of_day: Annotated[str | None, "From this local time, HH:MM."] = None
    end_time_of_day: Annotated[str | None, "Until this local time, HH:MM."] = None
    day_of_week: Annotated[tuple[DayOfWeek, ...], "On these days."] = ()
    valid_from_date: Annotated[str | None, "From this local date, YYYY-MM-DD."] = None
    valid_to_date: Annotated[str | None, "Before this local date, YYYY-MM-DD."] = None
    evse_kind: Annotated[TariffEvseKind | None, "At such an EVSE."] = None
    min_energy: Annotated[float | None, "From this energy on, in Wh."] = None
    max_energy: Annotated[float | None, "Up to this energy, in Wh."] = None
    min_current: Annotated[float | None, "From this current on, in A."] = None
    max_current: Annotated[float | None, "Below this current, in A."] = None
    min_power: Annotated[float | None, "From this power on, in W."] = None
    max_power: Annotated[float | None, "Below this power, in W."] = None
    min_time: Annotated[int | None, "After so many seconds."] = None
    max_time: Annotated[int | None, "For the first so many seconds."] = None
    min_charging_time: Annotated[int | None, "After so many seconds of charging."] = None
    max_charging_time: Annotated[int | None, "For the first so many seconds of charging."] = None
    min_idle_time: Annotated[int | None, "After so many seconds of idling."] = None
    max_idle_time: Annotated[int | None, "For the first so many seconds of idling."] = None


@dataclass(frozen=True, slots=True)
class TariffEnergyPrice:
    """A price of energy and when it applies."""

    price_kwh: Annotated[float, "A kWh, without tax."]
    conditions: Annotated[TariffConditions | None, "When it applies; always without them."] = None


@dataclass(frozen=True, slots=True)
class TariffTax:
    """A tax on a price."""

    type: Annotated[str, "What kind of tax."]
    tax: Annotated[float, "In percent."]
    stack: Annotated[int | None, "The order in which taxes are added."] = None


@dataclass(frozen=True, slots=True)
class TariffEnergy:
    """Prices of energy."""

    prices: Annotated[tuple[TariffEnergyPrice, ...], "Prices; the first that applies counts."]
    tax_rates: Annotated[tuple[TariffTax, ...], "The taxes."] = ()


@dataclass(frozen=True, slots=True)
class TariffTimePrice:
    """A price of time and when it applies."""

    price_minute: Annotated[float, "A minute, without tax."]
    conditions: Annotated[TariffConditions | None, "When it applies; always without them."] = None


@dataclass(frozen=True, slots=True)
class TariffTime:
    """Prices of time."""

    prices: Annotated[tuple[TariffTimePrice, ...], "Prices; the first that applies counts."]
    tax_rates: Annotated[tuple[TariffTax, ...], "The taxes."] = ()


@dataclass(frozen=True, slots=True)
class TariffConditionsFixed:
    """When a fixed price applies."""

    start_time_of_day: Annotated[str | None, "From this local time, HH:MM."] = None
    end_time_of_day: Annotated[str | None, "Until this local time, HH:MM."] = None
    day_of_week: Annotated[tuple[DayOfWeek, ...], "On these days."] = ()
    valid_from_date: Annotated[str | None, "From this local date, YYYY-MM-DD."] = None
    valid_to_date: Annotated[str | None, "Before this local date, YYYY-MM-DD."] = None
    evse_kind: Annotated[TariffEvseKind | None, "At such an EVSE."] = None
    payment_brand: Annotated[str | None, "With this brand of card."] = None
    payment_recognition: Annotated[str | None, "With this kind of card."] = None


@dataclass(frozen=True, slots=True)
class TariffFixedPrice:
    """A fixed price and when it applies."""

    price_fixed: Annotated[float, "The amount, without tax."]
    conditions: Annotated[TariffConditionsFixed | None, "When it applies; always without them."] = None


@dataclass(frozen=True, slots=True)
class TariffFixed:
    """Fixed prices."""

    prices: Annotated[tuple[TariffFixedPrice, ...], "Prices; the first that applies counts."]
    tax_rates: Annotated[tuple[TariffTax, ...], "The taxes."] = ()


@dataclass(frozen=True, slots=True)
class TariffPrice:
    """An amount of money without and with tax."""

    excl_tax: Annotated[float | None, "Without tax."] = None
    incl_tax: Annotated[float | None, "With tax."] = None
    tax_rates: Annotated[tuple[TariffTax, ...], "The taxes."] = ()


@dataclass(frozen=True, slots=True)
class ChargerTariff:
    """A tariff that a station calculates with."""

    tariff_id: Annotated[str, "Its id."]
    currency: Annotated[str, "ISO 4217 code."]
    description: Annotated[tuple[TariffText, ...], "What it says to a driver."] = ()
    energy: Annotated[TariffEnergy | None, "Energy."] = None
    valid_from: Annotated[datetime | None, "From when it holds."] = None
    charging_time: Annotated[TariffTime | None, "Time while energy flows."] = None
    idle_time: Annotated[TariffTime | None, "Time while none flows."] = None
    fixed_fee: Annotated[TariffFixed | None, "A fee a session."] = None
    reservation_time: Annotated[TariffTime | None, "Time reserved."] = None
    reservation_fixed: Annotated[TariffFixed | None, "A fee a reservation."] = None
    min_cost: Annotated[TariffPrice | None, "The least that is charged."] = None
    max_cost: Annotated[TariffPrice | None, "The most that is charged."] = None


@dataclass(frozen=True, slots=True)
class SetDefaultTariff(StationRequest):
    """Gives an EVSE, or with 0 all of them, the tariff for drivers without one of their own."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21

    evse_id: Annotated[int, "The EVSE's number; 0 is the whole station."]
    tariff: Annotated[ChargerTariff, "The tariff."]


@dataclass(frozen=True, slots=True)
class GetTariffs(StationRequest):
    """Asks which tariffs a station holds."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.ASK

    evse_id: Annotated[int, "The EVSE's number; 0 is the whole station."]


@dataclass(frozen=True, slots=True)
class ClearTariffs(StationRequest):
    """Takes tariffs off a station; without ids all of them."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21

    tariff_ids: Annotated[tuple[str, ...], "These ids."] = ()
    evse_id: Annotated[int | None, "Only at this EVSE."] = None


@dataclass(frozen=True, slots=True)
class ChangeTransactionTariff(StationRequest):
    """Changes the tariff of a running transaction."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.CHARGE

    tariff: Annotated[ChargerTariff, "The tariff."]
    transaction_id: Annotated[str, "The station's own id of the transaction."]


@dataclass(frozen=True, slots=True)
class NotifyWebPaymentStarted(StationRequest):
    """Tells a station that somebody pays for an EVSE on the web, so that it waits for them."""

    versions: ClassVar[frozenset[OcppVersion]] = SINCE_21
    priority: ClassVar[Priority] = Priority.CHARGE

    evse_id: Annotated[int, "The EVSE's number; 0 is the whole station."]
    timeout: Annotated[int, "For how many seconds to wait."]


REQUESTS: tuple[type[StationRequest], ...] = (
    SetDefaultTariff,
    GetTariffs,
    ClearTariffs,
    ChangeTransactionTariff,
    NotifyWebPaymentStarted,
)
