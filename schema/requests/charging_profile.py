"""Charging profiles."""

from app.domain.request.charging_profile import (
    ClearChargingProfile,
    GetChargingProfiles,
    GetCompositeSchedule,
    NotifyAllowedEnergyTransfer,
    SetChargingProfile,
    UpdateDynamicSchedule,
    UsePriorityCharging,
)
from schema.requests.face import Face

FACES = (
    Face(
        "chargingProfileSet",
        SetChargingProfile,
        "Gives a station a charging profile; one with the same id is replaced.",
    ),
    Face("chargingProfileClear", ClearChargingProfile, "Takes charging profiles off a station."),
    Face(
        "chargingProfilesGet",
        GetChargingProfiles,
        "Asks a station to report its charging profiles; see chargingProfiles of the station.",
    ),
    Face(
        "compositeScheduleGet",
        GetCompositeSchedule,
        "Asks what an EVSE may draw when everything is combined; see compositeSchedule of the answer.",
    ),
    Face("dynamicScheduleUpdate", UpdateDynamicSchedule, "Moves the limits of a dynamic profile."),
    Face("priorityChargingUse", UsePriorityCharging, "Lets a transaction charge at priority, or no longer."),
    Face(
        "allowedEnergyTransferNotify",
        NotifyAllowedEnergyTransfer,
        "Tells which energy transfer modes a transaction may use.",
    ),
)
