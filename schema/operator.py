"""Operators and the caller."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.operator import Operator as OperatorValue
from app.domain.scope import CallerKind, Scope
from app.queries import operators
from schema import ids
from schema.context import Info
from schema.enums import PERMISSIONS
from schema.field import resolved
from schema.page import Node
from schema.scalars import Long

if TYPE_CHECKING:
    from schema.driver import Driver


@strawberry.type(description="A charge point operator: the tenant, and an OCPI party.")
class Operator(Node):
    name: str = strawberry.field(description="What it is called.")
    country_code: str = strawberry.field(description="OCPI country_code, ISO 3166 alpha-2.")
    party_id: str = strawberry.field(description="OCPI party_id, three characters.")
    currency: str = strawberry.field(description="The currency it bills in, ISO 4217.")
    certificate_organizations: list[str] = strawberry.field(
        description="Who must own (subject O) a client certificate that names a station; empty: anybody trusted. "
        "One that was made for the station or trusted by its fingerprint is good whoever owns it."
    )
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: OperatorValue) -> "Operator":
        return cls(
            id=ids.shown(Prefix.OPERATOR, value.uuid),
            name=value.name,
            country_code=value.country_code,
            party_id=value.party_id,
            currency=value.currency,
            certificate_organizations=list(value.certificate_organizations),
            version=Long(value.version),
        )


@strawberry.type(description="Who you are here, and what you may do.")
class Viewer:
    scope: strawberry.Private[Scope]
    kind: CallerKind = strawberry.field(description="A person or a program.")
    scopes: list[str] = strawberry.field(description=f"Your permissions: some of {PERMISSIONS}.")
    expires_at: datetime | None = strawberry.field(description="When this access ends.")

    @classmethod
    def of(cls, scope: Scope) -> "Viewer":
        return cls(
            scope=scope,
            kind=scope.kind,
            scopes=sorted(permission.value for permission in scope.permissions),
            expires_at=scope.expires_at,
        )

    @resolved("The operator you act for.")
    async def operator(self, info: Info) -> Operator:
        return Operator.of(await operators.own(scope=self.scope, database=info.context.database))

    @resolved("The driver you are; null for others.")
    async def driver(self, info: Info) -> Annotated["Driver", strawberry.lazy("schema.driver")] | None:
        from schema.driver import Driver  # noqa: PLC0415 - a lazy type for a lazy cycle

        if self.scope.driver_key is None:
            return None
        found = await info.context.loaders.driver.load(self.scope.driver_key)
        return None if found is None else Driver.of(found)

    @resolved("The locations you may see; null is all of the operator's.")
    async def location_ids(self, info: Info) -> list[strawberry.ID] | None:
        if self.scope.location_keys is None:
            return None
        found = await info.context.loaders.location.load_many(sorted(self.scope.location_keys))
        return [ids.shown(Prefix.LOCATION, place.uuid) for place in found if place is not None]
