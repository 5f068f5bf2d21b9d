"""What duties are done with, and why one may have to wait."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.feed import Change
from app.operations.desk import Desk
from app.ports.cashier import Cashier
from app.ports.messenger import Messenger
from app.ports.pki import Pki


@dataclass(frozen=True, slots=True)
class Tools:
    """What duties are done with."""

    clock: Callable[[], datetime]
    pki: Pki | None = None
    cashier: Cashier | None = None
    desk: Desk | None = None
    messenger: Messenger | None = None
    code_key: bytes = b""


class NoAuthority(Exception):
    """A duty needs a public key infrastructure and there is none; it is tried again."""


class NoCashier(Exception):
    """A duty needs a payment provider and there is none; it is tried again."""


class NoDesk(Exception):
    """A duty is done by an operation, and this process has no means for one; it is tried again."""


class NotYet(Exception):
    """It is too early: the duty is done at ``due_at`` unless its cause is gone by then."""

    def __init__(self, due_at: datetime) -> None:
        super().__init__(due_at.isoformat())
        self.due_at = due_at


@dataclass(frozen=True, slots=True)
class Again:
    """What was done, and that the duty is not over: it is due again at ``due_at``."""

    changes: list[Change]
    due_at: datetime


class StationBusy(Exception):
    """Another writer holds the station; the duty is tried again soon."""
