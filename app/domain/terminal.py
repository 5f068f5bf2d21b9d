"""What a payment terminal at a station took (2.1 C21): whether it pays a session, and where its receipt is.

A station says an amount and no currency: it is the one that the station reports for its prices, else the session's.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from enum import StrEnum
from uuid import UUID, uuid5

from app.domain.money import is_currency, minor_digits
from app.domain.postal import PaymentStatus

RECEIPT_LIFE = timedelta(days=90)  # as long as a driver may look for it; no account stands behind it
_PURPOSE = b"terminal receipt"  # the installation's secret serves other purposes, too
_AMOUNT_MAX = Decimal(10) ** 9
_EXACT = Context(prec=5000)  # more digits than a JSON number is read with
_SIGNATURE_BYTES = 16  # the address is shown as a QR code: the shorter, the better it can be scanned


class TakingProblem(StrEnum):
    """Why money pays no session."""

    UNKNOWN_TRANSACTION = "UNKNOWN_TRANSACTION"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    IMPLAUSIBLE_AMOUNT = "IMPLAUSIBLE_AMOUNT"
    CONTRADICTS = "CONTRADICTS"  # another amount of the same payment was settled before; that one counts


@dataclass(frozen=True, slots=True)
class Till:
    """What is known where a terminal takes money. ``priced_in``: what the station says of its prices."""

    own_currency: str
    priced_in: str | None = None
    receipt: str | None = None  # the number of the receipt that was issued for this payment
    settled: Decimal | None = None  # what it was settled with before

    def currency(self, of_session: str | None) -> str:
        said = (self.priced_in or "").strip().upper()
        return said if is_currency(said) else of_session or self.own_currency


@dataclass(frozen=True, slots=True)
class Taking:
    """What a settlement is to the books; ``amount_minor`` None: no amount that can be."""

    currency: str
    amount_minor: int | None
    problem: TakingProblem | None


@dataclass(frozen=True, slots=True)
class Takings:
    """What terminals took for one session. ``receipt_made``: by the station itself, and so by nobody else."""

    taken_minor: int
    written_off_minor: int
    receipt_made: bool

    @property
    def covered_minor(self) -> int:
        return self.taken_minor + self.written_off_minor

    def pay(self, total_minor: int) -> bool:
        """Whether a bill is paid by it, so that we owe the receipt."""
        return not self.receipt_made and self.covered_minor >= total_minor


def taking(amount: str, till: Till, *, known: bool, session_currency: str | None) -> Taking:
    """``amount`` is decimal text; ``known``: the transaction is one of ours."""
    currency = till.currency(session_currency)
    minor = _minor(amount, currency)
    if minor is None:
        problem = TakingProblem.IMPLAUSIBLE_AMOUNT
    elif not known:
        problem = TakingProblem.UNKNOWN_TRANSACTION
    elif session_currency not in (None, currency):
        problem = TakingProblem.OTHER_CURRENCY
    else:
        return Taking(currency, minor, None)
    return Taking(currency, minor, problem)


def _minor(amount: str, currency: str) -> int | None:
    try:
        value = Decimal(amount)
    except InvalidOperation:
        return None
    if not value.is_finite() or not 0 <= value < _AMOUNT_MAX:
        return None
    return int(value.scaleb(minor_digits(currency)).to_integral_value(ROUND_HALF_UP))


def owes_receipt(status: PaymentStatus | None, said: Taking, transaction_id: str | None, *, made: bool) -> bool:
    """Whether a receipt of ours will follow (2.1 C21.FR.03); ``made``: the station has its own (FR.04).

    A transaction that we have not heard of may be on its way.
    """
    if status is not PaymentStatus.SETTLED or made or not said.amount_minor:
        return False
    return said.problem is None or (said.problem is TakingProblem.UNKNOWN_TRANSACTION and transaction_id is not None)


def settlement_id(station: UUID, psp_ref: str, transaction_id: str | None, contradicting: Decimal | None) -> UUID:
    """The same for a payment however often it is told: it leads to one receipt alone, that of its own transaction."""
    other = None if contradicting is None else str(contradicting.normalize(_EXACT) or Decimal(0))  # -0 is 0
    return uuid5(station, json.dumps([psp_ref, transaction_id, other]))


def _signature(secret: bytes, settlement: UUID) -> str:
    key = hmac.digest(secret, _PURPOSE, "sha256")
    made = hmac.new(key, settlement.bytes, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
    return urlsafe_b64encode(made).decode().rstrip("=")


def receipt_address(secret: bytes, files_url: str, settlement: UUID) -> str:
    """Leads whoever has it to the receipt, and says so while there is none yet."""
    return f"{files_url}/receipts/{settlement.hex}?signature={_signature(secret, settlement)}"


def opens(secret: bytes, settlement: UUID, signature: str) -> bool:
    return hmac.compare_digest(_signature(secret, settlement).encode(), signature.encode())
