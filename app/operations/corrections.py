"""Bills that change after they were written: the old record is taken back and a new one written, in one transaction.

A late message does it by itself, a person on purpose. What was captured too much is given back by the hold's own duty,
what is missing becomes a debt there.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.cdr import Cdr, CdrReason, credit_of, record_of, says_the_same
from app.domain.ids import Prefix, public_id
from app.domain.meter import MeterState, fold
from app.domain.pricing import SessionRecord
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import CallerKind, Permission, Scope
from app.domain.session import BLOCKING_REVIEWS, ReviewCode, Session, SessionStatus, evolve
from app.domain.settlement import NOTHING_KNOWN, priced, settled
from app.domain.tariff import Tariff, TariffState
from app.feed import Change, Noun
from app.operations.desk import Desk, Options, invalid, not_found, once, refusing
from app.store import audit, cdrs, costs, hardware, holds, prepaid, sessions, stations, tariffs, vouchers

ENERGY_MAX_WH = 10_000_000  # no battery on wheels takes more
CALLER = "system:bills"
_METER_DOUBTS = (ReviewCode.ENERGY_RESET.value, ReviewCode.ENERGY_JUMP.value)


def bills_scope(operator_key: int, operator_id: UUID) -> Scope:
    """The installation itself, writing what one operator's sessions cost."""
    rights = frozenset({Permission.SESSIONS_READ, Permission.NETWORK_READ, Permission.PAYMENTS_READ})
    return Scope(operator_key, operator_id, CallerKind.SYSTEM, CALLER, UUID(int=0), rights)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A session as it is now, and the record that counts."""

    session: Session
    cdr: Cdr | None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The session as it is to be billed, by which tariff, and why."""

    session: Session
    tariff: Tariff
    reason: CdrReason
    energy_said: bool
    note: str | None


@refusing
async def rerate(
    *,
    scope: Scope,
    desk: Desk,
    session_id: UUID,
    tariff_id: UUID | None,
    energy_wh: int | None,
    options: Options,
) -> Corrected:
    """Bills a session anew: by another tariff version, another energy, or as it is when it awaits a review.

    Needs payments:write. Refuses NOT_FOUND, INVALID_INPUT, SESSION_NOT_SETTLEABLE and CURRENCY_MISMATCH.
    """
    scope.require(Permission.PAYMENTS_WRITE)
    if energy_wh is not None and not 0 <= energy_wh <= ENERGY_MAX_WH:
        raise invalid(f"energyWh lies between 0 and {ENERGY_MAX_WH:,}.", "energyWh")
    values = {"session": session_id, "tariff": tariff_id, "energy": energy_wh}
    async with desk.database.transaction(scope.operator_key) as connection:
        found = await _one(connection, scope, session_id)
        earlier = await once(
            connection, scope, options, mutation="sessionRerate", values=values, subject_kind="session",
            subject_id=session_id,
        )  # fmt: skip
        changes: list[Change] = []
        if earlier is None:
            wanted = await _wanted(connection, scope, desk, found, tariff_id, energy_wh, options.reason)
            changes = await _write(connection, scope, desk, found, wanted)
        session = (await sessions.everywhere(connection, (found.key,)))[found.key]
        standing = (await cdrs.standing(connection, scope, (found.key,))).get(found.key)
    desk.feed.publish(changes)
    return Corrected(session, standing)


async def _one(connection: AsyncConnection, scope: Scope, session_id: UUID) -> Session:
    """The session under its station's lock."""
    found = (await sessions.by_ids(connection, scope, (session_id,))).get(session_id)
    if found is None:
        raise not_found(Prefix.SESSION, session_id, "id")
    await hardware.lock(connection, found.station_key)
    return (await sessions.everywhere(connection, (found.key,)))[found.key]


async def _wanted(
    connection: AsyncConnection,
    scope: Scope,
    desk: Desk,
    session: Session,
    tariff_id: UUID | None,
    energy_wh: int | None,
    note: str | None,
) -> _Wanted:
    if session.settled_at is None and session.status is not SessionStatus.COMPLETED:
        message = "The session has not ended: there is no bill to correct yet. Stop it first."
        raise _refuse(ErrorCode.SESSION_NOT_SETTLEABLE, message, session)
    tariff = await _tariff(connection, desk, session, tariff_id)
    standing = (await cdrs.standing(connection, scope, (session.key,))).get(session.key)
    currency = session.currency if standing is None else standing.currency
    if currency is not None and tariff.currency != currency:
        message = f"The session is billed in {currency}, the tariff is in {tariff.currency}. Choose another tariff."
        raise Refused(Refusal(ErrorCode.CURRENCY_MISMATCH, message, ("tariffId",)))
    said = energy_wh is not None or (standing is not None and standing.energy_said)
    meter = session.meter if energy_wh is None else _meter_saying(session.meter, energy_wh)
    return _Wanted(evolve(session, meter=meter), tariff, CdrReason.RERATED, said, note)


async def _tariff(connection: AsyncConnection, desk: Desk, session: Session, tariff_id: UUID | None) -> Tariff:
    """What a voucher took off the version that the session had, it takes off another one, too."""
    if tariff_id is None:
        if session.tariff_key is None:
            raise invalid("No tariff applied to this session. Name one.", "tariffId")
        return (await tariffs.by_keys(connection, (session.tariff_key,)))[session.tariff_key]
    found = (await tariffs.by_ids(connection, (tariff_id,))).get(tariff_id)
    if found is None:
        raise not_found(Prefix.TARIFF, tariff_id, "tariffId")
    if found.state is TariffState.DRAFT:
        raise invalid("A draft is charged to nobody. Publish it first.", "tariffId")
    if session.tariff_key is None or found.voucher_key is not None:
        return found
    former = (await tariffs.by_keys(connection, (session.tariff_key,)))[session.tariff_key]
    if former.voucher_key is None:
        return found
    return await tariffs.less_voucher(
        connection, found, await vouchers.by_key(connection, former.voucher_key), desk.new_uuid()
    )


def _meter_saying(meter: MeterState, energy_wh: int) -> MeterState:
    """The meter where it stands, with this much energy proven: by a person's word."""
    return meter._replace(segment_first_wh=meter.last_wh, settled_wh=energy_wh)


def _refuse(code: ErrorCode, message: str, session: Session) -> Refused:
    return Refused(Refusal(code, message, ("id",), public_id(Prefix.SESSION, session.uuid)))


async def correct(*, scope: Scope, desk: Desk, session_key: int) -> None:
    """Folds in what came after the session was settled, and bills it anew if that changes anything.

    What a person should look at first, what a person has said, and what rests on readings that are no longer kept
    stays as it is: the session's flag tells of it.
    """
    async with desk.database.transaction(scope.operator_key) as connection:
        found = (await sessions.everywhere(connection, (session_key,)))[session_key]
        await hardware.lock(connection, found.station_key)
        found = (await sessions.everywhere(connection, (session_key,)))[session_key]
        standing = (await cdrs.standing(connection, scope, (session_key,))).get(session_key)
        if standing is None or standing.energy_said or found.settled_at is None:
            return
        known = (await costs.records(connection, scope, (session_key,))).get(session_key, NOTHING_KNOWN)
        refolded = await _refolded(connection, scope, found, known)
        if refolded is None:
            return
        tariff = (await tariffs.by_keys(connection, (standing.tariff_key,)))[standing.tariff_key]
        wanted = _Wanted(refolded, tariff, CdrReason.LATE_RECORD, False, None)
        changes = await _write(connection, scope, desk, found, wanted)
    desk.feed.publish(changes)


async def _refolded(
    connection: AsyncConnection, scope: Scope, session: Session, known: SessionRecord
) -> Session | None:
    """The session with all its readings up to its end; None when they tell less than what was billed rests on."""
    kept = {reading.at for reading in known.readings}
    if session.meter.first_at is not None and session.meter.first_at not in kept:
        return None
    station = (await stations.by_keys(connection, scope, (session.station_key,)))[session.station_key]
    power = next((evse.max_power_w for evse in station.evses if evse.key == session.evse_key), 0)
    counted = [one for one in known.readings if session.ended_at is None or one.at <= session.ended_at]
    meter, _, doubts = fold(counted, max_power_w=power)
    if not BLOCKING_REVIEWS.isdisjoint(doubts):
        return None
    return evolve(session, meter=meter._replace(power_w=0))


async def _write(
    connection: AsyncConnection, scope: Scope, desk: Desk, before: Session, wanted: _Wanted
) -> list[Change]:
    """The caller holds the station. Nothing is written where nothing changes."""
    at, session = desk.now(), wanted.session
    known = (await costs.records(connection, scope, (session.key,))).get(session.key, NOTHING_KNOWN)
    price = priced(session, wanted.tariff, known)
    if price is None:
        raise invalid("Nothing of this session is known that could be billed.", "id")
    standing = (await cdrs.standing(connection, scope, (session.key,))).get(session.key)
    record = record_of(
        session, wanted.tariff, price, uuid=desk.new_uuid(), at=at, reason=wanted.reason,
        revision=1 if standing is None else standing.revision + 1, energy_said=wanted.energy_said, note=wanted.note,
    )  # fmt: skip
    same = standing is not None and says_the_same(standing, record)
    if same and before.cost_minor == record.total_minor:
        return []
    if not same:
        if standing is not None:
            await cdrs.add(connection, credit_of(standing, uuid=desk.new_uuid(), at=at, note=wanted.note))
        await cdrs.add(connection, record)
    after = _billed(session, record, at)
    await sessions.rebill(connection, after)
    station_version = await hardware.raise_version(connection, session.station_key)
    await prepaid.settle(connection, session, standing, record, by=scope.caller, at=at)
    await _owe(connection, scope, session, at)
    await _tell(connection, scope, before, after, standing, record)
    place = (session.location_key, session.station_key)
    return [
        Change(Noun.SESSION, scope.operator_key, session.key, after.version, *place),
        Change(Noun.STATION, scope.operator_key, session.station_key, station_version, *place),
    ]


def _billed(session: Session, record: Cdr, at: datetime) -> Session:
    """What was looked at by a person waits no more; a doubt about the meter is answered where the energy was said."""
    flags = session.flags
    if record.energy_said:
        flags = tuple(flag for flag in flags if flag not in _METER_DOUBTS)
    billed = evolve(
        session,
        tariff_key=record.tariff_key,
        currency=record.currency,
        cost_minor=record.total_minor,
        flags=flags,
        version=session.version + 1,
    )
    return settled(billed, at=at) if session.settled_at is None else billed


async def _owe(connection: AsyncConnection, scope: Scope, session: Session, at: datetime) -> None:
    """The hold gives back or asks for the difference, and the papers follow."""
    hold = (await holds.by_sessions(connection, scope, (session.key,))).get(session.key)
    if hold is None:
        return
    await holds.wake(connection, hold.key, at=at)
    await cdrs.owe(
        connection,
        "ISSUE_DOCUMENT",
        operator_key=session.operator_key,
        station_key=session.station_key,
        session_key=session.key,
        at=at,
    )


async def _tell(
    connection: AsyncConnection, scope: Scope, before: Session, after: Session, standing: Cdr | None, record: Cdr
) -> None:
    await audit.write(
        connection,
        scope,
        action="session.settled" if standing is None else "session.rebilled",
        subject_kind="session",
        subject_id=after.uuid,
        at=record.issued_at,
        before={"energyWh": before.energy_wh, "costMinor": before.cost_minor},
        after={"energyWh": after.energy_wh, "costMinor": after.cost_minor, "currency": after.currency},
        reason=record.note or record.reason.value,
        location_key=after.location_key,
    )
