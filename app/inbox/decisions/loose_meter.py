"""What is measured outside any transaction."""

from typing import cast

from app.domain.answer import Acknowledged, Answer
from app.domain.event import Arrival, MeterReported, TransactionPhase, TransactionReported
from app.domain.station import OcppVersion
from app.domain.station_state import StationState
from app.inbox.batch import Batch, plausible
from app.store.intake.write import ReadingRow


def meter_reported(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """MeterValues outside any transaction: kept, never billed."""
    event = cast(MeterReported, arrival.event)
    for reading in event.readings:
        at = plausible(reading.at, arrival.received_at) or arrival.received_at
        row = ReadingRow(
            station.operator_key, station.key, None, event.evse, arrival.received_at, reading._replace(at=at)
        )
        batch.read(station, row)
    batch.journal(arrival)
    return Acknowledged()


def names_nothing(event: TransactionReported, arrival: Arrival) -> bool:
    """A 1.6 reading of the transaction that runs, where none does."""
    unnamed = event.transaction_id is None and event.phase is TransactionPhase.UPDATED
    return unnamed and arrival.version is OcppVersion.V16
