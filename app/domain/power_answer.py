"""What a station hears about power."""

from dataclasses import dataclass

from app.domain.answer import Answer
from app.domain.request.charging_profile import ChargingScheduleUpdate
from app.domain.station import OcppVersion


@dataclass(frozen=True, slots=True)
class NeedsAnswer(Answer):
    """Whether a schedule for a car's needs will come: Accepted, Rejected, or in 2.1 NoChargingProfile."""

    status: str


def no_plan(version: OcppVersion) -> NeedsAnswer:
    """We cannot plan. To a 2.1 station Rejected means that the transaction must end (K18.FR.22, FR.23)."""
    return NeedsAnswer("NoChargingProfile" if version is OcppVersion.V21 else "Rejected")


@dataclass(frozen=True, slots=True)
class EvScheduleAnswer(Answer):
    """Whether a car's own plan stays within what it was allowed."""

    within_limits: bool


@dataclass(frozen=True, slots=True)
class DynamicScheduleAnswer(Answer):
    """The limits that a dynamic profile has now; None when we never gave the station such a profile."""

    update: ChargingScheduleUpdate | None


@dataclass(frozen=True, slots=True)
class SettlementAnswer(Answer):
    """Where the receipt of a payment is, and its number once it has one; None when none of ours will be."""

    receipt_url: str | None = None
    receipt_id: str | None = None


@dataclass(frozen=True, slots=True)
class VatAnswer(Answer):
    """Whether a VAT number can be one."""

    vat_number: str
    evse: int | None
    plausible: bool
