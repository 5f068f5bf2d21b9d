"""What duties are done with, and why one may have to wait."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.ports.pki import Pki


@dataclass(frozen=True, slots=True)
class Tools:
    """What duties are done with."""

    clock: Callable[[], datetime]
    pki: Pki | None = None


class NoAuthority(Exception):
    """A duty needs a public key infrastructure and there is none; it is tried again."""


class StationBusy(Exception):
    """Another writer holds the station; the duty is tried again soon."""
