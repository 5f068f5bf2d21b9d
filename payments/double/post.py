"""Delivers the double's events as Stripe's are delivered: signed, at least once, in any order, and sometimes never."""

import hashlib
import hmac
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from payments.double.http import as_body
from payments.double.shapes import Json

Send = Callable[[bytes, dict[str, str]], Awaitable[int]]


def signature(body: bytes, secret: str, at: int) -> str:
    """The value of the Stripe-Signature header."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


@dataclass
class Post:
    """A postman with a seed: what waits is shuffled, some of it delivered twice and some of it lost."""

    secret: str
    now: Callable[[], int]
    seed: int = 0
    twice: float = 0.2
    lost: float = 0.0
    waiting: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - a seed is the point

    def take(self, event: Json) -> None:
        self.waiting.append(event)

    async def deliver(self, send: Send) -> list[int]:
        """Everything that waits; the statuses that came back."""
        batch, self.waiting = list(self.waiting), []
        sent = []
        for event in batch:
            if self._random.random() >= self.lost:
                sent += [event] * (2 if self._random.random() < self.twice else 1)
        self._random.shuffle(sent)
        statuses = []
        for event in sent:
            body = as_body(event)
            headers = {"stripe-signature": signature(body, self.secret, self.now()), "content-type": "application/json"}
            statuses.append(await send(body, headers))
        return statuses
