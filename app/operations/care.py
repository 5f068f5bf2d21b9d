"""Caring for a station from afar, needs commands:send: reset, unlock, availability, messages and variables."""

import re
from dataclasses import asdict, dataclass
from uuid import UUID

from app.domain.configuration_key import UNMAPPED_COMPONENT
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request import StationRequest
from app.domain.request.core import (
    TRIGGERS,
    AttributeType,
    ChangeAvailability,
    GetVariables,
    Reset,
    ResetAndResume,
    SetVariables,
    TriggerMessage,
    UnlockConnector,
    VariableName,
)
from app.domain.scope import Scope
from app.domain.station import ChargingStation, OcppVersion
from app.operations.commands import Sent, Target
from app.operations.desk import Desk, Options, invalid, refusing
from app.operations.requests import promised

_VARIABLES_MAX = 100
_VALUE_MAX = 2500  # OCPP 2.0.1 SetVariableDataType.attributeValue is at most 2500
_NAME = re.compile(r"[^\x00-\x1f]{1,50}\Z")


@refusing
async def reset(
    *,
    scope: Scope,
    desk: Desk,
    station_id: UUID,
    evse_id: UUID | None,
    when_idle: bool,
    resume: bool = False,
    options: Options,
) -> Sent:
    """With ``resume`` transactions go on after it, which is never a matter of waiting for their ends.

    Refuses STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_FOUND; one EVSE of a 1.6 station, and ``resume`` of any but a
    2.1 station, NOT_SUPPORTED_BY_STATION.
    """

    def body(station: ChargingStation, evse: int | None, connector: int | None) -> StationRequest:
        if evse is not None and station.ocpp_version is OcppVersion.V16:
            message = "OCPP 1.6 resets whole stations only. Leave evseId out."
            raise Refused(Refusal(ErrorCode.NOT_SUPPORTED_BY_STATION, message, ("evseId",)))
        return ResetAndResume(evse) if resume else Reset(when_idle, evse)

    return await promised(
        scope,
        desk,
        options,
        mutation="stationReset",
        target=Target(station_id, evse_id),
        values={"when_idle": when_idle, **({"resume": True} if resume else {})},
        make=body,
    )


@refusing
async def unlock(*, scope: Scope, desk: Desk, connector_id: UUID, options: Options) -> Sent:
    """Refuses STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_FOUND."""
    return await promised(
        scope,
        desk,
        options,
        mutation="connectorUnlock",
        target=Target(connector_id=connector_id),
        values={},
        make=lambda station, evse, connector: UnlockConnector(evse or 1, connector or 1),
    )


@refusing
async def change_availability(*, scope: Scope, desk: Desk, target: Target, operative: bool, options: Options) -> Sent:
    """Of a station, an EVSE or a connector. Refuses STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_FOUND."""
    return await promised(
        scope,
        desk,
        options,
        mutation="availabilityChange",
        target=target,
        values={"operative": operative},
        make=lambda station, evse, connector: ChangeAvailability(operative, evse, connector),
    )


@refusing
async def trigger_message(
    *, scope: Scope, desk: Desk, target: Target, message: str, custom: str | None, options: Options
) -> Sent:
    """``message`` is OCPP's own name; with ``custom`` it is CustomTrigger, which 2.1 alone has.

    Refuses STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_FOUND, NOT_SUPPORTED_BY_STATION.
    """
    if message not in TRIGGERS:
        raise invalid(f"A station can be asked for one of {', '.join(sorted(TRIGGERS))}.", "message")
    if custom is not None and not _NAME.match(custom):
        raise invalid("A name has 1 to 50 characters.", "customTrigger")

    def body(station: ChargingStation, evse: int | None, connector: int | None) -> StationRequest:
        if custom is not None and station.ocpp_version not in (None, OcppVersion.V21):
            reason = "Custom triggers exist in OCPP 2.1 only."
            raise Refused(Refusal(ErrorCode.NOT_SUPPORTED_BY_STATION, reason, ("customTrigger",)))
        return TriggerMessage(message, evse, connector, custom)

    return await promised(
        scope,
        desk,
        options,
        mutation="messageTrigger",
        target=target,
        values={"message": message, "custom": custom},
        make=body,
    )


@dataclass(frozen=True, slots=True)
class VariableDraft:
    """A 2.x variable, or a 1.6 configuration key named by ``variable`` alone."""

    component: str | None
    variable: str
    instance: str | None = None
    evse: int | None = None
    value: str | None = None
    component_instance: str | None = None
    connector: int | None = None
    attribute: AttributeType | None = None


def checked(variables: tuple[VariableDraft, ...], *, least: int = 1) -> None:
    """Refuses INVALID_INPUT for too many, and for names that no variable has."""
    if not least <= len(variables) <= _VARIABLES_MAX:
        raise invalid(f"Name 1 to {_VARIABLES_MAX} variables.", "variables")
    for index, draft in enumerate(variables):
        for name in ("component", "variable", "instance", "component_instance"):
            value = getattr(draft, name)
            if value is not None and not _NAME.match(value):
                raise invalid("A name has 1 to 50 characters.", "variables", str(index), name)


def named(draft: VariableDraft, version: OcppVersion | None, index: int = 0) -> VariableName:
    """What a station of a version calls it. Refuses INVALID_INPUT for a variable of 2.x without its component."""
    if draft.component is None and version is not OcppVersion.V16:
        message = "A variable of OCPP 2.x belongs to a component: name it, such as OCPPCommCtrlr."
        raise invalid(message, "variables", str(index), "component")
    return VariableName(
        draft.component or UNMAPPED_COMPONENT,
        draft.variable,
        draft.instance,
        draft.evse,
        draft.component_instance,
        draft.connector,
        draft.attribute,
    )


@refusing
async def get_variables(
    *, scope: Scope, desk: Desk, station_id: UUID, variables: tuple[VariableDraft, ...], options: Options
) -> Sent:
    """The values are in the command's answer; a 1.6 station asked for none tells its whole configuration.

    Refuses STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_FOUND.
    """
    checked(variables, least=0)

    def body(station: ChargingStation, evse: int | None, connector: int | None) -> StationRequest:
        if not variables and station.ocpp_version is not OcppVersion.V16:
            raise invalid("Name 1 to 100 variables, or ask for a report.", "variables")
        return GetVariables(tuple(named(draft, station.ocpp_version, at) for at, draft in enumerate(variables)))

    return await promised(
        scope,
        desk,
        options,
        mutation="variablesGet",
        target=Target(station_id),
        values={"variables": [asdict(draft) for draft in variables]},
        make=body,
    )


@refusing
async def set_variables(
    *, scope: Scope, desk: Desk, station_id: UUID, variables: tuple[VariableDraft, ...], options: Options
) -> Sent:
    """A 1.6 station takes one at a time. Refuses STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_FOUND."""
    checked(variables)
    values = []
    for index, draft in enumerate(variables):
        if draft.value is None or len(draft.value) > _VALUE_MAX:
            raise invalid(f"A value has at most {_VALUE_MAX} characters.", "variables", str(index), "value")
        values.append(draft.value)

    def body(station: ChargingStation, evse: int | None, connector: int | None) -> StationRequest:
        if len(values) > 1 and station.ocpp_version is OcppVersion.V16:
            message = "OCPP 1.6 sets one configuration key at a time."
            raise Refused(Refusal(ErrorCode.NOT_SUPPORTED_BY_STATION, message, ("variables",)))
        names = [named(draft, station.ocpp_version, at) for at, draft in enumerate(variables)]
        return SetVariables(tuple(zip(names, values, strict=True)))

    return await promised(
        scope,
        desk,
        options,
        mutation="variablesSet",
        target=Target(station_id),
        values={"variables": [asdict(draft) for draft in variables]},
        make=body,
    )
