"""Saving cards for later."""

from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.domain.saved_card import SavedCard
from app.operations import saved_cards
from schema import ids
from schema.context import Info
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.mutations import OptionsArgument
from schema.payloads import outcome
from schema.saved_card import PaymentMethod
from schema.scalars import Url

_WHOSE = "For themselves, or with drivers:write and payments:write."
Which = Annotated[strawberry.ID, strawberry.argument(description="Which card.")]


@strawberry.type(description="A card that was saved, or is about to be.")
class PaymentMethodPayload:
    payment_method: PaymentMethod | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it was not done; empty when it was."
    )

    @classmethod
    def of(cls, made: SavedCard | Refusal) -> "PaymentMethodPayload":
        if isinstance(made, Refusal):
            return cls(errors=[user_error(made)])
        return cls(payment_method=PaymentMethod.of(made))


@strawberry.type(description="Saving cards.")
class SavedCardMutation:
    @mutation(
        f"Saves a card for later: its page comes within seconds, as `url` of the driver's payment method. {_WHOSE}"
    )
    async def payment_method_create(
        self,
        info: Info,
        return_url: Annotated[Url, strawberry.argument(description="Where the driver returns to.")],
        options: OptionsArgument,
        driver_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Whose; for a driver only their own.")
        ] = None,
    ) -> PaymentMethodPayload:
        context = info.context
        return PaymentMethodPayload.of(
            await outcome(
                lambda: saved_cards.save(
                    scope=context.scope,
                    desk=context.house.desk,
                    driver_id=ids.read_optional(Prefix.DRIVER, driver_id, "driverId"),
                    return_url=str(return_url),
                    options=options.value(),
                )
            )
        )

    @mutation(f"Takes a card back: it is charged no more, and the provider forgets it. {_WHOSE}")
    async def payment_method_remove(self, info: Info, id: Which) -> PaymentMethodPayload:
        context = info.context
        return PaymentMethodPayload.of(
            await outcome(
                lambda: saved_cards.remove(
                    scope=context.scope,
                    desk=context.house.desk,
                    card_id=ids.read(Prefix.PAYMENT_METHOD, id, "id"),
                )
            )
        )

    @mutation(f"Makes a card the one that is charged unless another is named. {_WHOSE}")
    async def payment_method_prefer(self, info: Info, id: Which) -> PaymentMethodPayload:
        context = info.context
        return PaymentMethodPayload.of(
            await outcome(
                lambda: saved_cards.prefer(
                    scope=context.scope,
                    desk=context.house.desk,
                    card_id=ids.read(Prefix.PAYMENT_METHOD, id, "id"),
                )
            )
        )
