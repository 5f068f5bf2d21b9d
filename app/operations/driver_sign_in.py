"""Drivers prove an address by a code that was sent there. Nobody learns from an answer whether an address is known."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access import DriverIdentity, MemberSession, driver_scope
from app.domain.driver_code import PER_HOUR, is_code
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Scope
from app.feed import Change, Noun
from app.operations.desk import Desk, refusing
from app.operations.drivers import normalised_email
from app.store import audit, driver_codes, driver_sessions, drivers

_WRONG = Refusal(
    ErrorCode.AUTHENTICATION_REQUIRED,
    "The code is wrong or no longer good. Ask for a new one: driverCodeRequest.",
    ("code",),
)


async def _operator(desk: Desk, operator_id: UUID) -> tuple[int, bool] | None:
    async with desk.database.lookup() as connection:
        return await driver_codes.operator_by_id(connection, operator_id)


@refusing
async def request_code(*, desk: Desk, contact: str, operator_id: UUID) -> None:
    """A code is on its way to the address, if this operator writes to it. The same answer for every address.

    Refuses INVALID_INPUT for what is no address, MESSAGES_NOT_CONFIGURED where nobody is written to.
    """
    email = normalised_email(contact, "contact")
    if not desk.sends_messages:
        message = "This installation writes to nobody. Set VOLTGRAPH_SMTP_URL and VOLTGRAPH_MAIL_FROM and start again."
        raise Refused(Refusal(ErrorCode.MESSAGES_NOT_CONFIGURED, message))
    operator = await _operator(desk, operator_id)
    if operator is None:
        return  # as for any other: nobody finds operators by asking
    async with desk.database.transaction(operator[0]) as connection:
        await driver_codes.add(
            connection,
            uuid=desk.new_uuid(),
            operator_key=operator[0],
            contact=email,
            at=desk.now(),
            per_hour=PER_HOUR,
        )


@refusing
async def sign_in(
    *, desk: Desk, secret: bytes, contact: str, code: str, operator_id: UUID, expires_at: datetime
) -> tuple[DriverIdentity, MemberSession]:
    """Opens a session; an address that nobody has becomes a driver where the operator lets people sign up.

    Refuses AUTHENTICATION_REQUIRED, in the same words whatever was wrong.
    """
    email = normalised_email(contact, "contact")
    operator = await _operator(desk, operator_id)
    if operator is None:
        raise Refused(_WRONG)
    operator_key, sign_up = operator
    async with desk.database.transaction(operator_key) as connection:
        # A wrong try is committed, too.
        found = await driver_codes.try_newest(connection, operator_key=operator_key, contact=email, at=desk.now())
        if found is None or not is_code(secret, found.uuid, code[:20]):
            driver = None
        else:
            await driver_codes.use(connection, found.key)
            driver = await _identity(connection, desk, operator_key, operator_id, email, sign_up=sign_up)
        if driver is not None:
            session = await driver_sessions.add(
                connection,
                uuid=desk.new_uuid(),
                operator_key=operator_key,
                driver_key=driver.key,
                at=desk.now(),
                expires_at=expires_at,
            )
    if driver is None:
        raise Refused(_WRONG)
    return driver, session


async def _identity(
    connection: AsyncConnection, desk: Desk, operator_key: int, operator_id: UUID, email: str, *, sign_up: bool
) -> DriverIdentity | None:
    known = await driver_sessions.by_contact(connection, email)
    if known is not None:
        epoch = await driver_sessions.epoch_of(connection, known.key)
        return DriverIdentity(known.key, known.uuid, operator_key, operator_id, epoch)
    if not sign_up:
        return None
    values = {"name": None, "email": email, "phone": None, "locale": "en"}
    made = await drivers.add(connection, uuid=desk.new_uuid(), operator_key=operator_key, values=values, at=desk.now())
    identity = DriverIdentity(made.key, made.uuid, operator_key, operator_id, 1)
    await _audit(connection, desk, identity, "driver.signed_up")
    return identity


@refusing
async def refresh(
    *, desk: Desk, driver_id: UUID, session_id: UUID, session_epoch: int, turn: int, expires_at: datetime
) -> tuple[DriverIdentity, MemberSession]:
    """The next turn of a session, as of a member's: a token used twice ends it. Refuses AUTHENTICATION_REQUIRED."""
    ended = Refused(
        Refusal(ErrorCode.AUTHENTICATION_REQUIRED, "This session has ended. Sign in again.", ("refreshToken",))
    )
    async with desk.database.lookup() as connection:
        driver = await driver_sessions.identity(connection, driver_id, session_id)
    if driver is None or driver.session_epoch != session_epoch:
        raise ended
    async with desk.database.transaction(driver.operator_key) as connection:
        session = await driver_sessions.rotate(
            connection, uuid=session_id, driver_key=driver.key, turn=turn, expires_at=expires_at
        )
        if session is None and await driver_sessions.end(connection, session_id, driver.key, desk.now()):
            await _audit(connection, desk, driver, "driver.session_revoked", "A refresh token was used twice.")
    if session is None:
        _tell(desk, driver.operator_key, driver.key)
        raise ended
    return driver, session


async def end(*, scope: Scope, desk: Desk, everywhere: bool) -> None:
    """Ends the driver's session, or all of them; open connections close."""
    assert scope.driver_key is not None
    assert scope.session_id is not None
    async with desk.database.transaction(scope.operator_key) as connection:
        await driver_sessions.end(connection, scope.session_id, scope.driver_key, desk.now())
        if everywhere:
            await driver_sessions.end_all(connection, scope.driver_key)
        await audit.write(
            connection, scope, action="driver.signed_out", subject_kind="driver", subject_id=scope.principal,
            at=desk.now(), after={"everywhere": everywhere},
        )  # fmt: skip
    _tell(desk, scope.operator_key, scope.driver_key)


async def _audit(
    connection: AsyncConnection, desk: Desk, driver: DriverIdentity, action: str, reason: str | None = None
) -> None:
    scope = driver_scope(driver, session_id=driver.uuid, expires_at=None)
    await audit.write(
        connection, scope, action=action, subject_kind="driver", subject_id=driver.uuid, at=desk.now(), reason=reason
    )


def _tell(desk: Desk, operator_key: int, driver_key: int) -> None:
    desk.feed.publish([Change(Noun.ACCESS, operator_key, driver_key)])
