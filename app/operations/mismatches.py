"""One mismatch, one deed: the correction that its cause names, or a person's word that it is right as it is."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID

from app.domain.document import Waits
from app.domain.filter import TariffFilter
from app.domain.ids import Prefix, public_id
from app.domain.page import FIRST_MAX, PageRequest
from app.domain.reconciliation import Correction, Mismatch
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.domain.tariff import Tariff, TariffState
from app.operations import corrections, holds, papers, payout_reconciliation
from app.operations.desk import Desk, Options, invalid, not_found, once, refusing
from app.operations.drivers import require_whole_operator
from app.store import audit, mismatches, reconciliation, sessions, tariffs, terminals
from app.store import holds as hold_store


@dataclass(frozen=True, slots=True)
class How:
    """``energy_wh``: what flowed, as a person says. ``accept``: it is right as it is; the options' reason says why."""

    energy_wh: int | None = None
    accept: bool = False


@dataclass(frozen=True, slots=True)
class _Deed:
    scope: Scope
    desk: Desk
    mismatch: Mismatch
    how: How
    options: Options


@refusing
async def resolve(*, scope: Scope, desk: Desk, mismatch_id: UUID, how: How, options: Options) -> Mismatch:
    """Does it once, then calls it resolved; what is still wrong is found again by the next run.

    Needs payments:write over the whole operator. Refuses NOT_FOUND, INVALID_INPUT, and what the correction refuses.
    """
    require_whole_operator(scope, Permission.PAYMENTS_WRITE)
    async with desk.database.transaction(scope.operator_key) as connection:
        found = await mismatches.by_id(connection, mismatch_id)
    if found is None:
        raise not_found(Prefix.MISMATCH, mismatch_id, "id")
    if how.accept and not (options.reason or "").strip():
        raise invalid("Say why it is right as it is.", "options", "reason")
    if found.resolved_at is None and not how.accept:
        # Under a key of its own: asked again after a crash, it is not done again.
        inner = hashlib.sha256(f"{found.uuid}:{options.idempotency_key}".encode()).hexdigest()
        why = options.reason or f"Reconciliation: {found.cause}"
        own = replace(options, idempotency_key=f"mismatch:{inner}", reason=why)
        await _DEEDS[found.correction](_Deed(scope, desk, found, how, own))
    values = {"mismatch": mismatch_id, "energy": how.energy_wh, "accept": how.accept}
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection, scope, options, mutation="mismatchResolve", values=values, subject_kind="mismatch",
            subject_id=mismatch_id,
        )  # fmt: skip
        if earlier is None and found.resolved_at is None:
            reason = options.reason or found.correction.value
            await mismatches.resolve(
                connection, (found.key,), by=scope.caller, at=desk.now(), reason=reason, accepted=how.accept
            )
            await audit.write(
                connection, scope, action="mismatch.accepted" if how.accept else "mismatch.resolved",
                subject_kind="mismatch", subject_id=found.uuid, at=desk.now(),
                before={"cause": found.cause.value, "expected": found.expected, "found": found.found}, reason=reason,
            )  # fmt: skip
        after = await mismatches.by_id(connection, mismatch_id)
    assert after is not None
    return after


def _done(made: object) -> None:
    if isinstance(made, Refusal):
        raise Refused(made)


async def _rerate(deed: _Deed, tariff_id: UUID | None = None) -> None:
    if deed.mismatch.session_key is None:
        raise invalid("It names no session.", "id")
    async with deed.desk.database.transaction(deed.scope.operator_key) as connection:
        session = (await sessions.everywhere(connection, (deed.mismatch.session_key,)))[deed.mismatch.session_key]
    if deed.mismatch.currency is None and deed.how.energy_wh is None and session.energy_wh > deed.mismatch.expected:
        raise invalid(
            f"Nobody can say what flowed: at most {deed.mismatch.expected} Wh could. Say it with energyWh.", "energyWh"
        )
    made = await corrections.rerate(
        scope=deed.scope, desk=deed.desk, session_id=session.uuid, tariff_id=tariff_id,
        energy_wh=deed.how.energy_wh, options=deed.options,
    )  # fmt: skip
    _done(made)


async def _rerate_with_tax(deed: _Deed) -> None:
    """By the newest published version of the same tariff that states a tax."""
    async with deed.desk.database.transaction(deed.scope.operator_key) as connection:
        key = deed.mismatch.session_key or 0
        session = (await sessions.everywhere(connection, (key,)))[key]
        own = (await tariffs.by_keys(connection, (session.tariff_key or 0,)))[session.tariff_key or 0]
        own = await tariffs.plain_of(connection, own) or own  # the same voucher is taken off the other version
        wanted = TariffFilter(codes=(own.code,), state=(TariffState.PUBLISHED,))
        versions = (await tariffs.search(connection, wanted, PageRequest(FIRST_MAX))).items
    taxed = [one for one in versions if one.currency == own.currency and _states_tax(one)]
    if not taxed:
        message = f"No published version of {own.code} states a tax. Publish one with vatPercent, then try again."
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, message, ("id",), public_id(Prefix.TARIFF, own.uuid)))
    await _rerate(deed, max(taxed, key=lambda one: one.version_number).uuid)


def _states_tax(tariff: Tariff) -> bool:
    return all(part.taxes for element in tariff.elements for part in element.components)


async def _advance(deed: _Deed) -> None:
    """The hold is asked what it owes, which is the capture, the repayment or the debt that is missing."""
    async with deed.desk.database.transaction(deed.scope.operator_key) as connection:
        assert deed.mismatch.hold_key is not None
        await hold_store.wake(connection, deed.mismatch.hold_key, at=deed.desk.now())


async def _refund(deed: _Deed) -> None:
    async with deed.desk.database.transaction(deed.scope.operator_key) as connection:
        key = deed.mismatch.hold_key or 0
        hold = (await hold_store.by_keys(connection, deed.scope, (key,)))[key]
    amount = abs(deed.mismatch.expected - deed.mismatch.found)
    made = await holds.refund(
        scope=deed.scope, desk=deed.desk, hold_id=hold.uuid, amount_minor=amount, options=deed.options
    )
    _done(made)


async def _issue(deed: _Deed) -> None:
    try:
        await papers.issue_owed(scope=deed.scope, desk=deed.desk, session_key=deed.mismatch.session_key or 0)
    except Waits as reason:
        raise Refused(Refusal(ErrorCode.DOCUMENT_WAITS, reason.message)) from None


async def _rebook(deed: _Deed) -> None:
    if deed.mismatch.session_key is not None:
        async with deed.desk.database.transaction(deed.scope.operator_key) as connection:
            await reconciliation.rebook(connection, deed.mismatch.session_key)


async def _match(deed: _Deed) -> None:
    await payout_reconciliation.match(deed.scope, deed.desk, deed.mismatch)


async def _read_balance(deed: _Deed) -> None:
    await payout_reconciliation.read_again(deed.scope, deed.desk, deed.mismatch)


async def _write_off(deed: _Deed) -> None:
    """A receipt is owed from then on: the bill is paid as far as anybody will pay it."""
    key = deed.mismatch.session_key or 0
    async with deed.desk.database.transaction(deed.scope.operator_key) as connection:
        taken = (await terminals.takings(connection, (key,))).get(key)
        if taken is None:
            message = "No terminal took anything for this session. Wait for its station, or accept the mismatch."
            raise invalid(message, "id")
        # By what is there now: done again, it does nothing.
        await terminals.write_off(connection, key, deed.mismatch.expected - taken.covered_minor)


_DEEDS: dict[Correction, Callable[[_Deed], Awaitable[None]]] = {
    Correction.RERATE: _rerate,
    Correction.RERATE_WITH_TAX: _rerate_with_tax,
    Correction.ADVANCE_HOLD: _advance,
    Correction.REFUND: _refund,
    Correction.ISSUE_DOCUMENT: _issue,
    Correction.REBOOK: _rebook,
    Correction.MATCH_LINE: _match,
    Correction.READ_BALANCE: _read_balance,
    Correction.WRITE_OFF: _write_off,
}
