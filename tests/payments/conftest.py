"""The simulated Stripe on a socket, and the real SDK that talks to it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from payments.double import DoubleStripe, RunningDouble
from payments.double.book import Book
from payments.stripe_cashier import StripeCashier

SECRET_KEY = "sk_test_double"


class HandSeconds:
    """A clock that stands still until it is moved."""

    def __init__(self, at: float = 1_790_000_000) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def seconds() -> HandSeconds:
    return HandSeconds()


@pytest.fixture
async def running(seconds: HandSeconds) -> AsyncIterator[RunningDouble]:
    made = RunningDouble(DoubleStripe(Book(clock=seconds)))
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def cashier(running: RunningDouble) -> AsyncIterator[StripeCashier]:
    made = StripeCashier(SECRET_KEY, url=running.url, simulated=True)
    yield made
    await made.close()


@pytest.fixture
async def browser(running: RunningDouble) -> AsyncIterator[httpx.AsyncClient]:
    """The driver's browser, at the provider's pages."""
    async with httpx.AsyncClient(base_url=running.url) as made:
        yield made
