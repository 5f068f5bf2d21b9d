"""How each kind of duty is done: at least once, in one transaction with its own end."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from app.domain.ids import new_uuid
from app.domain.settlement import after_grace
from app.feed import Change, Feed, Noun
from app.store.intake import duties, history
from app.store.intake.connection import IngestConnection, connect
from app.store.intake.duties import DueDuty
from app.store.intake.read import Wanted, lock_stations, read_state, read_tariffs
from app.store.intake.write import Writes, write_batch

log = structlog.get_logger(__name__)

ATTEMPTS_MAX = 12
_RETRY_FIRST = timedelta(seconds=10)

Checkpoint = Callable[[str], Awaitable[None]]


class StationBusy(Exception):
    """Another writer holds the station; the duty is tried again soon."""


async def settle_session(
    connection: IngestConnection, duty: DueDuty, *, at: datetime, clock: Callable[[], datetime]
) -> list[Change]:
    """The grace for missing messages is over: flag the gap and write the bill, unless a review is pending."""
    station_key, session_key = duty.station_key or 0, duty.session_key or 0
    stations, _ = await lock_stations(connection, [station_key])
    if station_key not in stations:
        raise StationBusy
    station = stations[station_key]
    wanted = Wanted([station_key])
    name = await duties.transaction_of(connection, session_key)
    if name is not None:
        wanted.transactions.add((station_key, name))
    await read_state(connection, stations, wanted)
    await read_tariffs(connection, stations, (), at)
    session = station.sessions.get(session_key)
    closing = None if session is None else after_grace(session, station.tariffs, at=at)
    if closing is None:
        return []
    writes = Writes(changed_sessions={closing.key: closing})
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
        connection, [station], writes, day=day, new_id=lambda: new_uuid(at_ms=int(clock().timestamp() * 1000))
    )
    place = (station.location_key, station.key)
    return [
        Change(Noun.SESSION, station.operator_key, closing.key, closing.version, *place),
        Change(Noun.STATION, station.operator_key, station.key, station.version, *place),
    ]


_Doer = Callable[..., Awaitable[list[Change]]]
DOERS: dict[str, _Doer] = {"SETTLE_SESSION": settle_session}


async def do_duty(
    ingest_url: str, feed: Feed, key: int, *, clock: Callable[[], datetime], checkpoint: Checkpoint | None = None
) -> bool:
    """Does one duty; False when there is nothing (more) to do. A failure is written down and tried again later."""
    connection = await connect(ingest_url)
    try:
        duty = await duties.take_duty(connection, key)
        if duty is None:
            return False
        try:
            async with connection.transaction():
                changes = await DOERS[duty.kind](connection, duty, at=clock(), clock=clock)
            if checkpoint is not None:
                await checkpoint("during a duty")
            await duties.finish_duty(connection, key, at=clock())
        except StationBusy:
            await connection.rollback()
            return False
        except Exception as error:
            log.exception("duty.failed", duty=key, kind=duty.kind)
            retry_at = clock() + _RETRY_FIRST
            await duties.fail_duty(connection, key, error=repr(error), retry_at=retry_at, give_up=ATTEMPTS_MAX)
            changes = []
        await connection.commit()
        feed.publish(changes)
        return True
    finally:
        await connection.close()
