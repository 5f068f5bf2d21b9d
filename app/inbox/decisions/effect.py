"""What a command was meant to cause, and the facts that show it happened."""

from collections.abc import Collection

from app.domain.command import CommandEffect, CommandStatus
from app.domain.station_state import CommandState, StationState
from app.inbox.batch import Batch


def observe(batch: Batch, station: StationState, command: CommandState) -> None:
    """The effect was seen, whatever the charger answered."""
    command.effect = CommandEffect.OBSERVED
    batch.save_command(station, command)


def give_up(batch: Batch, station: StationState, command: CommandState) -> None:
    """The effect will not come from this command any more."""
    if command.effect is CommandEffect.AWAITED:
        command.effect = CommandEffect.NOT_OBSERVED
    batch.save_command(station, command)


def observe_for_session(batch: Batch, station: StationState, action: str, session_key: int) -> None:
    """A start or a stop that some command asked for has been reported by the charger."""
    for command in station.commands.values():
        ours = command.action == action and command.session_key == session_key
        waits = command.effect is CommandEffect.AWAITED and command.status is not CommandStatus.QUEUED
        if ours and waits:
            observe(batch, station, command)


def observe_for_request(
    batch: Batch, station: StationState, actions: Collection[str], request_id: int | None, *, seen: bool
) -> None:
    """What a request asked for has been done, or will not be; without an id the station means any of its kind."""
    for command in station.commands.values():
        if command.action not in actions or command.effect is not CommandEffect.AWAITED:
            continue
        ours = request_id is None or getattr(command.body, "request_id", request_id) == request_id
        if ours and command.status is not CommandStatus.QUEUED:
            command.effect = CommandEffect.OBSERVED if seen else CommandEffect.NOT_OBSERVED
            batch.save_command(station, command)
