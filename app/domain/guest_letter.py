"""Letters to drivers without an account, to the address that they gave when they paid."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

PER_HOUR = 3  # about one charge: who asks more often has them in the post already
LIFE = timedelta(hours=1)  # one that could not be sent by then is not wanted any more
TOKEN_MARK = "#guest="  # noqa: S105 - behind it is the secret, which no server and no log is shown


class LetterKind(StrEnum):
    LINK = "LINK"
    RECEIPT = "RECEIPT"


@dataclass(frozen=True, slots=True)
class GuestLetter:
    """Who gets it and where its link leads; ``contact`` None: nobody, because nothing was found."""

    key: int
    uuid: UUID
    operator_key: int
    kind: LetterKind
    asked_at: datetime
    hold_key: int | None
    contact: str | None
    return_url: str | None


def token_of(secret: bytes, uuid: UUID) -> str:
    """The way to a hold that a letter carries, the same whenever it is sent again; 256 bits that nobody can guess."""
    made = hmac.new(secret, b"guest letter " + uuid.bytes, hashlib.sha256).digest()
    return "vgg_" + urlsafe_b64encode(made).decode().rstrip("=")
