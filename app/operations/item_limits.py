"""How many things one message may name: what the station itself said in its variables ItemsPerMessage.

What names more is divided into several commands, each with its own answer (2.0.1 B05.FR.11, B06.FR.05, N04.FR.09,
N06.FR.06); a report cannot be, because its parts answer to one number, and is refused with the limit.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request import StationRequest
from app.domain.request.core import GetVariables, SetVariables
from app.domain.request.device_model import GetReport
from app.domain.request.monitoring import ClearVariableMonitoring, SetVariableMonitoring
from app.domain.station import ChargingStation
from app.store import device

PARTS_MAX = 16  # half of what may wait for one station, so that somebody else's command still finds a place
_VARIABLE = "ItemsPerMessage"


@dataclass(frozen=True, slots=True)
class Limited:
    """``field`` holds what is counted; ``component`` and ``instance`` name the ItemsPerMessage that limits it."""

    field: str
    component: str
    instance: str
    divisible: bool = True


LIMITED: dict[type[StationRequest], Limited] = {
    GetVariables: Limited("variables", "DeviceDataCtrlr", "GetVariables"),
    SetVariables: Limited("variables", "DeviceDataCtrlr", "SetVariables"),
    GetReport: Limited("component_variable", "DeviceDataCtrlr", "GetReport", divisible=False),
    SetVariableMonitoring: Limited("set_monitoring_data", "MonitoringCtrlr", "SetVariableMonitoring"),
    ClearVariableMonitoring: Limited("id", "MonitoringCtrlr", "ClearVariableMonitoring"),
}


class TooMany(Refused):
    """More than the station takes in one message; ``parts`` are requests it takes, none when it cannot be divided."""

    def __init__(self, refusal: Refusal, parts: tuple[StationRequest, ...]) -> None:
        super().__init__(refusal)
        self.parts = parts


async def check(connection: AsyncConnection, station: ChargingStation, body: StationRequest) -> None:
    """Raises `TooMany` (LIMIT_EXCEEDED); a station that never told a limit is asked what the caller likes."""
    limited = LIMITED.get(type(body))
    if limited is None:
        return
    items: tuple[Any, ...] = getattr(body, limited.field)
    if len(items) <= 1:
        return
    name = (limited.component.lower(), _VARIABLE.lower(), limited.instance.lower())
    limit = (await device.whole_value(connection, station.key, name)) or len(items)
    if len(items) <= limit:
        return
    message = (
        f"The station takes at most {limit} in one message ({limited.component}.{_VARIABLE}[{limited.instance}]). "
        f"Divide the request into parts of at most {limit}."
    )
    many: Callable[..., StationRequest] = replace
    pieces = tuple(many(body, **{limited.field: items[at : at + limit]}) for at in range(0, len(items), limit))
    possible = limited.divisible and len(pieces) <= PARTS_MAX
    raise TooMany(Refusal(ErrorCode.LIMIT_EXCEEDED, message, (limited.field,)), pieces if possible else ())
