"""Development authorities: roots kept in the data folder, for installations that have no authority of their own.

Their names say what they are. Whoever holds the data folder can make certificates for every station.
"""

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from app.ports.pki import Issued

_ROOT_DAYS = 3_650
_STATION_DAYS = 398
_BACKDATED = timedelta(minutes=5)  # a station whose clock lags must not find its certificate unborn
_RSA_BITS_MIN = 2_048  # 2.0.1 A00.FR.505
_EC_BITS_MIN = 224  # A00.FR.506


class Authority:
    """Signs stations' requests with the root of one data folder, made on first use and named ``name``.

    ``usage`` is what the certificates are good for: dialling us, or speaking with a car.
    """

    def __init__(self, folder: Path, name: str, usage: x509.ObjectIdentifier) -> None:
        self._folder = folder
        self._name = name
        self._usage = usage
        self._loaded: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None

    @property
    def root_pem(self) -> str:
        """What a server must trust to recognise the stations we certified."""
        return self._root()[0].public_bytes(serialization.Encoding.PEM).decode()

    def sign(self, csr_pem: str, names: frozenset[str], *, at: datetime) -> Issued:
        """Raises ValueError, in the words of `complaint`, or when the subject is none of ``names``."""
        reason = complaint(csr_pem)
        if reason is not None:
            raise ValueError(reason)
        csr = x509.load_pem_x509_csr(csr_pem.encode())
        common_name = _common_name(csr.subject)
        if common_name not in names:
            allowed = " or ".join(sorted(names))
            raise ValueError(f"The subject's common name is {common_name!r}; this station's is {allowed}.")
        root, key = self._root()
        made = (
            x509.CertificateBuilder()
            .subject_name(csr.subject)
            .issuer_name(root.subject)
            .public_key(csr.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - _BACKDATED)
            .not_valid_after(at + timedelta(days=_STATION_DAYS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([self._usage]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        chain = made.public_bytes(serialization.Encoding.PEM) + root.public_bytes(serialization.Encoding.PEM)
        return Issued(
            chain=chain.decode(),
            common_name=common_name,
            serial_number=f"{made.serial_number:x}",
            fingerprint=fingerprint_of(made),
            not_before=made.not_valid_before_utc,
            not_after=made.not_valid_after_utc,
        )

    def _root(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        if self._loaded is None:
            self._loaded = self._read() or self._make()
        return self._loaded

    def _read(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
        try:
            certificate = x509.load_pem_x509_certificate((self._folder / "root.pem").read_bytes())
            key = serialization.load_pem_private_key((self._folder / "root.key").read_bytes(), None)
        except FileNotFoundError:
            return None
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return certificate, key

    def _make(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._name)])
        from_then = datetime.now().astimezone() - _BACKDATED
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(from_then)
            .not_valid_after(from_then + timedelta(days=_ROOT_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_ROOT_USAGE, critical=True)
            .sign(key, hashes.SHA256())
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        # The key first and for us alone: a root without its key could never sign.
        descriptor = os.open(self._folder / "root.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
        (self._folder / "root.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return certificate, key


_ROOT_USAGE = x509.KeyUsage(
    digital_signature=True,
    key_cert_sign=True,
    crl_sign=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def complaint(csr_pem: str) -> str | None:
    """Why a signing request cannot be signed: unreadable, not signed by its own key, or too small a key."""
    try:
        csr = x509.load_pem_x509_csr(csr_pem.encode())
        valid = csr.is_signature_valid
        key = csr.public_key()
    except (ValueError, InvalidSignature, UnicodeEncodeError):
        return "The signing request is not readable as PKCS#10 in PEM."
    if not valid:
        return "The signing request is not signed by its own key."
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _RSA_BITS_MIN:
        return f"An RSA key needs at least {_RSA_BITS_MIN} bits; this one has {key.key_size}."
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < _EC_BITS_MIN:
        return f"An elliptic curve key needs at least {_EC_BITS_MIN} bits; this one has {key.key_size}."
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return "Only RSA and elliptic curve keys are signed."
    return None


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER form, lower-case hexadecimal."""
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
