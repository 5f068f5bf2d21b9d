"""The plain live page: a file of ours, and the operators it may show without asking for a token."""

from dataclasses import dataclass
from pathlib import Path

LIVE_PAGE = Path(__file__).parent / "static" / "live.html"


@dataclass(frozen=True, slots=True)
class LiveOperator:
    """``token`` may only read the network and its sessions: it is given to every visitor of a demo's page."""

    name: str
    token: str
