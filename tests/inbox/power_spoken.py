"""Facts about power and the actions that carry them, by version."""

from app.domain import power_event as event

_SINCE_201 = {"ocpp1.6": ""}
_SINCE_21 = {"ocpp1.6": "", "ocpp2.0.1": ""}

POWER_SPOKEN: dict[type, tuple[object, dict[str, str]]] = {
    event.ProfilesReported: (event.ProfilesReported(1, "CSO", 1, ()), {"*": "ReportChargingProfiles", **_SINCE_201}),
    event.ChargingLimitNotified: (
        event.ChargingLimitNotified(1, "SO", None, None, ()),
        {"*": "NotifyChargingLimit", **_SINCE_201},
    ),
    event.ChargingLimitCleared: (event.ChargingLimitCleared("SO", 1), {"*": "ClearedChargingLimit", **_SINCE_201}),
    event.ChargingNeedsNotified: (
        event.ChargingNeedsNotified(1, None, None),
        {"*": "NotifyEVChargingNeeds", **_SINCE_201},
    ),
    event.EvScheduleNotified: (
        event.EvScheduleNotified(1, None, None, None, None),
        {"*": "NotifyEVChargingSchedule", **_SINCE_201},
    ),
    event.ReservationUpdated: (event.ReservationUpdated(1, "Expired"), {"*": "ReservationStatusUpdate", **_SINCE_201}),
    event.PriorityChargingNotified: (
        event.PriorityChargingNotified("t", activated=True),
        {"*": "NotifyPriorityCharging", **_SINCE_21},
    ),
    event.DynamicSchedulePulled: (event.DynamicSchedulePulled(1), {"*": "PullDynamicScheduleUpdate", **_SINCE_21}),
    event.SettlementNotified: (event.SettlementNotified("p", None, "1", None), {"*": "NotifySettlement", **_SINCE_21}),
    event.VatNumberPresented: (event.VatNumberPresented("DE1", 1), {"*": "VatNumberValidation", **_SINCE_21}),
    event.DerControlsReported: (event.DerControlsReported(1, ()), {"*": "ReportDERControl", **_SINCE_21}),
    event.DerAlarmNotified: (
        event.DerAlarmNotified("FreqDroop", None, ended=False, occurred_at=None, info=None),
        {"*": "NotifyDERAlarm", **_SINCE_21},
    ),
    event.DerStartStopNotified: (
        event.DerStartStopNotified("c", started=True, occurred_at=None),
        {"*": "NotifyDERStartStop", **_SINCE_21},
    ),
    event.BatterySwapped: (event.BatterySwapped(1, None, None, ()), {"*": "BatterySwap", **_SINCE_21}),
}
