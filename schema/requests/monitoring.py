"""Monitors and event streams."""

from app.domain.request.monitoring import (
    AdjustPeriodicEventStream,
    ClearVariableMonitoring,
    GetMonitoringReport,
    GetPeriodicEventStream,
    SetMonitoringBase,
    SetMonitoringLevel,
    SetVariableMonitoring,
)
from schema.requests.face import Face

FACES = (
    Face("monitorsSet", SetVariableMonitoring, "Sets monitors; those accepted are among the station's monitors."),
    Face("monitorsClear", ClearVariableMonitoring, "Removes monitors."),
    Face("monitoringBaseSet", SetMonitoringBase, "Chooses a set of monitors."),
    Face("monitoringLevelSet", SetMonitoringLevel, "Chooses up to which severity events are reported."),
    Face("monitoringReportGet", GetMonitoringReport, "Asks for a report of monitors; see the station's reports."),
    Face("eventStreamAdjust", AdjustPeriodicEventStream, "Changes how often a stream of events sends (2.1)."),
    Face("eventStreamsGet", GetPeriodicEventStream, "Asks for the open streams of events (2.1)."),
)
