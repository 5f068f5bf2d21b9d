"""The record of a session that a duty settles, in the commit that settles it."""

from datetime import datetime
from uuid import UUID

from app.domain.cdr import bill_of
from app.domain.pricing import SessionRecord
from app.domain.session import Session
from app.domain.tariff import Tariff
from app.store.cdr_row import cdr_row
from app.store.intake.write import Writes


def keep_bill(
    writes: Writes, session: Session, tariff: Tariff | None, record: SessionRecord, *, uuid: UUID, at: datetime
) -> None:
    bill = bill_of(session, tariff, record, uuid=uuid, at=at)
    if bill is not None:
        writes.kept.setdefault("cdr", {})[session.key] = cdr_row(bill)
