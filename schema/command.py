"""Commands, the charger's answers, and the frames they travelled in."""

from datetime import datetime

import orjson
import strawberry

from app.domain import command as values
from app.domain.command import CommandEffect, CommandStatus
from app.domain.ids import Prefix
from app.domain.journal import JournalFrame
from app.domain.scope import Permission
from schema import ids
from schema.context import Info
from schema.field import resolved
from schema.journal import Frame, redacted
from schema.page import Node
from schema.power import AnswerPower
from schema.scalars import JSON, Long
from schema.session import Session
from schema.station import ChargingStation, Evse


@strawberry.type(description="The charger's own words.")
class CommandAnswer(AnswerPower):
    value: strawberry.Private[values.CommandAnswer]
    status: str = strawberry.field(description="Its status, as it spelt it; ACCEPTED means that it will try.")
    accepted: bool = strawberry.field(description="Whether that is a yes.")
    reason_code: str | None = strawberry.field(description="OCPP 2.x statusInfo.reasonCode.")
    additional_info: str | None = strawberry.field(description="OCPP 2.x statusInfo.additionalInfo.")

    @resolved("The whole payload.")
    def raw(self, info: Info) -> JSON:
        return JSON(redacted(info.context, _decoded(self.value.raw)))


def _decoded(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


@strawberry.type(description="Something a station was asked: delivered, answered and done are three facts.")
class Command(Node):
    value: strawberry.Private[values.Command]
    action: str = strawberry.field(description="What was asked, such as Reset.")
    status: CommandStatus = strawberry.field(description="Whether it was delivered.")
    effect: CommandEffect = strawberry.field(description="Whether it happened.")
    requested_by: str = strawberry.field(description="Who asked.")
    reason: str | None = strawberry.field(description="Why, as the caller said.")
    created_at: datetime = strawberry.field(description="When it was asked.")
    deadline: datetime = strawberry.field(description="When waiting for the answer ends.")
    sent_at: datetime | None = strawberry.field(description="When it was sent.")
    answered_at: datetime | None = strawberry.field(description="When the charger answered.")
    failure: str | None = strawberry.field(description="Why there is no answer; null while there may be one.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: values.Command) -> "Command":
        return cls(
            value=value,
            id=ids.shown(Prefix.COMMAND, value.uuid),
            action=value.action,
            status=value.status,
            effect=value.effect,
            requested_by=value.requested_by,
            reason=value.reason,
            created_at=value.created_at,
            deadline=value.deadline,
            sent_at=value.sent_at,
            answered_at=value.answered_at,
            failure=value.failure,
            version=Long(value.version),
        )

    @resolved("What the charger said; null before it did.")
    def answer(self) -> CommandAnswer | None:
        found = self.value.answer
        if found is None:
            return None
        return CommandAnswer(
            value=found,
            status=found.status,
            accepted=found.accepted,
            reason_code=found.reason_code,
            additional_info=found.additional_info,
        )

    @resolved("To which station; null without network:read.")
    async def station(self, info: Info) -> ChargingStation | None:
        if not info.context.may(Permission.NETWORK_READ):
            return None
        found = await info.context.loaders.station.load(self.value.station_key)
        return None if found is None else ChargingStation.of(found)

    @resolved("About which EVSE; null when about the whole station, or without network:read.")
    async def evse(self, info: Info) -> Evse | None:
        if self.value.evse_key is None or not info.context.may(Permission.NETWORK_READ):
            return None
        station = await info.context.loaders.station.load(self.value.station_key)
        if station is None:
            return None
        return next((Evse.of(evse, station) for evse in station.evses if evse.key == self.value.evse_key), None)

    @resolved("About which session; null when about none, or without sessions:read.")
    async def session(self, info: Info) -> Session | None:
        if self.value.session_key is None or not info.context.may(Permission.SESSIONS_READ):
            return None
        found = await info.context.loaders.session.load(self.value.session_key)
        return None if found is None else Session.of(found)

    @resolved("What crossed the wire for it, in order. Empty without journal:read.")
    async def frames(self, info: Info) -> list[Frame]:
        if not info.context.may(Permission.JOURNAL_READ):
            return []
        found: list[JournalFrame] = await info.context.loaders.command_frames.load(self.value.key) or []
        return [Frame.of(frame) for frame in found]
