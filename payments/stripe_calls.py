"""Calls of Stripe's SDK: their options, and what their errors mean. It does not retry: that is our rows' business."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

import stripe
from stripe import StripeClient

from app.ports.cashier import Call, CashierUnavailable, Declined, KeyPoisoned

TIMEOUT_S = 15.0
PAGES_MAX = 20  # of 100 objects each
# What the SDK calls an error, and what it means for the call. Subclasses come before what they descend from.
_UNSURE = (stripe.APIConnectionError, stripe.RateLimitError)


def moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def raise_ours(error: stripe.StripeError) -> NoReturn:
    """Says what an error of the SDK means for the call. Raises `Declined`, `CashierUnavailable` or `KeyPoisoned`."""
    if isinstance(error, _UNSURE) or error.http_status == 409 or error.code in ("lock_timeout", "rate_limit"):
        raise CashierUnavailable(str(error)) from error
    if isinstance(error, stripe.IdempotencyError):
        raise KeyPoisoned(str(error)) from error
    if error.http_status is None or error.http_status >= 500:
        # A failure of theirs is kept under the key and would come back for a day; one of a proxy would not.
        kept = isinstance(error.json_body, Mapping) and "error" in error.json_body
        raise (KeyPoisoned if kept else CashierUnavailable)(str(error)) from error
    code = error.code or type(error).__name__
    raise Declined(code, error.user_message or str(error)) from error


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        raise_ours(error)


async def answered(call: Awaitable[Any]) -> dict[str, Any]:
    async with translated():
        found: dict[str, Any] = (await call).to_dict(recursive=True)
    return found


class StripeCalls:
    """One installation's Stripe. ``url`` points at another server than Stripe's: the double's."""

    def __init__(
        self, api_key: str, *, url: str | None = None, simulated: bool = False, http: stripe.HTTPClient | None = None
    ) -> None:
        self.simulated = simulated
        self._http = http or stripe.HTTPXClient(timeout=TIMEOUT_S, allow_sync_methods=False)
        self.stripe = StripeClient(
            api_key,
            http_client=self._http,
            max_network_retries=0,
            base_addresses=None if url is None else {"api": url.rstrip("/"), "files": url.rstrip("/")},
        )

    @staticmethod
    def options(call: Call) -> Any:
        options = {}
        if call.account is not None:
            options["stripe_account"] = call.account
        if call.key:
            options["idempotency_key"] = call.key
        return options

    async def marked(
        self, listed: Any, params: dict[str, Any], call: Call, mark: str, uuid: UUID
    ) -> dict[str, Any] | None:
        options = {key: value for key, value in self.options(call).items() if key != "idempotency_key"}
        for _ in range(PAGES_MAX):
            page = await answered(listed(params, options))
            for found in page["data"]:
                if (found.get("metadata") or {}).get(mark) == str(uuid):
                    return dict(found)
            if not page["has_more"]:
                return None
            params = params | {"starting_after": page["data"][-1]["id"]}
        raise CashierUnavailable("more objects than we look through; narrow the window")

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]
