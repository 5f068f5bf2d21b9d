"""Setting up locations and stations."""

from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.domain.station import Lifecycle, Registration
from app.operations import locations, stations
from schema import ids
from schema.context import Info
from schema.errors import user_error
from schema.field import mutation
from schema.inputs import LocationInput, StationInput
from schema.location import Location
from schema.mutations import IfVersion, OptionsArgument
from schema.payloads import LocationPayload, StationPayload, outcome
from schema.station import ChargingStation

LocationArgument = Annotated[LocationInput, strawberry.argument(description="What it is like.")]
StationArgument = Annotated[StationInput, strawberry.argument(description="What it is like.")]
LocationId = Annotated[strawberry.ID, strawberry.argument(description="Which location.")]
StationId = Annotated[strawberry.ID, strawberry.argument(description="Which station.")]


@strawberry.type(description="Setting up.")
class SetupMutation:
    @mutation("Makes a location. Needs network:write and access to every location.")
    async def location_create(self, info: Info, input: LocationArgument, options: OptionsArgument) -> LocationPayload:
        context = info.context
        made = await outcome(
            lambda: locations.create(
                scope=context.scope, desk=context.house.desk, draft=input.value(), options=options.value()
            )
        )
        if isinstance(made, Refusal):
            return LocationPayload(errors=[user_error(made)])
        return LocationPayload(location=Location.of(made))

    @mutation("Replaces what is said about a location. Needs network:write.")
    async def location_update(
        self, info: Info, id: LocationId, if_version: IfVersion, input: LocationArgument
    ) -> LocationPayload:
        context = info.context
        made = await outcome(
            lambda: locations.update(
                scope=context.scope,
                desk=context.house.desk,
                location_id=ids.read(Prefix.LOCATION, id, "id"),
                if_version=if_version,
                draft=input.value(),
            )
        )
        if isinstance(made, Refusal):
            return LocationPayload(errors=[user_error(made)])
        return LocationPayload(location=Location.of(made))

    @mutation("Makes a station before its charger connects; the password is shown once. Needs network:write.")
    async def station_register(self, info: Info, input: StationArgument, options: OptionsArgument) -> StationPayload:
        context = info.context
        made = await outcome(
            lambda: stations.register(
                scope=context.scope, desk=context.house.desk, draft=input.value(), options=options.value()
            )
        )
        return StationPayload.of(made)

    @mutation("Adopts an identity that knocked at the door. Needs network:write.")
    async def station_accept(
        self,
        info: Info,
        attempt_identity: Annotated[str, strawberry.argument(description="The identity that knocked.")],
        location_id: LocationId,
        options: OptionsArgument,
    ) -> StationPayload:
        context = info.context
        made = await outcome(
            lambda: stations.accept(
                scope=context.scope,
                desk=context.house.desk,
                identity=attempt_identity,
                location_id=ids.read(Prefix.LOCATION, location_id, "locationId"),
                options=options.value(),
            )
        )
        return StationPayload.of(made)

    @mutation("Replaces what is said about a station. Needs network:write.")
    async def station_update(
        self,
        info: Info,
        id: StationId,
        if_version: IfVersion,
        input: StationArgument,
        lifecycle: Annotated[Lifecycle | None, strawberry.argument(description="Null leaves it.")] = None,
    ) -> StationPayload:
        context = info.context
        made = await outcome(
            lambda: stations.update(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, id, "id"),
                if_version=if_version,
                draft=input.value(),
                lifecycle=lifecycle,
            )
        )
        if isinstance(made, Refusal):
            return StationPayload(errors=[user_error(made)])
        return StationPayload(station=ChargingStation.of(made))

    @mutation("What a station hears at its next boot; the others of a PENDING one are refused. Needs network:write.")
    async def station_registration_set(
        self,
        info: Info,
        id: StationId,
        registration: Annotated[Registration, strawberry.argument(description="ACCEPTED, PENDING or REJECTED.")],
        options: OptionsArgument,
    ) -> StationPayload:
        context = info.context
        made = await outcome(
            lambda: stations.set_registration(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, id, "id"),
                registration=registration,
                options=options.value(),
            )
        )
        if isinstance(made, Refusal):
            return StationPayload(errors=[user_error(made)])
        return StationPayload(station=ChargingStation.of(made))

    @mutation("A new password for a station, shown once; its connection ends. Needs network:write.")
    async def station_credentials_rotate(
        self,
        info: Info,
        id: StationId,
        options: OptionsArgument,
        password: Annotated[str | None, strawberry.argument(description="Yours, 16 to 40; null: a random one.")] = None,
    ) -> StationPayload:
        context = info.context
        made = await outcome(
            lambda: stations.rotate_credentials(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, id, "id"),
                password=password,
                options=options.value(),
            )
        )
        return StationPayload.of(made)
