"""Public ids: a typed prefix and a sortable body, the same in URL, log and webhook.

``ses_01jd8x...``: four characters of kind, then a UUIDv7 in Crockford base 32 (26 characters, time-ordered).
Databases keep the UUID; rows refer to one another by an internal bigint that no door shows.
"""

import os
from enum import StrEnum
from uuid import UUID

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
_BODY_LENGTH = 26


class Prefix(StrEnum):
    """The kind of thing an id names; it never changes once published."""

    OPERATOR = "opr"
    MEMBER = "mem"
    API_TOKEN = "apt"  # noqa: S105 - a prefix
    LOCATION = "loc"
    STATION = "sta"
    EVSE = "evs"
    CONNECTOR = "con"
    SESSION = "ses"
    TOKEN = "tok"  # noqa: S105 - a prefix
    TARIFF = "tar"
    TARIFF_ASSIGNMENT = "tas"
    QUOTE = "quo"
    HOLD = "hld"
    CDR = "cdr"
    DOCUMENT = "doc"
    REFUND = "rfd"
    COMMAND = "cmd"
    FRAME = "frm"
    DUTY = "dut"
    LOG = "log"
    DRIVER = "drv"
    ACCOUNT = "acc"
    ACCOUNT_LIMIT = "lim"
    PAYMENT_METHOD = "pmt"
    MISMATCH = "mis"
    POSTING = "pst"
    PAYOUT = "pay"
    DISPUTE = "dsp"
    PAYOUT_LINE = "pln"
    CARD_READER = "crd"
    VOUCHER = "vou"


class MalformedId(ValueError):
    """The text is not an id of the expected kind."""


def new_uuid(*, at_ms: int) -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits."""
    random = int.from_bytes(os.urandom(10), "big")
    high = (at_ms & 0xFFFFFFFFFFFF) << 16 | 0x7000 | random >> 68 & 0x0FFF
    low = 0x8000000000000000 | random & 0x3FFFFFFFFFFFFFFF
    return UUID(int=high << 64 | low)


def public_id(prefix: Prefix, uuid: UUID) -> str:
    """The text shown at every door, at most 36 characters."""
    value = uuid.int
    body = "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))
    return f"{prefix.value}_{body}"


def parse_id(prefix: Prefix, text: str) -> UUID:
    """The UUID behind a public id. Raises `MalformedId` for another kind or a damaged body."""
    kind, _, body = text.partition("_")
    if kind != prefix.value or len(body) != _BODY_LENGTH:
        raise MalformedId(f"{text!r} is not an id of the form {prefix.value}_…")
    value = 0
    for character in body:
        digit = _VALUE.get(character)
        if digit is None:
            raise MalformedId(f"{text!r} contains {character!r}, which no id contains")
        value = value << 5 | digit
    if value >> 128:
        raise MalformedId(f"{text!r} is out of range")
    return UUID(int=value)


def kind_of(text: str) -> Prefix:
    """Which kind of thing an id names. Raises `MalformedId`."""
    try:
        return Prefix(text.partition("_")[0])
    except ValueError:
        raise MalformedId(f"{text!r} starts with no known prefix") from None
