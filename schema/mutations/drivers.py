"""Setting up drivers."""

from typing import Annotated

import strawberry

from app.domain.driver import Driver as DriverValue
from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.operations import drivers, erasure
from schema import ids
from schema.context import Info
from schema.driver import Driver
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.mutations import IfVersion, OptionsArgument
from schema.payloads import outcome
from schema.scalars import JSON


@strawberry.input(description="A driver.")
class DriverInput:
    name: str | None = strawberry.field(default=None, description="What they are called.")
    email: str | None = strawberry.field(default=None, description="Their e-mail address, one driver's only.")
    phone: str | None = strawberry.field(default=None, description="Their number, international, one driver's only.")
    locale: str = strawberry.field(default="en", description="A language, with or without a region, such as de-AT.")

    def value(self) -> drivers.DriverDraft:
        return drivers.DriverDraft(self.name, self.email, self.phone, self.locale)


@strawberry.type(description="A driver that was set up.")
class DriverPayload:
    driver: Driver | None = strawberry.field(default=None, description="As they are now.")
    errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it was not done; empty when it was."
    )

    @classmethod
    def of(cls, made: DriverValue | Refusal) -> "DriverPayload":
        return cls(errors=[user_error(made)]) if isinstance(made, Refusal) else cls(driver=Driver.of(made))


@strawberry.type(description="What is known of a driver.")
class DriverExportPayload:
    document: JSON | None = strawberry.field(
        default=None, description="Everything: driver, tokens, accounts, sessions, taps, signIns."
    )
    errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it was not done; empty when it was."
    )


WhichDriver = Annotated[
    strawberry.ID | None, strawberry.argument(description="Which driver; for a driver only themselves.")
]
Said = Annotated[DriverInput, strawberry.argument(description="What is said about them.")]


@strawberry.type(description="Setting up drivers.")
class DriverMutation:
    @mutation("Makes a driver. Needs drivers:write.")
    async def driver_create(self, info: Info, input: Said, options: OptionsArgument) -> DriverPayload:
        context = info.context
        return DriverPayload.of(
            await outcome(
                lambda: drivers.create(
                    scope=context.scope, desk=context.house.desk, draft=input.value(), options=options.value()
                )
            )
        )

    @mutation("Replaces what is said about a driver. Needs drivers:write.")
    async def driver_update(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which driver.")],
        if_version: IfVersion,
        input: Said,
    ) -> DriverPayload:
        context = info.context
        return DriverPayload.of(
            await outcome(
                lambda: drivers.update(
                    scope=context.scope,
                    desk=context.house.desk,
                    driver_id=ids.read(Prefix.DRIVER, id, "id"),
                    if_version=if_version,
                    draft=input.value(),
                )
            )
        )

    @mutation("All that is known of a driver, as one document; audited. For themselves, or with drivers:write.")
    async def driver_export(self, info: Info, id: WhichDriver = None) -> DriverExportPayload:
        context = info.context
        made = await outcome(
            lambda: erasure.export(
                scope=context.scope,
                desk=context.house.desk,
                driver_id=ids.read_optional(Prefix.DRIVER, id, "id"),
            )
        )
        if isinstance(made, Refusal):
            return DriverExportPayload(errors=[user_error(made)])
        return DriverExportPayload(document=JSON(made))

    @mutation(
        "Forgets a driver: who they were is gone, their cards are refused, they are signed out; sessions and what was "
        "paid stay. It cannot be undone. For themselves, or with drivers:write."
    )
    async def driver_erase(self, info: Info, options: OptionsArgument, id: WhichDriver = None) -> DriverPayload:
        context = info.context
        return DriverPayload.of(
            await outcome(
                lambda: erasure.erase(
                    scope=context.scope,
                    desk=context.house.desk,
                    driver_id=ids.read_optional(Prefix.DRIVER, id, "id"),
                    options=options.value(),
                )
            )
        )
