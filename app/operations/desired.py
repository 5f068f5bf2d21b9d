"""Saying what a station's variables are to be, needs commands:send: it is looked at now, and after every boot."""

from dataclasses import asdict
from uuid import UUID

from app.domain.configuration_key import key_of, variable_of
from app.domain.device import VariablePlace, is_secret
from app.domain.request.core import AttributeType
from app.domain.scope import Permission, Scope
from app.domain.station import ChargingStation, OcppVersion
from app.feed import Change, Noun
from app.operations.care import VariableDraft, checked, named
from app.operations.commands import Target, found_station, held
from app.operations.desk import Desk, Options, invalid, once, refusing
from app.store import audit, desired, hardware, stations

WISHES_MAX = 100  # of a station
_VALUE_MAX = 2500


def _check(variables: tuple[VariableDraft, ...]) -> None:
    checked(variables)
    for index, draft in enumerate(variables):
        at = ("variables", str(index))
        if is_secret(draft.variable):
            raise invalid("A password is rotated, not wished for: see stationPasswordRotate.", *at, "variable")
        if draft.value is not None and not 0 < len(draft.value) <= _VALUE_MAX:
            raise invalid(f"A value has 1 to {_VALUE_MAX} characters.", *at, "value")


def _place(draft: VariableDraft, version: OcppVersion | None) -> VariablePlace:
    """A 1.6 key is wished for under the name that its values are shown by."""
    name = named(draft, version)
    if version is OcppVersion.V16:
        name = variable_of(key_of(name))
    return VariablePlace(
        name.component, name.variable, name.component_instance, name.instance, name.evse, name.connector
    )


@refusing
async def set_desired(
    *, scope: Scope, desk: Desk, station_id: UUID, variables: tuple[VariableDraft, ...], options: Options
) -> ChargingStation:
    """What is named is wished for from now on; without a value no longer. Refuses NOT_FOUND, INVALID_INPUT."""
    scope.require(Permission.COMMANDS_SEND)
    _check(variables)
    async with desk.database.transaction(scope.operator_key) as connection:
        station = await held(connection, scope, await found_station(connection, scope, Target(station_id)))
        earlier = await once(
            connection,
            scope,
            options,
            mutation="desiredVariablesSet",
            values={"id": station_id, "variables": [asdict(draft) for draft in variables]},
            subject_kind="station",
            subject_id=station_id,
        )
        if earlier is not None:
            return station
        now, owner = desk.now(), {"operator_key": scope.operator_key, "station_key": station.key}
        for draft in variables:
            place, attribute = _place(draft, station.ocpp_version), (draft.attribute or AttributeType.ACTUAL).value
            if draft.value is None:
                await desired.forget(connection, station.key, place, attribute)
            else:
                wish = place.columns() | owner | {"attribute": attribute, "value": draft.value, "set_at": now}
                await desired.wish(connection, **wish)
        if len(await desired.of_station(connection, scope, station.key)) > WISHES_MAX:
            raise invalid(f"At most {WISHES_MAX} variables of a station are wished for. Take some back.", "variables")
        if any(draft.value is not None for draft in variables):
            await desired.owe_a_look(connection, **owner, at=now)
        await hardware.raise_version(connection, station.key)
        await audit.write(
            connection,
            scope,
            action="station.desired_variables_set",
            subject_kind="station",
            subject_id=station_id,
            at=now,
            after={"variables": [asdict(draft) for draft in variables]},
            reason=options.reason,
            location_key=station.location_key,
        )
        made = (await stations.by_keys(connection, scope, (station.key,)))[station.key]
    desk.feed.publish([Change(Noun.STATION, made.operator_key, made.key, made.version, made.location_key, made.key)])
    return made
