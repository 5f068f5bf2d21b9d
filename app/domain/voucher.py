"""Codes that make a charge cheaper: worth an amount, a share of the price, or energy.

What a voucher takes off is taken off before tax, by the pricing function itself (`app.domain.pricing.discount`).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

CODE_MAX = 30


class VoucherKind(StrEnum):
    """What ``worth`` counts: minor units of the currency, percent of the price, or Wh that cost nothing."""

    AMOUNT = "AMOUNT"
    PERCENT = "PERCENT"
    ENERGY = "ENERGY"


@dataclass(frozen=True, slots=True)
class Discount:
    """What a session's price is less, as a tariff version carries it."""

    kind: VoucherKind
    worth: int
    code: str


@dataclass(frozen=True, slots=True)
class Voucher:
    """``uses`` counts those that were not given back. None: no end, no limit, all locations."""

    key: int
    uuid: UUID
    operator_key: int
    code: str
    kind: VoucherKind
    worth: int
    currency: str | None
    valid_from: datetime
    valid_until: datetime | None
    uses_max: int | None
    uses_each_max: int | None
    location_keys: tuple[int, ...] | None
    retired_at: datetime | None
    created_at: datetime
    uses: int = 0

    @property
    def discount(self) -> Discount:
        return Discount(self.kind, self.worth, self.code)

    def is_now(self, at: datetime) -> bool:
        return self.retired_at is None and self.valid_from <= at and (self.valid_until is None or at < self.valid_until)

    def is_at(self, location_key: int, currency: str) -> bool:
        """Whether it counts at a location whose prices are in ``currency``."""
        here = self.location_keys is None or location_key in self.location_keys
        return here and self.currency in (None, currency)


def normal_code(said: str) -> str:
    """As people type it: case and blanks around it do not matter."""
    return said.strip().upper()
