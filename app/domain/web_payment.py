"""Paying on the web for an EVSE: the address behind a station's QR code and its one-time password (2.1 C25).

The password is a hash of the time interval, so that a photograph of the code is worth nothing a minute later.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

VERSION = "v1"
# As the standard prints it: without a small o, which is read as a zero.
_DIGITS = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OFFSET_MASK = 0x0F


def totp(secret: str, at: datetime, *, validity_s: int, length: int) -> str:
    """The password of the interval that ``at`` lies in. ``at`` is aware; ``validity_s`` is positive."""
    return _of_interval(secret, int(at.timestamp()) // validity_s, length)


def _of_interval(secret: str, interval: int, length: int) -> str:
    digest = hmac.new(secret.encode(), interval.to_bytes(8, "big"), hashlib.sha256).digest()
    offset = digest[-1] & _OFFSET_MASK
    return "".join(_DIGITS[digest[(offset + index) % len(digest)] % len(_DIGITS)] for index in range(length))


def is_valid(presented: str, secret: str, at: datetime, *, validity_s: int, length: int) -> bool:
    """Whether a password is that of now, of the interval before or of the one after: clocks differ a little."""
    now = int(at.timestamp()) // validity_s
    good = (_of_interval(secret, interval, length) for interval in (now - 1, now, now + 1) if interval >= 0)
    return any(hmac.compare_digest(presented.encode(), one.encode()) for one in good)


def url(template: str, values: Mapping[str, str]) -> str:
    """A template such as ``https://pay.example/{chargingstationid}/{evse}/{totp}/{version}`` with its values.

    A placeholder that has no value stays as it is: the page will say what is missing.
    """
    for name, value in values.items():
        template = template.replace("{" + name + "}", quote(value, safe=""))
    return template
