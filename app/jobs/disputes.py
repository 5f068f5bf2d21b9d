"""Disputes are followed: looked at after word of them and every few hours, answered before their deadline.

What a message says is never believed, the dispute is read. No transaction is open while the provider is asked; an
attempt is counted before it is made, and after a crash the dispute is read again before anything else is done.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from app.documents.evidence_file import evidence_pdf
from app.domain.dispute import Dispute, DisputeFacts, DisputeWish, next_look, owed_wish
from app.operations.desk import Desk
from app.operations.evidence import gathered
from app.ports.cashier import Call, Cashier, CashierUnavailable, Declined, EvidencePack, KeyPoisoned, Reference
from app.store import disputes, operators
from app.store.hold_shelf import payments_scope
from app.store.intake import disputes as watched
from app.store.intake.connection import connect

log = structlog.get_logger(__name__)

_RETRY = timedelta(minutes=10)
_EVERY_S = 30.0


async def follow_disputes(ingest_url: str, cashier: Cashier, desk: Desk) -> int:
    """How many holds were looked at."""
    connection = await connect(ingest_url, autocommit=True)
    try:
        due = await watched.due(connection, at=desk.now())
    finally:
        await connection.close()
    for operator_key, hold_key in due:
        try:
            again = await _follow(cashier, desk, operator_key, hold_key)
        except (CashierUnavailable, KeyPoisoned, Declined) as error:
            log.warning("dispute.not_followed", hold=hold_key, error=str(error)[:200])
            again = desk.now() + _RETRY
        async with desk.database.transaction(operator_key) as own:
            await disputes.look_again(own, hold_key, again)
    return len(due)


async def _follow(cashier: Cashier, desk: Desk, operator_key: int, hold_key: int) -> datetime | None:
    async with desk.database.transaction(operator_key) as own:
        hold = await disputes.hold_of(own, hold_key)
    if hold.reference is None:
        return None
    call = Call(hold.account)
    facts = await cashier.disputes(call, Reference(hold.reference, None, hold.currency))
    async with desk.database.transaction(operator_key) as own:
        known = await disputes.keep(own, facts, of=hold, at=desk.now())
    looks = []
    for one in known:
        wish = owed_wish(one, desk.now())
        after = one if wish is None else await _done(cashier, desk, operator_key, call, one, wish)
        looks.append(next_look(after, desk.now()))
    return min((look for look in looks if look is not None), default=None)


async def _done(cashier: Cashier, desk: Desk, operator_key: int, call: Call, of: Dispute, wish: DisputeWish) -> Dispute:
    async with desk.database.transaction(operator_key) as own:
        scope = payments_scope(operator_key, (await operators.own(own)).uuid)
        evidence = await gathered(own, scope, of.hold_key) if wish is DisputeWish.SUBMIT else None
        attempt = await disputes.attempt(own, of)
    made = Call(call.account, f"vg-dispute-{of.uuid}-{wish.value.lower()}-{attempt}")
    facts: DisputeFacts | None = None
    failure = None
    try:
        if wish is DisputeWish.ACCEPT:
            facts = await cashier.accept(made, of.facts.reference)
        elif evidence is None:
            failure = "NO_SESSION"
        else:
            pack = EvidencePack(
                evidence.service, evidence.access_log, evidence.text, True, evidence.served_on, evidence_pdf(evidence)
            )
            facts = await cashier.give_evidence(made, of.facts.reference, pack)
    except Declined as error:
        failure = error.code
    submitted = desk.now() if facts is not None and wish is DisputeWish.SUBMIT else None
    async with desk.database.transaction(operator_key) as own:
        hold = await disputes.hold_of(own, of.hold_key)
        await disputes.ended(own, of, submitted_at=submitted, failure=failure)
        known = await disputes.keep(own, () if facts is None else (facts,), of=hold, at=desk.now())
    return next(one for one in known if one.key == of.key)


async def run_disputes(ingest_url: str, cashier: Cashier, desk: Desk) -> None:
    """Until cancelled, apart from the sweeps: a slow provider must not keep them waiting."""
    while True:
        try:
            await follow_disputes(ingest_url, cashier, desk)
        except Exception:
            log.exception("disputes.failed")
        await asyncio.sleep(_EVERY_S)
