"""Vouchers, needs payments:read."""

from app.domain.scope import Permission, Scope
from app.domain.voucher import Voucher
from app.queries import Database
from app.store import vouchers


async def listed(*, scope: Scope, database: Database) -> list[Voucher]:
    """Those in force first, each newest first, at most 500."""
    scope.require(Permission.PAYMENTS_READ)
    async with database.snapshot(scope.operator_key) as connection:
        return await vouchers.listed(connection, scope)
