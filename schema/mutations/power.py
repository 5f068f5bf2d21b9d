"""Reservations, and local lists in step with tokens."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.operations import local_lists, reservations
from schema import ids
from schema.context import Info
from schema.field import mutation
from schema.mutations import OptionsArgument
from schema.payloads import CommandPayload, outcome


@strawberry.type(description="Reserving, and local lists.")
class PowerMutation:
    @mutation("Reserves an EVSE for a token: a session in status RESERVATION. Needs commands:send.")
    async def reservation_create(
        self,
        info: Info,
        *,
        evse_id: Annotated[strawberry.ID, strawberry.argument(description="Where.")],
        token_id: Annotated[strawberry.ID, strawberry.argument(description="For whom.")],
        until: Annotated[datetime, strawberry.argument(description="Until when, at most 7 days ahead.")],
        options: OptionsArgument,
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: reservations.create(
                scope=context.scope,
                desk=context.house.desk,
                draft=reservations.ReservationDraft(
                    ids.read(Prefix.EVSE, evse_id, "evseId"), ids.read(Prefix.TOKEN, token_id, "tokenId"), until
                ),
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation("Takes a reservation back. Needs commands:send.")
    async def reservation_cancel(
        self,
        info: Info,
        session_id: Annotated[strawberry.ID, strawberry.argument(description="Which reservation.")],
        options: OptionsArgument,
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: reservations.cancel(
                scope=context.scope,
                desk=context.house.desk,
                session_id=ids.read(Prefix.SESSION, session_id, "sessionId"),
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation("Brings a station's local list into step with your tokens; see its localList. Needs commands:send.")
    async def local_list_sync(
        self,
        info: Info,
        station_id: Annotated[strawberry.ID, strawberry.argument(description="Which station.")],
        options: OptionsArgument,
        full: Annotated[bool, strawberry.argument(description="Send everything, not only what differs.")] = False,
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: local_lists.sync(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, station_id, "stationId"),
                full=full,
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)
