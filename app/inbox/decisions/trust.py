"""Certificates, security events, firmware and logs."""

from datetime import datetime
from typing import cast

import orjson

from app.domain.answer import (
    Acknowledged,
    Answer,
    ChainRevocationAnswer,
    Decided,
    EvCertificateAnswer,
    RevocationAnswer,
)
from app.domain.certificate import ChainEntry
from app.domain.event import Arrival
from app.domain.request.certificate import CertificateSigned, DeleteCertificate, GetInstalledCertificateIds
from app.domain.request.firmware import PublishFirmware, UpdateFirmware
from app.domain.request.log import GetDiagnostics, GetLog
from app.domain.request.password import RotatePassword
from app.domain.station_state import CommandState, StationState
from app.domain.trust_event import (
    ChainRevocationAsked,
    EvCertificateAsked,
    FirmwareStatusReported,
    LogStatusReported,
    RevocationAsked,
    SecurityEventReported,
    SigningAsked,
)
from app.inbox.batch import Batch, occurred_at
from app.inbox.decisions.effect import give_up, observe_for_request

# 2.0.1 part 2 appendix 1 and 1.6 security §5: these are critical by the specification.
CRITICAL_EVENTS = frozenset(
    {
        "FirmwareUpdated",
        "SettingSystemTime",
        "StartupOfTheDevice",
        "ResetOrReboot",
        "SecurityLogWasCleared",
        "MemoryExhaustion",
        "TamperDetectionActivated",
        "InvalidFirmwareSignature",
        "InvalidFirmwareSigningCertificate",
        "InvalidCsmsCertificate",
        "InvalidCentralSystemCertificate",
        "InvalidChargingStationCertificate",
        "InvalidChargePointCertificate",
        "InvalidTLSVersion",
        "InvalidTLSCipherSuite",
        "MaintenanceLoginAccepted",
        "MaintenanceLoginFailed",
    }
)
_INSTALLED, _FAILED = (
    frozenset({"Installed", "Published"}),
    frozenset(
        {
            "DownloadFailed",
            "InstallationFailed",
            "InstallVerificationFailed",
            "InvalidChecksum",
            "InvalidSignature",
            "PublishFailed",
        }
    ),
)
_UPLOADED, _NOT_UPLOADED = (
    frozenset({"Uploaded"}),
    frozenset({"UploadFailed", "UploadFailure", "BadMessage", "PermissionDenied", "NotSupportedOperation"}),
)
_HELD_MAX = 200  # certificates of one report


def signing_asked(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """SignCertificate: accepted when it can be signed at all; a duty signs it and sends the certificate."""
    event = cast(SigningAsked, arrival.event)
    batch.journal(arrival)
    uuid = batch.new_id()
    batch.keep(
        "certificate_signing",
        uuid,
        {
            "id": uuid,
            "operator_key": station.operator_key,
            "station_key": station.key,
            "use": event.use,
            "request_id": event.request_id,
            "csr": event.csr,
            "state": "ASKED" if event.complaint is None else "REFUSED",
            "reason": event.complaint,
            "asked_at": arrival.received_at,
        },
    )
    batch.touch(station)
    if event.complaint is not None:
        return Decided(False, event.complaint)
    batch.owe(station, "SIGN_CERTIFICATE", due_at=arrival.received_at)
    return Decided(True)


def ev_certificate_asked(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """Get15118EVCertificate: what the provisioning service said is passed on."""
    event = cast(EvCertificateAsked, arrival.event)
    batch.journal(arrival)
    outcome = "answered" if event.exi_response is not None else (event.failure or "nobody could answer")
    batch.log(
        station, arrival, "station.ev_certificate", ("station", station.uuid), action=event.action, outcome=outcome
    )
    # Only OCPP 2.1 asks for several contracts, and only it can be told how many remain.
    remaining = None if event.maximum_contracts is None else event.remaining_contracts
    return EvCertificateAnswer(event.exi_response, remaining)


def revocation_asked(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """GetCertificateStatus: the responder's own answer is passed on, signed as it is."""
    event = cast(RevocationAsked, arrival.event)
    batch.journal(arrival)
    if event.failure is not None:
        batch.log(station, arrival, "station.revocation_unknown", ("station", station.uuid), reason=event.failure)
    return RevocationAnswer(event.ocsp_result)


def chain_revocation_asked(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """GetCertificateChainStatus (2.1): each certificate's own finding."""
    event = cast(ChainRevocationAsked, arrival.event)
    batch.journal(arrival)
    entries: tuple[ChainEntry, ...] = event.entries
    return ChainRevocationAnswer(entries, arrival.received_at)


def security_event(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """SecurityEventNotification: kept for years, critical ones by the specification's own list."""
    event = cast(SecurityEventReported, arrival.event)
    batch.journal(arrival)
    uuid = batch.new_id()
    critical = event.kind in CRITICAL_EVENTS
    batch.keep(
        "security_event",
        uuid,
        {
            "id": uuid,
            "operator_key": station.operator_key,
            "location_key": station.location_key,
            "station_key": station.key,
            "kind": event.kind,
            "critical": critical,
            "tech_info": event.tech_info,
            "occurred_at": occurred_at(arrival),
            "received_at": arrival.received_at,
        },
    )
    batch.log(station, arrival, "station.security_event", ("station", station.uuid), name=event.kind, critical=critical)
    batch.touch(station)
    return Acknowledged()


def firmware_status(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """FirmwareStatusNotification in its three forms. Idle only says that nothing is under way."""
    event = cast(FirmwareStatusReported, arrival.event)
    batch.journal(arrival)
    if event.status == "Idle":
        return Acknowledged()
    _firmware(
        batch, station, arrival.received_at, event.status, event.request_id, event.publishing, None, event.locations
    )
    batch.log(station, arrival, "station.firmware", ("station", station.uuid), status=event.status)
    names = (PublishFirmware.__name__,) if event.publishing else (UpdateFirmware.__name__,)
    if event.status in _INSTALLED or event.status in _FAILED:
        observe_for_request(batch, station, names, event.request_id, seen=event.status in _INSTALLED)
    return Acknowledged()


def _firmware(
    batch: Batch,
    station: StationState,
    at: datetime,
    status: str,
    request_id: int | None,
    publishing: bool,
    location: str | None,
    urls: tuple[str, ...] = (),
) -> None:
    number = request_id or 0
    batch.keep(
        "firmware_update",
        (station.key, publishing, number),
        {
            "id": batch.new_id(),
            "operator_key": station.operator_key,
            "station_key": station.key,
            "request_id": number,
            "publishing": publishing,
            "location": location,
            "status": status,
            "status_at": at,
            "published_at_urls": list(urls),
        },
    )
    batch.touch(station)


def log_status(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """LogStatusNotification and 1.6 DiagnosticsStatusNotification."""
    event = cast(LogStatusReported, arrival.event)
    batch.journal(arrival)
    if event.status == "Idle":
        return Acknowledged()
    batch.keep(
        "station_log",
        (station.key, event.request_id),
        {
            "station_key": station.key,
            "request_id": event.request_id,
            "status": event.status,
            "status_at": arrival.received_at,
        },
    )
    batch.log(station, arrival, "station.log", ("station", station.uuid), status=event.status)
    batch.touch(station)
    if event.status in _UPLOADED or event.status in _NOT_UPLOADED:
        names = (GetLog.__name__, GetDiagnostics.__name__)
        observe_for_request(batch, station, names, event.request_id, seen=event.status in _UPLOADED)
    return Acknowledged()


# -- what follows from answers ----------------------------------------------------------------------------------------


def firmware_answered(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """An accepted update is under way from now on."""
    body = command.body
    if not command.answer_accepted or not isinstance(body, UpdateFirmware | PublishFirmware):
        return
    publishing = isinstance(body, PublishFirmware)
    location = body.location if isinstance(body, PublishFirmware) else body.firmware.location
    # 1.6's plain action carries no number, so its notifications name none either.
    nameless = arrival.action == "UpdateFirmware" and arrival.version.value == "ocpp1.6"
    _firmware(
        batch, station, arrival.received_at, "Accepted", None if nameless else body.request_id, publishing, location
    )


def log_answered(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """An accepted log is known from now on, also when it goes to somebody else's address."""
    body = command.body
    if not command.answer_accepted or not isinstance(body, GetLog | GetDiagnostics):
        return
    number = body.request_id if isinstance(body, GetLog) else 0
    kind = body.log_type.value if isinstance(body, GetLog) else "DiagnosticsLog"
    batch.keep(
        "station_log_asked",
        (station.key, number),
        {
            "id": batch.new_id(),
            "operator_key": station.operator_key,
            "station_key": station.key,
            "request_id": number,
            "kind": kind,
            "asked_at": arrival.received_at,
        },
    )


def certificates_reported(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """GetInstalledCertificateIds: what the station holds now, by its own word; NotFound means nothing of that use."""
    body = command.body
    if not isinstance(body, GetInstalledCertificateIds) or command.answer_status not in ("Accepted", "NotFound"):
        return
    held = _held(orjson.loads(command.answer_raw or "{}"), [use.value for use in body.certificate_type])
    batch.keep(
        "certificates_reported",
        (station.key, body.certificate_type),
        {
            "operator_key": station.operator_key,
            "station_key": station.key,
            "uses": [use.value for use in body.certificate_type] or None,
            "since": arrival.received_at,
            "held": held[:_HELD_MAX],
        },
    )
    batch.touch(station)


def _held(payload: dict[str, object], uses: list[str]) -> list[dict[str, object]]:
    """2.x lists chains by use, 1.6 bare names of the one use it was asked about."""
    chains = payload.get("certificateHashDataChain")
    if isinstance(chains, list):
        named = [(entry.get("certificateType"), entry.get("certificateHashData")) for entry in chains]
    else:
        bare = payload.get("certificateHashData")
        named = [(uses[0], name) for name in bare] if isinstance(bare, list) and uses else []
    return [
        {
            "use": use,
            "serial_number": str(name.get("serialNumber", ""))[:40],
            "issuer_key_hash": str(name.get("issuerKeyHash", ""))[:128],
            "issuer_name_hash": str(name.get("issuerNameHash", ""))[:128],
            "hash_algorithm": name.get("hashAlgorithm"),
        }
        for use, name in named
        if isinstance(name, dict)
    ]


def certificate_deleted(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """Gone, or never there: either way the station does not hold it."""
    body = command.body
    if not isinstance(body, DeleteCertificate) or command.answer_status not in ("Accepted", "NotFound"):
        return
    name = body.certificate_hash_data
    batch.keep(
        "certificate_deleted",
        (station.key, name.serial_number, name.issuer_key_hash),
        {
            "station_key": station.key,
            "serial_number": name.serial_number,
            "issuer_key_hash": name.issuer_key_hash,
        },
    )
    batch.touch(station)


def certificate_sent(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """CertificateSigned: the station has installed it, or says no."""
    if not isinstance(command.body, CertificateSigned):
        return
    accepted = bool(command.answer_accepted)
    batch.keep(
        "certificate_signing_ended",
        station.key,
        {
            "station_key": station.key,
            "state": "INSTALLED" if accepted else "REFUSED",
            "reason": None if accepted else f"The station said {command.answer_status}.",
            "ended_at": arrival.received_at,
        },
    )
    batch.touch(station)
    if not accepted:
        give_up(batch, station, command)


def password_answered(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """A station that refused keeps its old password; one that agreed comes back with the new one."""
    if not isinstance(command.body, RotatePassword) or command.answer_accepted:
        return
    batch.keep("credential_next", station.key, {"station_key": station.key, "salt": None, "digest": None})
