"""Stations' passwords: long and random, kept as salted digests."""

import hashlib
import re
import secrets
import string

from app.operations.desk import invalid

# OCPP 1.6's AuthorizationKey holds 20 bytes at most, and 20 letters and digits are 119 random bits.
_PASSWORD_LENGTH = 20
_ALPHABET = string.ascii_letters + string.digits
# 2.0.1 A00.FR.205 and identifierString: what every station's parser and a Basic header take.
_ALLOWED = re.compile(r"[A-Za-z0-9*\-_=:+|@.]{16,40}\Z")


def new_password() -> str:
    """Letters and digits that every version takes."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_LENGTH))


def digest_of(password: str) -> tuple[bytes, bytes]:
    """A fresh salt, and SHA-256 over it and the password."""
    salt = secrets.token_bytes(16)
    return salt, hashlib.sha256(salt + password.encode()).digest()


def checked_password(password: str) -> str:
    """Raises INVALID_INPUT."""
    if _ALLOWED.match(password) is None:
        raise invalid("A password has 16 to 40 of the characters A-Z a-z 0-9 * - _ = : + | @ .", "password")
    return password
