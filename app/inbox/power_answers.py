"""Safe answers to facts about power: true, and good enough to go on with."""

from collections.abc import Callable

from app.domain import power_event as event
from app.domain.answer import Acknowledged, Answer
from app.domain.event import Arrival, StationEvent
from app.domain.power_answer import DynamicScheduleAnswer, SettlementAnswer, VatAnswer, no_plan


def _acknowledged(_arrival: Arrival, _number: int) -> Answer:
    return Acknowledged()


def _vat(arrival: Arrival, _number: int) -> Answer:
    said = arrival.event
    assert isinstance(said, event.VatNumberPresented)
    return VatAnswer(said.vat_number, said.evse, plausible=False)


SAFE_ANSWERS: dict[type[StationEvent], Callable[[Arrival, int], Answer]] = {
    event.ProfilesReported: _acknowledged,
    event.ChargingLimitNotified: _acknowledged,
    event.ChargingLimitCleared: _acknowledged,
    event.ChargingNeedsNotified: lambda arrival, number: no_plan(arrival.version),
    event.EvScheduleNotified: _acknowledged,
    event.PriorityChargingNotified: _acknowledged,
    event.DynamicSchedulePulled: lambda arrival, number: DynamicScheduleAnswer(None),
    event.ReservationUpdated: _acknowledged,
    event.SettlementNotified: lambda arrival, number: SettlementAnswer(),
    event.VatNumberPresented: _vat,
    event.DerControlsReported: _acknowledged,
    event.DerAlarmNotified: _acknowledged,
    event.DerStartStopNotified: _acknowledged,
    event.BatterySwapped: _acknowledged,
}
