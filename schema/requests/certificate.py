"""Certificates on stations."""

from app.domain.request.certificate import (
    CertificateSigned,
    DeleteCertificate,
    GetInstalledCertificateIds,
    InstallCertificate,
)
from schema.requests.face import Face

FACES = (
    Face("certificateInstall", InstallCertificate, "Gives a station a root certificate to trust."),
    Face("certificateDelete", DeleteCertificate, "Makes a station forget a certificate."),
    Face("certificatesReport", GetInstalledCertificateIds, "Asks which certificates a station holds."),
    Face("certificateSend", CertificateSigned, "Sends a station a certificate signed elsewhere."),
)
