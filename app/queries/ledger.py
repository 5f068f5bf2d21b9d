"""The books and what reconciliation found, needs payments:read over the whole operator: they know no location."""

from datetime import date

from app.domain.filter import LedgerFilter
from app.domain.ledger import Balance, Posting
from app.domain.page import Page, PageRequest
from app.domain.reconciliation import Mismatch
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import ledger
from app.store import mismatches as stored


def require_books(scope: Scope) -> None:
    """Refuses FORBIDDEN: the books are the operator's own, and no guest's or driver's."""
    scope.require(Permission.PAYMENTS_READ)
    if scope.location_keys is not None or scope.is_outside:
        raise Refused(Refusal(ErrorCode.FORBIDDEN, "The books are for callers with access to every location."))


async def postings(*, scope: Scope, database: Database, filter: LedgerFilter, page: PageRequest) -> Page[Posting]:
    """Newest first."""
    require_books(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await ledger.search(connection, filter, page)


async def balances(*, scope: Scope, database: Database, filter: LedgerFilter) -> list[Balance]:
    require_books(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await ledger.balances(connection, filter)


async def mismatches(
    *, scope: Scope, database: Database, day: date | None, open: bool | None, page: PageRequest
) -> Page[Mismatch]:
    """Newest first."""
    require_books(scope)
    async with database.snapshot(scope.operator_key) as connection:
        return await stored.search(connection, day, open, page)
