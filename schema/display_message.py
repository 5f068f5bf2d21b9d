"""Messages on stations' displays."""

from datetime import datetime

import strawberry

from app.domain import device as values


@strawberry.type(description="A message in one language.")
class DisplayContent:
    format: str = strawberry.field(description="ASCII, HTML, URI, UTF8 or QRCODE.")
    language: str | None = strawberry.field(description="RFC 5646 language.")
    content: str = strawberry.field(description="The text.")


@strawberry.type(description="A message that a station holds for its display.")
class DisplayMessage:
    message_id: int = strawberry.field(description="Its number at the station.")
    priority: str = strawberry.field(description="AlwaysFront, InFront or NormalCycle.")
    state: str | None = strawberry.field(description="Shown in this state only.")
    starts_at: datetime | None = strawberry.field(description="Shown from then on.")
    ends_at: datetime | None = strawberry.field(description="Shown until then.")
    transaction_id: str | None = strawberry.field(description="Shown during this transaction only.")
    display: str | None = strawberry.field(description="Shown on this display only.")
    evse: int | None = strawberry.field(description="Shown at this EVSE only.")
    content: DisplayContent = strawberry.field(description="What is shown.")
    extra: list[DisplayContent] = strawberry.field(description="The same in other languages (2.1).")
    reported_at: datetime = strawberry.field(description="When we heard of it last.")

    @classmethod
    def of(cls, value: values.DisplayMessage) -> "DisplayMessage":
        shown = value.shown
        return cls(
            message_id=shown.message_id,
            priority=shown.priority,
            state=shown.state,
            starts_at=shown.starts_at,
            ends_at=shown.ends_at,
            transaction_id=shown.transaction_id,
            display=shown.display,
            evse=shown.evse,
            content=DisplayContent(format=shown.format, language=shown.language, content=shown.content),
            extra=[
                DisplayContent(format=format, language=language, content=content)
                for format, language, content in shown.extra
            ],
            reported_at=value.reported_at,
        )
