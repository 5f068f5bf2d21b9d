"""Three separate facts about a command: was it sent, what did the charger say, did it happen."""

from datetime import timedelta
from typing import cast

import orjson

from app.domain.answer import Acknowledged, Answer, Proceed, Withhold
from app.domain.command import COMMAND_TRANSITIONS, CommandEffect, CommandStatus, CommandTrigger
from app.domain.device import is_secret
from app.domain.event import Arrival, CommandAnswered, CommandFailed, CommandSending
from app.domain.request import StationRequest
from app.domain.request.core import SetVariables, StartTransaction
from app.domain.request.customer import SetNetworkProfile
from app.domain.request.password import RotatePassword
from app.domain.session import (
    SESSION_TRANSITIONS,
    Session,
    SessionOrigin,
    SessionStatus,
    SessionTrigger,
    StepMark,
    StepName,
    StepState,
    evolve,
)
from app.domain.station_state import CommandState, StationState
from app.inbox.batch import Batch
from app.inbox.decisions.answer_effects import ANSWER_EFFECTS
from app.inbox.decisions.effect import give_up
from app.inbox.decisions.power import end_reservation

_PROMISES = frozenset({"StartTransaction", "ReserveNow"})
_STEPS_OF_A_START = frozenset({StepName.AUTHORISED.value, StepName.START_ACCEPTED.value})
EFFECT_PATIENCE = timedelta(seconds=120)  # a charger that said yes and did nothing for two minutes will not do it


def command_sending(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """The frame is journalled before it is sent, and sent at most once.

    The same message id again is the same attempt: its first commit's outcome was in doubt.
    """
    event = cast(CommandSending, arrival.event)
    command = station.commands.get(event.command_key)
    if command is None:
        return Withhold()
    if command.status is CommandStatus.SENT and command.message_id == arrival.message_id:
        return Proceed()
    if command.status is not CommandStatus.QUEUED or arrival.received_at >= command.deadline:
        return Withhold()
    command.status = COMMAND_TRANSITIONS[command.status][CommandTrigger.SEND]
    command.sent_at, command.message_id = arrival.received_at, arrival.message_id
    command.gateway_id = batch.gateway_id
    batch.save_command(station, command)
    if isinstance(command.body, RotatePassword | SetNetworkProfile):
        batch.keep("command_secret", command.key, {"key": command.key})
    if isinstance(command.body, SetVariables) and any(is_secret(name.variable) for name, _ in command.body.variables):
        batch.keep("command_variable_secret", command.key, {"key": command.key})
    batch.journal(arrival, session_key=command.session_key, command_key=command.key)
    return Proceed()


def command_answered(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """The charger's own answer, kept in its own words. ACCEPTED means "will try"."""
    event = cast(CommandAnswered, arrival.event)
    command = station.commands.get(event.command_key)
    batch.journal(arrival, session_key=None if command is None else command.session_key, command_key=event.command_key)
    if command is None or not _move(command, CommandTrigger.ANSWER):
        return Acknowledged()
    command.answered_at = arrival.received_at
    accepted = event.accepted and not _left_out(command.body, event.raw)
    command.answer_status, command.answer_accepted = event.status, accepted
    command.answer_reason_code, command.answer_additional_info = event.reason_code, event.additional_info
    command.answer_raw = event.raw
    batch.log(
        station,
        arrival,
        "command.answered",
        ("command", command.uuid),
        action=command.action,
        status=event.status,
        accepted=accepted,
    )
    if accepted:
        command.effect_deadline = arrival.received_at + EFFECT_PATIENCE
        batch.save_command(station, command)
    else:
        give_up(batch, station, command)
        _start_refused(batch, station, arrival, command, event.status)
    for follow in ANSWER_EFFECTS.get(type(command.body), ()):
        follow(batch, station, arrival, command)
    return Acknowledged()


def _left_out(body: StationRequest, raw: str | None) -> bool:
    """Whether a 2.x station answered for fewer variables than it was told (2.0.1 B05 wants a result for each)."""
    if not isinstance(body, SetVariables):
        return False
    try:
        said = orjson.loads(raw or "{}")
    except orjson.JSONDecodeError:
        return False
    results = said.get("setVariableResult") if isinstance(said, dict) else None
    return isinstance(results, list) and len(results) < len(body.variables)


def command_failed(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """No usable answer. A start that never left us is over; one that timed out may still happen."""
    event = cast(CommandFailed, arrival.event)
    command = station.commands.get(event.command_key)
    if command is None:
        return Acknowledged()
    trigger = CommandTrigger.TIME_OUT if event.timed_out else CommandTrigger.FAIL
    if not _move(command, trigger):
        return Acknowledged()
    command.failure = event.detail[:200]
    batch.log(
        station,
        arrival,
        "command.failed",
        ("command", command.uuid),
        action=command.action,
        status=command.status,
        detail=command.failure,
    )
    if command.status is CommandStatus.TIMED_OUT and command.effect is CommandEffect.AWAITED:
        command.effect_deadline = arrival.received_at + EFFECT_PATIENCE
        batch.save_command(station, command)
        return Acknowledged()
    give_up(batch, station, command)
    _start_refused(batch, station, arrival, command, "UNDELIVERABLE")
    return Acknowledged()


def _move(command: CommandState, trigger: CommandTrigger) -> bool:
    target = COMMAND_TRANSITIONS[command.status].get(trigger)
    if target is None:
        return False
    command.status = target
    return True


def _start_refused(batch: Batch, station: StationState, arrival: Arrival, command: CommandState, code: str) -> None:
    session = station.sessions.get(command.session_key or 0)
    if command.action not in _PROMISES or session is None:
        return
    if session.status is SessionStatus.RESERVATION:
        end_reservation(batch, station, arrival, session, code)
        return
    if session.status is SessionStatus.ACTIVE:
        _card_taken_back(batch, station, command, session)
        return
    target = SESSION_TRANSITIONS[session.status].get(SessionTrigger.REFUSED)
    if target is None:
        return
    message = f"The charger did not start: {code}."
    mark = StepMark(StepState.FAILED, arrival.received_at, code=code, message=message)
    steps = session.steps | {StepName.START_ACCEPTED.value: mark}
    batch.save_session(
        station,
        evolve(session, status=target, steps=steps, ended_at=arrival.received_at, version=session.version + 1),
    )
    batch.log(station, arrival, "session.invalid", ("session", session.uuid), code=code)


def _card_taken_back(batch: Batch, station: StationState, command: CommandState, session: Session) -> None:
    """A car that was plugged in before the start waits for a card again."""
    body = command.body
    if not isinstance(body, StartTransaction) or session.remote_start_id != body.remote_start_id:
        return
    steps = {name: mark for name, mark in session.steps.items() if name not in _STEPS_OF_A_START}
    waiting = evolve(
        session,
        origin=SessionOrigin.AUTOSTART,
        remote_start_id=None,
        token_key=None,
        token_uid=None,
        quote_key=None,  # the price was agreed on with whoever asked for the start; the next card has one of its own
        tariff_key=None,
        currency=None,
        steps=steps,
        version=session.version + 1,
    )
    batch.save_session(station, waiting)
