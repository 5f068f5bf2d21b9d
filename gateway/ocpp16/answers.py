"""The core's answers as OCPP 1.6 responses."""

from app.domain.answer import (
    Acknowledged,
    Answer,
    BootAnswer,
    DataTransferAnswer,
    HeartbeatAnswer,
    TokenAnswer,
    TransactionAnswer,
)
from app.domain.station import Registration
from app.domain.token import AuthorisationStatus
from gateway.dialect import Payload, Render
from gateway.fields import utc_text

# 1.6 §7.2 knows no Unknown and no NoCredit: a card nobody issued is Invalid to it, one without credit Blocked.
STATUSES: dict[AuthorisationStatus, str] = {
    AuthorisationStatus.ACCEPTED: "Accepted",
    AuthorisationStatus.BLOCKED: "Blocked",
    AuthorisationStatus.CONCURRENT_TX: "ConcurrentTx",
    AuthorisationStatus.EXPIRED: "Expired",
    AuthorisationStatus.INVALID: "Invalid",
    AuthorisationStatus.NO_CREDIT: "Blocked",
    AuthorisationStatus.UNKNOWN: "Invalid",
}
REGISTRATIONS: dict[Registration, str] = {
    Registration.ACCEPTED: "Accepted",
    Registration.PENDING: "Pending",
    Registration.REJECTED: "Rejected",
}
_ID_TOKEN_LENGTH = 20
_NOBODY = TokenAnswer(AuthorisationStatus.INVALID)


def _id_tag_info(answer: TokenAnswer) -> Payload:
    info: dict[str, object] = {"status": STATUSES[answer.status]}
    # A longer group id would make the charger refuse the whole response; without it only group stops are lost.
    if answer.group_id and len(answer.group_id) <= _ID_TOKEN_LENGTH:
        info["parentIdTag"] = answer.group_id
    if answer.valid_until is not None:
        info["expiryDate"] = utc_text(answer.valid_until)
    return info


def _boot(answer: Answer) -> Payload:
    if not isinstance(answer, BootAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer BootNotification")
    return {
        "status": REGISTRATIONS[answer.registration],
        "currentTime": utc_text(answer.at),
        "interval": answer.interval_s,
    }


def _heartbeat(answer: Answer) -> Payload:
    if not isinstance(answer, HeartbeatAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer Heartbeat")
    return {"currentTime": utc_text(answer.at)}


def _authorize(answer: Answer) -> Payload:
    if not isinstance(answer, TokenAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer Authorize")
    return {"idTagInfo": _id_tag_info(answer)}


def _start(answer: Answer) -> Payload:
    """Raises ValueError for a transaction id that is no number: 1.6 knows only integers."""
    if not isinstance(answer, TransactionAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer StartTransaction")
    return {"transactionId": int(answer.transaction_id), "idTagInfo": _id_tag_info(answer.token or _NOBODY)}


def _stop(answer: Answer) -> Payload:
    if isinstance(answer, TransactionAnswer) and answer.token is not None:
        return {"idTagInfo": _id_tag_info(answer.token)}
    return {}


def _empty(_answer: Answer) -> Payload:
    return {}


def _data_transfer(answer: Answer) -> Payload:
    if isinstance(answer, Acknowledged):
        return {"status": "Accepted"}
    if not isinstance(answer, DataTransferAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer DataTransfer")
    return {"status": answer.status}


ANSWERS: dict[str, Render] = {
    "BootNotification": _boot,
    "Heartbeat": _heartbeat,
    "StatusNotification": _empty,
    "Authorize": _authorize,
    "StartTransaction": _start,
    "StopTransaction": _stop,
    "MeterValues": _empty,
    "DataTransfer": _data_transfer,
}
