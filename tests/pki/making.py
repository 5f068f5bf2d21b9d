"""Keys, requests and certificates for tests; nobody else trusts them."""

import datetime as moments
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

_DAY = moments.timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate with its key, in memory and as files."""

    certificate: x509.Certificate
    key: Any
    chain_file: Path
    key_file: Path

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


def new_key(kind: str = "ec") -> Any:
    return ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)


def certificate(
    folder: Path,
    name: str,
    *,
    issuer: Pair | None = None,
    organization: str | None = None,
    key: Any = None,
    days: int = 30,
    extensions: tuple[x509.ExtensionType, ...] = (),
) -> Pair:
    """A certificate called ``name``; without an issuer a root that signs itself."""
    key = key or new_key()
    owner = [] if organization is None else [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)]
    subject = x509.Name([*owner, x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = moments.datetime.now(moments.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY if days > 0 else now + days * 2 * _DAY)
        .not_valid_after(now + days * _DAY)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    made = builder.sign(key if issuer is None else issuer.key, hashes.SHA256())
    chain_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    chain_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(private_pem(key))
    return Pair(made, key, chain_file, key_file)


def server_certificate(folder: Path, issuer: Pair, kind: str) -> Pair:
    """One for localhost."""
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    return certificate(folder, f"server-{kind}", issuer=issuer, key=new_key(kind), extensions=(names,))


def private_pem(key: Any) -> bytes:
    made: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made


def signing_request(key: Any, name: str) -> str:
    """A PKCS#10 request in PEM."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()
