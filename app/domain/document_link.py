"""Addresses that open one document in one form for ten minutes: whoever has one needs no rights."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.domain.document import DocumentFormat
from app.domain.ids import Prefix, public_id

VALIDITY = timedelta(minutes=10)
_PURPOSE = b"document link"  # the installation's secret serves other purposes, too


def _signature(secret: bytes, document: UUID, form: DocumentFormat, until: int) -> str:
    key = hmac.digest(secret, _PURPOSE, "sha256")
    said = f"{document.hex} {form.value} {until}".encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()


def link(secret: bytes, files_url: str, document: UUID, form: DocumentFormat, at: datetime) -> str:
    until = int((at + VALIDITY).timestamp())
    name = f"{public_id(Prefix.DOCUMENT, document)}.{form.value.lower()}"
    return f"{files_url}/documents/{name}?until={until}&signature={_signature(secret, document, form, until)}"


def opens(secret: bytes, document: UUID, form: DocumentFormat, until: str, signature: str, at: datetime) -> bool:
    """Whether an address is ours, for this document and form, and not over."""
    if not until.isascii() or not until.isdigit() or len(until) > 12:
        return False
    if datetime.fromtimestamp(int(until), UTC) <= at:
        return False
    return hmac.compare_digest(_signature(secret, document, form, int(until)).encode(), signature.encode())
