"""How many things one request may name: what the station itself said in its variables ItemsPerMessage.

A request that names more is refused with the limit, so that the caller divides it: each part has its own answer, and
two answers never hide behind one command (2.0.1 B05.FR.11, B06.FR.05, B08.FR.17, N04.FR.09, N06.FR.06).
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request import StationRequest
from app.domain.request.core import GetVariables, SetVariables
from app.domain.request.device_model import GetReport
from app.domain.request.monitoring import ClearVariableMonitoring, SetVariableMonitoring
from app.domain.station import ChargingStation
from app.store import device

# What is counted, under which name it is in the caller's input, and the variables that limit it (all that are known).
_LIMITS: dict[type[StationRequest], tuple[Callable[[Any], int], str, tuple[tuple[str, str], ...]]] = {
    GetVariables: (lambda body: len(body.variables), "variables", (("DeviceDataCtrlr", "GetVariables"),)),
    SetVariables: (lambda body: len(body.variables), "variables", (("DeviceDataCtrlr", "SetVariables"),)),
    GetReport: (
        lambda body: len(body.component_variable),
        "componentVariable",
        (("DeviceDataCtrlr", "GetReport"),),
    ),
    SetVariableMonitoring: (
        lambda body: len(body.set_monitoring_data),
        "setMonitoringData",
        (("MonitoringCtrlr", "SetVariableMonitoring"),),
    ),
    ClearVariableMonitoring: (
        lambda body: len(body.id),
        "id",
        (("MonitoringCtrlr", "ClearVariableMonitoring"),),
    ),
}
_VARIABLE = "ItemsPerMessage"


async def check(connection: AsyncConnection, station: ChargingStation, body: StationRequest) -> None:
    """Raises LIMIT_EXCEEDED, naming the limit; a station that never told one is asked what the caller likes."""
    entry = _LIMITS.get(type(body))
    if entry is None:
        return
    count, name, places = entry
    if count(body) <= 1:
        return
    wanted = [(component.lower(), _VARIABLE.lower(), instance.lower()) for component, instance in places]
    known = await device.whole_value(connection, station.key, wanted)
    limits = [limit for limit in known.values() if limit > 0]
    if limits and count(body) > min(limits):
        component, instance = places[0]
        message = (
            f"The station takes at most {min(limits)} in one message ({component}.{_VARIABLE}[{instance}]). "
            f"Divide the request into parts of at most {min(limits)}."
        )
        raise Refused(Refusal(ErrorCode.LIMIT_EXCEEDED, message, (name,)))
