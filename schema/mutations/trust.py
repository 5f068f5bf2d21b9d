"""Passwords over OCPP, station certificates and logs."""

from typing import Annotated

import strawberry

from app.domain import station as values
from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.domain.request.log import LogType
from app.operations import trust
from schema import ids
from schema.context import Info
from schema.enums import described
from schema.errors import user_error
from schema.field import mutation
from schema.filter import TimeRange
from schema.mutations import OptionsArgument
from schema.payloads import CommandPayload, StationPayload, outcome
from schema.station import ChargingStation

described(
    LogType,
    "Which log of a station.",
    "What service people read.",
    "Its security events.",
    "2.1: its data collector's.",
)

StationId = Annotated[strawberry.ID, strawberry.argument(description="Which station.")]


def _shown(made: values.ChargingStation | Refusal) -> StationPayload:
    if isinstance(made, Refusal):
        return StationPayload(errors=[user_error(made)])
    return StationPayload(station=ChargingStation.of(made))


@strawberry.type(description="Trust between stations and us.")
class TrustMutation:
    @mutation("Sends a station its next password; the old one counts until it came with the new. Needs network:write.")
    async def station_password_rotate(
        self,
        info: Info,
        station_id: StationId,
        options: OptionsArgument,
        password: Annotated[str | None, strawberry.argument(description="Yours, 16 to 40; null: a random one.")] = None,
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: trust.rotate_password(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, station_id, "stationId"),
                password=password,
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation("Lets a station connect with a client certificate that is not named after it. Needs network:write.")
    async def certificate_trust(
        self,
        info: Info,
        station_id: StationId,
        certificate: Annotated[str, strawberry.argument(description="PEM; its issuer must be trusted by the server.")],
        options: OptionsArgument,
    ) -> StationPayload:
        context = info.context
        return _shown(
            await outcome(
                lambda: trust.trust_certificate(
                    scope=context.scope,
                    desk=context.house.desk,
                    station_id=ids.read(Prefix.STATION, station_id, "stationId"),
                    certificate=certificate,
                    options=options.value(),
                )
            )
        )

    @mutation("Lets a station no longer connect with a client certificate. Needs network:write.")
    async def certificate_revoke(
        self,
        info: Info,
        station_id: StationId,
        fingerprint: Annotated[str, strawberry.argument(description="SHA-256 in hexadecimal, as in its list.")],
        options: OptionsArgument,
    ) -> StationPayload:
        context = info.context
        return _shown(
            await outcome(
                lambda: trust.revoke_certificate(
                    scope=context.scope,
                    desk=context.house.desk,
                    station_id=ids.read(Prefix.STATION, station_id, "stationId"),
                    fingerprint=fingerprint,
                    options=options.value(),
                )
            )
        )

    @mutation("Has a station send a log to us; it appears in its `logs`. Needs commands:send.")
    async def log_fetch(
        self,
        info: Info,
        station_id: StationId,
        options: OptionsArgument,
        kind: Annotated[LogType, strawberry.argument(description="Which log.")] = LogType.DIAGNOSTICS,
        range: Annotated[TimeRange | None, strawberry.argument(description="Of which time; all by default.")] = None,
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: trust.fetch_log(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, station_id, "stationId"),
                wish=trust.LogWish(kind, None if range is None else range.value()),
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)
