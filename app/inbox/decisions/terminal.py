"""What terminals at stations took (2.1 C19 to C22): kept with its session, answered with where its receipt will be."""

from dataclasses import replace
from decimal import Decimal
from typing import cast

from app.domain.answer import Answer
from app.domain.event import Arrival, StationEvent
from app.domain.postal import PaymentStatus
from app.domain.power_answer import SettlementAnswer
from app.domain.power_event import SettlementNotified
from app.domain.session import evolve
from app.domain.station_state import StationState
from app.domain.terminal import TakingProblem, Till, owes_receipt, settlement_id, taking
from app.inbox.batch import Batch, Decision, occurred_at
from app.store.values import value_json


def settlement_notified(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    event = cast(SettlementNotified, arrival.event)
    transaction = event.transaction_id or None
    till = station.tills.get((event.psp_ref, transaction or "")) or Till("")
    session = next(
        (one for one in station.sessions.values() if transaction is not None and one.transaction_id == transaction),
        None,
    )
    said = taking(
        event.amount, till, known=session is not None, session_currency=None if session is None else session.currency
    )
    settled = event.status is PaymentStatus.SETTLED
    contradicting = Decimal(event.amount) if settled and till.settled not in (None, Decimal(event.amount)) else None
    if contradicting is not None:
        said = replace(said, problem=TakingProblem.CONTRADICTS)
    uuid = settlement_id(station.uuid, event.psp_ref, transaction, contradicting)
    found: dict[str, object] = {
        "operator_key": station.operator_key,
        "station_key": station.key,
        "id": uuid,
        "psp_ref": event.psp_ref,
        "status": event.status,
        "amount": event.amount,
        "transaction_id": transaction,
        "info": event.info,
        "receipt_id": event.receipt_id,
        "receipt_url": event.receipt_url,
        "vat_company": value_json(event.vat_company),
        "vat_number": event.vat_number,
        "settled_at": occurred_at(arrival),
        "session_key": None if session is None else session.key,
        "currency": said.currency or None,
        "amount_minor": said.amount_minor,
        # A payment that was cancelled before a transaction has none, and took nothing that one would explain.
        "problem": said.problem if settled else None,
    }
    if settled or till.settled is None:
        batch.keep("settlement", uuid, found)
    if settled and said.amount_minor is not None and till.settled is None:
        station.tills[event.psp_ref, transaction or ""] = replace(till, settled=Decimal(event.amount))
    batch.journal(arrival, session_key=None if session is None else session.key)
    batch.touch(station)
    if session is not None:
        batch.save_session(station, evolve(session, version=session.version + 1))
    batch.log(
        station, arrival, "settlement.notified", ("station", station.uuid), pspRef=event.psp_ref, status=event.status,
        amount=event.amount, problem=found["problem"],
    )  # fmt: skip
    made = event.receipt_url is not None or event.receipt_id is not None
    if batch.receipt_url is None or not owes_receipt(event.status, said, transaction, made=made):
        return SettlementAnswer()
    return SettlementAnswer(batch.receipt_url(uuid), till.receipt)


DECISIONS: dict[type[StationEvent], Decision] = {SettlementNotified: settlement_notified}
