"""Cursors: a position sealed with the list it belongs to, so that it says nothing and fits nowhere else."""

import base64
import hmac

from app.domain.page import Position
from app.domain.refusal import ErrorCode, Refusal, Refused
from schema.scalars import Cursor

_TAG = 12
_BODY = 16


class CursorSeal:
    """Synthetic-IV sealing with HMAC-SHA-256: the tag over list and position is also the key stream's nonce."""

    def __init__(self, secret: bytes) -> None:
        self._tag_key = hmac.digest(secret, b"voltgraph cursor tag", "sha256")
        self._stream_key = hmac.digest(secret, b"voltgraph cursor stream", "sha256")

    def _tag(self, binding: bytes, body: bytes) -> bytes:
        return hmac.digest(self._tag_key, body + binding, "sha256")[:_TAG]

    def _mask(self, tag: bytes, body: bytes) -> bytes:
        stream = hmac.digest(self._stream_key, tag, "sha256")[:_BODY]
        return bytes(left ^ right for left, right in zip(body, stream, strict=True))

    def seal(self, binding: str, position: Position) -> Cursor:
        body = position[0].to_bytes(8, "big", signed=True) + position[1].to_bytes(8, "big", signed=True)
        tag = self._tag(binding.encode(), body)
        return Cursor(base64.urlsafe_b64encode(tag + self._mask(tag, body)).decode().rstrip("="))

    def open(self, binding: str, cursor: str) -> Position:
        """Raises INVALID_INPUT for a cursor of another list, or one that we did not make."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raw = b""
        tag, body = raw[:_TAG], raw[_TAG:]
        if len(body) == _BODY:
            body = self._mask(tag, body)
            if hmac.compare_digest(tag, self._tag(binding.encode(), body)):
                return (int.from_bytes(body[:8], "big", signed=True), int.from_bytes(body[8:], "big", signed=True))
        message = "This cursor belongs to another list. Use it with the filter and order it came from, or leave it out."
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, message, ("after",)))
