"""What the mail server says of an address is written into no log and no row."""

import asyncio
import traceback

import pytest

from app.main.mail import SmtpMessenger
from app.ports.messenger import Message, MessengerUnavailable

_ANSWERS = {"EHLO": b"250 here\r\n", "MAIL": b"250 ok\r\n", "RSET": b"250 ok\r\n", "QUIT": b"221 bye\r\n"}


async def refuse_everybody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A double of a mail server that knows nobody, and says whom."""
    writer.write(b"220 double\r\n")
    while line := (await reader.readline()).decode():
        unknown = b"550 5.1.1 ada@example.org is unknown here\r\n"
        writer.write(_ANSWERS.get(line[:4].upper(), unknown))
        if line.upper().startswith("QUIT"):
            break
    writer.close()


async def test_a_refused_address_is_not_repeated() -> None:
    server = await asyncio.start_server(refuse_everybody, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    messenger = SmtpMessenger(f"smtp://127.0.0.1:{port}", "us@example.org")
    letter = Message("ada@example.org", "Hello", "Words")
    with pytest.raises(MessengerUnavailable) as caught:
        await messenger.send(letter)
    assert str(caught.value) == "SMTPRecipientsRefused: 550"
    logged = "".join(traceback.format_exception(caught.value))
    assert "ada@" not in logged
    server.close()


async def test_a_server_that_is_away_is_named() -> None:
    messenger = SmtpMessenger("smtp://127.0.0.1:9", "us@example.org")
    with pytest.raises(MessengerUnavailable, match="ConnectionRefusedError"):
        await messenger.send(Message("ada@example.org", "Hello", "Words"))
