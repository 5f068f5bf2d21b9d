"""Accounts: who pays for a driver, up to which limits, and with what is left of a prepaid balance.

A limit refuses a start once it is used up, and ends a session just before: what is used up has a rule's name
(``LIMIT:ENERGY_WH/MONTH``, ``BALANCE:EMPTY``), which the tap, the command and the audit log carry.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.domain.hold import NO_TARGET, SessionTarget
from app.domain.token import AuthorisationStatus


class AccountKind(StrEnum):
    PRIVATE = "PRIVATE"
    COMPANY = "COMPANY"


class AccountStatus(StrEnum):
    """SUSPENDED may be lifted, CLOSED is for good; both refuse every start."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class MemberRole(StrEnum):
    """What a driver is to an account: an ADMIN sees the others."""

    ADMIN = "ADMIN"
    MEMBER = "MEMBER"


class LimitOn(StrEnum):
    """What is limited: energy in Wh, cost in minor units, or how many sessions."""

    ENERGY_WH = "ENERGY_WH"
    AMOUNT_MINOR = "AMOUNT_MINOR"
    SESSIONS = "SESSIONS"


class LimitPer(StrEnum):
    """In which time: the account's own calendar day or month, or one session."""

    DAY = "DAY"
    MONTH = "MONTH"
    SESSION = "SESSION"


class EntryKind(StrEnum):
    """Why a balance changed."""

    TOP_UP = "TOP_UP"
    CHARGE = "CHARGE"
    CORRECTION = "CORRECTION"


@dataclass(frozen=True, slots=True)
class Account:
    """``balance_minor`` is the sum of its entries, in minor units of ``currency``; only a prepaid account needs one."""

    key: int
    uuid: UUID
    operator_key: int
    kind: AccountKind
    name: str
    legal_name: str | None
    vat_number: str | None
    country: str
    address_lines: tuple[str, ...]
    time_zone: str
    currency: str
    prepaid: bool
    balance_minor: int
    status: AccountStatus
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class AccountMember:
    """A driver in an account."""

    key: int
    account_key: int
    driver_key: int
    cost_centre: str | None
    role: MemberRole
    since: datetime


@dataclass(frozen=True, slots=True)
class AccountLimit:
    """At most ``most`` of something in a time; of everybody, of one driver, or of one cost centre."""

    key: int
    uuid: UUID
    account_key: int
    driver_key: int | None
    cost_centre: str | None
    location_key: int | None
    on: LimitOn
    per: LimitPer
    most: int


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One change of a balance: what came in is positive."""

    key: int
    uuid: UUID
    kind: EntryKind
    amount_minor: int
    session_key: int | None
    reason: str | None
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Allowance:
    """A limit and what was used of it; ``location_key`` None counts everywhere."""

    on: LimitOn
    per: LimitPer
    most: int
    used: int
    location_key: int | None = None

    @property
    def rule(self) -> str:
        return f"LIMIT:{self.on}/{self.per}"


EMPTY = "BALANCE:EMPTY"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands for one of its drivers at the moment of a decision.

    ``running`` is what sessions that are not settled cost, by their keys: the balance has not paid them yet. What was
    used of a limit has them in it, but the session itself where it is one that is asked about.
    """

    account_key: int
    driver_key: int | None
    cost_centre_key: int | None
    status: AccountStatus
    prepaid: bool
    balance_minor: int
    allowances: tuple[Allowance, ...] = ()
    running: tuple[tuple[int, int], ...] = ()

    def left_minor(self, *, of: int | None = None) -> int:
        """Of the balance once everything that runs is paid, but the session ``of`` itself."""
        return self.balance_minor - sum(cost for key, cost in self.running if key != of)

    @property
    def is_bounded(self) -> bool:
        """Whether a session may have to be ended for it."""
        return self.prepaid or bool(self.allowances)


def objection(standing: Standing | None, *, location_key: int) -> tuple[AuthorisationStatus, str] | None:
    """Why the account does not let a session begin there, first match wins; None when it does."""
    if standing is None:
        return None
    if standing.status is not AccountStatus.ACTIVE:
        return AuthorisationStatus.BLOCKED, f"ACCOUNT:{standing.status}"
    if standing.prepaid and standing.left_minor() <= 0:
        return AuthorisationStatus.NO_CREDIT, EMPTY
    for allowance in standing.allowances:
        if allowance.location_key in (None, location_key) and allowance.used >= allowance.most:
            return AuthorisationStatus.NO_CREDIT, allowance.rule
    return None


LOOK_EVERY = timedelta(seconds=60)
FIRST_LOOK = timedelta(seconds=30)  # by then a meter has said something
_MARGIN = timedelta(seconds=20)  # a stop takes a command and a car's reaction


@dataclass(frozen=True, slots=True)
class Running:
    """A session as it runs: ``cost_minor`` so far (None: nothing known), ``power_w`` as last measured."""

    key: int
    location_key: int
    energy_wh: int
    cost_minor: int | None
    power_w: int
    lasted: timedelta
    soc_percent: int | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """What is to be done about a running session: stopped by ``rule`` now, or looked at again after ``look_after``."""

    rule: str | None
    look_after: timedelta


def watch(standing: Standing | None, running: Running, target: SessionTarget = NO_TARGET) -> Watch:
    """A session is stopped once what is left would be used before a stop can take effect.

    What bounds it is the account that pays for it, if one does, and what is wanted of it.
    """
    soonest = LOOK_EVERY
    bounds = [] if standing is None else _bounds(standing, running)
    for rule, left, per_hour in (*bounds, *_wishes(target, running)):
        if left <= 0:
            return Watch(rule, timedelta(0))
        if per_hour <= 0:
            continue
        lasts = timedelta(hours=min(left / per_hour, 24))
        if lasts <= _MARGIN:
            return Watch(rule, timedelta(0))
        soonest = min(soonest, lasts - _MARGIN)
    return Watch(None, max(soonest, timedelta(seconds=1)))


def _pace(running: Running) -> float:
    """Minor units an hour."""
    hours = running.lasted.total_seconds() / 3600
    return (running.cost_minor or 0) / hours if hours > 0 else 0.0


def _wishes(target: SessionTarget, running: Running) -> list[tuple[str, int, float]]:
    """As `_bounds`; how fast a battery fills nobody says."""
    lasted_s = int(running.lasted.total_seconds())
    wishes = (
        ("TARGET_ENERGY", target.energy_wh, running.energy_wh, float(running.power_w)),
        ("TARGET_COST", target.cost_minor, running.cost_minor or 0, _pace(running)),
        ("TARGET_SOC", target.soc_percent, running.soc_percent or 0, 0.0),
        ("TARGET_TIME", target.duration_s, lasted_s, 3600.0),
    )
    return [(rule, most - now, pace) for rule, most, now, pace in wishes if most is not None]


def _bounds(standing: Standing, running: Running) -> list[tuple[str, int, float]]:
    """Each bound: its rule, what is left of it, and how much of it an hour takes at the present pace."""
    cost, pace = running.cost_minor or 0, _pace(running)
    found = [(EMPTY, standing.left_minor(of=running.key) - cost, pace)] if standing.prepaid else []
    for allowance in standing.allowances:
        if allowance.location_key not in (None, running.location_key):
            continue
        once = allowance.per is LimitPer.SESSION
        if allowance.on is LimitOn.ENERGY_WH:
            used = running.energy_wh + (0 if once else allowance.used)
            found.append((allowance.rule, allowance.most - used, running.power_w))
        elif allowance.on is LimitOn.AMOUNT_MINOR:
            found.append((allowance.rule, allowance.most - cost - (0 if once else allowance.used), pace))
    return found
