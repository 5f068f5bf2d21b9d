"""Checking what meters signed, in the Open Charge Metering Format."""

import base64
import binascii
import json
import warnings
from collections.abc import Sequence

from pyocmf import OCMF, PublicKey, PyOCMFError
from pyocmf.crypto.verification import verify_signature

from app.domain.signed_meter import Verification

_START = "OCMF|"
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


def _judged(payload: str, signed: OCMF, key: PublicKey) -> Verification:
    """What was signed is the payload as it was written, not as the library was shown it."""
    said = signed.signature
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


def _key(text: str) -> PublicKey | None:
    """A key as hex or base64 DER, or in the notation of the OCPP white paper on signed meter values (3.2.2)."""
    for candidate in (text, _from_base64(text) or ""):
        marker, _, rest = candidate.strip().partition(":")
        printed = rest.split(":", 2)[-1] if marker == _MARK else candidate
        try:
            return PublicKey.from_string("".join(printed.split()))
        except (PyOCMFError, ValueError, UnicodeError):
            continue
    return None
