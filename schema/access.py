"""Who is let in: members and API tokens, as those who let people in see them. Never a secret."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.domain import access as values
from app.domain import filter as filters
from app.domain.ids import Prefix
from app.domain.operator import Member as MemberValue
from app.domain.scope import Role
from app.queries import access
from schema import ids
from schema.context import Info
from schema.enums import PERMISSIONS
from schema.field import resolved
from schema.filter import ApiTokenFilter, MemberFilter
from schema.page import After, Connection, First, Node, connection
from schema.scalars import Long


async def _places(info: Info, keys: tuple[int, ...] | None) -> list[strawberry.ID] | None:
    if keys is None:
        return None
    found = await info.context.loaders.location.load_many(list(keys))
    return [ids.shown(Prefix.LOCATION, place.uuid) for place in found if place is not None]


@strawberry.type(description="A person at the operator.")
class Member(Node):
    value: strawberry.Private[MemberValue]
    email: str = strawberry.field(description="The address they sign in with, in lower case.")
    role: Role = strawberry.field(description="What they may do.")
    invited: bool = strawberry.field(description="Whether they have not set a password yet.")
    created_at: datetime = strawberry.field(description="When they were invited or added.")
    disabled_at: datetime | None = strawberry.field(description="Since when they are kept out; null: they are not.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: MemberValue) -> "Member":
        return cls(
            value=value,
            id=ids.shown(Prefix.MEMBER, value.uuid),
            email=value.email,
            role=value.role,
            invited=value.invited,
            created_at=value.created_at,
            disabled_at=value.revoked_at,
            version=Long(value.version),
        )

    @resolved("The locations they may see; null is all of the operator's.")
    async def location_ids(self, info: Info) -> list[strawberry.ID] | None:
        return await _places(info, self.value.location_keys)


@strawberry.type(description="What lets a program in.")
class ApiToken(Node):
    value: strawberry.Private[values.ApiToken]
    name: str = strawberry.field(description="What it is for.")
    scopes: list[str] = strawberry.field(description=f"Its permissions: some of {PERMISSIONS}.")
    created_by: str = strawberry.field(description="Who made it: member:mem_… or token:apt_….")
    created_at: datetime | None = strawberry.field(description="When it was made.")
    expires_at: datetime = strawberry.field(description="When it ends by itself.")
    revoked_at: datetime | None = strawberry.field(description="Since when it opens nothing; null: it was not revoked.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: values.ApiToken) -> "ApiToken":
        return cls(
            value=value,
            id=ids.shown(Prefix.API_TOKEN, value.uuid),
            name=value.name,
            scopes=sorted(value.scopes),
            created_by=value.created_by,
            created_at=value.created_at,
            expires_at=value.expires_at,
            revoked_at=value.revoked_at,
            version=Long(value.version),
        )

    @resolved("The locations it may see; null is all of the operator's.")
    async def location_ids(self, info: Info) -> list[strawberry.ID] | None:
        return await _places(info, self.value.location_keys)


@strawberry.type(description="Who is let in.")
class AccessQuery:
    @resolved("Members, oldest first; with some locations only those who see no others. Needs access:write.")
    async def members(
        self,
        info: Info,
        filter: Annotated[MemberFilter | None, strawberry.argument(description="Which.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Member]:
        context = info.context
        wanted = filters.MemberFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"members:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: access.members(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=Member.of,
        )

    @resolved("API tokens, newest first; with some locations only those that see no others. Needs access:write.")
    async def api_tokens(
        self,
        info: Info,
        filter: Annotated[ApiTokenFilter | None, strawberry.argument(description="Which.")] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[ApiToken]:
        context = info.context
        wanted = filters.ApiTokenFilter() if filter is None else filter.value()
        return await connection(
            context,
            binding=f"apiTokens:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: access.api_tokens(
                scope=context.scope, database=context.database, filter=wanted, page=page
            ),
            show=ApiToken.of,
        )
