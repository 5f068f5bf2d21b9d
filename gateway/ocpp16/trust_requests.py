"""Certificates, firmware and logs as OCPP 1.6 requests (§5.9, §5.19 and the security extension)."""

from datetime import datetime

from app.domain.certificate import InstallCertificateUse, InstalledCertificateUse
from app.domain.request.certificate import (
    CertificateSigned,
    DeleteCertificate,
    GetInstalledCertificateIds,
    InstallCertificate,
)
from app.domain.request.firmware import UpdateFirmware
from app.domain.request.log import GetDiagnostics, GetLog, LogType
from app.domain.request.password import RotatePassword
from gateway.dialect import Inexpressible, Payload
from gateway.fields import utc_text
from gateway.ocpp2 import wire
from gateway.ocpp16.commands import expand

_KEY_BYTES = 20
_INSTALLED = {
    InstallCertificateUse.CSMS_ROOT: "CentralSystemRootCertificate",
    InstallCertificateUse.MANUFACTURER_ROOT: "ManufacturerRootCertificate",
}
_REPORTED = {
    InstalledCertificateUse.CSMS_ROOT: "CentralSystemRootCertificate",
    InstalledCertificateUse.MANUFACTURER_ROOT: "ManufacturerRootCertificate",
}
_LOGS = frozenset({LogType.DIAGNOSTICS, LogType.SECURITY})


def _present(**fields: object) -> Payload:
    return {name: value for name, value in fields.items() if value is not None}


def _moment(at: datetime | None) -> str | None:
    return None if at is None else utc_text(at)


@expand.register
def _password(body: RotatePassword) -> tuple[str, Payload]:
    """The key is written in hexadecimal, 20 bytes at most (security white paper, AuthorizationKey)."""
    if len(body.password) > _KEY_BYTES:
        raise Inexpressible(f"OCPP 1.6 takes passwords of at most {_KEY_BYTES} characters")
    return "ChangeConfiguration", {"key": "AuthorizationKey", "value": body.password.encode().hex()}


@expand.register
def _install(body: InstallCertificate) -> tuple[str, Payload]:
    use = _INSTALLED.get(body.certificate_type)
    if use is None:
        raise Inexpressible("OCPP 1.6 installs CSMS and manufacturer roots only")
    return "InstallCertificate", {"certificateType": use, "certificate": body.certificate}


@expand.register
def _delete(body: DeleteCertificate) -> tuple[str, Payload]:
    return "DeleteCertificate", wire.payload(body)


@expand.register
def _installed(body: GetInstalledCertificateIds) -> tuple[str, Payload]:
    uses = [_REPORTED.get(use) for use in body.certificate_type]
    if len(uses) != 1 or uses[0] is None:
        raise Inexpressible("OCPP 1.6 is asked about exactly one of CSMS and manufacturer roots")
    return "GetInstalledCertificateIds", {"certificateType": uses[0]}


@expand.register
def _signed(body: CertificateSigned) -> tuple[str, Payload]:
    return "CertificateSigned", {"certificateChain": body.certificate_chain}


@expand.register
def _firmware(body: UpdateFirmware) -> tuple[str, Payload]:
    """A signed firmware goes by the security extension's action, an unsigned one by the core's."""
    if body.firmware.signing_certificate is not None:
        return "SignedUpdateFirmware", wire.payload(body)
    return "UpdateFirmware", _present(
        location=body.firmware.location,
        retrieveDate=utc_text(body.firmware.retrieve_date_time),
        retries=body.retries,
        retryInterval=body.retry_interval,
    )


@expand.register
def _log(body: GetLog) -> tuple[str, Payload]:
    if body.log_type not in _LOGS:
        raise Inexpressible("OCPP 1.6 knows diagnostics and security logs only")
    return "GetLog", wire.payload(body)


@expand.register
def _diagnostics(body: GetDiagnostics) -> tuple[str, Payload]:
    return "GetDiagnostics", _present(
        location=body.location,
        startTime=_moment(body.start_time),
        stopTime=_moment(body.stop_time),
        retries=body.retries,
        retryInterval=body.retry_interval,
    )
