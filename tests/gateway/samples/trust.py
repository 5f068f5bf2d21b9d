"""Requests about certificates, firmware and logs."""

from datetime import UTC, datetime

from app.domain.certificate import (
    CertificateHashData,
    HashAlgorithm,
    InstallCertificateUse,
    InstalledCertificateUse,
    SigningUse,
)
from app.domain.request import StationRequest
from app.domain.request.certificate import (
    CertificateSigned,
    DeleteCertificate,
    GetInstalledCertificateIds,
    InstallCertificate,
)
from app.domain.request.firmware import Firmware, PublishFirmware, UnpublishFirmware, UpdateFirmware
from app.domain.request.log import GetDiagnostics, GetLog, LogParameters, LogType
from app.domain.request.password import RotatePassword

_AT = datetime(2027, 1, 1, tzinfo=UTC)
_NAME = CertificateHashData(HashAlgorithm.SHA256, "a" * 64, "b" * 64, "1f")
SAMPLES: list[StationRequest] = [
    InstallCertificate(InstallCertificateUse.CSMS_ROOT, "-----BEGIN CERTIFICATE-----"),
    DeleteCertificate(_NAME),
    GetInstalledCertificateIds((InstalledCertificateUse.CSMS_ROOT,)),
    CertificateSigned("-----BEGIN CERTIFICATE-----", SigningUse.CHARGING_STATION),
    UpdateFirmware(7, Firmware("https://example.com/f.bin", _AT), 3, 60),
    UpdateFirmware(8, Firmware("https://example.com/f.bin", _AT, _AT, "-----BEGIN CERTIFICATE-----", "c2ln")),
    PublishFirmware("https://example.com/f.bin", "0" * 32, 9, 3, 60),
    UnpublishFirmware("0" * 32),
    RotatePassword("a-password-of-20-let"),
    GetLog(LogType.SECURITY, 10, LogParameters("https://example.com/up", _AT, _AT), 3, 60),
    GetDiagnostics("https://example.com/up", _AT, _AT, 3, 60),
]
