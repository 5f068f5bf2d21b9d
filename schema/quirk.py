"""What stations do beyond the standard, who allows it, and how often it was met."""

from datetime import datetime

import strawberry

from app.domain import followed, measurand
from app.domain import quirk as values
from app.domain.quirk import QUIRKS, Quirk, QuirkSource
from app.domain.quirk_profiles import PROFILES, allowed_by_profile
from app.domain.rate_unit import known_supply
from app.domain.scope import Permission
from app.domain.station import ChargingStation as StationValue
from app.queries import quirks as queries
from schema.context import Info
from schema.enums import described
from schema.field import resolved
from schema.scalars import Long

described(
    Quirk,
    "What a station does beyond the standard, or against it.",
    *(QUIRKS[quirk].description for quirk in Quirk),
)
described(
    QuirkSource,
    "How we know of a station's quirk.",
    "Stations of its vendor, model and firmware are known for it, and allowed it.",
    "The operator allows it to this station.",
    "It was met, and is allowed by nobody; where that is needed, it was refused.",
)


@strawberry.type(description="Something stations do beyond the standard.")
class QuirkKind:
    code: Quirk = strawberry.field(description="Its name.")
    description: str = strawberry.field(description="What the station does, and what we do about it.")
    is_allowance: bool = strawberry.field(description="Whether it has an effect only where it is allowed.")

    @classmethod
    def of(cls, quirk: Quirk) -> "QuirkKind":
        return cls(code=quirk, description=QUIRKS[quirk].description, is_allowance=QUIRKS[quirk].allowance)


@strawberry.type(description="A quirk of a station.")
class StationQuirk:
    code: Quirk = strawberry.field(description="Its name.")
    description: str = strawberry.field(description="What the station does, and what we do about it.")
    source: QuirkSource = strawberry.field(description="How we know of it.")
    repairs: Long = strawberry.field(description="How often it was met.")
    last_at: datetime | None = strawberry.field(description="When it was last met; null: not yet.")

    @classmethod
    def of(cls, value: values.StationQuirk) -> "StationQuirk":
        return cls(
            code=value.quirk,
            description=QUIRKS[value.quirk].description,
            source=value.source,
            repairs=Long(value.repairs),
            last_at=value.last_at,
        )


@strawberry.type(description="What stations of one kind are known for. Strict is the default for all others.")
class QuirkProfile:
    name: str = strawberry.field(description="Its name.")
    description: str = strawberry.field(description="What was reported of them.")
    vendor: str = strawberry.field(description="Regular expression for the whole vendor, in any case.")
    model: str = strawberry.field(description="Regular expression for the whole model, in any case.")
    firmware: str = strawberry.field(description="Regular expression for the whole firmware version, in any case.")
    allowances: list[QuirkKind] = strawberry.field(description="What they are allowed.")

    @classmethod
    def of(cls, value: values.QuirkProfile) -> "QuirkProfile":
        return cls(
            name=value.name,
            description=value.description,
            vendor=value.vendor,
            model=value.model,
            firmware=value.firmware,
            allowances=[QuirkKind.of(quirk) for quirk in value.allowances],
        )


@strawberry.type(description="Energy that flowed between two sessions, by the meter's register.")
class UnbilledEnergy:
    evse_number: int = strawberry.field(description="At which EVSE.")
    energy_wh: Long = strawberry.field(description="How much, in Wh.")
    after: datetime = strawberry.field(description="When the session before it ended.")
    before: datetime = strawberry.field(description="When the session after it began.")

    @classmethod
    def of(cls, value: values.UnbilledEnergy) -> "UnbilledEnergy":
        return cls(
            evse_number=value.evse_number, energy_wh=Long(value.energy_wh), after=value.after, before=value.before
        )


@strawberry.type(description="A session that draws well above a limit its station had agreed to.")
class ExceededLimit:
    value: strawberry.Private[followed.ExceededLimit]
    evse_number: int = strawberry.field(description="At which EVSE.")
    limit_w: Long = strawberry.field(description="What it may draw, in W.")
    power_w: Long = strawberry.field(description="What it drew, in W.")
    measured_at: datetime = strawberry.field(description="When that was measured.")

    @classmethod
    def of(cls, value: followed.ExceededLimit) -> "ExceededLimit":
        return cls(
            value=value,
            evse_number=value.evse_number,
            limit_w=Long(value.limit_w),
            power_w=Long(value.power_w),
            measured_at=value.measured_at,
        )


@strawberry.type(description="Something that a station measures, or claims to.")
class Measurand:
    name: str = strawberry.field(description="OCPP's name, such as Power.Active.Import.")
    claimed: bool = strawberry.field(description="Whether its configuration says that it samples it.")
    samples: Long | None = strawberry.field(
        description="How many of the readings hold it; null for what is kept in frames only."
    )
    readings: Long = strawberry.field(description="How many readings of its 20 newest sessions were looked at.")
    missing: bool = strawberry.field(description="Whether it is claimed and was in none of ten readings or more.")

    @classmethod
    def of(cls, value: measurand.Measurand) -> "Measurand":
        return cls(
            name=value.name,
            claimed=value.claimed,
            samples=None if value.samples is None else Long(value.samples),
            readings=Long(value.readings),
            missing=value.missing,
        )


@strawberry.type(description="What a station does beyond the standard.")
class QuirkFields:
    value: strawberry.Private[StationValue]

    @resolved("What it is allowed beyond the standard, and what was met.")
    async def quirks(self, info: Info) -> list[StationQuirk]:
        recorded = await info.context.loaders.quirks.load(self.value.key) or ()
        profile = allowed_by_profile(self.value.vendor, self.value.model, self.value.firmware_version)
        return [StationQuirk.of(one) for one in values.shown(profile, recorded)]

    @resolved(
        "Energy nobody was billed for in the last 30 days, newest first, at most 50; empty without sessions:read."
    )
    async def unbilled_energy(self, info: Info) -> list[UnbilledEnergy]:
        if not info.context.may(Permission.SESSIONS_READ):
            return []
        return [UnbilledEnergy.of(one) for one in await info.context.loaders.unbilled.load(self.value.key) or ()]

    @resolved("What it measures by its own words and by its data; empty without sessions:read.")
    async def measurands(self, info: Info) -> list[Measurand]:
        context = info.context
        if not context.may(Permission.SESSIONS_READ):
            return []
        found = await queries.measured(scope=context.scope, database=context.database, station_key=self.value.key)
        return [Measurand.of(one) for one in found]

    @resolved(
        "Sessions that draw a tenth more than the charging profiles that the station accepted, a minute after it did; "
        "empty without sessions:read."
    )
    async def limits_exceeded(self, info: Info) -> list[ExceededLimit]:
        keys = [evse.session_key for evse in self.value.evses if evse.session_key is not None]
        if not keys or not info.context.may(Permission.SESSIONS_READ):
            return []
        loaders = info.context.loaders
        held = await loaders.profiles.load(self.value.key) or ()
        sessions = await loaders.session.load_many(keys)
        found = (
            followed.exceeded(session, held, known_supply(self.value, session.evse_number or 0))
            for session in sessions
            if session is not None
        )
        return [ExceededLimit.of(one) for one in found if one is not None]


@strawberry.type(description="Questions about what stations do beyond the standard.")
class QuirkQuery:
    @resolved("Which stations are known for what. Needs network:read.")
    def quirk_profiles(self, info: Info) -> list[QuirkProfile]:
        info.context.scope.require(Permission.NETWORK_READ)
        return [QuirkProfile.of(profile) for profile in PROFILES]

    @resolved("Everything that stations are allowed beyond the standard, or met doing. Needs network:read.")
    def quirk_kinds(self, info: Info) -> list[QuirkKind]:
        info.context.scope.require(Permission.NETWORK_READ)
        return [QuirkKind.of(quirk) for quirk in Quirk]
