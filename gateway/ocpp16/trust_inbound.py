"""Firmware, diagnostics and the security extension in OCPP 1.6, as facts; and their answers."""

from datetime import datetime

from app.domain.answer import Acknowledged, Answer, Decided
from app.domain.certificate import SigningUse
from app.domain.event import StationEvent
from app.domain.trust_event import FirmwareStatusReported, LogStatusReported, SecurityEventReported, SigningAsked
from gateway.dialect import Payload, Render, Translate
from gateway.fields import long_text, text, whole
from gateway.tolerance import Problems, parse_time

_CSR_LENGTH = 5_500


def _signing(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return SigningAsked(long_text(payload, "csr", _CSR_LENGTH) or "", SigningUse.CHARGING_STATION)


def _security_event(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    at = parse_time(text(payload, "timestamp"), problems)
    return SecurityEventReported(text(payload, "type") or "", at, text(payload, "techInfo"))


def _firmware_status(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return FirmwareStatusReported(text(payload, "status") or "", whole(payload, "requestId"))


def _log_status(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return LogStatusReported(text(payload, "status") or "", whole(payload, "requestId"))


INBOUND: dict[str, Translate] = {
    "SignCertificate": _signing,
    "SecurityEventNotification": _security_event,
    "FirmwareStatusNotification": _firmware_status,
    "SignedFirmwareStatusNotification": _firmware_status,
    "LogStatusNotification": _log_status,
    "DiagnosticsStatusNotification": _log_status,
}


def _signing_answer(answer: Answer) -> Payload:
    if not isinstance(answer, Decided):
        raise TypeError(f"{type(answer).__name__} does not answer SignCertificate")
    return {"status": "Accepted" if answer.accepted else "Rejected"}


def _empty(answer: Answer) -> Payload:
    if not isinstance(answer, Acknowledged):
        raise TypeError(f"{type(answer).__name__} says more than an acknowledgement")
    return {}


ANSWERS: dict[str, Render] = {
    **dict.fromkeys(INBOUND, _empty),
    "SignCertificate": _signing_answer,
}
