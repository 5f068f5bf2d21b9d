"""Asking stations; each returns the charger's own answer, when it came in time."""

from typing import Annotated

import strawberry

from app.domain.hold import NO_TARGET
from app.domain.ids import Prefix
from app.operations import ad_hoc, care, commands, own_charges, starts
from schema import ids
from schema.context import Info
from schema.field import mutation
from schema.inputs import VariableInput
from schema.mutations import OptionsArgument
from schema.payloads import CommandPayload, outcome
from schema.target import TargetInput

StationId = Annotated[strawberry.ID, strawberry.argument(description="Which station.")]
SomeEvse = Annotated[strawberry.ID | None, strawberry.argument(description="This EVSE only.")]
Wishes = Annotated[list[VariableInput], strawberry.argument(description="Which, with their values, 1 to 100.")]
Variables = Annotated[
    list[VariableInput], strawberry.argument(description="Which, 1 to 100; none asks a 1.6 station for all it has.")
]


@strawberry.type(description="Asking stations.")
class CommandMutation:
    @mutation(
        "Starts a session from afar; without a token as the operator. Needs commands:send, or a driver's own token."
    )
    async def session_start(
        self,
        info: Info,
        evse_id: Annotated[strawberry.ID, strawberry.argument(description="Where.")],
        options: OptionsArgument,
        connector: Annotated[int | None, strawberry.argument(description="The connector's number.")] = None,
        token_id: Annotated[strawberry.ID | None, strawberry.argument(description="For whom.")] = None,
        quote_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The price that was shown, and is billed.")
        ] = None,
        target: Annotated[TargetInput | None, strawberry.argument(description="What is wanted at most.")] = None,
    ) -> CommandPayload:
        context = info.context
        start = starts.start if context.scope.driver_key is None else own_charges.start
        sent = await outcome(
            lambda: start(
                scope=context.scope,
                desk=context.house.desk,
                draft=starts.StartDraft(
                    ids.read(Prefix.EVSE, evse_id, "evseId"),
                    connector,
                    ids.read_optional(Prefix.TOKEN, token_id, "tokenId"),
                    ids.read_optional(Prefix.QUOTE, quote_id, "quoteId"),
                    target=NO_TARGET if target is None else target.value(),
                ),
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation("Stops a running session from afar. Needs commands:send, or a guest's or a driver's token for their own.")
    async def session_stop(
        self,
        info: Info,
        session_id: Annotated[strawberry.ID, strawberry.argument(description="Which session.")],
        options: OptionsArgument,
    ) -> CommandPayload:
        context = info.context
        stop = ad_hoc.stop if context.scope.is_outside else starts.stop
        sent = await outcome(
            lambda: stop(
                scope=context.scope,
                desk=context.house.desk,
                session_id=ids.read(Prefix.SESSION, session_id, "sessionId"),
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation("Restarts a station, or one EVSE of a 2.x station. Needs commands:send.")
    async def station_reset(
        self,
        info: Info,
        station_id: StationId,
        options: OptionsArgument,
        evse_id: SomeEvse = None,
        when_idle: Annotated[bool, strawberry.argument(description="Wait for sessions to end.")] = True,
        resume: Annotated[
            bool,
            strawberry.argument(
                description="At once, and sessions go on after it: OCPP 2.1 alone. Then whenIdle says nothing."
            ),
        ] = False,
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: care.reset(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, station_id, "stationId"),
                evse_id=ids.read_optional(Prefix.EVSE, evse_id, "evseId"),
                when_idle=when_idle,
                resume=resume,
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation("Frees a stuck cable. Needs commands:send.")
    async def connector_unlock(
        self,
        info: Info,
        connector_id: Annotated[strawberry.ID, strawberry.argument(description="Which connector.")],
        options: OptionsArgument,
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: care.unlock(
                scope=context.scope,
                desk=context.house.desk,
                connector_id=ids.read(Prefix.CONNECTOR, connector_id, "connectorId"),
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation("Takes a station, an EVSE or a connector in or out of service. Needs commands:send.")
    async def availability_change(
        self,
        info: Info,
        *,
        station_id: StationId,
        operative: Annotated[bool, strawberry.argument(description="In service, or out of it.")],
        options: OptionsArgument,
        evse_id: SomeEvse = None,
        connector_id: Annotated[strawberry.ID | None, strawberry.argument(description="This connector only.")] = None,
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: care.change_availability(
                scope=context.scope,
                desk=context.house.desk,
                target=commands.Target(
                    ids.read(Prefix.STATION, station_id, "stationId"),
                    ids.read_optional(Prefix.EVSE, evse_id, "evseId"),
                    ids.read_optional(Prefix.CONNECTOR, connector_id, "connectorId"),
                ),
                operative=operative,
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation("Asks a station to send a message now. Needs commands:send.")
    async def message_trigger(
        self,
        info: Info,
        station_id: StationId,
        *,
        message: Annotated[str, strawberry.argument(description="OCPP's name of it, such as StatusNotification.")],
        options: OptionsArgument,
        evse_id: SomeEvse = None,
        connector_id: Annotated[strawberry.ID | None, strawberry.argument(description="This connector only.")] = None,
        custom_trigger: Annotated[
            str | None, strawberry.argument(description="2.1: the vendor's name of a message, with CustomTrigger.")
        ] = None,
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: care.trigger_message(
                scope=context.scope,
                desk=context.house.desk,
                target=commands.Target(
                    ids.read(Prefix.STATION, station_id, "stationId"),
                    ids.read_optional(Prefix.EVSE, evse_id, "evseId"),
                    ids.read_optional(Prefix.CONNECTOR, connector_id, "connectorId"),
                ),
                message=message,
                custom=custom_trigger,
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation("Reads variables or configuration keys; the values are in the answer. Needs commands:send.")
    async def variables_get(
        self, info: Info, station_id: StationId, variables: Variables, options: OptionsArgument
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: care.get_variables(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, station_id, "stationId"),
                variables=tuple(variable.draft() for variable in variables),
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation("Sets variables, or one 1.6 configuration key. Needs commands:send.")
    async def variables_set(
        self, info: Info, station_id: StationId, variables: Wishes, options: OptionsArgument
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: care.set_variables(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, station_id, "stationId"),
                variables=tuple(variable.draft() for variable in variables),
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation("Takes a command back while it is QUEUED. Needs commands:send.")
    async def command_cancel(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which command.")]
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: commands.cancel(
                scope=context.scope, desk=context.house.desk, command_id=ids.read(Prefix.COMMAND, id, "id")
            )
        )
        return CommandPayload.of(sent)
