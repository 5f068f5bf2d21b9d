"""What a station reports about a transaction, in any order and any number of times, and the session it leaves."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from app.domain.answer import Answer, TokenAnswer, TransactionAnswer
from app.domain.event import Arrival, MeterReported, TransactionPhase, TransactionReported
from app.domain.meter import MeterFlag
from app.domain.pricing import needs_record
from app.domain.session import (
    AFTER_PLUG,
    SESSION_TRANSITIONS,
    TRIGGER_OF_PHASE,
    ReviewCode,
    Session,
    SessionStatus,
    StepMark,
    StepName,
    StepState,
    add_seq_no,
    evolve,
    record_is_complete,
)
from app.domain.settlement import NOTHING_KNOWN, cost_of, may_settle, settled, staying, stays
from app.domain.station import ChargingState, ConnectorStatus, OcppVersion
from app.domain.station_state import StationState
from app.domain.tariff import Tariff, applicable
from app.domain.token import AuthorisationStatus, PresentedToken, Token
from app.inbox.batch import Batch, occurred_at, plausible
from app.inbox.decisions.activity import note_activity, record_of
from app.inbox.decisions.authorisation import judge
from app.inbox.decisions.bill import look_again, write_bill
from app.inbox.decisions.effect import observe_for_session
from app.inbox.decisions.energy import absorb
from app.inbox.decisions.limits import limit_of
from app.inbox.decisions.loose_meter import meter_reported, names_nothing
from app.inbox.decisions.matching import begin, find, is_repeat, supersede_others
from app.inbox.decisions.payer import paid_by, paid_by_nobody_known
from app.inbox.decisions.progress import only_moves_the_meter, progressed, show_on_evse, with_flags, without_flags
from app.inbox.decisions.record import ask_about_gap
from app.inbox.decisions.resumed import RESUMED, give_profiles_again
from app.inbox.decisions.reused_name import make_way
from app.inbox.decisions.signed_meter import keep_signed
from app.inbox.decisions.station_cost import keep_cost

# A card held to the reader to end a transaction is reported before the end itself (2.0.1 E07).
_TOLD_LATE = timedelta(minutes=10)  # a charger that was away tells of a start that long after it
_STOP_TRIGGERS = frozenset({"StopAuthorized", "Deauthorized", "RemoteStop"})
SETTLEMENT_GRACE = timedelta(minutes=5)  # a station that kept messages back sends them within its retry intervals


def transaction_reported(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """TransactionEvent, StartTransaction, StopTransaction, MeterValues (1.6 §4.7–4.10, 2.0.1 E): always answered."""
    event = cast(TransactionReported, arrival.event)
    make_way(batch, station, arrival, event)
    found = find(batch, station, event)
    if found is None and names_nothing(event, arrival):
        return meter_reported(batch, station, arrival._replace(event=MeterReported(event.evse, event.readings)))
    if found is not None and only_moves_the_meter(station, found, event, arrival):
        session = progressed(batch, station, arrival, found)
        if event.signed:
            keep_signed(batch, station, arrival, session)
        if event.cost is not None:
            keep_cost(batch, station, arrival, event, session)
        batch.journal(arrival, session_key=session.key)
        return _answer(station, arrival, session, None)
    verdict, token = (None, None) if event.token is None else judge(batch, station, arrival, event.token)
    session = found or begin(batch, station, arrival, event)
    change = _Change(batch, station, arrival, event, session, verdict, token, new=found is None)
    repeat = is_repeat(session, event, new=found is None)
    session = change.repeated() if repeat else change.applied()
    if event.signed:
        keep_signed(batch, station, arrival, session)
    if event.cost is not None and not repeat:
        keep_cost(batch, station, arrival, event, session)
    if event.trigger == RESUMED:
        give_profiles_again(batch, station, arrival, session)
    limit = limit_of(batch, station, event, session, repeat=repeat)
    batch.journal(arrival, session_key=session.key)
    answer = _answer(station, arrival, session, verdict)
    return answer if limit is None else replace(answer, limit=limit)


def _answer(
    station: StationState, arrival: Arrival, session: Session, verdict: TokenAnswer | None
) -> TransactionAnswer:
    """With the cost so far, or at the end all of it (2.0.1 I02, I03); 1.6 has no place for it while energy flows.

    Where the price depends on the whole record nothing is said before the end: a wrong price is worse than none.
    """
    cost = session.cost_minor
    if cost is None and session.tariff_key is not None and arrival.version is not OcppVersion.V16:
        tariff = station.tariffs.get(session.tariff_key)
        cost = None if tariff is None or needs_record(tariff) else cost_of(session, station.tariffs)
    return TransactionAnswer(session.transaction_id or "0", verdict, cost, session.currency)


@dataclass(slots=True)
class _Change:
    """One event's effect on one session."""

    batch: Batch
    station: StationState
    arrival: Arrival
    event: TransactionReported
    session: Session
    verdict: TokenAnswer | None
    token: Token | None
    new: bool

    @property
    def at(self) -> datetime:
        return occurred_at(self.arrival)

    def repeated(self) -> Session:
        """Nothing changes, unless the same key brought other content: then the first stays true and a flag says so.

        Times of an implausible clock are ours, and differ at every receipt: they tell nothing.
        """
        if plausible(self.event.occurred_at, self.arrival.received_at) is None:
            return self.session
        readings, meter, _ = absorb(self.batch, self.station, self.session, self.event, self.arrival)
        other_end = self.event.phase is TransactionPhase.ENDED and self._end(self.session) != self.session.ended_at
        if not other_end and meter.energy_wh == self.session.energy_wh and not readings:
            return self.session
        flags = with_flags(self.session.flags, ReviewCode.SAME_KEY_OTHER_CONTENT)
        session = evolve(self.session, flags=flags, version=self.session.version + 1)
        self.batch.save_session(self.station, session)
        return session

    def applied(self) -> Session:
        before = self.session
        session = self._numbered(before)
        session = self._placed(session)
        session = self._timed(session)
        session = self._tokened(session)
        session = self._metered(session)
        self._note_activity(session)
        session = self._moved(session)
        session = self._settled(self._doubted(session))
        session = evolve(session, version=before.version if self.new else before.version + 1)
        self.batch.save_session(self.station, session, new=self.new)
        if before.settled_at is not None:
            look_again(self.batch, session, self.arrival.received_at)
        self._tell(before, session)
        return session

    def _numbered(self, session: Session) -> Session:
        event = self.event
        if event.phase is TransactionPhase.STARTED and event.identity is not None:
            session = evolve(session, start_identity=event.identity)
        if session.transaction_id is None and event.transaction_id is not None:
            session = evolve(session, transaction_id=event.transaction_id)
        elif session.transaction_id is None and event.phase is TransactionPhase.STARTED:
            session = evolve(session, transaction_id=str(self.batch.take_transaction_number()))
        if event.seq_no is None:
            if event.phase is TransactionPhase.ENDED:
                session = evolve(session, stop_identity=event.identity or f"transaction {event.transaction_id}")
            return session
        return evolve(
            session,
            seen_seq_nos=add_seq_no(session.seen_seq_nos, event.seq_no),
            started_seq_no=event.seq_no if event.phase is TransactionPhase.STARTED else session.started_seq_no,
            ended_seq_no=event.seq_no if event.phase is TransactionPhase.ENDED else session.ended_seq_no,
        )

    def _placed(self, session: Session) -> Session:
        if self.event.evse is None or session.evse_number is not None:
            return session
        evse = self.station.evses.get(self.event.evse)
        return evolve(
            session,
            evse_number=self.event.evse,
            evse_key=None if evse is None else evse.key,
            connector_number=self.event.connector or 1,
        )

    def _timed(self, session: Session) -> Session:
        """A start's own time is the start; until it comes, the earliest thing heard stands in for it."""
        flags = session.flags
        if plausible(self.event.occurred_at, self.arrival.received_at) is None:
            flags = with_flags(flags, ReviewCode.CLOCK_IMPLAUSIBLE)
        started_at, steps = session.started_at, session.steps
        if self.event.phase is TransactionPhase.STARTED:
            started_at = self.at
            flags = without_flags(flags, ReviewCode.LOST_START)
            steps = steps | {StepName.TRANSACTION_STARTED.value: StepMark(StepState.DONE, self.at)}
        elif ReviewCode.LOST_START in flags and session.transaction_id is not None:
            started_at = self.at if started_at is None else min(started_at, self.at)
        if self.event.phase is not TransactionPhase.ENDED:
            return evolve(session, started_at=started_at, steps=steps, flags=flags)
        ended_at = self._end(evolve(session, started_at=started_at))
        steps = steps | {StepName.ENERGY_ENDED.value: StepMark(StepState.DONE, ended_at)}
        return evolve(
            session,
            started_at=started_at,
            ended_at=ended_at,
            steps=steps,
            stop_reason=self.event.stop_reason or "Local",
            # Ours was only a guess at the end; where the true one lies after the next start, two bills may overlap.
            flags=without_flags(flags, ReviewCode.NEVER_ENDED)
            if session.ended_at is not None and ended_at > session.ended_at
            else without_flags(flags, ReviewCode.SUPERSEDED, ReviewCode.NEVER_ENDED),
        )

    def _end(self, session: Session) -> datetime:
        """This event's time as an end: never before the start, whatever the clock did meanwhile."""
        return self.at if session.started_at is None else max(self.at, session.started_at)

    def _tokened(self, session: Session) -> Session:
        """The starter's token is the session's, whenever it comes; one that only ended it stands in until then."""
        starting = self.event.phase is TransactionPhase.STARTED
        starters = starting or (
            self.event.phase is TransactionPhase.UPDATED
            and self.event.trigger not in _STOP_TRIGGERS
            and StepName.AUTHORISED.value not in session.steps
            and ReviewCode.UNAUTHORISED_START not in session.flags
        )
        ending = self.event.phase is TransactionPhase.ENDED and session.token_uid is None
        if self.event.token is not None and (starters or ending):
            session = self._with_token(session, self.event.token)
        if self.verdict is not None and self.verdict.status is AuthorisationStatus.ACCEPTED:
            session = self._authorised(session)
        elif starters and self.verdict is not None:
            session = evolve(session, flags=with_flags(session.flags, ReviewCode.UNAUTHORISED_START))
        agreed = session.quote_key is not None or session.reserved_at is not None  # who was told a price pays that one
        if session.started_at is not None and (session.tariff_key is None or (starting and not agreed)):
            session = self._priced_by(session)
        return session

    def _authorised(self, session: Session) -> Session:
        """Since when somebody may charge: what the start says, else the first card after the plug, in any order."""
        known, phase = session.steps.get(StepName.AUTHORISED.value), self.event.phase
        if phase is TransactionPhase.ENDED or self.event.trigger in _STOP_TRIGGERS:
            return session
        starting, late = phase is TransactionPhase.STARTED, known is not None and known.code == AFTER_PLUG
        if known is not None and not late:
            return session
        if known is not None and not starting and known.at is not None and known.at <= self.at:
            return session
        mark = StepMark(StepState.DONE, self.at, code=None if starting else AFTER_PLUG)
        return evolve(session, steps=session.steps | {StepName.AUTHORISED.value: mark})

    def _with_token(self, session: Session, presented: PresentedToken) -> Session:
        """A known token replaces what stood in; an unknown one does too, unless it answers a promise of ours."""
        kept = self.batch.kept_uid(self.station, presented)
        if self.token is not None:
            session = evolve(session, token_key=self.token.key, token_uid=kept)
            return paid_by(self.batch, self.station, self.arrival, self.event, session, self.token)
        promised = session.token_uid is not None and session.remote_start_id is not None
        return session if promised else paid_by_nobody_known(session, kept)

    def _priced_by(self, session: Session) -> Session:
        """Pins the tariff version that applied when the session started."""
        assert session.started_at is not None
        tariff = self._tariff_at(session, session.started_at)
        return session if tariff is None else evolve(session, tariff_key=tariff.key, currency=tariff.currency)

    def _doubted(self, session: Session) -> Session:
        """Energy told of late that cost nothing then, where it would by now: a person says what it costs."""
        if session.tariff_key is not None or session.energy_wh == 0:
            flagged = ReviewCode.NO_TARIFF in session.flags
            return evolve(session, flags=without_flags(session.flags, ReviewCode.NO_TARIFF)) if flagged else session
        if session.ended_at is None or session.started_at is None:
            return session
        late = session.created_at - session.started_at >= _TOLD_LATE
        if late and self._tariff_at(session, self.arrival.received_at) is not None:
            return evolve(session, flags=with_flags(session.flags, ReviewCode.NO_TARIFF))
        return session

    def _tariff_at(self, session: Session, at: datetime) -> Tariff | None:
        return applicable(
            self.station.assignments,
            list(self.station.tariffs.values()),
            at=at,
            location_key=session.location_key,
            evse_key=session.evse_key,
            token_group_id=None if self.token is None else self.token.group_id,
        )

    def _metered(self, session: Session) -> Session:
        readings, meter, flags = absorb(self.batch, self.station, session, self.event, self.arrival)
        for row in readings:
            self.batch.read(self.station, row)
        if session.settled_at is not None:
            if meter.energy_wh != session.energy_wh:
                session = evolve(session, flags=with_flags(session.flags, ReviewCode.LATE_AFTER_SETTLEMENT))
            return session
        steps = session.steps
        flowing = StepName.ENERGY_FLOWING.value
        if flowing not in steps and (meter.energy_wh > 0 or self.event.charging_state is ChargingState.CHARGING):
            steps = steps | {flowing: StepMark(StepState.DONE, self.at)}
        # Energy needs a cable; 2.x tells of the plug only when a connector's status changes, 1.6 more often.
        plugged, state = StepName.CABLE_PLUGGED.value, self.event.charging_state
        if plugged not in steps and (flowing in steps or state not in (None, ChargingState.IDLE)):
            steps = steps | {plugged: StepMark(StepState.DONE, self.at)}
        standing = without_flags(session.flags, *(ReviewCode(flag) for flag in MeterFlag))
        return evolve(
            session, meter=meter, steps=steps, flags=with_flags(standing, *(ReviewCode(flag) for flag in flags))
        )

    def _note_activity(self, session: Session) -> None:
        """A change of state counts from its own time, however late it is told; the same state again says nothing."""
        event = self.event
        told = event.trigger == "ChargingStateChanged" or event.phase is TransactionPhase.STARTED
        if event.charging_state is not None and (told or event.charging_state is not session.charging_state):
            note_activity(self.batch, session, event.charging_state, self.at)

    def _moved(self, session: Session) -> Session:
        before = session.status
        status = SESSION_TRANSITIONS[before].get(TRIGGER_OF_PHASE[self.event.phase], before)
        flags = session.flags
        if before is SessionStatus.INVALID:
            flags = with_flags(flags, ReviewCode.REVIVED)
        newest = self.event.seq_no is None or self.event.seq_no + 1 == session.seen_seq_nos[-1][1]
        state = session.charging_state
        if status is not SessionStatus.ACTIVE:
            state = None
        elif newest and self.event.charging_state is not None:
            state = self.event.charging_state
        elif state is None and (evse := self.station.evses.get(session.evse_number or 0)) is not None:
            state = evse.charging_state  # 1.6 may have told it with the plug, before the start
        if status is SessionStatus.ACTIVE and before is SessionStatus.INVALID:
            session = evolve(session, ended_at=None)
        if status is SessionStatus.COMPLETED:
            session = evolve(session, meter=session.meter._replace(power_w=0))
        return evolve(session, status=status, charging_state=state, flags=flags, start_deadline=None)

    def _settled(self, session: Session) -> Session:
        """Ended is not settled: the bill is written when the record is complete and nothing awaits review."""
        if session.status is not SessionStatus.COMPLETED or session.settled_at is not None:
            return session
        tariff = self.station.tariffs.get(session.tariff_key or 0)
        if StepName.UNPLUGGED.value not in session.steps and stays(session, tariff, occupied=self._occupied(session)):
            session = staying(session)
            self.batch.owe(self.station, "SETTLE_SESSION", due_at=self.arrival.received_at, session_key=session.key)
        asked = tariff is not None and needs_record(tariff)
        record = record_of(self.batch, self.station, session) if asked else NOTHING_KNOWN
        session = evolve(session, cost_minor=cost_of(session, self.station.tariffs, record))
        if may_settle(session):
            write_bill(self.batch, session, tariff, record, self.arrival.received_at)
            return settled(session, at=self.arrival.received_at)
        if not record_is_complete(session):
            due_at = self.arrival.received_at + SETTLEMENT_GRACE
            self.batch.owe(self.station, "SETTLE_SESSION", due_at=due_at, session_key=session.key)
            ask_about_gap(self.batch, self.station, self.arrival, session)
        return session

    def _occupied(self, session: Session) -> bool:
        plugs = self.station.connectors.values()
        return any(
            plug.evse_number == session.evse_number and plug.status is ConnectorStatus.OCCUPIED for plug in plugs
        )

    def _tell(self, before: Session, session: Session) -> None:
        """The event log, the commands that wanted this, and whoever else thought they were charging here."""
        event, batch, station = self.event, self.batch, self.station
        if session.charging_state is not before.charging_state:
            show_on_evse(station, session)
        subject = ("session", session.uuid)
        if event.phase is TransactionPhase.STARTED:
            batch.log(station, self.arrival, "session.started", subject, transactionId=session.transaction_id)
        # A car that was plugged in before only goes on, and names the number of our start.
        if event.phase is TransactionPhase.STARTED or event.remote_start_id is not None:
            observe_for_session(batch, station, "StartTransaction", session.key)
        if session.status is SessionStatus.ACTIVE and (self.new or before.status is not SessionStatus.ACTIVE):
            supersede_others(batch, station, self.arrival, session)
        if event.phase is TransactionPhase.ENDED:
            batch.log(
                station,
                self.arrival,
                "session.ended",
                subject,
                energyWh=session.energy_wh,
                stopReason=session.stop_reason,
            )
            observe_for_session(batch, station, "StopTransaction", session.key)
        if session.settled_at is not None and before.settled_at is None:
            batch.log(
                station,
                self.arrival,
                "session.settled",
                subject,
                energyWh=session.energy_wh,
                costMinor=session.cost_minor,
                currency=session.currency,
            )
