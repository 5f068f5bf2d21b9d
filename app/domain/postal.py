"""Addresses on bills (2.1)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address."""

    name: Annotated[str, "Company or person."]
    address1: Annotated[str, "Street and number."]
    city: Annotated[str, "City."]
    country: Annotated[str, "Country."]
    address2: Annotated[str | None, "More of the street."] = None
    postal_code: Annotated[str | None, "Postal code."] = None


class PaymentStatus(StrEnum):
    """How a payment at the station ended."""

    SETTLED = "Settled"
    CANCELED = "Canceled"
    REJECTED = "Rejected"
    FAILED = "Failed"
