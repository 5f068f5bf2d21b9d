"""One batch under decision: the locked stations, what was decided so far, and who must be told after the commit."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import UUID

from app.domain.answer import Answer
from app.domain.event import Arrival, Frame
from app.domain.quirk import quirks_of
from app.domain.session import Session
from app.domain.station_state import CommandState, StationState
from app.domain.token import PresentedToken
from app.domain.typed_code import concealed, digest, is_typed
from app.feed import Change, Noun
from app.store.intake.write import ReadingRow, Writes


class NumberShortage(Exception):
    """The batch needs more keys than were reserved: our own miscount."""


@dataclass(slots=True)
class Batch:
    """``at`` is when the batch began; decisions take their times from the arrivals."""

    at: datetime
    gateway_id: str
    stations: dict[int, StationState]
    new_id: Callable[[], UUID]
    session_keys: list[int]
    transaction_numbers: list[int]
    duty_keys: list[int]
    code_key: bytes = b""
    # Where the receipt of a payment at a terminal will be, by the payment's id.
    receipt_url: Callable[[UUID], str] | None = None
    # Codes that were presented as if they were cards (1.6 knows no difference): no frame of the batch shows them.
    codes: set[str] = field(default_factory=set)
    writes: Writes = field(default_factory=Writes)
    connected: list[int] = field(default_factory=list)

    def take_session_key(self) -> int:
        if not self.session_keys:
            raise NumberShortage("session keys")
        return self.session_keys.pop()

    def take_transaction_number(self) -> int:
        if not self.transaction_numbers:
            raise NumberShortage("transaction numbers")
        return self.transaction_numbers.pop()

    def take_duty_key(self) -> int:
        if not self.duty_keys:
            raise NumberShortage("duty keys")
        return self.duty_keys.pop()

    def kept_uid(self, station: StationState, presented: PresentedToken) -> str:
        """What is written down of a token: its uid, or a digest where it is a code that somebody typed in."""
        token = station.tokens.get(presented.normalised)
        if not is_typed(presented.ocpp_type) and (token is None or not is_typed(token.ocpp_type)):
            return presented.normalised
        self.codes.add(presented.uid)
        return digest(self.code_key, station.operator_key, presented.normalised)

    def touch(self, station: StationState, *, news: bool = True) -> None:
        """The station, or something that hangs off it, changes: raises its version once a batch."""
        station.news |= news
        if not station.changed:
            station.changed = True
            station.version += 1

    def save_session(self, station: StationState, session: Session, *, new: bool = False) -> None:
        """Keeps a session's newest value; its version is raised by the caller's `replace`."""
        station.sessions[session.key] = session
        if new or session.key in self.writes.new_sessions:
            self.writes.new_sessions[session.key] = session
        else:
            self.writes.changed_sessions[session.key] = session
            self.writes.progressed_sessions.pop(session.key, None)
        self.touch(station)

    def save_progress(self, station: StationState, session: Session) -> None:
        """As `save_session`, when nothing but the meter and its flags moved: most messages of most days."""
        if session.key in self.writes.new_sessions or session.key in self.writes.changed_sessions:
            self.save_session(station, session)
            return
        station.sessions[session.key] = session
        self.writes.progressed_sessions[session.key] = session
        self.touch(station, news=False)

    def save_command(self, station: StationState, command: CommandState) -> None:
        if not command.changed:
            command.changed = True
            command.version += 1
        self.writes.commands[command.key] = command
        self.touch(station)

    def owe(self, station: StationState, kind: str, *, due_at: datetime, session_key: int | None = None) -> None:
        """A duty, written with its cause; at most one of a kind for a session."""
        self.writes.duties.append(
            {
                "key": self.take_duty_key(),
                "id": self.new_id(),
                "operator_key": station.operator_key,
                "kind": kind,
                "station_key": station.key,
                "session_key": session_key,
                "due_at": due_at,
            }
        )

    def keep(self, table: str, key: Hashable, row: dict[str, object]) -> None:
        """A row of something reported; within a batch the last one of a business key is written."""
        rows = self.writes.kept.setdefault(table, {})
        rows.pop(key, None)
        rows[key] = row

    def met(self, operator_key: int, station_key: int, problems: Iterable[str], at: datetime) -> None:
        """Counts the quirks that noted problems name; a batch writes one sum for each of a station's."""
        rows = self.writes.kept.setdefault("station_quirk", {})
        for quirk in quirks_of(problems):
            row = rows.setdefault(
                (station_key, quirk),
                {"operator_key": operator_key, "station_key": station_key, "code": quirk.value, "repairs": 0},
            )
            row["repairs"] = cast(int, row["repairs"]) + 1
            row["last_at"] = at

    def log(
        self, station: StationState, arrival: Arrival, kind: str, subject: tuple[str, UUID], **data: object
    ) -> None:
        """One line of the event log: a transition, an outcome, never a reading."""
        self.writes.events.append(
            {
                "operator_key": station.operator_key,
                "location_key": station.location_key,
                "type": kind,
                "subject_kind": subject[0],
                "subject_id": subject[1],
                "occurred_at": occurred_at(arrival),
                "received_at": arrival.received_at,
                "data": data,
            }
        )

    def read(self, station: StationState, row: ReadingRow) -> None:
        self.writes.readings.append(row)

    def journal(self, arrival: Arrival, *, session_key: int | None = None, command_key: int | None = None) -> None:
        """The raw frame that carried the event, in the same transaction as what it caused."""
        if arrival.frame:
            self.writes.frames.append(
                Frame(
                    arrival.station_key,
                    arrival.operator_key,
                    arrival.received_at,
                    not arrival.outbound,
                    arrival.message_id,
                    arrival.action,
                    concealed(arrival.frame, self.codes) if self.codes else arrival.frame,
                    arrival.problems,
                    None,
                    session_key,
                    command_key,
                )
            )

    def changes(self) -> list[Change]:
        """What watchers are told once the batch is committed."""
        stations = (
            Change(Noun.STATION, s.operator_key, s.key, s.version, s.location_key, s.key, not s.news)
            for s in self.stations.values()
            if s.changed
        )
        sessions = (
            Change(Noun.SESSION, s.operator_key, s.key, s.version, s.location_key, s.station_key, progress)
            for progress, group in (
                (False, self.writes.new_sessions),
                (False, self.writes.changed_sessions),
                (True, self.writes.progressed_sessions),
            )
            for s in group.values()
        )
        return [*stations, *sessions, *self._command_changes()]

    def _command_changes(self) -> Iterable[Change]:
        for station in self.stations.values():
            for command in station.commands.values():
                if command.changed:
                    yield Change(
                        Noun.COMMAND,
                        station.operator_key,
                        command.key,
                        command.version,
                        station.location_key,
                        station.key,
                    )


Decision = Callable[[Batch, StationState, Arrival], Answer]

_EARLIEST_PLAUSIBLE_YEAR = 2015  # before it, no clock of a charger that speaks OCPP was ever set
_FUTURE_ALLOWANCE_S = 3600  # an hour ahead is a wrong zone or a drifting clock; more is nonsense


def plausible(claim: datetime | None, received_at: datetime) -> datetime | None:
    """The station's time, unless it cannot be true (1970 before the first sync, far in the future)."""
    if claim is None or claim.year < _EARLIEST_PLAUSIBLE_YEAR:
        return None
    if (claim - received_at).total_seconds() > _FUTURE_ALLOWANCE_S:
        return None
    return claim


def occurred_at(arrival: Arrival) -> datetime:
    """When it happened: the station's plausible claim, else when we received it."""
    claim = getattr(arrival.event, "occurred_at", None)
    return plausible(claim, arrival.received_at) or arrival.received_at
