"""A place with charging stations, in OCPI's words."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.amenity import Accessibility, Facility, OpeningTimes


@dataclass(frozen=True, slots=True)
class Location:
    key: int
    uuid: UUID
    operator_key: int
    name: str
    address: str
    postal_code: str | None
    city: str
    country: str
    latitude: float
    longitude: float
    time_zone: str
    published: bool
    help_phone: str | None
    version: int
    opening_times: OpeningTimes | None = None
    facilities: tuple[Facility, ...] = ()
    accessibility: Accessibility | None = None
