"""Locations."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain.amenity import Facility
from app.domain.filter import StationFilter as StationFilterValue
from app.domain.ids import Prefix
from app.domain.location import Location as LocationValue
from app.queries import operators, overview, stations
from schema import ids
from schema.amenity import Accessibility, OpeningTimes
from schema.context import Info
from schema.field import resolved
from schema.filter import StationFilter
from schema.operator import Operator
from schema.overview import NetworkOverview
from schema.page import After, Connection, First, Node, connection
from schema.scalars import Long

if TYPE_CHECKING:
    from schema.station import ChargingStation


@strawberry.type(description="A place with charging stations.")
class Location(Node):
    key: strawberry.Private[int]
    name: str = strawberry.field(description="What it is called.")
    address: str = strawberry.field(description="Street and number.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    city: str = strawberry.field(description="City.")
    country: str = strawberry.field(description="ISO 3166 alpha-2.")
    latitude: float = strawberry.field(description="Degrees north.")
    longitude: float = strawberry.field(description="Degrees east.")
    time_zone: str = strawberry.field(description="IANA time zone.")
    published: bool = strawberry.field(description="Whether drivers and partners see it.")
    help_phone: str | None = strawberry.field(description="Whom a driver calls.")
    opening_times: OpeningTimes | None = strawberry.field(description="When it is open; null: nobody has said.")
    facilities: list[Facility] = strawberry.field(description="What is there or near it.")
    accessibility: Accessibility | None = strawberry.field(description="Who can get in; null: nobody has said.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: LocationValue) -> "Location":
        return cls(
            key=value.key,
            id=ids.shown(Prefix.LOCATION, value.uuid),
            name=value.name,
            address=value.address,
            postal_code=value.postal_code,
            city=value.city,
            country=value.country,
            latitude=value.latitude,
            longitude=value.longitude,
            time_zone=value.time_zone,
            published=value.published,
            help_phone=value.help_phone,
            opening_times=OpeningTimes.of(value.opening_times),
            facilities=list(value.facilities),
            accessibility=Accessibility.of(value.accessibility),
            version=Long(value.version),
        )

    @resolved("The operator it belongs to.")
    async def operator(self, info: Info) -> Operator:
        return Operator.of(await operators.own(scope=info.context.scope, database=info.context.database))

    @resolved("Its stations, oldest first.")
    async def stations(
        self,
        info: Info,
        filter: Annotated[
            StationFilter | None, strawberry.argument(description="Which of them; locationIds is set for you.")
        ] = None,
        first: First = 50,
        after: After = None,
    ) -> Connection[Annotated["ChargingStation", strawberry.lazy("schema.station")]]:
        from schema.station import ChargingStation  # noqa: PLC0415 - stations know their location, too

        context = info.context
        here = (ids.read(Prefix.LOCATION, self.id),)
        wanted = filter.value(locations=here) if filter is not None else StationFilterValue(location_ids=here)
        return await connection(
            context,
            binding=f"stations:{wanted!r}",
            first=first,
            after=after,
            read=lambda page: stations.search(scope=context.scope, database=context.database, filter=wanted, page=page),
            show=ChargingStation.of,
        )

    @resolved("Its numbers now. Needs network:read and sessions:read.")
    async def overview(self, info: Info) -> NetworkOverview:
        context = info.context
        at = context.house.desk.now()
        wanted = StationFilterValue(location_ids=(ids.read(Prefix.LOCATION, self.id),))
        found = await overview.network(scope=context.scope, database=context.database, filter=wanted, at=at)
        return NetworkOverview.of(found, at)
