"""Card readers: the provider's terminals at the operator's locations."""

from datetime import datetime

import strawberry

from app.domain import card_reader as values
from app.domain.ids import Prefix
from app.queries import card_readers
from schema import ids
from schema.context import Info
from schema.field import resolved
from schema.location import Location


@strawberry.type(description="A terminal where drivers tap a card to pay for an EVSE of its location.")
class CardReader:
    value: strawberry.Private[values.CardReader]
    id: strawberry.ID = strawberry.field(description="Its id, for chargeIntentCreate.")
    reference: str = strawberry.field(description="Its name at the provider.")
    label: str = strawberry.field(description="What people call it.")
    created_at: datetime = strawberry.field(description="When it was registered.")

    @classmethod
    def of(cls, value: values.CardReader) -> "CardReader":
        return cls(
            value=value,
            id=ids.shown(Prefix.CARD_READER, value.uuid),
            reference=value.reference,
            label=value.label,
            created_at=value.created_at,
        )

    @resolved("Where it stands. Needs network:read.")
    async def location(self, info: Info) -> Location | None:
        found = await info.context.loaders.location.load(self.value.location_key)
        return None if found is None else Location.of(found)


@strawberry.type(description="Card readers.")
class CardReaderQuery:
    @resolved("Card readers, oldest first, at most 500. Needs payments:read.")
    async def card_readers(self, info: Info) -> list[CardReader]:
        context = info.context
        found = await card_readers.listed(scope=context.scope, database=context.database)
        return [CardReader.of(one) for one in found]
