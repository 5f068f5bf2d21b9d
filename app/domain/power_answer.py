"""What a station hears about power."""

from dataclasses import dataclass

from app.domain.answer import Answer
from app.domain.request.charging_profile import ChargingScheduleUpdate


@dataclass(frozen=True, slots=True)
class NeedsAnswer(Answer):
    """Whether a schedule for a car's needs will come: Accepted, Processing or Rejected."""

    status: str


@dataclass(frozen=True, slots=True)
class DynamicScheduleAnswer(Answer):
    """The limits that a dynamic profile has now; None when we never gave the station such a profile."""

    update: ChargingScheduleUpdate | None


@dataclass(frozen=True, slots=True)
class VatAnswer(Answer):
    """Whether a VAT number can be one."""

    vat_number: str
    evse: int | None
    plausible: bool
