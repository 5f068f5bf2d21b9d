"""A driver's right to read what is known of them, and to be forgotten: asked for by themselves or by their operator."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.driver import Driver
from app.domain.ids import Prefix, public_id
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.feed import Change, Noun
from app.operations import saved_cards
from app.operations.desk import Desk, Options, invalid, once, refusing
from app.operations.drivers import found_driver, require_whole_operator
from app.operations.local_lists import token_changes
from app.store import audit, drivers, erasure

_PREFIXES = {"tokens": Prefix.TOKEN, "accounts": Prefix.ACCOUNT, "sessions": Prefix.SESSION}
Export = dict[str, object]


async def _about(connection: AsyncConnection, scope: Scope, driver_id: UUID | None) -> Driver:
    """Oneself, or for who may write drivers anybody. Refuses NOT_FOUND and INVALID_INPUT."""
    if scope.driver_key is not None:
        if driver_id not in (None, scope.principal):
            raise Refused(
                Refusal(ErrorCode.NOT_FOUND, "There is no such driver. Leave the id out for yourself.", ("id",))
            )
        return await found_driver(connection, scope, scope.principal, "id")
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    if driver_id is None:
        raise invalid("Say which driver.", "id")
    return await found_driver(connection, scope, driver_id, "id")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _row(kind: str, row: dict[str, object]) -> Export:
    shown = {name: _plain(value) for name, value in row.items()}
    prefix = _PREFIXES.get(kind)
    if prefix is not None and isinstance(row["id"], UUID):
        shown["id"] = public_id(prefix, row["id"])
    return shown


@refusing
async def export(*, scope: Scope, desk: Desk, driver_id: UUID | None) -> Export:
    """Everything about a driver as one document; that it was read is in the audit log."""
    async with desk.database.transaction(scope.operator_key) as connection:
        driver = await _about(connection, scope, driver_id)
        parts = await erasure.known_of(connection, driver.key)
        await _audit(connection, scope, desk, driver, "driver.exported", None)
    return {
        "driver": {
            "id": public_id(Prefix.DRIVER, driver.uuid),
            "name": driver.name,
            "email": driver.email,
            "phone": driver.phone,
            "locale": driver.locale,
            "created_at": _plain(driver.created_at),
            "erased_at": _plain(driver.erased_at),
        },
        **{kind: [_row(kind, row) for row in rows] for kind, rows in parts.items()},
    }


@refusing
async def erase(*, scope: Scope, desk: Desk, driver_id: UUID | None, options: Options) -> Driver:
    """Name, address, number and cards are gone, sign-ins ended; sessions and what was paid stay, of nobody known.

    It takes as long as reading the journal's days takes. Refused while they charge.
    """
    async with desk.database.transaction(scope.operator_key) as connection:
        lists = await token_changes(connection, scope)
        driver = await _about(connection, scope, driver_id)
        earlier = await once(
            connection, scope, options, mutation="driverErase", values={"driver": driver.uuid}, subject_kind="driver",
            subject_id=driver.uuid,
        )  # fmt: skip
        if earlier is not None or driver.erased_at is not None:
            return driver
        if await erasure.charges_now(connection, driver.key):
            raise invalid("A session of theirs still runs. Stop it first: sessionStop.", "id")
        await saved_cards.remove_all(connection, driver.key, at=desk.now())
        await erasure.erase(connection, driver.key, at=desk.now())
        made = (await drivers.by_keys(connection, scope, (driver.key,)))[driver.key]
        await _audit(connection, scope, desk, made, "driver.erased", options.reason)
    desk.feed.publish([*lists, Change(Noun.ACCESS, scope.operator_key, driver.key)])
    return made


async def _audit(
    connection: AsyncConnection, scope: Scope, desk: Desk, driver: Driver, action: str, reason: str | None
) -> None:
    await audit.write(
        connection, scope, action=action, subject_kind="driver", subject_id=driver.uuid, at=desk.now(), reason=reason
    )
