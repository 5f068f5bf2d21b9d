"""Cards that drivers saved for later. Their numbers are the provider's alone."""

from datetime import datetime

import strawberry

from app.domain import saved_card as values
from app.domain.ids import Prefix
from app.domain.saved_card import CardState
from schema import ids
from schema.enums import described
from schema.scalars import Long, Url

described(
    CardState,
    "Where a saved card is in its life.",
    "Its page is asked for.",
    "Waits for the driver to give it on the provider's page.",
    "It can be charged.",
    "Nobody gave it in time.",
    "Taken back; the provider forgets it soon.",
    "Gone, at the provider too.",
)


@strawberry.type(description="A card that a driver saved for later.")
class PaymentMethod:
    id: strawberry.ID = strawberry.field(description="Its id.")
    state: CardState = strawberry.field(description="Where it is in its life.")
    url: Url | None = strawberry.field(description="The provider's page where it is given, while that is open.")
    brand: str | None = strawberry.field(description="Such as visa.")
    last_four: str | None = strawberry.field(description="The last digits of its number.")
    preferred: bool = strawberry.field(description="Whether it is charged unless another is named.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    saved_at: datetime | None = strawberry.field(description="When the driver gave it.")
    version: Long = strawberry.field(description="Grows with every change.")

    @classmethod
    def of(cls, value: values.SavedCard) -> "PaymentMethod":
        return cls(
            id=ids.shown(Prefix.PAYMENT_METHOD, value.uuid),
            state=value.state,
            url=None if value.url is None else Url(value.url),
            brand=value.brand,
            last_four=value.last_four,
            preferred=value.preferred,
            created_at=value.created_at,
            saved_at=value.saved_at,
            version=Long(value.version),
        )
