"""The duty to send a driver without an account a way back to their charge, outside any transaction."""

from app.domain.access import digest
from app.domain.guest_letter import LIFE, TOKEN_MARK, LetterKind, token_of
from app.domain.ids import new_uuid
from app.jobs.codes import NoMessenger
from app.jobs.tools import Tools
from app.ports.messenger import Message
from app.store import guest_letters, guests, operators

_TEXTS = {
    LetterKind.LINK: (
        "Your charge at {operator}",
        "This leads back to your charge at {operator}:\n\n{link}\n\n"
        "Whoever has the link may stop the charge. If you did not ask for it, nothing happens without it.\n",
    ),
    LetterKind.RECEIPT: (
        "Your receipt from {operator}",
        "Your charge at {operator} is settled. Its receipt is here, for a week:\n\n{link}\n",
    ),
}


async def send_letter(operator_key: int, letter_key: int, tools: Tools) -> None:
    """Its secret is made when it is sent: only its digest is kept, and of every attempt the same one.

    Not sent once it is too old.
    """
    if tools.messenger is None or tools.desk is None:
        raise NoMessenger("no way to send messages is configured in this process")
    at = tools.clock()
    async with tools.desk.database.transaction(operator_key) as connection:
        letter = await guest_letters.by_key(connection, letter_key)
        if letter is None or letter.hold_key is None or letter.contact is None or at >= letter.asked_at + LIFE:
            return
        operator, secret = await operators.own(connection), token_of(tools.code_key, letter.uuid)
        await guests.let_in(
            connection, uuid=new_uuid(at_ms=int(at.timestamp() * 1000)), operator_key=operator_key,
            hold_key=letter.hold_key, digest=digest(secret), at=at, mailed=True,
        )  # fmt: skip
    subject, text = _TEXTS[letter.kind]
    link = f"{letter.return_url}{TOKEN_MARK}{secret}"
    body = text.format(operator=operator.name, link=link)
    await tools.messenger.send(Message(letter.contact, subject.format(operator=operator.name), body))
