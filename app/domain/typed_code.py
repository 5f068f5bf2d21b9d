"""Codes that people type in (OCPP's KeyCode): good for charging, never to be read by anybody (2.0.1 C04.FR.04).

A card's number is printed on the card; a code is a secret of its holder. What is kept of one is a digest under the
installation's own key, so that two uses of a code are known to be the same and nobody can tell which it was.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterator, Mapping

KEY_CODE = "KeyCode"
HIDDEN = "***"
# A code that accompanies a card is of no type that OCPP lists; this is what readers call it.
_TYPES = frozenset({"keycode", "pin"})
_NAMES = frozenset({"idtoken", "additionalidtoken", "id_token", "additional_id_token", "uid"})
_WRITTEN = re.compile(
    r'("(?:idToken|additionalIdToken|idTag)"\s*:\s*)("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)', re.IGNORECASE | re.DOTALL
)


def is_typed(ocpp_type: str) -> bool:
    """Whether a token of this type is a code that somebody types in."""
    return ocpp_type.lower() in _TYPES


def digest(key: bytes, operator_key: int, code: str) -> str:
    """What is kept of a normalised code: the same for the same code of an operator. Also a normalised uid."""
    found = hmac.new(key, f"{operator_key}:{code}".encode(), hashlib.sha256).hexdigest()
    return f"CODE-{found[:24].upper()}"


def codes_in(value: object) -> Iterator[str]:
    """Every code in a payload or in the fields of a request, as it is written there."""
    if isinstance(value, Mapping):
        kind = value.get("type", value.get("ocpp_type"))
        if isinstance(kind, str) and is_typed(kind):
            yield from (str(item) for name, item in value.items() if str(name).lower() in _NAMES)
        for item in value.values():
            yield from codes_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from codes_in(item)


def concealed(text: str, known: Collection[str] = ()) -> str:
    """A frame without its codes: those of a type that says so, and those that are ``known``; else as it was sent.

    In a text that cannot be read every token is taken for one, if it speaks of codes at all.
    """
    if not known and KEY_CODE.lower() not in text.lower() and '"pin"' not in text.lower():
        return text
    try:
        codes = {*known, *codes_in(json.loads(text))}
    except (ValueError, RecursionError):
        codes = None
    return _WRITTEN.sub(lambda found: _hidden(found, codes), text)


def _hidden(found: re.Match[str], codes: Collection[str] | None) -> str:
    try:
        value = str(json.loads(found[2], strict=False))
    except ValueError:
        value = found[2]
    return f'{found[1]}"{HIDDEN}"' if codes is None or value in codes else found[0]
