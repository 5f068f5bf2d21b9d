"""Configuration wished for: looked at after a boot, judged when the station has said what it has."""

from collections.abc import Callable

from app.domain.desired import STATE_OF_WORD, DesiredState
from app.domain.device import ReportedVariable
from app.domain.event import Arrival
from app.domain.request import StationRequest
from app.domain.request.core import GetVariables
from app.domain.station import Registration
from app.domain.station_state import CommandState, StationState
from app.inbox.batch import Batch

_WORD_MAX = 50


def look_after_boot(batch: Batch, station: StationState, arrival: Arrival) -> None:
    """Once a boot is accepted, wishes are due for a look, if there are any."""
    if station.registration is Registration.ACCEPTED:
        due = {"id": batch.new_id(), "station_key": station.key, "at": arrival.received_at}
        batch.keep("desired_variable.boot", station.key, due)


def judge_what_was_read(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    said = {"id": batch.new_id(), "station_key": station.key, "command_key": command.key, "at": arrival.received_at}
    batch.keep("desired_variable.look", (station.key, command.key), said)


def note_answer(batch: Batch, station: StationState, told: ReportedVariable, word: object) -> None:
    """What the station said to a value that it was told; it concerns the wish for that very value, if there is one."""
    state = STATE_OF_WORD.get(str(word), DesiredState.REFUSED)
    row = told.place.columns() | {"station_key": station.key, "attribute": told.attribute, "value": told.value}
    row |= {"state": state.value, "said": str(word)[:_WORD_MAX]}
    batch.keep("desired_variable.answer", (station.key, told.place, told.attribute), row)


EFFECTS: dict[type[StationRequest], Callable[[Batch, StationState, Arrival, CommandState], None]] = {
    GetVariables: judge_what_was_read
}
