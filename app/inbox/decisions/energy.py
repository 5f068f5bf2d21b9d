"""How a message's readings move a session's energy: one step at a time in order, a whole new fold out of order."""

from datetime import datetime

from app.domain.event import Arrival, TransactionPhase, TransactionReported
from app.domain.meter import MeterFlag, MeterState, Reading, advance, fold, in_order
from app.domain.session import Session, has_seq_no
from app.domain.station_state import StationState
from app.inbox.batch import Batch, plausible
from app.store.intake.write import ReadingRow


class HistoryMissing(Exception):
    """A reading is not newer than what the session has, and the session's earlier readings were not read."""


def believable(readings: tuple[Reading, ...], received_at: datetime) -> list[Reading]:
    """The readings in order, at the time of receipt where the station's clock cannot be true."""
    return in_order(
        reading if plausible(reading.at, received_at) else reading._replace(at=received_at) for reading in readings
    )


def needs_history(
    session: Session, event: TransactionReported, received_at: datetime, last_at: datetime | None
) -> bool:
    """Whether this event's readings cannot simply be added after ``last_at``."""
    if event.seq_no is not None and has_seq_no(session.seen_seq_nos, event.seq_no):
        return True
    readings = believable(event.readings, received_at)
    if not readings or last_at is None:
        return False
    first = readings[0].at
    if event.phase is TransactionPhase.ENDED and event.occurred_at is not None:
        first = min(first, event.occurred_at)
    return first <= last_at


def absorb(
    batch: Batch, station: StationState, session: Session, event: TransactionReported, arrival: Arrival
) -> tuple[list[ReadingRow], MeterState, set[MeterFlag]]:
    """The readings that are new, where the meter stands with them, and every doubt about the meter that stands now.

    A doubt that a late reading dispels goes: a rise too steep between two readings is none with the one between them.
    After the end only readings up to it count: a register that runs on belongs to nobody's bill. What the end itself
    carries is the register at the end, even where its own time is a moment later.
    """
    incoming = believable(event.readings, arrival.received_at)
    if event.phase is TransactionPhase.ENDED and session.ended_at is not None:
        ended_at = session.ended_at
        incoming = in_order(reading._replace(at=min(reading.at, ended_at)) for reading in incoming)
    history = station.readings.get(session.key)
    if history is None:
        return _step_by_step(station, session, incoming, arrival)
    known = {_identity(reading) for reading in history}
    fresh = [reading for reading in incoming if _identity(reading) not in known]
    history.extend(fresh)
    counted = [reading for reading in history if session.ended_at is None or reading.at <= session.ended_at]
    meter, folded, flags = fold(counted, max_power_w=_max_power_w(station, session))
    suspects = {_identity(reading) for reading in folded if reading.suspect}
    rows = [
        _row(session, arrival, reading._replace(suspect=_identity(reading) in suspects or reading not in counted))
        for reading in fresh
    ]
    return rows, meter, flags


def _step_by_step(
    station: StationState, session: Session, incoming: list[Reading], arrival: Arrival
) -> tuple[list[ReadingRow], MeterState, set[MeterFlag]]:
    meter, rows = session.meter, list[ReadingRow]()
    flags = {flag for flag in MeterFlag if flag.value in session.flags}
    if incoming and meter.last_at is not None and incoming[0].at <= meter.last_at:
        raise HistoryMissing(session.key)
    for reading in incoming:
        if session.ended_at is not None and reading.at > session.ended_at:
            rows.append(_row(session, arrival, reading._replace(suspect=True)))
            continue
        meter, kept, flag = advance(meter, reading, max_power_w=_max_power_w(station, session))
        rows.append(_row(session, arrival, kept))
        if flag is not None:
            flags.add(flag)
    return rows, meter, flags


def _max_power_w(station: StationState, session: Session) -> int:
    evse = station.evses.get(session.evse_number or 0)
    return 0 if evse is None else evse.max_power_w


def _identity(reading: Reading) -> tuple[datetime, str, int | None, int | None, int | None]:
    return (reading.at, reading.context, reading.energy_wh, reading.power_w, reading.soc_percent)


def _row(session: Session, arrival: Arrival, reading: Reading) -> ReadingRow:
    return ReadingRow(
        session.operator_key, session.station_key, session.key, session.evse_number, arrival.received_at, reading
    )
