"""The duty to watch a session that an account or a wish limits: it is stopped before that is used up."""

from datetime import datetime, timedelta

from app.domain.account import FIRST_LOOK, LOOK_EVERY, Running, watch
from app.domain.hold import NO_TARGET
from app.domain.ids import new_uuid
from app.domain.pricing import needs_record
from app.domain.request.core import StopTransaction
from app.domain.session import Session, SessionStatus
from app.domain.settlement import cost_of, priced
from app.domain.station_state import StationState
from app.feed import Change, Noun
from app.jobs.tools import Again, NotYet, StationBusy, Tools
from app.store.intake import accounts, own_command, standing
from app.store.intake.connection import IngestConnection
from app.store.intake.duties import DueDuty
from app.store.intake.read import Wanted, lock_stations, read_state, read_tariffs
from app.store.intake.records import read_records

_ANSWER_WAIT = timedelta(seconds=30)
_ASK_AGAIN = timedelta(minutes=2)  # a charger that did not stop, or was away, is asked again


async def watch_account(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change] | Again:
    """Until the session has ended. A start that is only promised is waited for."""
    at, station_key, session_key = tools.clock(), duty.station_key or 0, duty.session_key or 0
    stations, _ = await lock_stations(connection, [station_key])
    if station_key not in stations:
        raise StationBusy
    station = stations[station_key]
    wanted = Wanted([station_key])
    wanted.sessions.add(station_key)
    await read_state(connection, stations, wanted)
    session = station.sessions.get(session_key)
    if session is None or session.status not in (SessionStatus.ACTIVE, SessionStatus.PENDING):
        return []
    if session.status is SessionStatus.PENDING or session.transaction_id is None:
        raise NotYet(at + FIRST_LOOK)
    known = await standing.of_session(connection, session_key, at)
    target = await accounts.target_of(connection, session_key)
    if known is None and target == NO_TARGET:
        return []
    await read_tariffs(connection, stations, (), at)
    await read_records(connection, stations.values(), [station_key])
    running = _running(station, session, at)
    if known is not None:
        await accounts.note_cost(connection, session, running.cost_minor)
    asked_at = await accounts.stop_asked_at(connection, session_key)
    if asked_at is not None and at < asked_at + _ASK_AGAIN:
        return Again([], min(at + LOOK_EVERY, asked_at + _ASK_AGAIN))
    verdict = watch(known, running, target)
    if verdict.rule is None:
        return Again([], at + verdict.look_after)
    key = await own_command.queue(
        connection,
        StopTransaction(session.transaction_id),
        uuid=new_uuid(at_ms=int(at.timestamp() * 1000)),
        operator_key=duty.operator_key,
        station_key=station_key,
        evse_key=session.evse_key,
        session_key=session_key,
        reason=verdict.rule,
        at=at,
        keep_for=_ASK_AGAIN,
        answer_wait=_ANSWER_WAIT,
    )
    await accounts.note_stop(connection, session, rule=verdict.rule, at=at)
    changes = [Change(Noun.COMMAND, duty.operator_key, key, 1, station.location_key, station_key)]
    return Again(changes, at + _ASK_AGAIN)


def _running(station: StationState, session: Session, at: datetime) -> Running:
    tariff = station.tariffs.get(session.tariff_key or 0)
    cost = cost_of(session, station.tariffs)
    if tariff is not None and needs_record(tariff) and session.key in station.records:
        price = priced(session, tariff, station.records[session.key], at=at)
        cost = None if price is None else price.total_minor
    began = session.started_at or session.created_at
    return Running(
        session.key,
        session.location_key,
        session.energy_wh,
        cost,
        session.meter.power_w or 0,
        max(at - began, timedelta(0)),
        session.meter.soc_percent,
    )
