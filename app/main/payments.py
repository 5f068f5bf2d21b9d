"""Which payment provider a process speaks to: Stripe with a key, the demo's double without, or none."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.routing import BaseRoute

from app.main.settings import Settings
from app.ports.cashier import Call
from payments.double import RunningDouble
from payments.stripe_cashier import StripeCashier
from payments.webhooks import Keep, Webhooks

_DOUBLE_KEY = "sk_test_voltgraph_double"
SIMULATED_READER = "tmr_simulated"  # the double has it from the start, so that the demo has a reader to register


@dataclass(slots=True)
class Payments:
    """A cashier, and the double behind it when no money moves."""

    cashier: StripeCashier
    double: RunningDouble | None = None

    @property
    def says(self) -> str:
        """For the demo's page of facts."""
        return "Stripe" if self.double is None else f"simulated at {self.double.url}: no money moves"

    async def knows_reader(self, account: str | None, reader: str) -> bool:
        """Whether a reader belongs to an account (None: the installation's own)."""
        return await self.cashier.has_reader(Call(account), reader)

    def webhooks(self, settings: Settings, keep: Keep, clock: Callable[[], datetime]) -> BaseRoute:
        """Where the provider's messages arrive."""
        return Webhooks(settings.stripe_webhook_secrets, keep, clock).route()

    async def close(self) -> None:
        await self.cashier.close()
        if self.double is not None:
            await self.double.stop()


async def open_payments(settings: Settings, *, simulate: bool) -> Payments | None:
    """None without a key, unless ``simulate``: then a double is started on the loopback interface."""
    if settings.stripe_key is not None:
        return Payments(StripeCashier(settings.stripe_key, url=settings.stripe_url))
    if not simulate:
        return None
    double = RunningDouble()
    await double.start()
    book = double.double.book
    book.register(book.account(None), "Simulated reader", SIMULATED_READER)
    return Payments(StripeCashier(_DOUBLE_KEY, url=double.url, simulated=True), double)
