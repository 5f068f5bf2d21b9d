"""Paying on the web for an EVSE by a station's changing QR code (OCPP 2.1 C25)."""

from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.operations import web_payments
from app.operations.web_payments import WebPaymentDraft
from schema import ids
from schema.command import Command
from schema.context import Info
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.mutations import OptionsArgument
from schema.payloads import CommandPayload, outcome
from schema.scalars import Long
from schema.station import ChargingStation, Evse


@strawberry.type(description="Whose code was scanned.")
class WebPaymentPayload:
    station: ChargingStation | None = strawberry.field(default=None, description="The station.")
    evse: Evse | None = strawberry.field(default=None, description="The EVSE; null: any of the station's.")
    max_energy_wh: Long | None = strawberry.field(default=None, description="The most that the driver wants, in Wh.")
    max_time_s: float | None = strawberry.field(default=None, description="The longest that he wants, in seconds.")
    max_cost: float | None = strawberry.field(
        default=None, description="The most that he pays, in the currency of the station's tariff."
    )
    command: Command | None = strawberry.field(
        default=None, description="The message that made the station wait, where that was wanted."
    )
    errors: list[UserError] = strawberry.field(default_factory=list, description="Why it was refused.")


@strawberry.type(description="Paying on the web.")
class WebPaymentMutation:
    @mutation(
        "Has a station make codes for paying on the web (2.1 C25): with a new secret of ours, which nobody is shown. "
        "Codes made with the one before are worth nothing then. Needs commands:send."
    )
    async def web_payment_set(
        self,
        info: Info,
        *,
        station_id: Annotated[strawberry.ID, strawberry.argument(description="Which station.")],
        options: OptionsArgument,
        url_template: Annotated[
            str | None,
            strawberry.argument(
                description="Behind the QR code: https with {chargingstationid}, {totp}, {version} and perhaps {evse}; "
                "null: the station's scanUrlTemplate, which leads to this installation's own page."
            ),
        ] = None,
        validity_seconds: Annotated[int, strawberry.argument(description="How long a code lasts, 6 to 3600.")] = 60,
        length: Annotated[int, strawberry.argument(description="Characters of a code, 6 to 32.")] = 8,
    ) -> CommandPayload:
        context = info.context
        sent = await outcome(
            lambda: web_payments.set_up(
                scope=context.scope,
                desk=context.house.desk,
                station_id=ids.read(Prefix.STATION, station_id, "stationId"),
                draft=WebPaymentDraft(url_template, validity_seconds, length),
                options=options.value(),
            )
        )
        return CommandPayload.of(sent)

    @mutation(
        "Whose code a scanned URL carries, if it is that of now or of an interval beside it; others are refused, and "
        "after five wrong ones in a minute all are. Forward nobody to a payment before this. Needs commands:send."
    )
    async def web_payment_verify(
        self,
        info: Info,
        *,
        url: Annotated[str, strawberry.argument(description="As it was scanned.")],
        options: OptionsArgument,
        lock_seconds: Annotated[
            int | None,
            strawberry.argument(description="Have the station wait so long for the payment, 1 to 600; null: not."),
        ] = None,
    ) -> WebPaymentPayload:
        context = info.context
        made = await outcome(
            lambda: web_payments.verify(
                scope=context.scope,
                desk=context.house.desk,
                url=url,
                lock_s=lock_seconds,
                options=options.value(),
            )
        )
        if isinstance(made, Refusal):
            return WebPaymentPayload(errors=[user_error(made)])
        return WebPaymentPayload(
            station=ChargingStation.of(made.station),
            evse=None if made.evse is None else Evse.of(made.evse, made.station),
            max_energy_wh=None if made.max_energy_wh is None else Long(round(made.max_energy_wh)),
            max_time_s=made.max_time_s,
            max_cost=made.max_cost,
            command=None if made.told is None else Command.of(made.told.command),
        )
