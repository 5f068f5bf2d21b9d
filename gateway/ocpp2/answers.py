"""The core's answers as OCPP 2.0.1 and 2.1 responses."""

from app.domain.answer import (
    Acknowledged,
    Answer,
    BootAnswer,
    CertificateTokenAnswer,
    DataTransferAnswer,
    HeartbeatAnswer,
    TokenAnswer,
    TransactionAnswer,
)
from app.domain.station import Registration
from gateway.dialect import Payload, Render
from gateway.fields import utc_text
from gateway.ocpp2 import wire

REGISTRATIONS: dict[Registration, str] = {
    Registration.ACCEPTED: "Accepted",
    Registration.PENDING: "Pending",
    Registration.REJECTED: "Rejected",
}
# ISO 4217 currencies whose minor unit is not a hundredth.
MINOR_DIGITS: dict[str, int] = {
    currency: digits
    for digits, currencies in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        3: "BHD IQD JOD KWD LYD OMR TND",
    }.items()
    for currency in currencies.split()
}
_ID_TOKEN_LENGTH = 36


def _id_token_info(answer: TokenAnswer) -> Payload:
    info: dict[str, object] = {"status": answer.status.value}
    if answer.valid_until is not None:
        info["cacheExpiryDateTime"] = utc_text(answer.valid_until)
    # A longer group id would make the station refuse the whole response; without it only group stops are lost.
    if answer.group_id and len(answer.group_id) <= _ID_TOKEN_LENGTH:
        info["groupIdToken"] = {"idToken": answer.group_id, "type": "Central"}
    if answer.price is not None:
        info["personalMessage"] = {"format": "UTF8", "language": "en", "content": answer.price}
    return info


def total_cost(cost_minor: int, currency: str | None) -> float | int:
    """Minor units in the currency's own unit; the nearest double prints as the exact decimal for any real bill."""
    digits = MINOR_DIGITS.get((currency or "").upper(), 2)
    return cost_minor if digits == 0 else round(cost_minor / 10**digits, digits)


def _boot(answer: Answer) -> Payload:
    if not isinstance(answer, BootAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer BootNotification")
    return {
        "status": REGISTRATIONS[answer.registration],
        "currentTime": utc_text(answer.at),
        "interval": answer.interval_s,
    }


def certificate_status(answer: TokenAnswer) -> dict[str, object]:
    """What an Authorize answer adds for a contract certificate."""
    if not isinstance(answer, CertificateTokenAnswer) or answer.certificate_status is None:
        return {}
    return {"certificateStatus": answer.certificate_status}


def _heartbeat(answer: Answer) -> Payload:
    if not isinstance(answer, HeartbeatAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer Heartbeat")
    return {"currentTime": utc_text(answer.at)}


def _authorize(answer: Answer) -> Payload:
    if not isinstance(answer, TokenAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer Authorize")
    tariff = {} if answer.tariff is None else {"tariff": wire.payload(answer.tariff)}
    allowed = {"allowedEnergyTransfer": list(answer.allowed_transfer)} if answer.allowed_transfer else {}
    return {"idTokenInfo": _id_token_info(answer), **certificate_status(answer), **allowed, **tariff}


def _transaction(answer: Answer) -> Payload:
    payload: dict[str, object] = {}
    if isinstance(answer, TransactionAnswer):
        if answer.token is not None:
            payload["idTokenInfo"] = _id_token_info(answer.token)
        if answer.cost_minor is not None:
            payload["totalCost"] = total_cost(answer.cost_minor, answer.currency)
        if answer.limit is not None:
            payload["transactionLimit"] = wire.payload(answer.limit)
    return payload


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
    "TransactionEvent": _transaction,
    "MeterValues": _empty,
    "DataTransfer": _data_transfer,
}
