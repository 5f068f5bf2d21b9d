"""Power on stations, sessions and answers: what is held, what was told, what may be drawn."""

from datetime import datetime
from typing import Any

import orjson
import strawberry

from app.domain import held
from app.domain.charging import composite_of
from app.domain.ids import Prefix
from app.domain.scope import Permission
from app.domain.session import SessionStatus
from app.domain.web_payment import scan_template
from app.queries import power
from schema import ids
from schema.context import Info
from schema.field import resolved
from schema.page import After, Connection, First, connection
from schema.power_types import (
    BatteryData,
    ChargingLimit,
    ChargingProfile,
    ChargingScheduleUpdate,
    CompositeSchedule,
    DerAlarm,
    LocalList,
    SessionPower,
    Settlement,
    StationDerControl,
    StationTariff,
    VatCheck,
)


@strawberry.type(description="A charging profile that a station holds.")
class StationChargingProfile:
    value: strawberry.Private[held.StationChargingProfile]
    source: str = strawberry.field(description="Who set it: CSO (us), EMS, SO or Other.")
    evse: int = strawberry.field(description="The EVSE's number; 0 is the whole station.")
    profile: ChargingProfile = strawberry.field(description="What it says.")
    moved: ChargingScheduleUpdate | None = strawberry.field(description="The newest limits of a dynamic profile.")
    set_at: datetime | None = strawberry.field(description="When the station took it from us.")
    reported_at: datetime | None = strawberry.field(description="When the station last reported it.")
    command_id: strawberry.ID | None = strawberry.field(description="The command that set it; null when not ours.")

    @classmethod
    def of(cls, value: held.StationChargingProfile) -> "StationChargingProfile":
        return cls(
            value=value,
            source=value.source,
            evse=value.evse,
            profile=value.profile,
            moved=value.moved,
            set_at=value.set_at,
            reported_at=value.reported_at,
            command_id=None if value.command_uuid is None else ids.shown(Prefix.COMMAND, value.command_uuid),
        )


@strawberry.type(description="A step of a battery swap (2.1).")
class BatterySwap:
    value: strawberry.Private[held.BatterySwap]
    request_id: int = strawberry.field(description="Names the swap.")
    event: str = strawberry.field(description="REQUESTED by us, then BatteryIn, BatteryOut or BatteryOutTimeout.")
    batteries: list[BatteryData] = strawberry.field(description="Which batteries.")
    at: datetime = strawberry.field(description="When.")

    @resolved("For which token; null without tokens:read.")
    def token_uid(self, info: Info) -> str | None:
        return self.value.token_uid if info.context.may(Permission.TOKENS_READ) else None

    @classmethod
    def of(cls, value: held.BatterySwap) -> "BatterySwap":
        return cls(
            value=value, request_id=value.request_id, event=value.event, batteries=list(value.batteries), at=value.at
        )


@strawberry.type(description="Power at a station.")
class StationPower:
    value: strawberry.Private[Any]

    @resolved("The charging profiles it holds, by EVSE, purpose and rank.")
    async def charging_profiles(self, info: Info) -> list[StationChargingProfile]:
        found = await info.context.loaders.profiles.load(self.value.key)
        return [StationChargingProfile.of(one) for one in found or []]

    @resolved("Limits that others than us have set.")
    async def charging_limits(self, info: Info) -> list[ChargingLimit]:
        return await info.context.loaders.limits.load(self.value.key) or []

    @resolved("Its local authorisation list; null when it was never given one.")
    async def local_list(self, info: Info) -> LocalList | None:
        found = await info.context.loaders.local_list.load(self.value.key)
        return None if found is None else LocalList.of(found)

    @resolved("Tariffs it calculates with itself (2.1).")
    async def station_tariffs(self, info: Info) -> list[StationTariff]:
        return await info.context.loaders.station_tariffs.load(self.value.key) or []

    @resolved("Grid controls it holds (2.1).")
    async def der_controls(self, info: Info) -> list[StationDerControl]:
        return await info.context.loaders.der_controls.load(self.value.key) or []

    @resolved("Alarms of its grid functions, one a function (2.1).")
    async def der_alarms(self, info: Info) -> list[DerAlarm]:
        return await info.context.loaders.der_alarms.load(self.value.key) or []

    @resolved("Payments at its own terminal, newest first (2.1).")
    async def settlements(self, info: Info, first: First = 50, after: After = None) -> Connection[Settlement]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"settlements:{key}",
            first=first,
            after=after,
            read=lambda page: power.settlements(
                scope=context.scope, database=context.database, station_key=key, page=page
            ),
            show=lambda one: one,
        )

    @resolved("What webPaymentSet puts behind its QR code where no other urlTemplate is given: our own page (2.1 C25).")
    def scan_url_template(self, info: Info) -> str:
        return scan_template(info.context.house.desk.files_url)

    @resolved("VAT numbers entered at it, newest first (2.1).")
    async def vat_checks(self, info: Info, first: First = 50, after: After = None) -> Connection[VatCheck]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"vat:{key}",
            first=first,
            after=after,
            read=lambda page: power.vat_checks(
                scope=context.scope, database=context.database, station_key=key, page=page
            ),
            show=lambda one: one,
        )

    @resolved("Battery swaps, newest step first (2.1).")
    async def battery_swaps(self, info: Info, first: First = 50, after: After = None) -> Connection[BatterySwap]:
        context, key = info.context, self.value.key
        return await connection(
            context,
            binding=f"swaps:{key}",
            first=first,
            after=after,
            read=lambda page: power.battery_swaps(
                scope=context.scope, database=context.database, station_key=key, page=page
            ),
            show=BatterySwap.of,
        )


@strawberry.type(description="Power of a session.")
class SessionPowerFields:
    value: strawberry.Private[Any]

    @resolved("What its car needs and plans, and at what priority; null while nothing was said.")
    async def power(self, info: Info) -> SessionPower | None:
        return await info.context.loaders.session_power.load(self.value.key)

    @resolved("Payments for it at the station's own terminal, oldest first (2.1).")
    async def settlements(self, info: Info) -> list[Settlement]:
        return await info.context.loaders.settlements.load(self.value.key) or []

    @resolved("Until when it is reserved; null when it is no reservation.")
    def reserved_until(self) -> datetime | None:
        found: datetime | None = self.value.start_deadline
        return found if self.value.status is SessionStatus.RESERVATION else None


@strawberry.type(description="Power in an answer.")
class AnswerPower:
    value: strawberry.Private[Any]

    @resolved("The schedule in an answer to compositeScheduleGet; null in any other.")
    def composite_schedule(self) -> CompositeSchedule | None:
        try:
            found = composite_of(orjson.loads(self.value.raw))
        except orjson.JSONDecodeError:
            return None
        return None if found is None else CompositeSchedule.of(found)
