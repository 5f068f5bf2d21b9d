"""What OCPP 2.0.1 and 2.1 stations report about power, payments and batteries, as facts; and what they hear."""

from datetime import datetime
from decimal import Decimal

from app.domain.answer import Answer
from app.domain.battery import BatteryData, BatterySwapEvent
from app.domain.charging_needs import ChargingNeeds
from app.domain.event import StationEvent
from app.domain.postal import Address, PaymentStatus
from app.domain.power_answer import (
    DynamicScheduleAnswer,
    EvScheduleAnswer,
    NeedsAnswer,
    SettlementAnswer,
    VatAnswer,
)
from app.domain.power_event import (
    BatterySwapped,
    ChargingLimitCleared,
    ChargingLimitNotified,
    ChargingNeedsNotified,
    DerAlarmNotified,
    DerControlsReported,
    DerStartStopNotified,
    DynamicSchedulePulled,
    EvScheduleNotified,
    HeldControl,
    PriorityChargingNotified,
    ProfilesReported,
    ReservationUpdated,
    SettlementNotified,
    VatNumberPresented,
)
from app.domain.request.charging_profile import ChargingProfile, ChargingSchedule
from app.domain.request.der import SetDERControl
from app.domain.request.local_list import IdToken
from gateway.dialect import Payload, Render, Translate
from gateway.fields import part, parts, text, whole
from gateway.ocpp2 import unwire, wire
from gateway.tolerance import Problems, parse_time


def _profiles(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    return ProfilesReported(
        request_id=whole(payload, "requestId") or 0,
        source=text(payload, "chargingLimitSource") or "CSO",
        evse=whole(payload, "evseId") or 0,
        profiles=unwire.values(ChargingProfile, payload.get("chargingProfile"), problems),
        more=payload.get("tbc") is True,
    )


def _flag(payload: Payload, name: str) -> bool | None:
    found = payload.get(name)
    return found if isinstance(found, bool) else None


def _limit(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    limit = part(payload, "chargingLimit")
    return ChargingLimitNotified(
        evse=whole(payload, "evseId") or 0,
        source=text(limit, "chargingLimitSource") or "Other",
        is_grid_critical=_flag(limit, "isGridCritical"),
        is_local_generation=_flag(limit, "isLocalGeneration"),
        schedules=unwire.values(ChargingSchedule, payload.get("chargingSchedule"), problems),
    )


def _limit_cleared(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return ChargingLimitCleared(text(payload, "chargingLimitSource") or "Other", whole(payload, "evseId") or 0)


def _needs(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    return ChargingNeedsNotified(
        evse=whole(payload, "evseId") or 0,
        needs=unwire.value(ChargingNeeds, payload.get("chargingNeeds"), problems),
        max_schedule_tuples=whole(payload, "maxScheduleTuples"),
    )


def _ev_schedule(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    return EvScheduleNotified(
        evse=whole(payload, "evseId") or 0,
        time_base=parse_time(text(payload, "timeBase"), problems),
        schedule=unwire.value(ChargingSchedule, payload.get("chargingSchedule"), problems),
        selected_schedule_id=whole(payload, "selectedChargingScheduleId"),
        tolerance_accepted=_flag(payload, "powerToleranceAcceptance"),
    )


def _priority(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return PriorityChargingNotified(text(payload, "transactionId") or "", payload.get("activated") is True)


def _pull(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return DynamicSchedulePulled(whole(payload, "chargingProfileId") or 0)


def _reservation(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return ReservationUpdated(whole(payload, "reservationId") or 0, text(payload, "reservationUpdateStatus") or "")


def _settlement(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    status = text(payload, "status") or ""
    known = status in {member.value for member in PaymentStatus}
    if not known:
        problems.note("status is not one of 2.1")
    amount = payload.get("settlementAmount")
    company = payload.get("vatCompany")
    return SettlementNotified(
        psp_ref=text(payload, "pspRef") or "",
        status=PaymentStatus(status) if known else None,
        amount=str(Decimal(str(amount))) if isinstance(amount, int | float) else "0",
        occurred_at=parse_time(text(payload, "settlementTime"), problems),
        transaction_id=text(payload, "transactionId"),
        info=text(payload, "statusInfo"),
        receipt_id=text(payload, "receiptId"),
        receipt_url=text(payload, "receiptUrl"),
        vat_company=None if company is None else unwire.value(Address, company, problems),
        vat_number=text(payload, "vatNumber"),
    )


def _vat(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return VatNumberPresented(text(payload, "vatNumber") or "", whole(payload, "evseId"))


# ReportDERControl's lists: (the list, the field of SetDERControl, the function it is; None where the entry says it).
_CONTROLS: tuple[tuple[str, str | None], ...] = (
    ("curve", None),
    ("enterService", "EnterService"),
    ("fixedPFAbsorb", "FixedPFAbsorb"),
    ("fixedPFInject", "FixedPFInject"),
    ("fixedVar", "FixedVar"),
    ("freqDroop", "FreqDroop"),
    ("gradient", "Gradients"),
    ("limitMaxDischarge", "LimitMaxDischarge"),
)


def _controls(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    found = []
    for name, function in _CONTROLS:
        for entry in parts(payload, name):
            said = {
                "isDefault": entry.get("isDefault") is True,
                "controlId": entry.get("id"),
                "controlType": function or entry.get("curveType"),
                name: entry.get(name),
            }
            control = unwire.value(SetDERControl, said, problems)
            if control is not None:
                found.append(HeldControl(control, entry.get("isSuperseded") is True))
    return DerControlsReported(whole(payload, "requestId") or 0, tuple(found), payload.get("tbc") is True)


def _der_alarm(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    return DerAlarmNotified(
        control_type=text(payload, "controlType") or "",
        fault=text(payload, "gridEventFault"),
        ended=payload.get("alarmEnded") is True,
        occurred_at=parse_time(text(payload, "timestamp"), problems),
        info=text(payload, "extraInfo"),
    )


def _der_start_stop(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    superseded = payload.get("supersededIds")
    return DerStartStopNotified(
        control_id=text(payload, "controlId") or "",
        started=payload.get("started") is True,
        occurred_at=parse_time(text(payload, "timestamp"), problems),
        superseded_ids=tuple(str(one) for one in superseded[:100]) if isinstance(superseded, list) else (),
    )


def _battery_swap(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    claimed = text(payload, "eventType") or ""
    known = claimed in {member.value for member in BatterySwapEvent}
    if not known:
        problems.note("eventType is not one of 2.1")
    return BatterySwapped(
        request_id=whole(payload, "requestId") or 0,
        event=BatterySwapEvent(claimed) if known else None,
        token=unwire.value(IdToken, payload.get("idToken"), problems),
        batteries=unwire.values(BatteryData, payload.get("batteryData"), problems),
    )


INBOUND: dict[str, Translate] = {
    "ReportChargingProfiles": _profiles,
    "NotifyChargingLimit": _limit,
    "ClearedChargingLimit": _limit_cleared,
    "NotifyEVChargingNeeds": _needs,
    "NotifyEVChargingSchedule": _ev_schedule,
    "ReservationStatusUpdate": _reservation,
    "NotifyPriorityCharging": _priority,
    "PullDynamicScheduleUpdate": _pull,
    "NotifySettlement": _settlement,
    "VatNumberValidation": _vat,
    "ReportDERControl": _controls,
    "NotifyDERAlarm": _der_alarm,
    "NotifyDERStartStop": _der_start_stop,
    "BatterySwap": _battery_swap,
}


def _empty(_answer: Answer) -> Payload:
    return {}


def _ev_schedule_answer(answer: Answer) -> Payload:
    exceeds = isinstance(answer, EvScheduleAnswer) and not answer.within_limits
    return {"status": "Rejected" if exceeds else "Accepted"}


def _needs_answer(answer: Answer) -> Payload:
    # Quarantined needs are answered as if nothing could be planned: the station falls back to its own limits.
    return {"status": answer.status if isinstance(answer, NeedsAnswer) else "Rejected"}


def _dynamic(answer: Answer) -> Payload:
    if not isinstance(answer, DynamicScheduleAnswer) or answer.update is None:
        return {"status": "Rejected", "statusInfo": {"reasonCode": "UnknownProfile"}}
    return {"status": "Accepted", "scheduleUpdate": wire.payload(answer.update)}


def _settlement_answer(answer: Answer) -> Payload:
    if not isinstance(answer, SettlementAnswer) or answer.receipt_url is None:
        return {}
    said: Payload = {"receiptUrl": answer.receipt_url}
    return said if answer.receipt_id is None else {**said, "receiptId": answer.receipt_id}


def _vat_answer(answer: Answer) -> Payload:
    if not isinstance(answer, VatAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer VatNumberValidation")
    said: dict[str, object] = {
        "vatNumber": answer.vat_number,
        "status": "Accepted" if answer.plausible else "Rejected",
    }
    return said | ({} if answer.evse is None else {"evseId": answer.evse})


ANSWERS: dict[str, Render] = {
    "ReportChargingProfiles": _empty,
    "NotifyChargingLimit": _empty,
    "ClearedChargingLimit": _empty,
    "NotifyEVChargingNeeds": _needs_answer,
    "NotifyEVChargingSchedule": _ev_schedule_answer,
    "ReservationStatusUpdate": _empty,
    "NotifyPriorityCharging": _empty,
    "PullDynamicScheduleUpdate": _dynamic,
    "NotifySettlement": _settlement_answer,
    "VatNumberValidation": _vat_answer,
    "ReportDERControl": _empty,
    "NotifyDERAlarm": _empty,
    "NotifyDERStartStop": _empty,
    "BatterySwap": _empty,
}
