"""The bill of a session: written in the commit that settles it, looked at again when more of it comes."""

from datetime import datetime, timedelta

from app.domain.cdr import bill_of
from app.domain.pricing import SessionRecord
from app.domain.session import Session
from app.domain.tariff import Tariff
from app.inbox.batch import Batch
from app.store.cdr_row import cdr_row

_TOGETHER = timedelta(seconds=5)  # what a station held back comes in a burst: one correction for all of it


def write_bill(batch: Batch, session: Session, tariff: Tariff | None, record: SessionRecord, at: datetime) -> None:
    bill = bill_of(session, tariff, record, uuid=batch.new_id(), at=at)
    if bill is not None:
        batch.keep("cdr", session.key, cdr_row(bill))


def look_again(batch: Batch, session: Session, at: datetime) -> None:
    row: dict[str, object] = {
        "operator_key": session.operator_key,
        "station_key": session.station_key,
        "session_key": session.key,
        "due_at": at + _TOGETHER,
    }
    batch.keep("cdr.look", session.key, row)
