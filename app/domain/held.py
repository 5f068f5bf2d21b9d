"""What a station holds for us and has told us about power, as an operator reads it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from app.domain.battery import BatteryData
from app.domain.charging_needs import ChargingNeeds
from app.domain.postal import Address
from app.domain.request.charging_profile import ChargingProfile, ChargingSchedule, ChargingScheduleUpdate
from app.domain.request.der import SetDERControl
from app.domain.request.tariff import ChargerTariff
from app.domain.transaction_limit import TransactionLimit


@dataclass(frozen=True, slots=True)
class StationChargingProfile:
    """A charging profile that a station holds."""

    source: Annotated[str, "Who set it: CSO (us), EMS, SO or Other."]
    evse: Annotated[int, "The EVSE's number; 0 is the whole station."]
    profile: Annotated[ChargingProfile, "What it says."]
    moved: Annotated[ChargingScheduleUpdate | None, "The newest limits of a dynamic profile."]
    set_at: Annotated[datetime | None, "When the station took it from us."]
    reported_at: Annotated[datetime | None, "When the station last reported it."]
    command_uuid: UUID | None


@dataclass(frozen=True, slots=True)
class ChargingLimit:
    """A limit that somebody other than us has set."""

    evse: Annotated[int, "The EVSE's number; 0 is the whole station."]
    source: Annotated[str, "Who set it: EMS, SO or Other."]
    is_grid_critical: Annotated[bool | None, "Whether the grid depends on it."]
    is_local_generation: Annotated[bool | None, "Whether it is what is generated at the place."]
    schedules: Annotated[tuple[ChargingSchedule, ...], "The limit over time."]
    notified_at: Annotated[datetime, "When the station told us."]


@dataclass(frozen=True, slots=True)
class SessionPower:
    """What is known of a session's power beyond its meter."""

    needs: Annotated[ChargingNeeds | None, "What the car says it needs."]
    needs_at: Annotated[datetime | None, "When it said so."]
    max_schedule_tuples: Annotated[int | None, "How many periods it can follow."]
    ev_schedule: Annotated[ChargingSchedule | None, "What the car plans to draw."]
    ev_schedule_at: Annotated[datetime | None, "From when its plan counts."]
    selected_schedule_id: Annotated[int | None, "Which of the schedules offered it follows."]
    tolerance_accepted: Annotated[bool | None, "Whether it agreed to the power tolerance (2.1)."]
    priority: Annotated[bool | None, "Whether it charges at priority (2.1)."]
    priority_at: Annotated[datetime | None, "Since when."]
    allowed_transfer: Annotated[tuple[str, ...] | None, "The energy transfer modes we allowed (2.1)."]
    tariff_id: Annotated[str | None, "The station's tariff for it, if we changed it (2.1)."]
    planned_at: Annotated[datetime | None, "When Voltgraph last made a charging plan for these needs."]
    limit_told: Annotated[TransactionLimit | None, "The limits that the station was told (2.1)."]
    limit_said: Annotated[TransactionLimit | None, "The limits that the station says it keeps to (2.1)."]


@dataclass(frozen=True, slots=True)
class StationTariff:
    """A tariff that a 2.1 station calculates with."""

    tariff_id: Annotated[str, "Its id."]
    evse: Annotated[int, "The EVSE's number; 0 is all of them."]
    kind: Annotated[str, "DefaultTariff, or DriverTariff for one transaction."]
    transaction_id: Annotated[str | None, "The transaction it is for."]
    tariff: Annotated[ChargerTariff | None, "What it says; null when it was not set by us."]
    set_at: Annotated[datetime | None, "When the station took it from us."]
    reported_at: Annotated[datetime | None, "When the station last named it."]


@dataclass(frozen=True, slots=True)
class StationDerControl:
    """A grid control that a 2.1 station holds."""

    control: Annotated[SetDERControl, "What it says."]
    is_superseded: Annotated[bool, "Whether another one of its type goes before it."]
    started: Annotated[bool | None, "Whether it is at work; null: the station has not said."]
    started_at: Annotated[datetime | None, "Since when."]
    set_at: Annotated[datetime | None, "When the station took it from us."]
    reported_at: Annotated[datetime | None, "When the station last reported it."]


@dataclass(frozen=True, slots=True)
class DerAlarm:
    """The newest alarm of a grid function."""

    control_type: Annotated[str, "Which function."]
    fault: Annotated[str | None, "What is wrong with the grid."]
    info: Annotated[str | None, "What the station adds."]
    since: Annotated[datetime, "Since when."]
    ended_at: Annotated[datetime | None, "When it was over; null while it lasts."]


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a payment at a station's own terminal ended (2.1)."""

    psp_ref: Annotated[str, "The payment provider's reference."]
    status: Annotated[str | None, "Settled, Canceled, Rejected or Failed."]
    amount: Annotated[Decimal, "The amount, as the station says it."]
    transaction_id: Annotated[str | None, "The station's own id of the transaction."]
    info: Annotated[str | None, "What the terminal adds."]
    receipt_id: Annotated[str | None, "The receipt's number."]
    receipt_url: Annotated[str | None, "Where the receipt is."]
    vat_company: Annotated[Address | None, "For whom the receipt is."]
    vat_number: Annotated[str | None, "Their VAT number."]
    settled_at: Annotated[datetime, "When."]
    currency: Annotated[str | None, "Of the amount: as the station reports it for its prices, else its session's."]
    problem: Annotated[
        str | None,
        "Why it pays no session: UNKNOWN_TRANSACTION, OTHER_CURRENCY, IMPLAUSIBLE_AMOUNT, or CONTRADICTS for another "
        "amount of a payment that was settled before; null when it does.",
    ]


@dataclass(frozen=True, slots=True)
class VatCheck:
    """A VAT number that somebody entered at a station (2.1)."""

    vat_number: Annotated[str, "As entered."]
    evse: Annotated[int | None, "At which EVSE."]
    plausible: Annotated[bool, "Whether it has the form of its country."]
    checked_at: Annotated[datetime, "When."]


@dataclass(frozen=True, slots=True)
class BatterySwap:
    """A step of a battery swap (2.1)."""

    request_id: Annotated[int, "Names the swap."]
    event: Annotated[str, "REQUESTED by us, then BatteryIn, BatteryOut or BatteryOutTimeout."]
    token_uid: str | None
    batteries: Annotated[tuple[BatteryData, ...], "Which batteries."]
    at: Annotated[datetime, "When."]
