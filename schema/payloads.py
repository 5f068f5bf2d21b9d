"""What a mutation returns: what it made, or why it did not. Once a Command exists, its result is on it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import strawberry

from app.domain.refusal import ErrorCode, Refused
from app.domain.refusal import Refusal as DomainRefusal
from app.operations.access import Granted
from app.operations.commands import Sent
from app.operations.stations import Credentials
from schema.access import ApiToken, Member
from schema.command import Command
from schema.errors import UserError, user_error
from schema.location import Location
from schema.operator import Operator, Viewer
from schema.scalars import Url
from schema.session import Session
from schema.station import ChargingStation
from schema.tariff import Tariff
from schema.token import Token

T = TypeVar("T")
_ERRORS = "Why it was not done; empty when it was."


async def outcome(deed: Callable[[], Awaitable[T | DomainRefusal]]) -> T | DomainRefusal:
    """Runs an operation whose input may be refused while it is read. A missing permission stays a top-level error."""
    try:
        return await deed()
    except Refused as refused:
        if refused.refusal.code is ErrorCode.FORBIDDEN:
            raise
        return refused.refusal


@strawberry.type(description="A location that was set up.")
class LocationPayload:
    location: Location | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="The operator.")
class OperatorPayload:
    operator: Operator | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A station that was set up.")
class StationPayload:
    station: ChargingStation | None = strawberry.field(default=None, description="As it is now.")
    connect_url: Url | None = strawberry.field(default=None, description="What to enter in the charger.")
    password: str | None = strawberry.field(default=None, description="Shown once; null when the call is repeated.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)

    @classmethod
    def of(cls, made: Credentials | DomainRefusal) -> "StationPayload":
        if isinstance(made, DomainRefusal):
            return cls(errors=[user_error(made)])
        return cls(station=ChargingStation.of(made.station), connect_url=Url(made.connect_url), password=made.password)


@strawberry.type(description="A token that was set up.")
class TokenPayload:
    token: Token | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A tariff version that was set up.")
class TariffPayload:
    tariff: Tariff | None = strawberry.field(default=None, description="As it is now.")
    warnings: list[str] = strawberry.field(default_factory=list, description="What is allowed but odd.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="What a station was asked, and what it said.")
class CommandPayload:
    command: Command | None = strawberry.field(default=None, description="As it stands when the wait ended.")
    session: Session | None = strawberry.field(default=None, description="The session it is about.")
    further: list[Command] = strawberry.field(
        default_factory=list,
        description="The commands after it, where a station takes only so many items in one message.",
    )
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)

    @classmethod
    def of(cls, sent: Sent | DomainRefusal) -> "CommandPayload":
        if isinstance(sent, DomainRefusal):
            return cls(errors=[user_error(sent)])
        session = None if sent.session is None else Session.of(sent.session)
        further = [Command.of(one) for one in sent.further]
        return cls(command=Command.of(sent.command), session=session, further=further)


@strawberry.type(description="A person's session.")
class SignInPayload:
    access_token: str | None = strawberry.field(default=None, description="For Authorization: Bearer, 15 minutes.")
    refresh_token: str | None = strawberry.field(default=None, description="For tokenRefresh, 30 days.")
    viewer: Viewer | None = strawberry.field(default=None, description="Who signed in.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A session that was ended.")
class SignOutPayload:
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A member that was changed.")
class MemberPayload:
    member: Member | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="An API token that was changed.")
class ApiTokenPayload:
    api_token: ApiToken | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="Who was let in or out.")
class AccessPayload:
    id: strawberry.ID | None = strawberry.field(default=None, description="The member or API token.")
    secret: str | None = strawberry.field(default=None, description="Shown once; null when the call is repeated.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)

    @classmethod
    def of(cls, made: Granted | DomainRefusal) -> "AccessPayload":
        if isinstance(made, DomainRefusal):
            return cls(errors=[user_error(made)])
        return cls(id=strawberry.ID(made.id), secret=made.secret)
