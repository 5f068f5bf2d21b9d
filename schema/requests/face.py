"""A request's face: the mutation that asks a station for it."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Annotated, Any

import strawberry
from strawberry.tools import create_type

from app.domain.ids import Prefix
from app.domain.scope import Permission
from app.operations import requests
from schema import ids
from schema.context import Info
from schema.mutations import OptionsArgument
from schema.payloads import CommandPayload, outcome
from schema.requests.inputs import input_type, reader

_StationId = Annotated[strawberry.ID, strawberry.argument(description="Which station.")]


@dataclass(frozen=True, slots=True)
class Face:
    """``name`` is the mutation's, noun first; ``text`` says what it does, ``permission`` what it needs."""

    name: str
    request: type
    text: str
    permission: Permission = Permission.COMMANDS_SEND


def mutations(title: str, faces: Iterable[Face]) -> type:
    """A type with one mutation a face, to be a part of Mutation."""
    made: type = create_type(title, [_field(face) for face in faces], description=f"{title}.")
    return made


def _field(face: Face) -> Any:
    return strawberry.mutation(
        resolver=_resolver(face), name=face.name, description=f"{face.text} Needs {face.permission}."
    )


def _resolver(face: Face) -> Any:
    if not fields(face.request):
        body = face.request()

        async def bare(info: Info, station_id: _StationId, options: OptionsArgument) -> CommandPayload:
            return await _ask(face, info, station_id, body, options)

        bare.__name__ = face.name
        return bare

    read = reader(face.request)

    async def full(info: Info, station_id: _StationId, request: Any, options: OptionsArgument) -> CommandPayload:
        return await _ask(face, info, station_id, read(request), options)

    full.__name__ = face.name
    full.__annotations__["request"] = Annotated[
        input_type(face.request), strawberry.argument(description="In OCPP's own terms.")
    ]
    return full


async def _ask(
    face: Face, info: Info, station_id: strawberry.ID, body: Any, options: OptionsArgument
) -> CommandPayload:
    context = info.context
    sent = await outcome(
        lambda: requests.ask(
            scope=context.scope,
            desk=context.house.desk,
            station_id=ids.read(Prefix.STATION, station_id, "stationId"),
            body=body,
            mutation=face.name,
            permission=face.permission,
            options=options.value(),
        )
    )
    return CommandPayload.of(sent)
