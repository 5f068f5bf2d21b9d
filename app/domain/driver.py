"""Drivers: people who charge at one operator's stations, and how little of them others are shown."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Driver:
    """``email`` is in lower case, ``phone`` E.164; an erased driver has neither, nor a name."""

    key: int
    uuid: UUID
    operator_key: int
    name: str | None
    email: str | None
    phone: str | None
    locale: str
    erased_at: datetime | None
    created_at: datetime
    version: int


def masked_email(email: str) -> str:
    """The first letter and the domain: enough to recognise an address that somebody reads out."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}…@{domain}"


def masked_phone(phone: str) -> str:
    """The last two digits."""
    return "…" + phone[-2:]
