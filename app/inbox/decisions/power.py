"""What stations report about power: kept as they say it, shown where it belongs, and answered after the commit."""

from dataclasses import fields
from datetime import datetime
from typing import cast

from app.domain import vat
from app.domain.answer import Acknowledged, Answer
from app.domain.event import Arrival, StationEvent
from app.domain.power_answer import DynamicScheduleAnswer, VatAnswer
from app.domain.power_event import (
    BatterySwapped,
    ChargingLimitCleared,
    ChargingLimitNotified,
    DerAlarmNotified,
    DerControlsReported,
    DerStartStopNotified,
    DynamicSchedulePulled,
    PriorityChargingNotified,
    ProfilesReported,
    ReservationUpdated,
    VatNumberPresented,
)
from app.domain.request.charging_profile import ChargingProfile, ChargingScheduleUpdate
from app.domain.session import SESSION_TRANSITIONS, Session, SessionStatus, SessionTrigger, evolve, failed_start
from app.domain.station_state import StationState
from app.inbox.batch import Batch, Decision, occurred_at
from app.store.values import value_json


def row(station: StationState, **values: object) -> dict[str, object]:
    """A row of something the station holds."""
    return {"operator_key": station.operator_key, "station_key": station.key, **values}


def profile_row(
    station: StationState, source: str, evse: int, profile: ChargingProfile, **how: object
) -> dict[str, object]:
    return row(
        station,
        source=source,
        profile_id=profile.id,
        evse_number=evse,
        purpose=profile.charging_profile_purpose.value,
        stack_level=profile.stack_level,
        transaction_id=profile.transaction_id,
        profile=value_json(profile),
        **how,
    )


def _noted(batch: Batch, station: StationState, arrival: Arrival, kind: str, **data: object) -> None:
    batch.journal(arrival)
    batch.touch(station)
    batch.log(station, arrival, kind, ("station", station.uuid), **data)


def profiles_reported(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """ReportChargingProfiles (2.0.1 K09): with its last part, profiles it was to name and did not are gone."""
    event = cast(ProfilesReported, arrival.event)
    for profile in event.profiles:
        found = profile_row(station, event.source, event.evse, profile, reported_at=arrival.received_at)
        batch.keep("charging_profile", (station.key, event.source, profile.id), found)
    if not event.more:
        batch.keep(
            "charging_profile.forget",
            (station.key, event.request_id),
            {"station_key": station.key, "request_id": event.request_id},
        )
    batch.journal(arrival)
    batch.touch(station)
    return Acknowledged()


def limit_notified(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    event = cast(ChargingLimitNotified, arrival.event)
    found = row(
        station,
        evse_number=event.evse,
        source=event.source,
        is_grid_critical=event.is_grid_critical,
        is_local_generation=event.is_local_generation,
        schedules=value_json(event.schedules),
        notified_at=arrival.received_at,
    )
    batch.keep("charging_limit", (station.key, event.evse, event.source), found)
    _noted(batch, station, arrival, "charging_limit.set", evse=event.evse, source=event.source)
    return Acknowledged()


def limit_cleared(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    event = cast(ChargingLimitCleared, arrival.event)
    criteria = {"station_key": station.key, "evse_number": event.evse, "source": event.source}
    batch.keep("charging_limit.clear", (station.key, event.evse, event.source), criteria)
    _noted(batch, station, arrival, "charging_limit.cleared", evse=event.evse, source=event.source)
    return Acknowledged()


def at_evse(station: StationState, evse: int) -> Session | None:
    """The session that runs at an EVSE, or is about to."""
    open_ = [one for one in station.sessions.values() if one.evse_number == evse]
    for status in (SessionStatus.ACTIVE, SessionStatus.PENDING):
        found = next((one for one in open_ if one.status is status), None)
        if found is not None:
            return found
    return None


def _named(station: StationState, transaction_id: str) -> Session | None:
    return next((one for one in station.sessions.values() if one.transaction_id == transaction_id), None)


def on_session(batch: Batch, station: StationState, session: Session, **said: object) -> None:
    """Says something of a session's power; what is not said stays as it was."""
    rows = batch.writes.kept.get("session_power", {})
    found = dict(rows.get(session.key) or row(station, session_key=session.key))
    batch.keep("session_power", session.key, found | said)
    batch.save_session(station, evolve(session, version=session.version + 1))


def priority_notified(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    event = cast(PriorityChargingNotified, arrival.event)
    session = _named(station, event.transaction_id)
    batch.journal(arrival, session_key=None if session is None else session.key)
    if session is not None:
        on_session(batch, station, session, priority=event.activated, priority_at=arrival.received_at)
    return Acknowledged()


def schedule_pulled(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """PullDynamicScheduleUpdate (2.1 K28): the newest limits we gave the profile."""
    event = cast(DynamicSchedulePulled, arrival.event)
    batch.journal(arrival)
    held = station.dynamic_profiles.get(event.profile_id)
    return DynamicScheduleAnswer(None if held is None else _limits(*held))


def _limits(profile: ChargingProfile, moved: ChargingScheduleUpdate | None) -> ChargingScheduleUpdate:
    """A dynamic profile has one period; what was moved since lies over it."""
    period = profile.charging_schedule[0].charging_schedule_period[0]
    names = [one.name for one in fields(ChargingScheduleUpdate)]
    newest = {name: getattr(period, name) for name in names}
    if moved is not None:
        newest |= {name: value for name in names if (value := getattr(moved, name)) is not None}
    return ChargingScheduleUpdate(**newest)


def reservation_updated(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """ReservationStatusUpdate (2.0.1 H01): the station's own word that a reservation is over."""
    event = cast(ReservationUpdated, arrival.event)
    for session in list(station.sessions.values()):
        if session.remote_start_id == event.reservation_id:
            end_reservation(batch, station, arrival, session, event.status.upper() or "REMOVED")
    batch.journal(arrival)
    return Acknowledged()


def end_reservation(batch: Batch, station: StationState, arrival: Arrival, session: Session, code: str) -> None:
    """A reservation that nobody will keep; one that was kept or ended stays what it is."""
    if session.status is not SessionStatus.RESERVATION:
        return
    steps = failed_start(session, code, f"The reservation is over: {code}.")
    ended = evolve(
        session,
        status=SESSION_TRANSITIONS[session.status][SessionTrigger.REFUSED],
        steps=steps,
        ended_at=arrival.received_at,
        version=session.version + 1,
    )
    batch.save_session(station, ended)
    batch.log(station, arrival, "session.invalid", ("session", session.uuid), code=code)


def vat_presented(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    event = cast(VatNumberPresented, arrival.event)
    good = vat.plausible(event.vat_number)
    found = row(
        station,
        vat_number=event.vat_number,
        evse_number=event.evse,
        plausible=good,
        checked_at=arrival.received_at,
    )
    batch.keep("vat_check", (station.key, event.vat_number), found)
    batch.journal(arrival)
    batch.touch(station)
    return VatAnswer(event.vat_number, event.evse, good)


def control_row(station: StationState, control: object, **how: object) -> dict[str, object]:
    body = value_json(control)
    return row(
        station,
        control_id=body["control_id"],
        control_type=body["control_type"],
        is_default=body["is_default"],
        control=body,
        **how,
    )


def controls_reported(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    event = cast(DerControlsReported, arrival.event)
    for held in event.controls:
        found = control_row(station, held.control, is_superseded=held.is_superseded, reported_at=arrival.received_at)
        batch.keep("der_control", (station.key, held.control.control_id), found)
    if not event.more:
        done: dict[str, object] = {"station_key": station.key, "request_id": event.request_id}
        batch.keep("der_control.forget", (station.key, event.request_id), done)
    batch.journal(arrival)
    batch.touch(station)
    return Acknowledged()


def der_alarm(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    event = cast(DerAlarmNotified, arrival.event)
    key, at = (station.key, event.control_type), occurred_at(arrival)
    if event.ended:
        ended = {"station_key": station.key, "control_type": event.control_type, "ended_at": at}
        batch.keep("der_alarm.end", key, ended)
    else:
        found = row(
            station, control_type=event.control_type, fault=event.fault, info=event.info, since=at, ended_at=None
        )
        batch.keep("der_alarm", key, found)
    _noted(batch, station, arrival, "der.alarm", controlType=event.control_type, ended=event.ended)
    return Acknowledged()


def der_start_stop(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    event = cast(DerStartStopNotified, arrival.event)
    at: datetime = occurred_at(arrival)
    said = {"station_key": station.key, "control_id": event.control_id, "started": event.started, "at": at}
    batch.keep("der_control.start", (station.key, event.control_id), said)
    supersede(batch, station, event.superseded_ids)
    _noted(batch, station, arrival, "der.control", controlId=event.control_id, started=event.started)
    return Acknowledged()


def supersede(batch: Batch, station: StationState, control_ids: tuple[str, ...]) -> None:
    for control_id in control_ids:
        named = {"station_key": station.key, "control_id": control_id}
        batch.keep("der_control.supersede", (station.key, control_id), named)


def battery_swapped(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    event = cast(BatterySwapped, arrival.event)
    kind = "UNKNOWN" if event.event is None else event.event.value
    found = row(
        station,
        request_id=event.request_id,
        event=kind,
        token_uid=None if event.token is None else event.token.id_token,
        batteries=value_json(event.batteries),
        at=arrival.received_at,
    )
    batch.keep("battery_swap", (station.key, event.request_id, kind), found)
    _noted(batch, station, arrival, "battery.swap", requestId=event.request_id, event=kind)
    return Acknowledged()


DECISIONS: dict[type[StationEvent], Decision] = {
    ProfilesReported: profiles_reported,
    ChargingLimitNotified: limit_notified,
    ChargingLimitCleared: limit_cleared,
    PriorityChargingNotified: priority_notified,
    DynamicSchedulePulled: schedule_pulled,
    ReservationUpdated: reservation_updated,
    VatNumberPresented: vat_presented,
    DerControlsReported: controls_reported,
    DerAlarmNotified: der_alarm,
    DerStartStopNotified: der_start_stop,
    BatterySwapped: battery_swapped,
}
