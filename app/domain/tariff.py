"""Tariffs in OCPI's shape: elements of price components; versions are dated and immutable once published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from app.domain.restriction import ALWAYS, Restriction
from app.domain.voucher import Discount


class TariffState(StrEnum):
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    RETIRED = "RETIRED"


class Dimension(StrEnum):
    """OCPI TariffDimensionType."""

    ENERGY = "ENERGY"  # per kWh
    TIME = "TIME"  # per hour of charging, or of a reservation
    PARKING_TIME = "PARKING_TIME"  # per hour at the plug without charging
    FLAT = "FLAT"  # once a session, once a reservation


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax on a price, in percent: VAT in Europe (OCPI 2.2.1), several beside one another in America (2.3.0)."""

    name: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class PriceComponent:
    """``price`` in major units per kWh, hour or session; ``step_size`` in Wh, seconds or 1 (OCPI 11.4.2)."""

    type: Dimension
    price: Decimal
    step_size: int = 1
    taxes: tuple[Tax, ...] = ()

    @property
    def tax_percent(self) -> Decimal | None:
        """All taxes together; None: none stated, which is not the same as 0."""
        return sum((tax.percent for tax in self.taxes), Decimal(0)) if self.taxes else None


@dataclass(frozen=True, slots=True)
class TariffElement:
    components: tuple[PriceComponent, ...]
    restriction: Restriction = ALWAYS


@dataclass(frozen=True, slots=True)
class PriceLimit:
    """A session's least or greatest cost in major units (OCPI 2.3.0 PriceLimit); at least one is said."""

    before_taxes: Decimal | None = None
    after_taxes: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TariffAssignment:
    """Tariff ``code`` applies from ``valid_from`` at an EVSE, a location or (both None) the whole operator.

    With ``token_group_id`` it applies only to tokens of that group; from ``valid_until`` on it applies no more.
    """

    code: str
    location_key: int | None
    evse_key: int | None
    token_group_id: str | None
    valid_from: datetime
    valid_until: datetime | None = None
    uuid: UUID | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version of a tariff; ``valid_from`` is a draft's proposal, and None for a draft that was retired."""

    key: int
    uuid: UUID
    operator_key: int
    code: str
    version_number: int
    state: TariffState
    currency: str
    tax_included: bool
    elements: tuple[TariffElement, ...]
    hold_amount_minor: int | None
    valid_from: datetime | None
    version: int
    retired_at: datetime | None = None
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    holidays: frozenset[date] = frozenset()
    discount: Discount | None = None  # of a version that is another one less a voucher
    voucher_key: int | None = None


def _matches(
    assignment: TariffAssignment, *, at: datetime, location_key: int, evse_key: int | None, token_group_id: str | None
) -> bool:
    return (
        assignment.valid_from <= at
        and (assignment.valid_until is None or at < assignment.valid_until)
        and assignment.location_key in (None, location_key)
        and assignment.evse_key in (None, evse_key)
        and assignment.token_group_id in (None, token_group_id)
    )


def _specificity(assignment: TariffAssignment) -> tuple[bool, bool, bool, datetime]:
    return (
        assignment.token_group_id is not None,
        assignment.evse_key is not None,
        assignment.location_key is not None,
        assignment.valid_from,
    )


def version_at(versions: Iterable[Tariff], code: str, at: datetime) -> Tariff | None:
    """The newest version of ``code`` that was published and is valid at a moment.

    None when that one was retired by then: retiring a price does not bring back the price before it.
    """
    dated = [
        (version.valid_from, version.version_number, version)
        for version in versions
        if version.code == code
        and version.state is not TariffState.DRAFT
        and version.valid_from is not None
        and version.valid_from <= at
    ]
    if not dated:
        return None
    newest = max(dated, key=lambda entry: entry[:2])[2]
    return newest if newest.retired_at is None or at < newest.retired_at else None


def applicable(
    assignments: Iterable[TariffAssignment],
    versions: Iterable[Tariff],
    *,
    at: datetime,
    location_key: int,
    evse_key: int | None,
    token_group_id: str | None = None,
) -> Tariff | None:
    """The tariff version that a session beginning at ``at`` pays; None when nothing is assigned.

    The most specific assignment wins (token group, then EVSE, location, operator; the later of two equals). One whose
    code has no valid version yet is passed over, so that an assignment made early changes nothing.
    """
    known = tuple(versions)
    matching = [
        assignment
        for assignment in assignments
        if _matches(assignment, at=at, location_key=location_key, evse_key=evse_key, token_group_id=token_group_id)
    ]
    for assignment in sorted(matching, key=_specificity, reverse=True):
        found = version_at(known, assignment.code, at)
        if found is not None:
            return found
    return None
