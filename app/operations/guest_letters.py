"""Who lost the tab of a charge gets a link to it, at the address that they gave when they paid.

Nobody learns from an answer whether there is such a charge, or whose it is.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.guest_letter import PER_HOUR, LetterKind
from app.domain.hold import Hold
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.operations.ad_hoc import place_of
from app.operations.desk import Desk, refusing
from app.operations.drivers import normalised_email
from app.store import guest_letters, stations

_REACH = timedelta(days=30)  # a charge that began longer ago has ended, and its letters with it


@refusing
async def request(*, desk: Desk, evse_id: UUID, contact: str) -> None:
    """The same answer for every address and every published EVSE.

    Refuses NOT_FOUND for an EVSE that is not shown, INVALID_INPUT for what is no address, MESSAGES_NOT_CONFIGURED.
    """
    email = normalised_email(contact, "contact")
    if not desk.sends_messages:
        message = "This installation writes to nobody. Set VOLTGRAPH_SMTP_URL and VOLTGRAPH_MAIL_FROM and start again."
        raise Refused(Refusal(ErrorCode.MESSAGES_NOT_CONFIGURED, message))
    scope, now = await place_of(desk, evse_id), desk.now()
    async with desk.database.transaction(scope.operator_key) as connection:
        owner = (await stations.having(connection, scope, evse_ids=(evse_id,)))[0]
        evse = next(one for one in owner.evses if one.uuid == evse_id)
        found = await guest_letters.newest_of(connection, evse.key, email, since=now - _REACH)
        if found is not None and await guest_letters.asked_lately(connection, found, now) >= PER_HOUR:
            found = None
        await guest_letters.add(
            connection, uuid=desk.new_uuid(), operator_key=scope.operator_key, hold_key=found, kind=LetterKind.LINK,
            at=now,
        )  # fmt: skip
    desk.hurry()


async def owe_receipt(connection: AsyncConnection, desk: Desk, hold: Hold) -> None:
    """A document was issued: whoever has no account and gave an address is told where it is."""
    if desk.sends_messages and await guest_letters.wants_letters(connection, hold.key):
        await guest_letters.add(
            connection, uuid=desk.new_uuid(), operator_key=hold.operator_key, hold_key=hold.key,
            kind=LetterKind.RECEIPT, at=desk.now(),
        )  # fmt: skip
