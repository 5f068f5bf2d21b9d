"""One-time codes by which drivers sign in: six digits, good for ten minutes, five tries and one use.

A code is made of its row's id and the installation's secret, so that none is kept anywhere, hashed or not.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

LIFE = timedelta(minutes=10)
TRIES = 5
PER_HOUR = 5  # sent to one contact: with five tries each, a guesser needs four years for an even chance
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class DriverCode:
    """A code that was asked for."""

    key: int
    uuid: UUID
    operator_key: int
    contact: str
    expires_at: datetime


def code_of(secret: bytes, uuid: UUID) -> str:
    """The digits behind a row."""
    made = hmac.new(secret, b"driver code " + uuid.bytes, hashlib.sha256).digest()
    return str(int.from_bytes(made[:16], "big") % 10**_DIGITS).zfill(_DIGITS)


def is_code(secret: bytes, uuid: UUID, said: str) -> bool:
    """Whether these are the digits, whatever stands between them; takes as long for any answer."""
    digits = "".join(character for character in said if not character.isspace() and character != "-")
    return hmac.compare_digest(code_of(secret, uuid).encode(), digits.encode())
