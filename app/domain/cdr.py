"""A charge detail record: what a settled session cost, written once and never changed.

What must change is credited and written anew (OCPI CDRs): a credit is the same record with its totals negated.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from app.domain.pricing import CostLine, Price, SessionRecord
from app.domain.session import Session
from app.domain.settlement import priced
from app.domain.tariff import Tariff


class CdrReason(StrEnum):
    """Why a record was written."""

    SETTLED = "SETTLED"
    LATE_RECORD = "LATE_RECORD"  # the charger told more after the session was settled
    RERATED = "RERATED"  # a person said so
    CREDIT = "CREDIT"


@dataclass(frozen=True, slots=True)
class Cdr:
    """Amounts in minor units; a credit's are negative, its lines and energy are those of the record that it credits.

    ``revision`` counts from 1 within the session; a credit has that of the record that it takes back. The exact
    amounts are in major units, before the one rounding. ``energy_said``: a person gave the energy, not the meter.
    """

    uuid: UUID
    operator_key: int
    location_key: int
    session_key: int
    tariff_key: int
    revision: int
    reason: CdrReason
    currency: str
    before_taxes_minor: int
    tax_minor: int
    total_minor: int
    exact_before_taxes: Fraction
    exact_total: Fraction
    energy_wh: int
    started_at: datetime
    ended_at: datetime
    issued_at: datetime
    lines: tuple[CostLine, ...]
    energy_said: bool = False
    note: str | None = None
    key: int = 0  # of its row, once it has one
    credit_of: int | None = None

    @property
    def credit(self) -> bool:
        return self.credit_of is not None


def record_of(
    session: Session,
    tariff: Tariff,
    price: Price,
    *,
    uuid: UUID,
    at: datetime,
    revision: int = 1,
    reason: CdrReason = CdrReason.SETTLED,
    energy_said: bool = False,
    note: str | None = None,
) -> Cdr:
    """The record of a session that is settled by a price."""
    began = session.started_at or session.reserved_at or session.ended_at or session.created_at
    return Cdr(
        uuid=uuid,
        operator_key=session.operator_key,
        location_key=session.location_key,
        session_key=session.key,
        tariff_key=tariff.key,
        revision=revision,
        reason=reason,
        currency=price.currency,
        before_taxes_minor=price.before_taxes_minor,
        tax_minor=price.tax_minor,
        total_minor=price.total_minor,
        exact_before_taxes=price.exact_before_taxes,
        exact_total=price.exact_total,
        energy_wh=session.energy_wh,
        started_at=began,
        ended_at=max(began, session.ended_at or began),
        issued_at=at,
        lines=price.lines,
        energy_said=energy_said,
        note=note,
    )


def bill_of(session: Session, tariff: Tariff | None, known: SessionRecord, *, uuid: UUID, at: datetime) -> Cdr | None:
    """The first record of a session; None without a tariff: then nobody agreed on a price, not even on none."""
    price = None if tariff is None else priced(session, tariff, known)
    return None if tariff is None or price is None else record_of(session, tariff, price, uuid=uuid, at=at)


def credit_of(record: Cdr, *, uuid: UUID, at: datetime, note: str | None = None) -> Cdr:
    """What takes a record back: only the totals are negated, all else is copied (OCPI Credit CDRs)."""
    return replace(
        record,
        uuid=uuid,
        key=0,
        reason=CdrReason.CREDIT,
        credit_of=record.key,
        before_taxes_minor=-record.before_taxes_minor,
        tax_minor=-record.tax_minor,
        total_minor=-record.total_minor,
        exact_before_taxes=-record.exact_before_taxes,
        exact_total=-record.exact_total,
        issued_at=at,
        note=note,
    )


def says_the_same(record: Cdr, other: Cdr) -> bool:
    """Whether two records of a session bill the same, line by line."""

    def said(cdr: Cdr) -> tuple[object, ...]:
        times = (cdr.energy_wh, cdr.started_at, cdr.ended_at)
        return (cdr.tariff_key, cdr.currency, cdr.total_minor, cdr.before_taxes_minor, *times, cdr.lines)

    return said(record) == said(other)
