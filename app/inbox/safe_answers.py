"""What a station hears when its event is in quarantine: something true that lets it go on, by kind of event.

Refusing to answer would make a charger throw a billing record away; the record is kept whole for a person.
"""

from collections.abc import Callable

from app.domain import device_event, event, trust_event
from app.domain.answer import (
    Acknowledged,
    Answer,
    BootAnswer,
    ChainRevocationAnswer,
    DataTransferAnswer,
    Decided,
    EvCertificateAnswer,
    HeartbeatAnswer,
    RevocationAnswer,
    Superseded,
    TokenAnswer,
    TransactionAnswer,
    Withhold,
)
from app.domain.event import Arrival, TransactionReported
from app.domain.station import Registration
from app.domain.token import AuthorisationStatus
from app.domain.trust_event import ChainRevocationAsked
from app.inbox import power_answers


def _transaction(arrival: Arrival, number: int) -> Answer:
    reported = arrival.event
    assert isinstance(reported, TransactionReported)
    verdict = None if reported.token is None else TokenAnswer(AuthorisationStatus.INVALID)
    return TransactionAnswer(reported.transaction_id or str(number), verdict)


def _chain(arrival: Arrival, number: int) -> Answer:
    asked = arrival.event
    assert isinstance(asked, ChainRevocationAsked)
    return ChainRevocationAnswer(asked.entries, arrival.received_at)


# The number is a fresh transaction number, for the one answer that must name one (1.6 StartTransaction).
SAFE_ANSWERS: dict[type[event.StationEvent], Callable[[Arrival, int], Answer]] = {
    event.Connected: lambda arrival, number: Superseded(),
    event.Disconnected: lambda arrival, number: Acknowledged(),
    event.Booted: lambda arrival, number: BootAnswer(Registration.PENDING, arrival.received_at, 60),
    event.HeartbeatSent: lambda arrival, number: HeartbeatAnswer(arrival.received_at),
    event.StatusReported: lambda arrival, number: Acknowledged(),
    event.TokenPresented: lambda arrival, number: TokenAnswer(AuthorisationStatus.INVALID),
    event.TransactionReported: _transaction,
    event.MeterReported: lambda arrival, number: Acknowledged(),
    event.EventsNotified: lambda arrival, number: Acknowledged(),
    event.DataTransferred: lambda arrival, number: DataTransferAnswer("Rejected"),
    event.CommandSending: lambda arrival, number: Withhold(),
    event.CommandAnswered: lambda arrival, number: Acknowledged(),
    event.CommandFailed: lambda arrival, number: Acknowledged(),
    trust_event.SigningAsked: lambda arrival, number: Decided(False, "This request is under review."),
    trust_event.EvCertificateAsked: lambda arrival, number: EvCertificateAnswer(None),
    trust_event.RevocationAsked: lambda arrival, number: RevocationAnswer(None),
    trust_event.ChainRevocationAsked: _chain,
    trust_event.ContractPresented: lambda arrival, number: TokenAnswer(AuthorisationStatus.INVALID),
    trust_event.SecurityEventReported: lambda arrival, number: Acknowledged(),
    trust_event.FirmwareStatusReported: lambda arrival, number: Acknowledged(),
    trust_event.LogStatusReported: lambda arrival, number: Acknowledged(),
    device_event.VariablesReported: lambda arrival, number: Acknowledged(),
    device_event.MonitorsReported: lambda arrival, number: Acknowledged(),
    device_event.CustomerInformationReported: lambda arrival, number: Acknowledged(),
    device_event.DisplayMessagesReported: lambda arrival, number: Acknowledged(),
    device_event.EventStreamOpened: lambda arrival, number: Acknowledged(),
    device_event.EventStreamClosed: lambda arrival, number: Acknowledged(),
    device_event.EventStreamSent: lambda arrival, number: Acknowledged(),
    device_event.ResultRefused: lambda arrival, number: Acknowledged(),
    **power_answers.SAFE_ANSWERS,
}
