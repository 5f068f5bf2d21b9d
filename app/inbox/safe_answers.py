"""What a station hears when its event is in quarantine: something true that lets it go on, by kind of event.

Refusing to answer would make a charger throw a billing record away; the record is kept whole for a person.
"""

from collections.abc import Callable

from app.domain import device_event, event
from app.domain.answer import (
    Acknowledged,
    Answer,
    BootAnswer,
    DataTransferAnswer,
    HeartbeatAnswer,
    Superseded,
    TokenAnswer,
    TransactionAnswer,
    Withhold,
)
from app.domain.event import Arrival, TransactionReported
from app.domain.station import Registration
from app.domain.token import AuthorisationStatus


def _transaction(arrival: Arrival, number: int) -> Answer:
    reported = arrival.event
    assert isinstance(reported, TransactionReported)
    verdict = None if reported.token is None else TokenAnswer(AuthorisationStatus.INVALID)
    return TransactionAnswer(reported.transaction_id or str(number), verdict)


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
    device_event.VariablesReported: lambda arrival, number: Acknowledged(),
    device_event.MonitorsReported: lambda arrival, number: Acknowledged(),
    device_event.CustomerInformationReported: lambda arrival, number: Acknowledged(),
    device_event.DisplayMessagesReported: lambda arrival, number: Acknowledged(),
    device_event.EventStreamOpened: lambda arrival, number: Acknowledged(),
    device_event.EventStreamClosed: lambda arrival, number: Acknowledged(),
    device_event.EventStreamSent: lambda arrival, number: Acknowledged(),
    device_event.ResultRefused: lambda arrival, number: Acknowledged(),
}
