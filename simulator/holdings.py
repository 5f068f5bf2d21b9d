"""What a station holds for its backend: charging profiles, a local list, and in 2.1 tariffs and grid controls."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from simulator.position import VOLTAGE_V, Position

Json = dict[str, Any]
PROFILES_MAX = 20
LIST_MAX = 1000
_STATION_WIDE = frozenset({"ChargingStationMaxProfile", "ChargingStationExternalConstraints"})
_RECURS = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile in 2.x words; ``said`` is its payload as it came. Periods are (seconds from the start, limit)."""

    number: int
    evse: int
    purpose: str
    stack_level: int
    kind: str
    unit: str
    periods: tuple[tuple[int, float], ...]
    starts_at: datetime | None
    duration_s: int | None
    recurs: str | None
    transaction: str | int | None
    valid_from: datetime | None
    valid_to: datetime | None
    said: Json

    def limit_at(self, at: datetime, began: datetime) -> float | None:
        """The limit in force; None when it says nothing about that moment."""
        if (self.valid_from is not None and at < self.valid_from) or (
            self.valid_to is not None and at >= self.valid_to
        ):
            return None
        start = began if self.kind == "Relative" or self.starts_at is None else self.starts_at
        seconds = (at - start).total_seconds()
        if self.kind == "Recurring":
            seconds %= _RECURS.get(self.recurs or "", timedelta(days=1)).total_seconds()
        if seconds < 0 or (self.duration_s is not None and seconds >= self.duration_s):
            return None
        return next((limit for first, limit in reversed(self.periods) if first <= seconds), None)


@dataclass(slots=True)
class Holdings:
    profiles: dict[int, Profile] = field(default_factory=dict)
    list_version: int = 0
    entries: dict[str, str] = field(default_factory=dict)
    tariffs: dict[str, Json] = field(default_factory=dict)
    controls: dict[str, Json] = field(default_factory=dict)

    # -- charging profiles ---------------------------------------------------------------------------------------------

    def take(self, profile: Profile, positions: dict[int, Position]) -> str:
        """Accepted or Rejected. One of the same id, or of the same place, purpose and level, is replaced."""
        known = profile.evse == 0 or profile.evse in positions
        wrong_place = profile.purpose in _STATION_WIDE and profile.evse != 0
        runs = profile.purpose != "TxProfile" or (known and _runs(positions.get(profile.evse), profile.transaction))
        if not known or wrong_place or not runs or not profile.periods or len(self.profiles) >= PROFILES_MAX:
            return "Rejected"
        place = (profile.evse, profile.purpose, profile.stack_level, profile.transaction)
        self.profiles = {
            number: one
            for number, one in self.profiles.items()
            if (one.evse, one.purpose, one.stack_level, one.transaction) != place
        }
        self.profiles[profile.number] = profile
        return "Accepted"

    def drop(self, meant: Callable[[Profile], bool]) -> bool:
        """Whether there was any such profile."""
        gone = [number for number, one in self.profiles.items() if meant(one)]
        for number in gone:
            del self.profiles[number]
        return bool(gone)

    def forget_transaction(self, names: tuple[str | int | None, ...]) -> None:
        """A TxProfile goes with its transaction."""
        self.drop(lambda one: one.purpose == "TxProfile" and one.transaction in names)

    def composite(self, evse: int, seconds: int, unit: str, now: datetime, position: Position | None) -> list[Json]:
        """Periods of what may be drawn from now on: of every purpose the highest level that says something, and of
        those the least."""
        phases = 3 if position is None else position.phases
        most = 0.0 if position is None else position.max_power_w
        began = now if position is None or position.transaction is None else position.transaction.started_at
        mine = [one for one in self.profiles.values() if one.evse in (0, evse)]
        periods: list[Json] = []
        for offset in sorted({0, *self._changes(mine, now, began, seconds)}):
            at = now + timedelta(seconds=offset)
            limits = [_in(unit, one.unit, limit, phases) for one, limit in _winners(mine, at, began)]
            limit = min([*limits, *([_in(unit, "W", most, phases)] if most else [])], default=_in(unit, "W", 22e3, 3))
            if not periods or periods[-1]["limit"] != limit:
                periods.append({"startPeriod": offset, "limit": limit})
        return periods

    def _changes(self, profiles: list[Profile], now: datetime, began: datetime, seconds: int) -> set[int]:
        """Whole seconds from now by which some limit may have changed."""
        found: set[int] = set()
        for one in profiles:
            start = began if one.kind == "Relative" or one.starts_at is None else one.starts_at
            edges = [first for first, _ in one.periods] + ([] if one.duration_s is None else [one.duration_s])
            shift = (start - now).total_seconds()
            cycle = _RECURS.get(one.recurs or "Daily", timedelta(days=1)).total_seconds()
            for edge in edges:
                offset = shift + edge
                found.add(ceil(offset % cycle if one.kind == "Recurring" else offset))
            for moment in (one.valid_from, one.valid_to):
                if moment is not None:
                    found.add(ceil((moment - now).total_seconds()))
        return {offset for offset in found if 0 <= offset < seconds}

    # -- the local list ------------------------------------------------------------------------------------------------

    def update_list(self, version: int, entries: list[tuple[str, str | None]], *, whole: bool) -> str:
        """``entries`` are (uid, status); without a status the uid comes off."""
        if version <= self.list_version and not whole:
            return "VersionMismatch"
        held = {} if whole else dict(self.entries)
        for uid, status in entries:
            if status is None:
                held.pop(uid, None)
            else:
                held[uid] = status
        if len(held) > LIST_MAX:
            return "Failed"
        self.list_version, self.entries = version, held
        return "Accepted"


def _runs(position: Position | None, transaction: str | int | None) -> bool:
    if position is None or position.transaction is None:
        return False
    return transaction in (None, position.transaction.key, position.transaction.backend_id)


def _winners(profiles: list[Profile], at: datetime, began: datetime) -> list[tuple[Profile, float]]:
    best: dict[str, tuple[Profile, float]] = {}
    for one in profiles:
        limit = one.limit_at(at, began)
        if limit is not None and (one.purpose not in best or best[one.purpose][0].stack_level < one.stack_level):
            best[one.purpose] = (one, limit)
    if "TxProfile" in best:  # a transaction's own profile goes before the default
        best.pop("TxDefaultProfile", None)
    return list(best.values())


def _in(unit: str, own: str, limit: float, phases: int) -> float:
    """Watts, or amperes a phase."""
    if unit == own:
        return limit
    volts = VOLTAGE_V * phases
    return round(limit * volts if unit == "W" else limit / volts, 1)


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
