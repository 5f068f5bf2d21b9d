"""The TLS of the chargers' port: security profiles 2 and 3 (2.0.1 A00, 1.6 security white paper §3)."""

import ssl
from pathlib import Path

from app.main.settings import Settings

# 2.0.1 A00.FR.318 and A00.FR.421: these four suites must be there,
# two of them without forward secrecy, because such chargers are in the field.
_CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:AES128-GCM-SHA256:AES256-GCM-SHA384"
)


class BadCertificate(Exception):
    """A certificate or key of the settings cannot be used; the message names it."""


def charger_tls(settings: Settings, *, own_root_pem: str) -> ssl.SSLContext | None:
    """None without a certificate. A client certificate is asked for and verified; who must show one is judged later."""
    if settings.tls_certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    for certificate, key in settings.served_certificates:
        load(context, certificate, key)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(cadata=own_root_pem)
    if settings.tls_client_authority is not None:
        try:
            context.load_verify_locations(settings.tls_client_authority)
        except (OSError, ssl.SSLError) as error:
            raise BadCertificate(f"{settings.tls_client_authority}: {error}. Give PEM certificates.") from error
    return context


def load(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    """Raises `BadCertificate`."""
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        named = certificate if key is None else f"{certificate} with {key}"
        raise BadCertificate(f"{named}: {error}. Give a PEM chain and its unencrypted key.") from error
