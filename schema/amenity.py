"""What a driver finds at a place."""

from datetime import datetime

import strawberry

from app.domain import amenity as values
from app.domain.amenity import Facility
from schema.enums import described

described(
    Facility,
    "What is at a place or near it.",
    "A hotel.",
    "A restaurant.",
    "A café.",
    "A mall.",
    "A supermarket.",
    "Sports grounds.",
    "A park or playground.",
    "Nature.",
    "A museum.",
    "Bicycles to borrow.",
    "A bus stop.",
    "Taxis.",
    "A tram stop.",
    "An underground station.",
    "A railway station.",
    "An airport.",
    "A car park.",
    "A meeting point for shared rides.",
    "A fuel station.",
    "Wireless internet.",
)


@strawberry.type(description="Open on a weekday.")
class RegularHours:
    weekday: int = strawberry.field(description="1 is Monday, 7 Sunday.")
    begin: str = strawberry.field(description="HH:MM by the place's own clock.")
    end: str = strawberry.field(description="HH:MM by the place's own clock.")


@strawberry.type(description="An exception.")
class ExceptionalPeriod:
    begin: datetime = strawberry.field(description="From when.")
    end: datetime = strawberry.field(description="Until before when.")

    @classmethod
    def of(cls, value: values.ExceptionalPeriod) -> "ExceptionalPeriod":
        return cls(begin=value.begin, end=value.end)


@strawberry.type(description="When a place is open; exceptions go before hours, a closing before an opening.")
class OpeningTimes:
    always: bool = strawberry.field(description="Round the clock.")
    regular: list[RegularHours] = strawberry.field(description="By weekday.")
    exceptional_openings: list[ExceptionalPeriod] = strawberry.field(description="Open all the same.")
    exceptional_closings: list[ExceptionalPeriod] = strawberry.field(description="Closed all the same.")

    @classmethod
    def of(cls, value: values.OpeningTimes | None) -> "OpeningTimes | None":
        if value is None:
            return None
        return cls(
            always=value.always,
            regular=[RegularHours(weekday=one.weekday, begin=one.begin, end=one.end) for one in value.regular],
            exceptional_openings=[ExceptionalPeriod.of(one) for one in value.openings],
            exceptional_closings=[ExceptionalPeriod.of(one) for one in value.closings],
        )


@strawberry.type(description="For whoever comes in a wheelchair or a wide car; null: nobody has said.")
class Accessibility:
    step_free: bool | None = strawberry.field(description="Whether there is a way without steps or kerbs.")
    space_width_cm: int | None = strawberry.field(description="How wide the widest parking space is.")
    space_length_cm: int | None = strawberry.field(description="How long the longest parking space is.")
    note: str | None = strawberry.field(description="What else there is to know.")

    @classmethod
    def of(cls, value: values.Accessibility | None) -> "Accessibility | None":
        if value is None:
            return None
        return cls(
            step_free=value.step_free,
            space_width_cm=value.space_width_cm,
            space_length_cm=value.space_length_cm,
            note=value.note,
        )


@strawberry.input(description="Open on a weekday.")
class RegularHoursInput:
    weekday: int = strawberry.field(description="1 is Monday, 7 Sunday.")
    begin: str = strawberry.field(description="HH:MM by the place's own clock.")
    end: str = strawberry.field(description="HH:MM by the place's own clock, 23:59 for the whole evening.")


@strawberry.input(description="An exception.")
class ExceptionalPeriodInput:
    begin: datetime = strawberry.field(description="From when.")
    end: datetime = strawberry.field(description="Until before when.")


def _periods(inputs: list[ExceptionalPeriodInput]) -> tuple[values.ExceptionalPeriod, ...]:
    return tuple(values.ExceptionalPeriod(one.begin, one.end) for one in inputs)


@strawberry.input(description="When a place is open.")
class OpeningTimesInput:
    always: bool = strawberry.field(default=False, description="Round the clock.")
    regular: list[RegularHoursInput] = strawberry.field(default_factory=list, description="By weekday.")
    exceptional_openings: list[ExceptionalPeriodInput] = strawberry.field(
        default_factory=list, description="Open all the same."
    )
    exceptional_closings: list[ExceptionalPeriodInput] = strawberry.field(
        default_factory=list, description="Closed all the same."
    )

    def value(self) -> values.OpeningTimes:
        return values.OpeningTimes(
            self.always,
            tuple(values.RegularHours(one.weekday, one.begin, one.end) for one in self.regular),
            _periods(self.exceptional_openings),
            _periods(self.exceptional_closings),
        )


@strawberry.input(description="For whoever comes in a wheelchair or a wide car.")
class AccessibilityInput:
    step_free: bool | None = strawberry.field(default=None, description="A way without steps or kerbs.")
    space_width_cm: int | None = strawberry.field(default=None, description="The widest parking space.")
    space_length_cm: int | None = strawberry.field(default=None, description="The longest parking space.")
    note: str | None = strawberry.field(default=None, description="What else there is to know, in a line.")

    def value(self) -> values.Accessibility:
        return values.Accessibility(self.step_free, self.space_width_cm, self.space_length_cm, self.note)
