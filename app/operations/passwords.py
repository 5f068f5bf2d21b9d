"""Stations' passwords: long and random, kept as salted digests."""

import hashlib
import re
import secrets

from app.operations.desk import invalid

_PASSWORD_BYTES = 16  # 32 hexadecimal characters: within every version's limits
# 2.0.1 A00.FR.205 and identifierString: what every station's parser and a Basic header take.
_ALLOWED = re.compile(r"[A-Za-z0-9*\-_=:+|@.]{16,40}\Z")


def new_password() -> str:
    """128 random bits in hexadecimal."""
    return secrets.token_hex(_PASSWORD_BYTES)


def digest_of(password: str) -> tuple[bytes, bytes]:
    """A fresh salt, and SHA-256 over it and the password."""
    salt = secrets.token_bytes(16)
    return salt, hashlib.sha256(salt + password.encode()).digest()


def checked_password(password: str) -> str:
    """Raises INVALID_INPUT."""
    if _ALLOWED.match(password) is None:
        raise invalid("A password has 16 to 40 of the characters A-Z a-z 0-9 * - _ = : + | @ .", "password")
    return password
