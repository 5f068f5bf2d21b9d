"""Letters to drivers without an account, to the address that they gave when they paid."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

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
    operator_key: int
    kind: LetterKind
    asked_at: datetime
    hold_key: int | None
    contact: str | None
    return_url: str | None
