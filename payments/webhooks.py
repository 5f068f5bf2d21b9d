"""Where Stripe's messages arrive: believed only when signed, kept once, answered at once and worked later.

A message says that something happened to an object, never what to believe of it: that is read from Stripe.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import stripe
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.ports.cashier import EventFacts
from payments.stripe_events import event_facts

log = structlog.get_logger(__name__)

PATH = "/stripe/webhook"
TOLERANCE = timedelta(seconds=300)
BODY_MAX = 512 * 1024  # Stripe's largest events are a tenth of this

Keep = Callable[[EventFacts], Awaitable[bool]]


class Webhooks:
    """One address. ``secrets`` are those in force: several while one is replaced."""

    def __init__(self, secrets: tuple[str, ...], keep: Keep, clock: Callable[[], datetime]) -> None:
        if not secrets:
            raise ValueError("without a secret nobody can be believed")
        self._secrets, self._keep, self._clock = secrets, keep, clock

    def route(self) -> Route:
        return Route(PATH, self._receive, methods=["POST"])

    async def _receive(self, request: Request) -> Response:
        body = await _limited(request)
        event = None if body is None else self._believed(body, request.headers.get("stripe-signature", ""))
        if event is None:
            return PlainTextResponse("Not a signed message.", status_code=400)
        new = await self._keep(event)
        log.info("payments.webhook", type=event.type, id=event.event_id, account=event.account, new=new)
        return PlainTextResponse("Kept.")

    def _believed(self, body: bytes, header: str) -> EventFacts | None:
        """The event, if one of the secrets signed these very bytes lately; None otherwise."""
        try:
            text = body.decode()
            if not any(_signed(text, header, secret) for secret in self._secrets) or not self._is_recent(header):
                return None
            return event_facts(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError, AssertionError, OverflowError):
            return None

    def _is_recent(self, header: str) -> bool:
        said = next(part[2:] for part in header.split(",") if part.startswith("t="))
        return abs(self._clock().timestamp() - int(said)) <= TOLERANCE.total_seconds()


def _signed(text: str, header: str, secret: str) -> bool:
    try:
        # The age is judged by our clock, not by the SDK's.
        return bool(stripe.WebhookSignature.verify_header(text, header, secret, None))
    except stripe.SignatureVerificationError:
        return False


async def _limited(request: Request) -> bytes | None:
    """The raw body; None when it is larger than anything Stripe sends."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_MAX:
            return None
        parts.append(part)
    return b"".join(parts)
