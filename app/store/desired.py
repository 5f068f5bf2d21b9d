"""What variables are to be, as their operator says and reads it; duties keep stations to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.desired import DesiredState, DesiredVariable
from app.domain.device import VariablePlace
from app.domain.ids import new_uuid
from app.domain.scope import Scope
from app.store.desired_tables import desired_variable
from app.store.device_tables import variable
from app.store.duty_tables import duty
from app.store.within import allowed_station

READ = "READ_CONFIGURATION"
_NAMES = ("component", "component_instance", "variable", "instance")
_UPSERT = text("""INSERT INTO desired_variable (operator_key, station_key, component, component_instance, evse, connector,
    variable, instance, attribute, value, set_at)
VALUES (:operator_key, :station_key, :component, :component_instance, :evse, :connector, :variable, :instance,
    :attribute, :value, :set_at)
ON CONFLICT (station_key, lower(component), lower(variable), (lower(coalesce(component_instance, ''))),
    (lower(coalesce(instance, ''))), (coalesce(evse, 0)), (coalesce(connector, 0)), attribute)
DO UPDATE SET value = excluded.value, set_at = excluded.set_at, state = 'UNCHECKED', said = NULL, is_due = true,
    attempts = 0, forgotten = 0""")


def same_place(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether two rows name one variable of one station: names without regard to case."""
    return and_(
        one.station_key == other.station_key,
        *(func.lower(func.coalesce(one[name], "")) == func.lower(func.coalesce(other[name], "")) for name in _NAMES),
        *(func.coalesce(one[name], 0) == func.coalesce(other[name], 0) for name in ("evse", "connector")),
        one.attribute == other.attribute,
    )


async def of_station(connection: AsyncConnection, scope: Scope, station_key: int) -> list[DesiredVariable]:
    table = desired_variable
    rows = await connection.execute(
        select(table, variable.c.value.label("actual"))
        .select_from(table.outerjoin(variable, same_place(table.c, variable.c)))
        .where(table.c.station_key == station_key, allowed_station(scope, table.c.station_key))
        .order_by(table.c.key)
    )
    return [_desired(row) for row in rows]


def _desired(row: Row[Any]) -> DesiredVariable:
    return DesiredVariable(
        key=row.key,
        place=VariablePlace(row.component, row.variable, row.component_instance, row.instance, row.evse, row.connector),
        attribute=row.attribute,
        value=row.value,
        state=DesiredState(row.state),
        said=row.said,
        attempts=row.attempts,
        forgotten=row.forgotten,
        set_at=row.set_at,
        tried_at=row.tried_at,
        actual=row.actual,
    )


async def wish(connection: AsyncConnection, **columns: object) -> None:
    """One value; the caller holds the station's row."""
    await connection.execute(_UPSERT, columns)


async def forget(connection: AsyncConnection, station_key: int, place: VariablePlace, attribute: str) -> None:
    table, columns = desired_variable, place.columns()
    await connection.execute(
        delete(table).where(
            table.c.station_key == station_key,
            table.c.attribute == attribute,
            *(func.lower(func.coalesce(table.c[name], "")) == str(columns[name] or "").lower() for name in _NAMES),
            *(func.coalesce(table.c[name], 0) == (columns[name] or 0) for name in ("evse", "connector")),
        )
    )


async def owe_a_look(connection: AsyncConnection, *, operator_key: int, station_key: int, at: datetime) -> None:
    uuid = new_uuid(at_ms=int(at.timestamp() * 1000))
    await connection.execute(
        insert(duty).values(id=uuid, operator_key=operator_key, kind=READ, station_key=station_key, due_at=at)
    )
