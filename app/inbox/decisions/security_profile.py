"""A station that was told to use a higher security profile and has come with it may not go back (A05)."""

from collections.abc import Callable

import orjson

from app.domain.configuration_key import key_of
from app.domain.event import Arrival
from app.domain.request import StationRequest
from app.domain.request.core import SetVariables
from app.domain.request.customer import SetNetworkProfile
from app.domain.station_state import CommandState, StationState
from app.inbox.batch import Batch

_KEY = "SecurityProfile"
_HIGHEST = 3
_AGREED = ("Accepted", "RebootRequired")


def _ask(batch: Batch, station: StationState, profile: int) -> None:
    if 0 <= profile <= _HIGHEST:
        batch.keep("profile_asked", station.key, {"station_key": station.key, "profile": profile})


def reached(batch: Batch, station: StationState, profile: int) -> None:
    """A connection arrived with this profile: if it is what was asked for, it is the least from now on."""
    batch.keep("profile_reached", station.key, {"station_key": station.key, "profile": profile})


def _network_profile_set(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    if command.answer_accepted and isinstance(command.body, SetNetworkProfile):
        _ask(batch, station, command.body.connection_data.security_profile)


def _variables_set(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """1.6 ChangeConfiguration has one answer; 2.x SetVariables one for each variable, in the order asked."""
    if not isinstance(command.body, SetVariables):
        return
    said = _statuses(command, len(command.body.variables))
    for (name, value), status in zip(command.body.variables, said, strict=True):
        if key_of(name) == _KEY and status in _AGREED and value.isascii() and value.isdigit():
            _ask(batch, station, int(value))


def _statuses(command: CommandState, count: int) -> list[object]:
    try:
        answer = orjson.loads(command.answer_raw or "{}")
    except orjson.JSONDecodeError:
        return [None] * count
    results = answer.get("setVariableResult")
    if not isinstance(results, list):
        return [answer.get("status")] * count
    found = [one.get("attributeStatus") if isinstance(one, dict) else None for one in results[:count]]
    return found + [None] * (count - len(found))


EFFECTS: dict[type[StationRequest], Callable[[Batch, StationState, Arrival, CommandState], None]] = {
    SetNetworkProfile: _network_profile_set,
    SetVariables: _variables_set,
}
