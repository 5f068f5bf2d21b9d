"""What people say of a place, within bounds."""

import re
from collections.abc import Sequence
from dataclasses import replace

from app.domain.amenity import Accessibility, Facility, OpeningTimes
from app.operations import texts
from app.operations.desk import invalid

_PERIODS_MAX = 100
_HOUR = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d\Z")
_LENGTH_MAX_CM = 5_000


def checked_hours(times: OpeningTimes | None) -> OpeningTimes | None:
    """Refuses INVALID_INPUT for what is no day, no time of day, or ends before it begins."""
    if times is None:
        return None
    path = ("input", "openingTimes")
    if max(map(len, (times.regular, times.openings, times.closings))) > _PERIODS_MAX:
        raise invalid(f"At most {_PERIODS_MAX} periods of a kind.", *path)
    if times.always and times.regular:
        raise invalid("Open round the clock has no regular hours. Leave one of the two out.", *path, "regular")
    for at, hours in enumerate(times.regular):
        here = (*path, "regular", str(at))
        if not 1 <= hours.weekday <= 7:
            raise invalid("A weekday is 1 (Monday) to 7.", *here, "weekday")
        for name in ("begin", "end"):
            if _HOUR.match(getattr(hours, name)) is None:
                raise invalid("A time of day looks like 08:30; a day ends at 23:59.", *here, name)
        if hours.end <= hours.begin:
            raise invalid(
                "It ends before it begins. Past midnight takes two: until 23:59, and from 00:00.", *here, "end"
            )
    for kind, periods in (("exceptionalOpenings", times.openings), ("exceptionalClosings", times.closings)):
        for at, period in enumerate(periods):
            if period.end <= period.begin:
                raise invalid("It ends before it begins.", *path, kind, str(at), "end")
    return times


def checked_facilities(facilities: Sequence[Facility]) -> tuple[Facility, ...]:
    """Each once, in the order that was said."""
    return tuple(dict.fromkeys(facilities))


def checked_access(access: Accessibility | None) -> Accessibility | None:
    if access is None:
        return None
    path = ("input", "accessibility")
    for name, length in (("spaceWidthCm", access.space_width_cm), ("spaceLengthCm", access.space_length_cm)):
        if length is not None and not 0 < length <= _LENGTH_MAX_CM:
            raise invalid(f"A length lies between 1 and {_LENGTH_MAX_CM:,} cm.", *path, name)
    return replace(access, note=texts.optional_line(access.note, *path, "note"))
