"""What a connector says it is doing; the newest claim wins, whatever order the claims arrive in."""

from typing import cast

from app.domain.answer import Acknowledged, Answer
from app.domain.command import CommandEffect, CommandStatus
from app.domain.event import Arrival, StatusReported
from app.domain.request.core import ChangeAvailability, UnlockConnector
from app.domain.session import OPEN_STATUSES, SessionStatus, StepMark, StepName, StepState, evolve
from app.domain.station import ConnectorStatus
from app.domain.station_state import CommandState, ConnectorState, EvseState, StationState
from app.inbox.batch import Batch, occurred_at
from app.inbox.decisions.activity import note_activity
from app.inbox.decisions.effect import observe
from app.inbox.decisions.elsewhere import note_elsewhere

EVSES_MAX = 64  # a station may show us hardware that nobody registered, but not without end
CONNECTORS_MAX = 8


def status_reported(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """StatusNotification (1.6 §4.9, 2.0.1 G01). An older claim than ours is journalled and changes nothing."""
    event = cast(StatusReported, arrival.event)
    batch.journal(arrival)
    if event.evse is None:
        station.link["status"] = event.status.value
        station.link_changed = True
        batch.touch(station)
        _observe_availability(batch, station, event)
        return Acknowledged()
    at = occurred_at(arrival)
    connector = _connector(station, event.evse, event.connector or 1)
    if connector is None or (connector.status_since is not None and at < connector.status_since):
        return Acknowledged()
    evse = station.evses[event.evse]
    before = connector.status
    connector.status, connector.changed = event.status, True
    if before is not event.status:
        connector.status_since = evse.status_since = at
    connector.error_code, connector.vendor_error_code = event.error_code, event.vendor_error_code
    # OCPP 2.x says here only whether a car is there; what it does arrives with its transaction.
    if event.charging_state is not None or event.status is not ConnectorStatus.OCCUPIED:
        evse.charging_state = event.charging_state
    evse.changed = True
    batch.touch(station)
    if before is not event.status:
        batch.log(
            station,
            arrival,
            "connector.status",
            ("station", station.uuid),
            evse=event.evse,
            connector=connector.number,
            before=before,
            after=event.status,
            errorCode=event.error_code,
        )
    _note_on_session(batch, station, arrival, event)
    if before is not event.status:
        note_elsewhere(batch, station, event.evse, taken=event.status is ConnectorStatus.OCCUPIED)
    _observe_availability(batch, station, event)
    _observe_unlock(batch, station, event)
    return Acknowledged()


def _connector(station: StationState, evse_number: int, number: int) -> ConnectorState | None:
    """The connector, made known if the station has just shown it to us; None past the limits."""
    found = station.connectors.get((evse_number, number))
    if found is not None:
        return found
    if not (1 <= evse_number <= EVSES_MAX and 1 <= number <= CONNECTORS_MAX):
        return None
    station.evses.setdefault(evse_number, EvseState(None, evse_number))
    station.connectors[evse_number, number] = made = ConnectorState(None, evse_number, number)
    return made


def _note_on_session(batch: Batch, station: StationState, arrival: Arrival, event: StatusReported) -> None:
    """A plug in a socket is a step of the session that waits there; 1.6 also says here that charging paused."""
    for session in list(station.sessions.values()):
        if session.evse_number != event.evse or session.status not in OPEN_STATUSES:
            continue
        changes: dict[str, object] = {}
        step = StepName.CABLE_PLUGGED.value
        if event.status is ConnectorStatus.OCCUPIED and step not in session.steps:
            changes["steps"] = session.steps | {step: StepMark(StepState.DONE, occurred_at(arrival))}
        if (
            session.status is SessionStatus.ACTIVE
            and event.charging_state is not None
            and event.charging_state is not session.charging_state
        ):
            changes["charging_state"] = event.charging_state
            note_activity(batch, session, event.charging_state, occurred_at(arrival))
        if changes:
            batch.save_session(station, evolve(session, version=session.version + 1, **changes))


def _awaited(station: StationState) -> list[CommandState]:
    return [
        command
        for command in station.commands.values()
        if command.effect is CommandEffect.AWAITED and command.status is not CommandStatus.QUEUED
    ]


def _observe_availability(batch: Batch, station: StationState, event: StatusReported) -> None:
    for command in _awaited(station):
        body = command.body
        if not isinstance(body, ChangeAvailability) or body.evse not in (None, event.evse):
            continue
        if body.operative == (event.status is not ConnectorStatus.UNAVAILABLE):
            observe(batch, station, command)


def _observe_unlock(batch: Batch, station: StationState, event: StatusReported) -> None:
    if event.status is not ConnectorStatus.AVAILABLE:
        return
    for command in _awaited(station):
        if isinstance(command.body, UnlockConnector) and command.body.evse == event.evse:
            observe(batch, station, command)
