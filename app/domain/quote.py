"""A price that somebody is shown before charging, and that binds us: it names the tariff version a session will pay."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.domain.pricing import Activity, LineKind, Period, Price, Usage
from app.domain.tariff import Tariff
from app.domain.voucher import VoucherKind

VALIDITY = timedelta(minutes=15)  # to read, to pay and to plug in
USUAL_ENERGY_WH = 20_000  # what is quoted to who does not say how much
USUAL_POWER_W = 11_000  # of an EVSE that nobody has described
ENERGY_MAX_WH = 1_000_000
MINUTES_MAX = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be priced: so much energy from a moment on, and the car at the plug for so long."""

    energy_wh: int
    minutes: int
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Quote:
    """``hold_minor`` is what is held on a card: the tariff's amount, else the quoted total."""

    key: int
    uuid: UUID
    operator_key: int
    location_key: int
    evse_key: int
    tariff: Tariff
    token_group_id: str | None
    wish: Wish
    total_minor: int
    hold_minor: int
    created_at: datetime
    valid_until: datetime
    token_key: int | None = None


def wish_of(energy_wh: int | None, minutes: int | None, starts_at: datetime, *, max_power_w: int) -> Wish:
    """What is not said is guessed: the usual energy, and just as long as it takes at the EVSE's greatest power."""
    energy = USUAL_ENERGY_WH if energy_wh is None else energy_wh
    return Wish(energy, _charging_minutes(energy, max_power_w) if minutes is None else minutes, starts_at)


def _charging_minutes(energy_wh: int, max_power_w: int) -> int:
    return -(-energy_wh * 60 // (max_power_w or USUAL_POWER_W))


def usage_of(wish: Wish, *, max_power_w: int, time_zone: str, token_group_id: str | None) -> Usage:
    """Charging at the greatest power, and parked for what is left of the time."""
    whole = max(wish.minutes, 0)
    charging = min(whole, _charging_minutes(wish.energy_wh, max_power_w))
    full = wish.starts_at + timedelta(minutes=charging)
    end = wish.starts_at + timedelta(minutes=whole)
    periods = [Period(wish.starts_at, full, wish.energy_wh)]
    if end > full:
        periods.append(Period(full, end, 0, Activity.PARKED))
    return Usage(tuple(periods), time_zone, token_group_id)


def hold_of(tariff: Tariff, price: Price) -> int:
    """What is held on a card, in minor units: the tariff's amount or the price; less what a voucher is worth."""
    if tariff.hold_amount_minor is None:
        return price.total_minor
    usual, less = tariff.hold_amount_minor, tariff.discount
    if less is None:
        return usual
    if less.kind is VoucherKind.PERCENT:
        return -(-usual * (100 - less.worth) // 100)
    off = -sum(line.total_minor for line in price.lines if line.dimension is LineKind.VOUCHER)
    return max(usual - (less.worth if less.kind is VoucherKind.AMOUNT else off), 0)
