"""How messages leave: by SMTP, or onto the screen of a demo, which says that it is only that."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import structlog
from rich import print as show
from rich.markup import escape

from app.main.settings import Settings
from app.ports.messenger import Message, Messenger, MessengerUnavailable

_TIMEOUT_S = 15
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
log = structlog.get_logger(__name__)


def _said(error: OSError | smtplib.SMTPException) -> str:
    """What went wrong, without the server's words: they repeat the address."""
    kind = type(error).__name__
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"{kind}: {', '.join(sorted({str(code) for code, _ in error.recipients.values()}))}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{kind}: {error.smtp_code}"
    return kind if isinstance(error, smtplib.SMTPException) else f"{kind}: {error}"


class BadSmtpUrl(ValueError):
    """Not smtp[+starttls|s]://[user:password@]host[:port]."""


@dataclass(frozen=True, slots=True)
class SmtpMessenger:
    """``url``: ``smtps://user:password@host:465``, ``smtp+starttls://…`` or ``smtp://…``; ``sender`` is From."""

    url: str
    sender: str
    simulated: bool = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise BadSmtpUrl("VOLTGRAPH_SMTP_URL looks like smtp+starttls://user:password@mail.example.com:587")

    async def send(self, message: Message) -> None:
        try:
            await asyncio.to_thread(self._send, message)
        except (OSError, smtplib.SMTPException) as error:
            raise MessengerUnavailable(_said(error)) from None  # what is behind it names whom we wrote to

    def _send(self, message: Message) -> None:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        tls = ssl.create_default_context()
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self.sender, message.recipient, message.subject
        letter.set_content(message.body)
        with (
            smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_S, context=tls)
            if parts.scheme == "smtps"
            else smtplib.SMTP(host, port, timeout=_TIMEOUT_S)
        ) as server:
            if parts.scheme == "smtp+starttls":
                server.starttls(context=tls)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(letter)


@dataclass(frozen=True, slots=True)
class ShownMessenger:
    """Messages of a demo: nobody gets them, whoever started it reads them."""

    simulated: bool = True

    async def send(self, message: Message) -> None:
        log.info("message.simulated", subject=message.subject)
        show(f"[bold]Simulated message, sent to nobody.[/bold] To {escape(f'{message.recipient}: {message.body}')}")


def open_messenger(settings: Settings, *, simulate: bool) -> Messenger | None:
    """None without an address of a mail server, unless ``simulate``."""
    if settings.smtp_url is not None:
        return SmtpMessenger(settings.smtp_url, settings.mail_from)
    return ShownMessenger() if simulate else None
