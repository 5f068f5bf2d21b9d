"""A session: ours, from the first promise to the bill, in OCPI's states.

The machine is a table; what a station reports may come twice, late and out of order, and leaves the same session.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.event import TransactionPhase
from app.domain.meter import MeterState
from app.domain.station import ChargingState


class SessionStatus(StrEnum):
    """OCPI SessionStatus."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    INVALID = "INVALID"
    RESERVATION = "RESERVATION"


class SessionOrigin(StrEnum):
    """Who or what began it."""

    RFID = "RFID"
    APP = "APP"
    AD_HOC = "AD_HOC"
    TERMINAL = "TERMINAL"
    PLUG_AND_CHARGE = "PLUG_AND_CHARGE"
    ROAMING = "ROAMING"
    OPERATOR = "OPERATOR"
    AUTOSTART = "AUTOSTART"


OPEN_STATUSES = frozenset({SessionStatus.PENDING, SessionStatus.ACTIVE})


class SessionTrigger(StrEnum):
    """What moves a session along."""

    STARTED = "STARTED"
    UPDATED = "UPDATED"
    ENDED = "ENDED"
    REFUSED = "REFUSED"  # the charger refused the start, or nobody came in time
    SUPERSEDED = "SUPERSEDED"  # another transaction began at the same EVSE


TRIGGER_OF_PHASE = {
    TransactionPhase.STARTED: SessionTrigger.STARTED,
    TransactionPhase.UPDATED: SessionTrigger.UPDATED,
    TransactionPhase.ENDED: SessionTrigger.ENDED,
}

# The whole machine. An ended session never revives: late news completes its record, not its life. An INVALID one
# does when the charger reports the transaction after all, because energy that flowed must be accounted for.
SESSION_TRANSITIONS: dict[SessionStatus, dict[SessionTrigger, SessionStatus]] = {
    SessionStatus.PENDING: {
        SessionTrigger.STARTED: SessionStatus.ACTIVE,
        SessionTrigger.UPDATED: SessionStatus.ACTIVE,
        SessionTrigger.ENDED: SessionStatus.COMPLETED,
        SessionTrigger.REFUSED: SessionStatus.INVALID,
    },
    SessionStatus.RESERVATION: {
        SessionTrigger.STARTED: SessionStatus.ACTIVE,
        SessionTrigger.UPDATED: SessionStatus.ACTIVE,
        SessionTrigger.ENDED: SessionStatus.COMPLETED,
        SessionTrigger.REFUSED: SessionStatus.INVALID,
    },
    SessionStatus.ACTIVE: {
        SessionTrigger.STARTED: SessionStatus.ACTIVE,
        SessionTrigger.UPDATED: SessionStatus.ACTIVE,
        SessionTrigger.ENDED: SessionStatus.COMPLETED,
        SessionTrigger.SUPERSEDED: SessionStatus.COMPLETED,
    },
    SessionStatus.COMPLETED: {
        SessionTrigger.STARTED: SessionStatus.COMPLETED,
        SessionTrigger.UPDATED: SessionStatus.COMPLETED,
        SessionTrigger.ENDED: SessionStatus.COMPLETED,
    },
    SessionStatus.INVALID: {
        SessionTrigger.STARTED: SessionStatus.ACTIVE,
        SessionTrigger.UPDATED: SessionStatus.ACTIVE,
        SessionTrigger.ENDED: SessionStatus.COMPLETED,
    },
}


class StepName(StrEnum):
    """What a person waiting for a charge may see happen, in this order."""

    PRICE_SHOWN = "PRICE_SHOWN"
    PAYMENT_HELD = "PAYMENT_HELD"
    CABLE_PLUGGED = "CABLE_PLUGGED"
    AUTHORISED = "AUTHORISED"
    START_ACCEPTED = "START_ACCEPTED"
    TRANSACTION_STARTED = "TRANSACTION_STARTED"
    ENERGY_FLOWING = "ENERGY_FLOWING"
    ENERGY_ENDED = "ENERGY_ENDED"
    UNPLUGGED = "UNPLUGGED"
    PRICED = "PRICED"
    CAPTURED = "CAPTURED"


class StepState(StrEnum):
    WAITING = "WAITING"
    DONE = "DONE"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


class ReviewCode(StrEnum):
    """Why a person should look at a session before it is believed."""

    ENERGY_RESET = "ENERGY_RESET"
    ENERGY_JUMP = "ENERGY_JUMP"
    LOST_START = "LOST_START"
    SAME_KEY_OTHER_CONTENT = "SAME_KEY_OTHER_CONTENT"
    UNAUTHORISED_START = "UNAUTHORISED_START"
    SUPERSEDED = "SUPERSEDED"
    NEVER_ENDED = "NEVER_ENDED"
    INCOMPLETE_RECORD = "INCOMPLETE_RECORD"
    CLOCK_IMPLAUSIBLE = "CLOCK_IMPLAUSIBLE"
    REVIVED = "REVIVED"
    LATE_AFTER_SETTLEMENT = "LATE_AFTER_SETTLEMENT"
    SIGNED_VALUE_WRONG = "SIGNED_VALUE_WRONG"
    NO_TARIFF = "NO_TARIFF"


REVIEW_MESSAGES: dict[ReviewCode, str] = {
    ReviewCode.ENERGY_RESET: "The energy register fell during the session; only energy on either side counts.",
    ReviewCode.ENERGY_JUMP: "The energy register rose faster than the EVSE can deliver; check the energy.",
    ReviewCode.LOST_START: "The charger never reported the start; the session began with its first later message.",
    ReviewCode.SAME_KEY_OTHER_CONTENT: "The charger sent a message twice with different content; the first counts.",
    ReviewCode.UNAUTHORISED_START: "The charger started although the token was refused.",
    ReviewCode.SUPERSEDED: "Another transaction began at this EVSE before this one ended; it was closed then.",
    ReviewCode.NEVER_ENDED: "The charger shows the plug free but never reported the end; it was closed at that moment.",
    ReviewCode.INCOMPLETE_RECORD: "Messages are missing from the charger's record of this transaction.",
    ReviewCode.CLOCK_IMPLAUSIBLE: "The charger's clock is implausible; the time of receipt was used.",
    ReviewCode.REVIVED: "The start was given up, then the charger reported the transaction after all.",
    ReviewCode.LATE_AFTER_SETTLEMENT: "The charger sent more after the session was settled; see its records.",
    ReviewCode.SIGNED_VALUE_WRONG: "A signed meter value does not match the meter's key; the plain ones were billed.",
    ReviewCode.NO_TARIFF: "A tariff applies here now, and none did when the session began: re-rate it with one.",
}


# A session with one of these waits for a person: it is priced, but not settled.
BLOCKING_REVIEWS = frozenset(
    {
        ReviewCode.ENERGY_RESET,
        ReviewCode.ENERGY_JUMP,
        ReviewCode.LOST_START,
        ReviewCode.SAME_KEY_OTHER_CONTENT,
        ReviewCode.SUPERSEDED,
        ReviewCode.NO_TARIFF,
        ReviewCode.NEVER_ENDED,
    }
)


AFTER_PLUG = "AFTER_PLUG"  # the code of an AUTHORISED that came while the car was plugged in already


@dataclass(frozen=True, slots=True)
class StepMark:
    """When a step happened, and when it did not: ``code`` and ``message`` say why it failed."""

    state: StepState
    at: datetime | None = None
    deadline: datetime | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True)
class Session:
    """A session as it stands; a new value is made for every change, by `evolve`."""

    key: int
    uuid: UUID
    operator_key: int
    location_key: int
    station_key: int
    evse_key: int | None
    evse_number: int | None
    connector_number: int | None
    status: SessionStatus
    origin: SessionOrigin
    transaction_id: str | None
    start_identity: str | None
    stop_identity: str | None
    remote_start_id: int | None
    token_key: int | None
    token_uid: str | None
    created_at: datetime
    start_deadline: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    settled_at: datetime | None
    charging_state: ChargingState | None
    stop_reason: str | None
    meter: MeterState
    seen_seq_nos: tuple[tuple[int, int], ...] = ()  # half-open ranges, sorted, not touching
    started_seq_no: int | None = None
    ended_seq_no: int | None = None
    steps: dict[str, StepMark] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    tariff_key: int | None = None
    currency: str | None = None
    cost_minor: int | None = None
    version: int = 1
    quote_key: int | None = None  # the price that was shown, whose tariff version it pays
    reserved_at: datetime | None = None  # since when the EVSE was kept for it
    # Who charges and who pays, as the token said when it began.
    driver_key: int | None = None
    account_key: int | None = None
    cost_centre_key: int | None = None

    @property
    def energy_wh(self) -> int:
        return self.meter.energy_wh


if TYPE_CHECKING:
    from dataclasses import replace

    evolve = replace  # checked like it: names and types of the changes
else:

    def evolve(session, **changes):
        """`dataclasses.replace` at a fortieth of its cost, which every meter reading would pay."""
        evolved = object.__new__(Session)
        evolved.__dict__.update(session.__dict__)
        evolved.__dict__.update(changes)
        return evolved


def add_seq_no(ranges: tuple[tuple[int, int], ...], seq_no: int) -> tuple[tuple[int, int], ...]:
    """The ranges with one more number seen."""
    if ranges and ranges[-1][1] == seq_no:  # the usual case: the next number
        return (*ranges[:-1], (ranges[-1][0], seq_no + 1))
    merged: list[tuple[int, int]] = []
    for low, high in sorted((*ranges, (seq_no, seq_no + 1))):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def has_seq_no(ranges: tuple[tuple[int, int], ...], seq_no: int) -> bool:
    return any(low <= seq_no < high for low, high in ranges)


def has_real_end(session: Session) -> bool:
    """Whether the station itself reported the end (a superseded session was closed by us)."""
    return session.ended_seq_no is not None or session.stop_identity is not None


def record_is_complete(session: Session) -> bool:
    """Whether nothing of the station's record is missing (OCPP 2.0.1 E, §1.3.2); 1.6 has no numbers to miss."""
    if session.ended_at is None:
        return False
    if not session.seen_seq_nos:
        return True
    if session.started_seq_no is None or session.ended_seq_no is None:
        return False
    return any(low <= session.started_seq_no and session.ended_seq_no < high for low, high in session.seen_seq_nos)


def failed_start(session: Session, code: str, message: str) -> dict[str, StepMark]:
    """The steps of a session whose start was taken back: the first that waits has failed, the rest are skipped."""
    steps, failed = dict(session.steps), False
    for name in StepName:
        mark = steps.get(name)
        if mark is not None and mark.state is StepState.WAITING:
            state = StepState.SKIPPED if failed else StepState.FAILED
            steps[name] = StepMark(state, mark.at, mark.deadline, None if failed else code, None if failed else message)
            failed = True
    return steps
