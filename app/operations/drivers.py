"""Setting up drivers, needs drivers:write. They belong to the whole operator, so it needs every location."""

import re
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.driver import Driver
from app.domain.ids import Prefix
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.operations import texts
from app.operations.desk import Desk, Options, conflict, invalid, not_found, once, refusing
from app.store import audit, drivers

_PHONE = re.compile(r"\+[1-9]\d{6,14}\Z")  # E.164
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?\Z")  # BCP 47, language and region


@dataclass(frozen=True, slots=True)
class DriverDraft:
    """What is said about a driver."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    locale: str = "en"


def require_whole_operator(scope: Scope, permission: Permission) -> None:
    """Raises FORBIDDEN for whoever sees some locations only: drivers and accounts belong to no location."""
    scope.require(permission)
    if scope.location_keys is not None or scope.is_outside:
        message = "Drivers and accounts belong to the whole operator. Ask somebody who sees every location."
        raise Refused(Refusal(ErrorCode.FORBIDDEN, message))


def normalised_email(text: str, *path: str) -> str:
    """In lower case. Raises INVALID_INPUT."""
    return texts.form("email", text.strip().lower(), *path)


def normalised_phone(text: str, *path: str) -> str:
    """E.164, without what people put between the digits. Raises INVALID_INPUT."""
    number = re.sub(r"[\s().\-/]", "", text)
    if not _PHONE.match(number):
        raise invalid("A phone number is international, such as +4915112345678.", *path)
    return number


def checked(draft: DriverDraft) -> dict[str, object]:
    """The columns of a draft. Raises INVALID_INPUT."""
    if not _LOCALE.match(draft.locale):
        raise invalid("A locale is a language, with or without a region, such as de or de-AT.", "input", "locale")
    return asdict(draft) | {
        "name": texts.optional_line(draft.name, "input", "name"),
        "email": None if draft.email is None else normalised_email(draft.email, "input", "email"),
        "phone": None if draft.phone is None else normalised_phone(draft.phone, "input", "phone"),
    }


def _taken() -> Refusal:
    message = "Another driver has this address or number. Find them: drivers(text:)."
    return Refusal(ErrorCode.ALREADY_REGISTERED, message, ("input",))


def audited(values: dict[str, object]) -> dict[str, object]:
    """Which fields were set, without a word of the person: the audit log outlives an erasure."""
    return {"set": sorted(name for name, value in values.items() if value is not None)}


@refusing
async def create(*, scope: Scope, desk: Desk, draft: DriverDraft, options: Options) -> Driver:
    """Refuses ALREADY_REGISTERED when the operator knows the address or the number."""
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    values = checked(draft)
    uuid = desk.new_uuid()
    try:
        async with desk.database.transaction(scope.operator_key) as connection:
            earlier = await once(
                connection, scope, options, mutation="driverCreate", values=values, subject_kind="driver",
                subject_id=uuid,
            )  # fmt: skip
            if earlier is not None:
                return await found_driver(connection, scope, earlier, "id")
            made = await drivers.add(
                connection, uuid=uuid, operator_key=scope.operator_key, values=values, at=desk.now()
            )
            await _audit(connection, scope, desk, made, "driver.created", audited(values))
    except IntegrityError as error:
        raise Refused(_taken()) from error
    return made


async def found_driver(connection: AsyncConnection, scope: Scope, driver_id: UUID, *path: str) -> Driver:
    """Raises NOT_FOUND."""
    found = (await drivers.by_ids(connection, scope, (driver_id,))).get(driver_id)
    if found is None:
        raise not_found(Prefix.DRIVER, driver_id, *path)
    return found


@refusing
async def update(*, scope: Scope, desk: Desk, driver_id: UUID, if_version: int, draft: DriverDraft) -> Driver:
    """Describes them anew. Refuses NOT_FOUND, VERSION_CONFLICT and ALREADY_REGISTERED."""
    require_whole_operator(scope, Permission.DRIVERS_WRITE)
    values = checked(draft)
    try:
        async with desk.database.transaction(scope.operator_key) as connection:
            found = await found_driver(connection, scope, driver_id, "id")
            if found.erased_at is not None:
                raise invalid("This driver was erased. Make a new one: driverCreate.", "id")
            made = await drivers.change(connection, found.key, if_version=if_version, values=values)
            if made is None:
                raise conflict(Prefix.DRIVER, driver_id)
            await _audit(connection, scope, desk, made, "driver.updated", audited(values))
    except IntegrityError as error:
        raise Refused(_taken()) from error
    return made


async def _audit(
    connection: AsyncConnection, scope: Scope, desk: Desk, driver: Driver, action: str, after: dict[str, object]
) -> None:
    await audit.write(
        connection, scope, action=action, subject_kind="driver", subject_id=driver.uuid, at=desk.now(), after=after
    )
