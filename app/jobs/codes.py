"""The duty to send a driver the code that was asked for, outside any transaction."""

from datetime import timedelta

from app.domain.driver_code import LIFE, code_of
from app.jobs.tools import Tools
from app.ports.messenger import Message
from app.store import driver_codes, driver_sessions, operators

_TEXT = """{code} is your code for {operator}.

Enter it within {minutes} minutes. If you did not ask for it, somebody mistyped an address: nothing happens without it.
"""


class NoMessenger(Exception):
    """A duty needs a way to people and there is none; it is tried again."""


async def send_code(operator_key: int, code_key: int, tools: Tools) -> None:
    """Once it is too old it is not sent any more, nor to a stranger where the operator lets nobody sign up."""
    if tools.messenger is None or tools.desk is None:
        raise NoMessenger("no way to send messages is configured in this process")
    async with tools.desk.database.transaction(operator_key) as connection:
        code = await driver_codes.by_key(connection, code_key)
        operator = await operators.own(connection)
        known = code is not None and await driver_sessions.by_contact(connection, code.contact) is not None
    if code is None or tools.clock() >= code.expires_at:
        return
    async with tools.desk.database.lookup() as connection:
        found = await driver_codes.operator_by_id(connection, operator.uuid)
    if not known and (found is None or not found[1]):
        return
    digits = code_of(tools.code_key, code.uuid)
    text = _TEXT.format(code=digits, operator=operator.name, minutes=LIFE // timedelta(minutes=1))
    await tools.messenger.send(Message(code.contact, f"Your code for {operator.name}", text))
