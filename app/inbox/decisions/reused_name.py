"""A station that begins another transaction under the id of one that was told: counters restart, seeds repeat."""

from app.domain.event import Arrival, TransactionPhase, TransactionReported
from app.domain.quirk import Quirk
from app.domain.session import Session, evolve, has_real_end
from app.domain.station_state import StationState
from app.inbox.batch import Batch, plausible


def make_way(batch: Batch, station: StationState, arrival: Arrival, event: TransactionReported) -> None:
    """The earlier session gives its id up, so that the new one is a session of its own; a repetition changes nothing.

    OCPP 2.x wants ids that are never used twice (E01.FR.08); taken for a repetition, a charge would never be billed.
    """
    if event.phase is not TransactionPhase.STARTED or event.transaction_id is None:
        return
    earlier = next((one for one in station.sessions.values() if one.transaction_id == event.transaction_id), None)
    if earlier is None or not (_is_over(earlier, arrival, event) or _keeps_another_promise(earlier, station, event)):
        return
    renamed = evolve(earlier, transaction_id=f"{earlier.transaction_id} #{earlier.key}", version=earlier.version + 1)
    batch.writes.renamed_sessions[earlier.key] = renamed.transaction_id or ""
    batch.save_session(station, renamed)
    batch.met(station.operator_key, station.key, (Quirk.TRANSACTION_ID_REUSED.value,), arrival.received_at)


def _is_over(earlier: Session, arrival: Arrival, event: TransactionReported) -> bool:
    """Its start and its end were told, and this start lies after both."""
    at = plausible(event.occurred_at, arrival.received_at)
    told = earlier.started_seq_no is not None and has_real_end(earlier) and earlier.ended_at is not None
    return told and at is not None and earlier.ended_at is not None and at > earlier.ended_at


def _keeps_another_promise(earlier: Session, station: StationState, event: TransactionReported) -> bool:
    """It names a start that we asked for and that nobody has kept yet."""
    if event.remote_start_id is None or event.remote_start_id == earlier.remote_start_id:
        return False
    return any(
        one.remote_start_id == event.remote_start_id and one.transaction_id is None for one in station.sessions.values()
    )
