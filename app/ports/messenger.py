"""What the core needs to write to people."""

from dataclasses import dataclass
from typing import Protocol

from app.domain.refusal import VendorUnavailable


class MessengerUnavailable(VendorUnavailable):
    """It was not sent, or nobody knows: it is sent again."""


@dataclass(frozen=True, slots=True)
class Message:
    """Plain text to one e-mail address."""

    recipient: str
    subject: str
    body: str


class Messenger(Protocol):
    """A way to people."""

    @property
    def simulated(self) -> bool:
        """Whether nothing leaves this machine."""
        ...

    async def send(self, message: Message) -> None:
        """Raises `MessengerUnavailable`."""
        ...
