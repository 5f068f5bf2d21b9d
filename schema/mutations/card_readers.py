"""Registering card readers, and taking them away."""

from typing import Annotated

import strawberry

from app.domain.card_reader import CardReader as Value
from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.operations import card_readers
from schema import ids
from schema.card_reader import CardReader
from schema.context import Info
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.mutations import OptionsArgument
from schema.payloads import outcome


@strawberry.type(description="A card reader that was registered or taken away.")
class CardReaderPayload:
    card_reader: CardReader | None = strawberry.field(default=None, description="As it is, or was.")
    errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why it was not done; empty when it was."
    )

    @classmethod
    def of(cls, made: Value | Refusal) -> "CardReaderPayload":
        if isinstance(made, Refusal):
            return cls(errors=[user_error(made)])
        return cls(card_reader=CardReader.of(made))


@strawberry.type(description="Card readers.")
class CardReaderMutation:
    @mutation("Registers a terminal of the provider at a location. Needs payments:write and network:write.")
    async def card_reader_add(
        self,
        info: Info,
        location_id: Annotated[strawberry.ID, strawberry.argument(description="Where it stands.")],
        reference: Annotated[str, strawberry.argument(description="The provider's name of it, such as tmr_FDOt2w.")],
        label: Annotated[str, strawberry.argument(description="What people call it, 1 to 50 characters.")],
        options: OptionsArgument,
    ) -> CardReaderPayload:
        context = info.context

        async def add() -> Value | Refusal:
            draft = card_readers.ReaderDraft(ids.read(Prefix.LOCATION, location_id, "locationId"), reference, label)
            return await card_readers.add(
                scope=context.scope, desk=context.house.desk, draft=draft, options=options.value()
            )

        return CardReaderPayload.of(await outcome(add))

    @mutation("Takes a card reader away; what it asked for goes on. Needs payments:write and network:write.")
    async def card_reader_remove(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Which.")]
    ) -> CardReaderPayload:
        context = info.context

        async def remove() -> Value | Refusal:
            reader = ids.read(Prefix.CARD_READER, id, "id")
            return await card_readers.remove(scope=context.scope, desk=context.house.desk, reader_id=reader)

        return CardReaderPayload.of(await outcome(remove))
