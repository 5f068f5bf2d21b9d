"""A price worked out the slow way: slice by slice, each slice asked anew which element applies.

Slices are so thin that no restriction of a generated tariff begins or ends within one: a minute, or 100 Wh of it. It
shares no code with what it checks but the tariff's own shape.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from app.domain.pricing import Activity, Usage
from app.domain.restriction import Restriction
from app.domain.tariff import PriceComponent, Tariff

SLICE_WH = 100
_MINUTE = timedelta(minutes=1)
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@dataclass(frozen=True)
class Slice:
    at: datetime
    seconds: Fraction
    energy_wh: int
    activity: Activity
    elapsed_s: Fraction
    used_wh: int
    parked_s: Fraction | None
    watts: Fraction
    milliamperes: int | None


def slices(usage: Usage) -> Iterator[Slice]:
    """In order; energy flows evenly within a period, which lasts whole minutes and takes whole slices a minute."""
    elapsed, used, parked = Fraction(0), 0, None
    for period in usage.periods:
        minutes = int((period.end - period.start) / _MINUTE)
        assert minutes and period.energy_wh % (minutes * SLICE_WH) == 0
        each = period.energy_wh // minutes // SLICE_WH
        watts = Fraction(period.energy_wh * 60, minutes)
        for minute in range(minutes):
            for part in range(max(each, 1)):
                share = Fraction(60, max(each, 1))
                if period.activity is not Activity.PARKED:
                    parked = None
                elif parked is None:
                    parked = Fraction(0)
                moment = period.start + minute * _MINUTE + timedelta(seconds=float(part * share))
                energy = SLICE_WH if each else 0
                current = 0 if period.activity is not Activity.CHARGING else period.current_ma
                yield Slice(moment, share, energy, period.activity, elapsed, used, parked, watts, current)
                elapsed += share
                used += energy
                parked = None if parked is None else parked + share


def holds(r: Restriction, at: Slice, zone: ZoneInfo, holidays: frozenset[date], group: str | None) -> bool:
    local = at.at.astimezone(zone)
    clock, day = local.time(), local.date()
    opens, closes = r.start_time or time(0), r.end_time or time(0)
    if closes == time(0):
        in_hours = clock >= opens
    elif opens < closes:
        in_hours = opens <= clock < closes
    else:
        in_hours = clock >= opens or clock < closes
    parked = Fraction(-1) if at.parked_s is None else at.parked_s
    amperes = None if at.milliamperes is None else Fraction(at.milliamperes, 1000)
    return (
        r.reservation is None
        and in_hours
        and (not r.day_of_week or _DAYS[local.weekday()] in r.day_of_week)
        and (r.start_date is None or r.start_date <= day)
        and (r.end_date is None or day < r.end_date)
        and (r.public_holiday is None or r.public_holiday == (day in holidays))
        and (not r.token_groups or group in r.token_groups)
        and _in(r.min_kwh, r.max_kwh, Fraction(at.used_wh, 1000))
        and _in(r.min_power, r.max_power, at.watts / 1000)
        and _in(r.min_duration, r.max_duration, at.elapsed_s)
        and _in(r.min_parking_duration, r.max_parking_duration, parked)
        and (
            _in(r.min_current, r.max_current, amperes)
            if amperes is not None
            else r.min_current is None and r.max_current is None
        )
    )


def _in(least: object, most: object, value: Fraction) -> bool:
    return (least is None or value >= Fraction(least)) and (most is None or value < Fraction(most))  # type: ignore[call-overload]


def integrate(tariff: Tariff, usage: Usage) -> tuple[Fraction, Fraction]:
    """Exact amounts before and after taxes, in major units, without minimum and maximum price."""
    zone = ZoneInfo(usage.time_zone)
    billed: dict[str, list[tuple[PriceComponent, Fraction]]] = {}
    last_time = None
    for piece in slices(usage):
        fitting = [
            part
            for element in tariff.elements
            if holds(element.restriction, piece, zone, tariff.holidays, usage.token_group_id)
            for part in element.components
        ]
        wanted = {"FLAT": Fraction(1)} if "FLAT" not in billed else {}
        if piece.energy_wh:
            wanted["ENERGY"] = Fraction(piece.energy_wh)
        if piece.activity is Activity.CHARGING:
            wanted["TIME"] = piece.seconds
        if piece.activity is Activity.PARKED:
            wanted["PARKING_TIME"] = piece.seconds
        for kind, quantity in wanted.items():
            first = next((part for part in fitting if part.type.value == kind), None)
            if first is not None:
                billed.setdefault(kind, []).append((first, quantity))
                last_time = kind if "TIME" in kind else last_time
    net = gross = Fraction(0)
    for kind, parts in billed.items():
        if kind in ("ENERGY", last_time):
            total, last = sum(quantity for _, quantity in parts), parts[-1][0]
            while total % last.step_size:
                total += 1
            parts.append((last, total - sum(quantity for _, quantity in parts)))
        for part, quantity in parts:
            amount = Fraction(part.price) * quantity / {"ENERGY": 1000, "FLAT": 1}.get(kind, 3600)
            rate = sum((Fraction(tax.percent) for tax in part.taxes), Fraction(100)) / 100
            net += amount / rate if tariff.tax_included else amount
            gross += amount if tariff.tax_included else amount * rate
    return net, gross
