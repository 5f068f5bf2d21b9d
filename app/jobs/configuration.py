"""The duties to keep a station to the configuration wished for: look what it has, then tell it what differs.

It is read before it is written (a write may cost a reboot), once after each boot, and told within the bounds of
`app.domain.desired`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.desired import DesiredVariable, judge
from app.domain.ids import new_uuid
from app.domain.request import StationRequest
from app.domain.request.core import AttributeType, GetVariables, SetVariables, VariableName
from app.domain.station_state import StationState
from app.feed import Change, Noun
from app.jobs.tools import StationBusy, Tools
from app.store.intake import desired, own_command, planning
from app.store.intake.connection import IngestConnection
from app.store.intake.duties import DueDuty
from app.store.intake.read import lock_stations

_KEEP_FOR = timedelta(minutes=10)  # a station that is away for longer boots, or is looked at after its next boot
_ANSWER_WAIT = timedelta(seconds=30)
_MESSAGE = 20  # where a station has not said how many variables it takes


async def read_configuration(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change]:
    """Asks for the values that are wished to be otherwise, perhaps."""
    station = await _locked(connection, duty)
    wishes = await desired.unread(connection, station.key)
    size = await desired.items_per_message(connection, station.key, "GetVariables", unsaid=_MESSAGE)
    changes = []
    for part in _parts(wishes, size):
        body = GetVariables(tuple(_named(one) for one in part))
        key = await _queue(connection, station, body, "Is the configuration as wished?", tools.clock())
        await desired.asked(connection, [one.key for one in part], command_key=key, at=tools.clock())
        changes.append(_told(station, key))
    return changes


async def apply_configuration(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change]:
    """Tells what differs; what the station keeps forgetting is counted, and given up for a day after some attempts."""
    station, at = await _locked(connection, duty), tools.clock()
    found = [(one, judge(one, at=at)) for one in await desired.looked_at(connection, station.key)]
    for wish, result in found:
        await desired.judged(connection, wish, result, at=at)
    forgotten = sum(result.forgotten - wish.forgotten for wish, result in found)
    if forgotten:
        await desired.has_forgotten(
            connection, operator_key=station.operator_key, station_key=station.key, times=forgotten, at=at
        )
    size = 1
    if not await desired.speaks_16(connection, station.key):
        size = await desired.items_per_message(connection, station.key, "SetVariables", unsaid=_MESSAGE)
    changes = []
    for part in _parts([wish for wish, result in found if result.tell], size):
        body = SetVariables(tuple((_named(one), one.value) for one in part))
        changes.append(_told(station, await _queue(connection, station, body, "The configuration wished for.", at)))
    version = await planning.raise_version(connection, station.key)
    place = (station.location_key, station.key)
    return [*changes, Change(Noun.STATION, station.operator_key, station.key, version, *place)]


async def _locked(connection: IngestConnection, duty: DueDuty) -> StationState:
    key = duty.station_key or 0
    stations, _ = await lock_stations(connection, [key])
    if key not in stations:
        raise StationBusy
    return stations[key]


def _parts(wishes: list[DesiredVariable], size: int) -> list[Sequence[DesiredVariable]]:
    return [wishes[at : at + size] for at in range(0, len(wishes), size)]


def _named(wish: DesiredVariable) -> VariableName:
    place = wish.place
    attribute = None if wish.attribute == AttributeType.ACTUAL else AttributeType(wish.attribute)
    return VariableName(
        place.component,
        place.variable,
        place.instance,
        place.evse,
        place.component_instance,
        place.connector,
        attribute,
    )


async def _queue(
    connection: IngestConnection, station: StationState, body: StationRequest, reason: str, at: datetime
) -> int:
    return await own_command.queue(
        connection,
        body,
        uuid=new_uuid(at_ms=int(at.timestamp() * 1000)),
        operator_key=station.operator_key,
        station_key=station.key,
        reason=reason,
        at=at,
        keep_for=_KEEP_FOR,
        answer_wait=_ANSWER_WAIT,
    )


def _told(station: StationState, command_key: int) -> Change:
    return Change(Noun.COMMAND, station.operator_key, command_key, 1, station.location_key, station.key)
