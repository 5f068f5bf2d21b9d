"""Checking what meters signed, in the Open Charge Metering Format."""

import base64
import binascii
import json
import warnings
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pyocmf import OCMF, PublicKey, PyOCMFError
from pyocmf.crypto.verification import decode_signature_data, verify_signature

from app.domain.signed_meter import Verification

_START = "OCMF|"
_BRAINPOOL = "brainpool"
_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {"SHA256": hashes.SHA256, "SHA512": hashes.SHA512}
_MARK = "oca"  # colon-separated: marker, encoding, content type, the key as it is printed on the meter


def verify(data: str, keys: Sequence[str]) -> tuple[Verification, str | None]:
    """What the first readable key says of the data, and that key. The data may be the text itself, hex or base64."""
    text = _text(data)
    if text is None:
        return Verification.FORMAT_UNKNOWN, None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # meters deviate from the format's text; the signature decides
        try:
            payload, signature = _sections(text)
            # A separator inside the payload's texts is none: the library is shown it by its code point.
            signed = OCMF.from_string("|".join(("OCMF", payload.replace("|", "\\u007c"), signature)))
        except (PyOCMFError, ValueError, RecursionError):
            return Verification.FORMAT_UNKNOWN, None
        for key in keys:
            readable = _key(key)
            if readable is not None:
                return _judged(payload, signed, readable), key
    return Verification.KEY_UNKNOWN, None


def is_key(text: str) -> bool:
    """Whether a text is a public key that signatures can be checked with."""
    return _key(text) is not None


def _sections(text: str) -> tuple[str, str]:
    """The payload to the byte, and what follows it. Raises ValueError where no payload is."""
    rest = text.lstrip().removeprefix(_START)
    _, end = json.JSONDecoder().raw_decode(rest)
    if rest[end : end + 1] != "|":
        raise ValueError("no signature follows")
    return rest[:end], rest[end + 1 :]


def _judged(payload: str, signed: OCMF, key: "PublicKey | ec.EllipticCurvePublicKey") -> Verification:
    """What was signed is the payload as it was written, not as the library was shown it."""
    said = signed.signature
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _judged_by_us(payload, str(said.SA), said.SD, said.SE, key)
    try:
        right = verify_signature(
            payload_json=payload,
            signature_data=said.SD,
            signature_method=said.SA,
            signature_encoding=said.SE,
            public_key=key.key,
        )
    except PyOCMFError:  # of another curve, or no signature at all
        right = False
    return Verification.VERIFIED if right else Verification.SIGNATURE_WRONG


def _judged_by_us(
    payload: str, method: str, signature: str, encoding: str | None, key: ec.EllipticCurvePublicKey
) -> Verification:
    """Of a Brainpool curve. ``method`` as in ECDSA-brainpool384r1-SHA256."""
    _, curve, digest = (*method.split("-"), "", "")[:3]
    if _curve_name(curve) != _curve_name(key.curve.name) or digest not in _DIGESTS:
        return Verification.SIGNATURE_WRONG
    try:
        key.verify(decode_signature_data(signature, encoding), payload.encode(), ec.ECDSA(_DIGESTS[digest]()))
    except (InvalidSignature, PyOCMFError, ValueError):
        return Verification.SIGNATURE_WRONG
    return Verification.VERIFIED


def _curve_name(name: str) -> str:
    """OCMF leaves out the P that the curve's own name has; meters write both."""
    return name.lower().replace("brainpoolp", _BRAINPOOL)


def _text(data: str) -> str | None:
    for read in (str, _from_hex, _from_base64):
        found = read(data)
        if found is not None and found.lstrip().startswith(_START):
            return found
    return None


def _from_hex(data: str) -> str | None:
    try:
        return bytes.fromhex(data).decode()
    except ValueError:
        return None


def _from_base64(data: str) -> str | None:
    try:
        return base64.b64decode("".join(data.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _brainpool(printed: str) -> ec.EllipticCurvePublicKey | None:
    """A key of those curves: the library knows one of their names, and finds no key by the others."""
    for read in (bytes.fromhex, base64.b64decode):
        try:
            key = load_der_public_key(read(printed))
        except (ValueError, UnsupportedAlgorithm):
            continue
        if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name.lower().startswith(_BRAINPOOL):
            return key
    return None


def _key(text: str) -> "PublicKey | ec.EllipticCurvePublicKey | None":
    """A key as hex or base64 DER, or in the notation of the OCPP white paper on signed meter values (3.2.2)."""
    for candidate in (text, _from_base64(text) or ""):
        marker, _, rest = candidate.strip().partition(":")
        printed = "".join((rest.split(":", 2)[-1] if marker == _MARK else candidate).split())
        if (ours := _brainpool(printed)) is not None:
            return ours
        try:
            return PublicKey.from_string(printed)
        except (PyOCMFError, ValueError, UnicodeError):
            continue
    return None
