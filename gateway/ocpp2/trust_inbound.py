"""Certificates, security events, firmware and logs in OCPP 2.x, as facts; and their answers."""

from datetime import datetime

from app.domain.answer import (
    Acknowledged,
    Answer,
    ChainRevocationAnswer,
    Decided,
    EvCertificateAnswer,
    RevocationAnswer,
)
from app.domain.certificate import CertificateHashData, ChainEntry, HashAlgorithm, OcspRequest, SigningUse
from app.domain.event import StationEvent
from app.domain.trust_event import (
    ChainRevocationAsked,
    EvCertificateAsked,
    FirmwareStatusReported,
    LogStatusReported,
    RevocationAsked,
    SecurityEventReported,
    SigningAsked,
)
from gateway.dialect import Payload, Render, Translate
from gateway.fields import long_text, part, parts, text, utc_text, whole
from gateway.tolerance import Problems, parse_time

_LONG = 17_000  # EXI in base64; the longest text of the version


def _signing(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    use = text(payload, "certificateType")
    return SigningAsked(long_text(payload, "csr", _LONG) or "", signing_use(use, problems), whole(payload, "requestId"))


def signing_use(use: str | None, problems: Problems) -> SigningUse:
    try:
        return SigningUse(use or SigningUse.CHARGING_STATION)
    except ValueError:
        problems.note("certificateType is not readable, taken as ChargingStationCertificate")
        return SigningUse.CHARGING_STATION


def _ev_certificate(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    named = payload.get("prioritizedEMAIDs")
    return EvCertificateAsked(
        schema_version=text(payload, "iso15118SchemaVersion") or "",
        action=text(payload, "action") or "",
        exi_request=long_text(payload, "exiRequest", _LONG) or "",
        maximum_contracts=whole(payload, "maximumContractCertificateChains"),
        prioritized_emaids=tuple(str(name) for name in named[:8]) if isinstance(named, list) else (),
    )


def hash_data(payload: Payload) -> CertificateHashData:
    return CertificateHashData(
        HashAlgorithm(text(payload, "hashAlgorithm") or "SHA256"),
        text(payload, "issuerNameHash") or "",
        text(payload, "issuerKeyHash") or "",
        text(payload, "serialNumber") or "",
    )


def ocsp_request(payload: Payload) -> OcspRequest:
    return OcspRequest(hash_data(payload), long_text(payload, "responderURL", 2_000) or "")


def _revocation(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return RevocationAsked(ocsp_request(part(payload, "ocspRequestData")))


def _chain_revocation(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    entries = []
    for entry in parts(payload, "certificateStatusRequests")[:4]:
        urls = entry.get("urls")
        url = str(urls[0]) if isinstance(urls, list) and urls else ""
        request = OcspRequest(hash_data(part(entry, "certificateHashData")), url[:2_000])
        entries.append(ChainEntry(request, text(entry, "source") or ""))
    return ChainRevocationAsked(tuple(entries))


def _security_event(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    at = parse_time(text(payload, "timestamp"), problems)
    return SecurityEventReported(text(payload, "type") or "", at, text(payload, "techInfo"))


def _firmware_status(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return FirmwareStatusReported(text(payload, "status") or "", whole(payload, "requestId"))


def _publish_status(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    urls = payload.get("location")
    return FirmwareStatusReported(
        text(payload, "status") or "",
        whole(payload, "requestId"),
        publishing=True,
        locations=tuple(str(url)[:2_000] for url in urls[:10]) if isinstance(urls, list) else (),
    )


def _log_status(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return LogStatusReported(text(payload, "status") or "", whole(payload, "requestId"))


INBOUND: dict[str, Translate] = {
    "SignCertificate": _signing,
    "Get15118EVCertificate": _ev_certificate,
    "GetCertificateStatus": _revocation,
    "GetCertificateChainStatus": _chain_revocation,
    "SecurityEventNotification": _security_event,
    "FirmwareStatusNotification": _firmware_status,
    "PublishFirmwareStatusNotification": _publish_status,
    "LogStatusNotification": _log_status,
}


def _reason(answer: Decided) -> dict[str, object]:
    """A refusal says why; a reason code has at most 20 characters."""
    if answer.accepted or answer.reason is None:
        return {}
    return {"statusInfo": {"reasonCode": "Refused", "additionalInfo": answer.reason[:512]}}


def _signing_answer(answer: Answer) -> Payload:
    if not isinstance(answer, Decided):
        raise TypeError(f"{type(answer).__name__} does not answer SignCertificate")
    return {"status": "Accepted" if answer.accepted else "Rejected", **_reason(answer)}


def _ev_certificate_answer(answer: Answer) -> Payload:
    if not isinstance(answer, EvCertificateAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer Get15118EVCertificate")
    payload: dict[str, object] = {
        "status": "Failed" if answer.exi_response is None else "Accepted",
        "exiResponse": answer.exi_response or "",
    }
    if answer.remaining_contracts is not None:
        payload["remainingContracts"] = answer.remaining_contracts
    return payload


def _revocation_answer(answer: Answer) -> Payload:
    if not isinstance(answer, RevocationAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer GetCertificateStatus")
    if answer.ocsp_result is None:
        return {"status": "Failed"}
    return {"status": "Accepted", "ocspResult": answer.ocsp_result}


def _chain_answer(answer: Answer) -> Payload:
    if not isinstance(answer, ChainRevocationAnswer):
        raise TypeError(f"{type(answer).__name__} does not answer GetCertificateChainStatus")
    return {
        "certificateStatus": [
            {
                "certificateHashData": {
                    "hashAlgorithm": entry.request.hash_data.hash_algorithm.value,
                    "issuerNameHash": entry.request.hash_data.issuer_name_hash,
                    "issuerKeyHash": entry.request.hash_data.issuer_key_hash,
                    "serialNumber": entry.request.hash_data.serial_number,
                },
                "source": entry.source,
                "status": entry.revocation.value,
                "nextUpdate": utc_text(entry.next_update or answer.at),
            }
            for entry in answer.entries
        ]
    }


def _empty(answer: Answer) -> Payload:
    if not isinstance(answer, Acknowledged):
        raise TypeError(f"{type(answer).__name__} says more than an acknowledgement")
    return {}


ANSWERS: dict[str, Render] = {
    "SignCertificate": _signing_answer,
    "Get15118EVCertificate": _ev_certificate_answer,
    "GetCertificateStatus": _revocation_answer,
    "GetCertificateChainStatus": _chain_answer,
    **dict.fromkeys(
        (
            "SecurityEventNotification",
            "FirmwareStatusNotification",
            "PublishFirmwareStatusNotification",
            "LogStatusNotification",
        ),
        _empty,
    ),
}
