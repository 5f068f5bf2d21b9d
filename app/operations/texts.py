"""Limits on what people type: a length for every text, a form for every code."""

import re
from zoneinfo import available_timezones

from app.operations.desk import invalid

_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_PARTY = re.compile(r"[A-Z0-9]{3}\Z")
_IDENTITY = re.compile(r"[A-Za-z0-9*\-_=:+|@.]{1,48}\Z")  # OCPP 2.0.1 identifierString, J §3.1.1
_EVSE_ID = re.compile(r"[A-Z]{2}\*?[A-Z0-9]{3}\*?E[A-Z0-9*]{1,30}\Z")  # eMI3 EVSE id
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}\Z")
_CODE = re.compile(r"[A-Za-z0-9_\-.]{1,36}\Z")
_MESSAGE = re.compile(r"[A-Za-z0-9]{1,50}\Z")
_FORMS = {
    "country": (_COUNTRY, "A country is two capital letters (ISO 3166), such as DE."),
    "currency": (_CURRENCY, "A currency is three capital letters (ISO 4217), such as EUR."),
    "party": (_PARTY, "A party id is three capital letters or digits, such as VGT."),
    "identity": (_IDENTITY, "An identity has 1 to 48 letters, digits or *-_=:+|@. (OCPP identifierString)."),
    "evse_id": (_EVSE_ID, "An EVSE id looks like DE*VGT*E0001*1."),
    "email": (_EMAIL, "This is no e-mail address."),
    "code": (_CODE, "A tariff code has 1 to 36 letters, digits, dots, hyphens or underscores."),
    "message": (_MESSAGE, "A message is OCPP's own name, such as StatusNotification."),
}


def form(kind: str, value: str, *path: str) -> str:
    """The value, when it has the form of its kind. Raises INVALID_INPUT."""
    pattern, message = _FORMS[kind]
    if not pattern.match(value):
        raise invalid(message, *path)
    return value


def line(value: str, *path: str, longest: int = 200) -> str:
    """One line of text without control characters, trimmed. Raises INVALID_INPUT when empty or too long."""
    trimmed = value.strip()
    if not 1 <= len(trimmed) <= longest or not trimmed.isprintable():
        raise invalid(f"This is one line of 1 to {longest} printable characters.", *path)
    return trimmed


def optional_line(value: str | None, *path: str, longest: int = 200) -> str | None:
    return None if value is None else line(value, *path, longest=longest)


def time_zone(value: str, *path: str) -> str:
    if value not in available_timezones():
        raise invalid("A time zone is an IANA name, such as Europe/Berlin.", *path)
    return value
