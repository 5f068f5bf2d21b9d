"""Messages of the payment provider that never came are fetched from its list: webhooks are a convenience, no need."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from app.ports.cashier import Call, Cashier, CashierUnavailable, Declined, KeyPoisoned
from app.store.intake import payment_events
from app.store.intake.connection import connect

log = structlog.get_logger(__name__)

_EVERY_S = 600.0


async def backfill(ingest_url: str, cashier: Cashier, clock: Callable[[], datetime]) -> int:
    """How many had been missed. No transaction is open while the provider is asked."""
    connection = await connect(ingest_url, autocommit=True)
    missed = 0
    try:
        for account in await payment_events.accounts(connection, at=clock()):
            try:
                events = await cashier.events_since(Call(account.account), account.since)
            except (CashierUnavailable, KeyPoisoned, Declined) as error:
                log.warning("payments.events_not_listed", account=account.account, error=str(error)[:200])
                continue
            for event in events:
                missed += await payment_events.keep(connection, event, at=clock())
    finally:
        await connection.close()
    return missed


async def run_backfill(ingest_url: str, cashier: Cashier, clock: Callable[[], datetime]) -> None:
    """Until cancelled, apart from the sweeps: a slow provider must not keep them waiting."""
    while True:
        try:
            await backfill(ingest_url, cashier, clock)
        except Exception:
            log.exception("payments.backfill_failed")
        await asyncio.sleep(_EVERY_S)
