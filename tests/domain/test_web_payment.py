"""One-time passwords behind QR codes, told again from the standard's own steps."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.web_payment import is_valid, totp, url

AT = datetime(2026, 11, 21, 12, 0, 7, tzinfo=UTC)
SECRET = "a secret of thirty-two characters"
LETTERS = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def by_hand(secret: str, at: datetime, validity_s: int, length: int) -> str:
    """HMAC written out (RFC 2104), the interval's eight bytes with the largest first, then the letters one by one."""
    key = secret.encode()
    key = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    seconds = int((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    text = bytes((seconds // validity_s) >> shift & 0xFF for shift in range(56, -8, -8))
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + text).digest()
    hashed = hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()
    found, place = "", hashed[31] % 16
    while len(found) < length:
        found += LETTERS[hashed[place % 32] % 61]
        place += 1
    return found


@pytest.mark.parametrize("secret", [SECRET, "kurz", "ü" * 40])
@pytest.mark.parametrize(("validity_s", "length"), [(60, 8), (30, 12), (1, 40)])
def test_it_is_what_the_steps_lead_to(secret: str, validity_s: int, length: int) -> None:
    assert totp(secret, AT, validity_s=validity_s, length=length) == by_hand(secret, AT, validity_s, length)


@pytest.mark.parametrize(("later_s", "good"), [(0, True), (-60, True), (60, True), (-120, False), (120, False)])
def test_a_neighbouring_interval_is_good_enough(later_s: int, good: bool) -> None:
    presented = totp(SECRET, AT + timedelta(seconds=later_s), validity_s=60, length=8)
    assert is_valid(presented, SECRET, AT, validity_s=60, length=8) is good


def test_another_secret_or_none_is_not() -> None:
    assert not is_valid(totp("other", AT, validity_s=60, length=8), SECRET, AT, validity_s=60, length=8)
    assert not is_valid("", SECRET, AT, validity_s=60, length=8)
    assert not is_valid("größer", SECRET, AT, validity_s=60, length=8)


def test_the_address_names_what_the_template_asks_for() -> None:
    template = "https://pay.example/{chargingstationid}/{evse}/{totp}/{version}?m={maxenergy}"
    made = url(template, {"chargingstationid": "CP/1", "evse": "2", "totp": "aH1", "version": "v1"})
    assert made == "https://pay.example/CP%2F1/2/aH1/v1?m={maxenergy}"
