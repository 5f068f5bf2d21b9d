"""Signed meter values: what a meter vouches for, kept as it came and checked against the meter's key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

DATA_MAX = 32_768  # 2.1's own limit; 2.0.1 says 2,500 and its meters do not always keep to it


@dataclass(frozen=True, slots=True)
class SignedValue:
    """One signed value of a message: ``data`` to the byte as sent, ``format`` in the station's words ("" unsaid)."""

    at: datetime
    context: str
    measurand: str
    format: str
    data: str
    public_key: str | None = None


class Verification(StrEnum):
    """What came of checking a signature."""

    VERIFIED = "VERIFIED"
    SIGNATURE_WRONG = "SIGNATURE_WRONG"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    FORMAT_UNKNOWN = "FORMAT_UNKNOWN"


# The worst finding speaks for all: one wrong value is not made good by another.
_WORST = (
    Verification.SIGNATURE_WRONG,
    Verification.FORMAT_UNKNOWN,
    Verification.KEY_UNKNOWN,
    Verification.VERIFIED,
)


def worst(found: Iterable[Verification | None]) -> Verification | None:
    """None while something is unchecked and nothing is wrong."""
    findings = list(found)
    if None in findings and Verification.SIGNATURE_WRONG not in findings:
        return None
    return next((one for one in _WORST if one in findings), None)


@dataclass(frozen=True, slots=True)
class SignedMeter:
    """A session's signed values: the first and the last of them."""

    format: Annotated[str, "How they are written, such as OCMF; in the station's words."]
    verified: Annotated[bool | None, "Whether the signatures are right; null while nobody can tell."]
    verification: Annotated[
        str | None, "VERIFIED, SIGNATURE_WRONG, KEY_UNKNOWN or FORMAT_UNKNOWN; null before it was checked."
    ]
    public_key: Annotated[str | None, "The key they were checked with, else the one the station sent with them."]
    start_data: Annotated[str, "The first value, to the byte as the station sent it."]
    stop_data: Annotated[str, "The last value, to the byte as the station sent it."]
