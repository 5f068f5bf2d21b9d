"""What an account owes: who pays for it, and its records of a period."""

import re
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.account import Account
from app.domain.cdr import Cdr
from app.domain.document import Party
from app.domain.filter import CdrFilter, TimeRange
from app.domain.ids import Prefix
from app.domain.page import FIRST_MAX, PageRequest
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.operations.desk import invalid, not_found
from app.operations.drivers import require_whole_operator
from app.store import accounts, cdrs

PAID_BY_BALANCE = "Paid from the account's balance."
RECORDS_MAX = 2_000  # on one document: a month of a fleet
_WITH_POSTAL_CODE = re.compile(r"(\d{3,6}(?: ?[A-Z]{2}(?= ))?) (.+)")  # 10115 Berlin, 1015 AB Amsterdam


async def found_account(connection: AsyncConnection, scope: Scope, account_id: UUID | None) -> Account | None:
    """Refuses NOT_FOUND; FORBIDDEN to who may not read drivers over the whole operator."""
    if account_id is None:
        return None
    require_whole_operator(scope, Permission.DRIVERS_READ)
    found = (await accounts.by_ids(connection, scope, (account_id,))).get(account_id)
    if found is None:
        raise not_found(Prefix.ACCOUNT, account_id, "accountId")
    return found


def buyer_of(account: Account) -> Party:
    """Who pays, as the account says; its last line of address is the city. Refuses INVALID_INPUT without one."""
    lines = [line for line in account.address_lines if line.strip()]
    if len(lines) < 2:
        message = "The account has no address of a street and a city. Say who buys, or set it: accountUpdate."
        raise invalid(message, "buyer")
    said = _WITH_POSTAL_CODE.fullmatch(lines[-1].strip())
    postal_code, city = (None, lines[-1].strip()) if said is None else (said[1], said[2])
    name, street = account.legal_name or account.name, ", ".join(line.strip() for line in lines[:-1])
    return Party(name, street, city, account.country, postal_code, account.vat_number)


async def of_period(
    connection: AsyncConnection, scope: Scope, period: TimeRange, account: Account | None = None
) -> list[Cdr]:
    """Records that count and were issued then, of an account or of all. Refuses FILTER_TOO_BROAD."""
    ids = None if account is None else (account.uuid,)
    wanted = CdrFilter(issued_at=period, standing=True, account_ids=ids)
    request, found = PageRequest(FIRST_MAX), list[Cdr]()
    while True:
        page = await cdrs.search(connection, scope, wanted, request)
        found += page.items
        if not page.has_next:
            return found
        if len(found) >= RECORDS_MAX:
            message = f"A document has at most {RECORDS_MAX:,} records. Choose a shorter period."
            raise Refused(Refusal(ErrorCode.FILTER_TOO_BROAD, message, ("period",)))
        request = PageRequest(FIRST_MAX, page.positions[-1])
