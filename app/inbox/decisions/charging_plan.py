"""What a car needs and what it plans: heard, judged by what it was allowed, and planned for by a duty."""

from typing import cast

from app.domain.answer import Answer
from app.domain.charging_plan import can_plan, exceeds
from app.domain.event import Arrival, StationEvent
from app.domain.power_answer import EvScheduleAnswer, NeedsAnswer, no_plan
from app.domain.power_event import ChargingNeedsNotified, EvScheduleNotified
from app.domain.request.charging_profile import ChargingProfile, ChargingProfilePurpose
from app.domain.session import Session, SessionStatus
from app.domain.station_state import PromisedPower, StationState
from app.inbox.batch import Batch, Decision
from app.inbox.decisions.power import at_evse, on_session
from app.store.values import value_from_json, value_json

DUTY = "PLAN_CHARGING"
REFUSALS_MAX = 5  # a car that means to draw too much five times in a row will not obey the sixth plan, either


def needs_notified(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """NotifyEVChargingNeeds (K15, K17): accepted when a plan will be sent, once, by a duty."""
    event = cast(ChargingNeedsNotified, arrival.event)
    session = at_evse(station, event.evse)
    batch.journal(arrival, session_key=None if session is None else session.key)
    if session is None or event.needs is None:
        station.problems_added += 1
        return no_plan(arrival.version)
    allowed = station.promised.get(session.key, PromisedPower(None)).allowed
    if allowed is not None and event.needs.requested_energy_transfer.value not in allowed:
        # The station ends the transaction then (2.1 Q01.FR.04, K18.FR.22, K19.FR.15).
        needs = value_json(event.needs)
        on_session(batch, station, session, needs=needs, needs_at=arrival.received_at)
        return NeedsAnswer("Rejected")
    evse = station.evses.get(event.evse)
    running = session.status is SessionStatus.ACTIVE and session.transaction_id is not None
    planned = running and can_plan(event.needs, 0 if evse is None else evse.max_power_w)
    on_session(
        batch,
        station,
        session,
        needs=value_json(event.needs),
        needs_at=arrival.received_at,
        max_schedule_tuples=event.max_schedule_tuples,
        plan_wanted_at=arrival.received_at if planned else None,
        plan_refusals=0,
    )
    if not planned:
        return no_plan(arrival.version)
    batch.owe(station, DUTY, due_at=arrival.received_at)
    return NeedsAnswer("Accepted")


def ev_schedule_notified(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """NotifyEVChargingSchedule: within what the car was allowed, or refused and planned anew (K15.FR.11 to FR.13)."""
    event = cast(EvScheduleNotified, arrival.event)
    session = at_evse(station, event.evse)
    batch.journal(arrival, session_key=None if session is None else session.key)
    if session is None or event.schedule is None:
        station.problems_added += 1
        return EvScheduleAnswer(True)
    base = event.time_base or arrival.received_at
    promised = _promised(batch, station, session)
    too_much = promised.profile is not None and exceeds(
        event.schedule, base, promised.profile, event.selected_schedule_id
    )
    refusals = promised.refusals + 1 if too_much else 0
    again = too_much and refusals <= REFUSALS_MAX
    on_session(
        batch,
        station,
        session,
        ev_schedule=value_json(event.schedule),
        ev_schedule_at=base,
        selected_schedule_id=event.selected_schedule_id,
        tolerance_accepted=event.tolerance_accepted,
        plan_refusals=refusals,
        **({"plan_wanted_at": arrival.received_at} if again else {}),
    )
    if too_much:
        batch.log(station, arrival, "session.ev_schedule_refused", ("session", session.uuid), times=refusals)
    if again:
        batch.owe(station, DUTY, due_at=arrival.received_at)
    return EvScheduleAnswer(not too_much)


def _promised(batch: Batch, station: StationState, session: Session) -> PromisedPower:
    """What the session was allowed, also by an answer of this very batch."""
    found = station.promised.get(session.key, PromisedPower(None))
    power = batch.writes.kept.get("session_power", {}).get(session.key, {})
    refusals = cast(int | None, power.get("plan_refusals"))
    for row in batch.writes.kept.get("charging_profile", {}).values():
        ours = row["station_key"] == station.key and row["purpose"] == ChargingProfilePurpose.TX_PROFILE.value
        if not ours or row["transaction_id"] != session.transaction_id:
            continue
        fresh = value_from_json(ChargingProfile, row["profile"])
        if found.profile is None or fresh.stack_level >= found.profile.stack_level:
            found = PromisedPower(fresh, found.refusals)
    return found if refusals is None else PromisedPower(found.profile, refusals)


DECISIONS: dict[type[StationEvent], Decision] = {
    ChargingNeedsNotified: needs_notified,
    EvScheduleNotified: ev_schedule_notified,
}
