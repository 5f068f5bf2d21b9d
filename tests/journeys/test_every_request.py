"""Whatever may be asked of a station is asked by its mutation, reaches it in its words, and its answer comes back."""

from collections.abc import AsyncIterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, cast

import pytest

from app.domain.refusal import Refused
from app.domain.request import REQUESTS, StationRequest
from app.domain.request.battery_swap import RequestBatterySwap
from app.domain.request.der import DERControl, FreqDroop, SetDERControl
from app.domain.station import OcppVersion
from app.operations.request_checks import check_sensible
from gateway.schemas import Direction, validator
from gateway.server import DIALECTS
from schema.requests.faces import FACES
from tests.conftest import TestDatabase
from tests.gateway.samples import SAMPLES
from tests.gateway.samples.fullest import fullest
from tests.journeys.power_house import House, house_of

FACED = {face.request: face.name for face in FACES}


def sensible(body: StationRequest) -> bool:
    try:
        check_sensible(body)
    except Refused:
        return False
    return True


# Sample bodies by class and version; the last one of each says the most.
WALK = {
    (type(body), version): body
    for body in SAMPLES
    for version in sorted(body.versions)
    if type(body) in FACED and sensible(body)
}
# A grid control says one thing, and the sample says all.
WALK[SetDERControl, OcppVersion.V21] = SetDERControl(False, "c1", DERControl.FREQ_DROOP, freq_droop=fullest(FreqDroop))

# A battery is swapped only for a token that may charge.
_SWAP = cast(RequestBatterySwap, WALK[RequestBatterySwap, OcppVersion.V21]).id_token.id_token

# Asked with our own ids and watched to their effects; the stories of their nouns tell of them.
WITH_MUTATIONS_OF_THEIR_OWN = {
    "ChangeAvailability",
    "GetVariables",
    "Reset",
    "ResetAndResume",
    "RotatePassword",
    "SetVariables",
    "StartTransaction",
    "StopTransaction",
    "TriggerMessage",
    "UnlockConnector",
}


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def as_input(value: object) -> object:
    """A request's value as JSON of its GraphQL input."""
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value):
        said = {camel(field.name): as_input(getattr(value, field.name)) for field in fields(value)}
        return {name: item for name, item in said.items() if item is not None}
    if isinstance(value, tuple):
        return [as_input(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


# What a station says where a status alone will not do.
REPLIES: dict[str, dict[str, Any]] = {
    "ClearTariffs": {"clearTariffsResult": [{"tariffId": "T", "status": "Accepted"}]},
    "ClearVariableMonitoring": {"clearMonitoringResult": [{"id": 1, "status": "Accepted"}]},
    "GetDiagnostics": {"fileName": "night.zip"},
    "GetLocalListVersion": {"versionNumber": 3, "listVersion": 3},
    "GetTransactionStatus": {"messagesInQueue": False},
    "SetVariableMonitoring": {
        "setMonitoringResult": [
            {
                "id": 1,
                "type": "UpperThreshold",
                "severity": 5,
                "status": "Accepted",
                "component": {"name": "EVSE"},
                "variable": {"name": "Power"},
            }
        ]
    },
    "UnlockConnector": {"status": "Unlocked"},
    "UnpublishFirmware": {"status": "Unpublished"},
}


def reply_to(version: OcppVersion, action: str) -> dict[str, Any]:
    """The least that the action's response schema takes, a yes where there is one."""
    known = REPLIES.get(action, {})
    one_version = [{name: value} for name, value in known.items()]
    for reply in (known, *one_version, {"status": "Accepted"}, {}):
        if validator(version, action, Direction.RESPONSE).is_valid(reply) and (reply or not known):
            return reply
    raise AssertionError(f"no reply fits {version} {action}")


def test_every_request_is_walked() -> None:
    assert {kind for kind, _ in WALK} == set(FACED)
    assert {kind.__name__ for kind in set(REQUESTS.values()) - set(FACED)} == WITH_MUTATIONS_OF_THEIR_OWN


@pytest.mark.parametrize("version", list(OcppVersion))
async def test_it_reaches_the_station_and_the_answer_comes_back(house: House, version: OcppVersion) -> None:
    await house.ask(f'mutation {{ tokenCreate(input: {{uid: "{_SWAP}", type: RFID}}) {{ token {{ id }} }} }}')
    async with house.dialled(version.value) as station:
        for body in (body for (_, spoken), body in WALK.items() if spoken is version):
            action, _ = DIALECTS[version].expand(body)
            station.answers[action] = reply = reply_to(version, action)
            done = await asked(house, body)
            assert done["errors"] == [], action
            said = {"accepted": True, "raw": reply}
            assert done["command"] == {"status": "ANSWERED", "answer": said}, action
            validator(version, action, Direction.REQUEST).validate(station.was_asked(action)[-1])


async def asked(house: House, body: StationRequest) -> dict[str, Any]:
    kind = type(body)
    station = (await house.ids())["station"]
    options = {"idempotencyKey": kind.__name__, "waitSeconds": 20}
    given = {"station": station, "options": options} | ({"request": as_input(body)} if fields(kind) else {})
    declared = "$station: ID!, $options: Options!" + (f", $request: {kind.__name__}Input!" if fields(kind) else "")
    passed = "stationId: $station, options: $options" + (", request: $request" if fields(kind) else "")
    text = f"""mutation({declared}) {{ deed: {FACED[kind]}({passed}) {{
        command {{ status answer {{ accepted raw }} }} errors {{ code message path }} }} }}"""
    found: dict[str, Any] = (await house.ask(text, **given))["deed"]
    return found
