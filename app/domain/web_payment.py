"""Paying on the web for an EVSE: the address behind a station's QR code and its one-time password (2.1 C25).

The password is a hash of the time interval, so that a photograph of the code is worth nothing a minute later.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, quote, unquote, urlsplit

VERSION = "v1"
COMPONENT = "WebPaymentsCtrlr"
# What a template must name, so that a code can be told from another station's (2.1 C25.FR.50).
_NEEDED = ("{totp}", "{version}", "{chargingstationid}")
_LIMITS = {"maxenergy": "max_energy_wh", "maxtime": "max_time_s", "maxcost": "max_cost"}
# Wrong codes of a station within `FAILURE_WINDOW`; then nobody's is looked at. At that pace one of six characters is
# found in five hundred years (61**6 codes, three of them good at a time); and one address alone (main/scan_page.py)
# never gets there to keep others from paying.
FAILURES_MAX = 60
FAILURE_WINDOW = timedelta(minutes=1)
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


@dataclass(frozen=True, slots=True)
class WebPayment:
    """How a station makes its codes; ``failures`` counts wrong ones since ``failures_since``."""

    station_key: int
    url_template: str
    shared_secret: str
    validity_s: int
    length: int
    failures: int
    failures_since: datetime | None

    def throttled(self, at: datetime) -> bool:
        since = self.failures_since
        return since is not None and at - since < FAILURE_WINDOW and self.failures >= FAILURES_MAX


def scan_template(files_url: str) -> str:
    """The template of a station whose drivers pay on this installation's own page."""
    return files_url.removesuffix("/files") + "/scan/{chargingstationid}/{evse}/{totp}/{version}"


def missing(template: str) -> list[str]:
    """The placeholders that a template lacks."""
    return [name for name in _NEEDED if name not in template]


def read(template: str, presented: str) -> dict[str, str] | None:
    """The values of a template's placeholders in a URL made from it; None when it was made from another one."""
    address = presented.partition("#")[0]
    if "?" not in template:
        address = address.partition("?")[0]
    parts = re.split(r"\{(\w+)\}", template)
    names = parts[1::2]
    if len(set(names)) != len(names):
        return None
    pattern = "".join(
        re.escape(part) if index % 2 == 0 else f"(?P<{part}>[^/?&#]+)" for index, part in enumerate(parts)
    )
    found = re.fullmatch(pattern.rstrip("/") + "/?(?:[?&].*)?", address)
    return None if found is None else {name: unquote(value) for name, value in found.groupdict().items()}


def limits(presented: str) -> dict[str, float]:
    """What a driver bounded his charging with (2.1 C25.FR.59); what is no number is left out."""
    said = parse_qs(urlsplit(presented).query)
    found = {}
    for name, field in _LIMITS.items():
        text = said.get(name, [""])[0]
        if re.fullmatch(r"\d{1,9}(\.\d{1,4})?", text):
            found[field] = float(text)
    return found


def words(presented: str) -> set[str]:
    """Everything in a URL that may name a station."""
    parts = urlsplit(presented)
    asked = [value for values in parse_qs(parts.query).values() for value in values]
    return {unquote(word) for word in (*parts.path.split("/"), *asked) if word}
