"""How each kind of duty is done: at least once, in one transaction with its own end."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from app.domain.ids import new_uuid
from app.domain.settlement import NOTHING_KNOWN, after_grace, stay_ends_by
from app.domain.stay import is_limited
from app.feed import Change, Feed, Noun
from app.jobs.accounts import watch_account
from app.jobs.bill import keep_bill
from app.jobs.card_taps import pay_by_card
from app.jobs.codes import send_code
from app.jobs.configuration import apply_configuration, read_configuration
from app.jobs.corrections import correct_session
from app.jobs.hold_floor import advance_stored
from app.jobs.letters import send_letter
from app.jobs.metering import verify_meter
from app.jobs.no_show import settle_reservation
from app.jobs.papers import issue_document
from app.jobs.planning import plan_charging
from app.jobs.record import ask_transaction_status
from app.jobs.saved_cards import keep_card
from app.jobs.stay import STAY_LOOK, limit_stay
from app.jobs.tools import Again, NoAuthority, NotYet, StationBusy, Tools
from app.store.intake import duties, history, record, signing
from app.store.intake.connection import IngestConnection, connect
from app.store.intake.duties import DueDuty
from app.store.intake.read import Wanted, lock_stations, read_state, read_tariffs
from app.store.intake.records import read_records
from app.store.intake.write import Writes, write_batch

log = structlog.get_logger(__name__)

ATTEMPTS_MAX = 12
QUEUE_PATIENCE = timedelta(days=1)  # a queue that has not moved by then is lost, and a driver waits for a bill
LEASE = timedelta(seconds=45)  # of a duty without a transaction: three calls that time out; a driver waits for it
_RETRY_FIRST = timedelta(seconds=10)

Checkpoint = Callable[[str], Awaitable[None]]


async def settle_session(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change] | Again:
    """The grace for missing messages is over: flag the gap and write the bill, unless a review is pending.

    A station that says it holds messages back gets the time to send them; they settle the session as they come.
    """
    at = tools.clock()
    station_key, session_key = duty.station_key or 0, duty.session_key or 0
    stations, _ = await lock_stations(connection, [station_key])
    if station_key not in stations:
        raise StationBusy
    since = await record.held_back_since(connection, session_key)
    if since is not None and at < since + QUEUE_PATIENCE:
        raise NotYet(since + QUEUE_PATIENCE)
    station = stations[station_key]
    wanted = Wanted([station_key])
    name = await duties.transaction_of(connection, session_key)
    if name is not None:
        wanted.transactions.add((station_key, name))
    else:  # an end that named nothing: it is among those that came without their start
        wanted.sessions.add(station_key)
        wanted.starting.add(station_key)
    await read_state(connection, stations, wanted)
    await read_tariffs(connection, stations, (), at)
    await read_records(connection, stations.values(), ())
    session = station.sessions.get(session_key)
    known = station.records.get(session_key, NOTHING_KNOWN)
    if session is not None and (stay := stay_ends_by(session)) is not None:
        if is_limited(session):
            raise NotYet(max(stay, at + STAY_LOOK))
        return await limit_stay(connection, station, session, known, at)
    closing = None if session is None else after_grace(session, station.tariffs, at=at, record=known)
    if closing is None:
        return []
    writes = Writes(changed_sessions={closing.key: closing})
    uuid = new_uuid(at_ms=int(at.timestamp() * 1000))
    if closing.settled_at is not None:
        keep_bill(writes, closing, station.tariffs.get(closing.tariff_key or 0), known, uuid=uuid, at=at)
    station.changed, station.version = True, station.version + 1
    writes.events.append(
        {
            "operator_key": station.operator_key,
            "location_key": station.location_key,
            "type": "session.settled" if closing.settled_at else "session.awaits_review",
            "subject_kind": "session",
            "subject_id": closing.uuid,
            "occurred_at": at,
            "received_at": at,
            "data": {"energyWh": closing.energy_wh, "costMinor": closing.cost_minor, "currency": closing.currency},
        }
    )
    day = at.astimezone(UTC).date()
    await history.ensure_day(connection, day)
    await write_batch(
        connection, [station], writes, day=day, new_id=lambda: new_uuid(at_ms=int(tools.clock().timestamp() * 1000))
    )
    place = (station.location_key, station.key)
    return [
        Change(Noun.SESSION, station.operator_key, closing.key, closing.version, *place),
        Change(Noun.STATION, station.operator_key, station.key, station.version, *place),
    ]


async def sign_certificate(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change]:
    """A station asked for a certificate: it is signed and sent as a command, or refused with a reason."""
    if tools.pki is None:
        raise NoAuthority("this process has no public key infrastructure")
    at = tools.clock()
    changes = []
    for request in await signing.waiting_requests(connection, duty.station_key or 0):
        try:
            issued = await tools.pki.sign(request.csr, request.use, request.names, at=at)
        except ValueError as refusal:
            await signing.refuse(connection, request.key, reason=str(refusal), at=at)
            continue
        command_id = new_uuid(at_ms=int(at.timestamp() * 1000))
        key = await signing.deliver(connection, request, issued, command_id=command_id, at=at)
        changes.append(Change(Noun.COMMAND, request.operator_key, key, 1, request.location_key, request.station_key))
    return changes


Doer = Callable[[IngestConnection, DueDuty, Tools], Awaitable[list[Change] | Again]]
DOERS: dict[str, Doer] = {
    "SETTLE_SESSION": settle_session,
    "SIGN_CERTIFICATE": sign_certificate,
    "PLAN_CHARGING": plan_charging,
    "ASK_TRANSACTION_STATUS": ask_transaction_status,
    "VERIFY_METER": verify_meter,
    "SETTLE_RESERVATION": settle_reservation,
    "READ_CONFIGURATION": read_configuration,
    "APPLY_CONFIGURATION": apply_configuration,
    "WATCH_ACCOUNT": watch_account,
    "CORRECT_SESSION": correct_session,
    "ISSUE_DOCUMENT": issue_document,
    "PAY_BY_CARD": pay_by_card,
}


async def _called(lease: duties.Lease, tools: Tools, checkpoint: Checkpoint | None) -> datetime | None:
    """When it is due again; None when it is done."""
    if lease.hold_key is not None:
        return await advance_stored(lease.operator_key, lease.hold_key, tools, checkpoint)
    if lease.payment_method_key is not None:
        return await keep_card(lease.operator_key, lease.payment_method_key, tools)
    if lease.letter_key is not None:
        await send_letter(lease.operator_key, lease.letter_key, tools)
        return None
    assert lease.code_key is not None  # one of the four is why it is leased
    await send_code(lease.operator_key, lease.code_key, tools)
    return None


async def _do_leased(
    connection: IngestConnection, lease: duties.Lease, tools: Tools, checkpoint: Checkpoint | None
) -> None:
    """A duty that calls somebody outside: no transaction is open meanwhile, and every step of it is its own."""
    try:
        due_at = await _called(lease, tools, checkpoint)
    except Exception as error:
        log.exception("duty.failed", duty=lease.key, kind="leased", hold=lease.hold_key, code=lease.code_key)
        retry_at = tools.clock() + _RETRY_FIRST
        await duties.fail_lease(connection, lease, error=repr(error), retry_at=retry_at)
    else:
        await duties.end_lease(connection, lease, at=tools.clock(), due_at=due_at)
    await connection.commit()


async def do_duty(ingest_url: str, feed: Feed, key: int, tools: Tools, *, checkpoint: Checkpoint | None = None) -> bool:
    """Does one duty; False when there is nothing (more) to do. A failure is written down and tried again later."""
    connection = await connect(ingest_url)
    try:
        now = tools.clock()
        lease = await duties.lease_duty(connection, key, at=now, until=now + LEASE)
        await connection.commit()
        if lease is not None:
            await _do_leased(connection, lease, tools, checkpoint)
            return True
        duty = await duties.take_duty(connection, key)
        if duty is None:
            return False
        try:
            async with connection.transaction():
                done = await DOERS[duty.kind](connection, duty, tools)
            if checkpoint is not None:
                await checkpoint("during a duty")
            if isinstance(done, Again):
                await duties.postpone_duty(connection, key, due_at=done.due_at)
                changes = done.changes
            else:
                await duties.finish_duty(connection, key, at=tools.clock())
                changes = done
        except StationBusy:
            await connection.rollback()
            return False
        except NotYet as early:
            await duties.postpone_duty(connection, key, due_at=early.due_at)
            changes = []
        except Exception as error:
            log.exception("duty.failed", duty=key, kind=duty.kind)
            retry_at = tools.clock() + _RETRY_FIRST
            await duties.fail_duty(connection, key, error=repr(error), retry_at=retry_at, give_up=ATTEMPTS_MAX)
            changes = []
        await connection.commit()
        feed.publish(changes)
        return True
    finally:
        await connection.close()
