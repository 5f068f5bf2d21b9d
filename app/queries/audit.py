"""The audit log, needs audit:read over the whole operator."""

from app.domain.filter import AuditFilter
from app.domain.operator import AuditEntry
from app.domain.page import Page, PageRequest
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.queries import Database
from app.store import audit


async def search(*, scope: Scope, database: Database, filter: AuditFilter, page: PageRequest) -> Page[AuditEntry]:
    scope.require(Permission.AUDIT_READ)
    if scope.location_keys is not None:
        # Entries name subjects of every location and of none; a caller with a few locations sees no log at all.
        raise Refused(Refusal(ErrorCode.FORBIDDEN, "The audit log is for callers with access to every location."))
    async with database.snapshot(scope.operator_key) as connection:
        return await audit.search(connection, filter, page)
