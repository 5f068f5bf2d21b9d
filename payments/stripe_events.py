"""Stripe's messages: which object each is about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.ports.cashier import Call, EventFacts
from payments.stripe_calls import PAGES_MAX, StripeCalls, answered, moment
from payments.stripe_holds import HOLD_KEY


def _mark(text: object) -> UUID | None:
    """Anybody may write anything into metadata."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _id(value: object) -> str | None:
    return value if isinstance(value, str) else None


def event_facts(event: Mapping[str, Any]) -> EventFacts:
    """Which object an event is about. Raises KeyError and TypeError for what is no event."""
    subject = event["data"]["object"]
    metadata = subject.get("metadata") or {}
    created = moment(event["created"])
    assert created is not None
    return EventFacts(
        event["id"],
        event.get("account"),
        event["type"],
        str(subject.get("object")),
        str(subject.get("id")),
        _mark(metadata.get(HOLD_KEY)),
        subject["id"] if subject.get("object") == "payment_intent" else _id(subject.get("payment_intent")),
        created,
    )


class StripeEvents(StripeCalls):
    """The list of messages that may have been missed."""

    async def events_since(self, call: Call, since: datetime) -> tuple[EventFacts, ...]:
        """Oldest first; Stripe keeps thirty days."""
        params: dict[str, Any] = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        found: list[EventFacts] = []
        for _ in range(PAGES_MAX):
            page = await answered(self.stripe.v1.events.list_async(params, self.options(call)))  # type: ignore[arg-type]
            found += [event_facts(event) for event in page["data"]]
            if not page["has_more"]:
                break
            params["starting_after"] = page["data"][-1]["id"]
        return tuple(reversed(found))
