"""What somebody wants at most of a session."""

import strawberry

from app.domain import hold as values
from schema.context import Info
from schema.field import resolved
from schema.overview import Money
from schema.scalars import Long


@strawberry.type(description="What a driver wants at most; reached, charging is stopped.")
class SessionTarget:
    energy_wh: Long | None = strawberry.field(description="Energy, in Wh.")
    cost_limit: Money | None = strawberry.field(description="Cost; no more than this is held, either.")
    soc_percent: int | None = strawberry.field(description="The battery's charge, where the car reports it.")
    duration_s: int | None = strawberry.field(description="Time from the start, in seconds.")

    @classmethod
    def of(cls, value: values.SessionTarget, currency: str) -> "SessionTarget | None":
        if value == values.NO_TARGET:
            return None
        energy, cost = value.energy_wh, value.cost_minor
        return cls(
            energy_wh=None if energy is None else Long(energy),
            cost_limit=None if cost is None else Money(amount_minor=Long(cost), currency=currency),
            soc_percent=value.soc_percent,
            duration_s=value.duration_s,
        )


@strawberry.input(description="What a driver wants at most; reached, charging is stopped.")
class TargetInput:
    energy_wh: Long | None = strawberry.field(default=None, description="Energy, in Wh.")
    cost_limit_minor: Long | None = strawberry.field(
        default=None, description="Cost in minor units; no more than this is held, either."
    )
    soc_percent: int | None = strawberry.field(
        default=None, description="The battery's charge, 1 to 100, where the car reports it."
    )
    duration_s: int | None = strawberry.field(default=None, description="Time from the start, in seconds.")

    def value(self) -> values.SessionTarget:
        energy, cost = self.energy_wh, self.cost_limit_minor
        return values.SessionTarget(
            None if energy is None else int(energy),
            None if cost is None else int(cost),
            self.soc_percent,
            self.duration_s,
        )


@strawberry.type(description="What is wanted of a session.")
class SessionTargetFields:
    @resolved("What is wanted at most, said with its start or its payment; null: no such wish.")
    async def target(self, info: Info) -> SessionTarget | None:
        found = await info.context.loaders.session_target.load(self.value.key)  # type: ignore[attr-defined]
        return None if found is None else SessionTarget.of(*found)
