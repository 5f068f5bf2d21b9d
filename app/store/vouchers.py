"""Vouchers and their uses; row security keeps to the operator."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.pricing import LineKind
from app.domain.scope import Scope
from app.domain.voucher import Voucher, VoucherKind
from app.store.document_tables import cdr
from app.store.payment_tables import hold
from app.store.tables import session
from app.store.voucher_tables import voucher, voucher_use

VOUCHERS_MAX = 500  # of one operator that are not retired
_LATER = cdr.alias()
_BILLED = (
    select(cdr.c.lines.contains([{"dimension": LineKind.VOUCHER.value}]))
    .join(hold, hold.c.session_key == cdr.c.session_key)
    .where(hold.c.key == voucher_use.c.hold_key, cdr.c.credit_of.is_(None))
    .where(~exists().where(_LATER.c.credit_of == cdr.c.key))
    .limit(1)
    .correlate(voucher_use)
    .scalar_subquery()
)
_BEGAN = exists().where(
    hold.c.key == voucher_use.c.hold_key, session.c.key == hold.c.session_key, session.c.started_at.is_not(None)
)
# A bill says whether it was charged with; a charge that has begun may be, also one that was given up before: it is taken
# again then.
_COUNTS = func.coalesce(_BILLED, or_(_BEGAN, voucher_use.c.given_back_at.is_(None)))
_USES = (
    select(func.count())
    .where(voucher_use.c.voucher_key == voucher.c.key, _COUNTS)
    .correlate(voucher)
    .scalar_subquery()
    .label("uses")
)
_SELECT: Select[Any] = select(voucher, _USES)


def _make(row: Row[Any]) -> Voucher:
    return Voucher(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        code=row.code,
        kind=VoucherKind(row.kind),
        worth=row.worth,
        currency=row.currency,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        uses_max=row.uses_max,
        uses_each_max=row.uses_each_max,
        location_keys=None if row.location_keys is None else tuple(row.location_keys),
        retired_at=row.retired_at,
        created_at=row.created_at,
        uses=row.uses,
    )


def _seen(scope: Scope, statement: Select[Any]) -> Select[Any]:
    """Those that count at one of the caller's locations."""
    if scope.location_keys is None:
        return statement
    here = voucher.c.location_keys.overlap(sorted(scope.location_keys))
    return statement.where(or_(voucher.c.location_keys.is_(None), here))


async def listed(connection: AsyncConnection, scope: Scope, ids: Collection[UUID] | None = None) -> list[Voucher]:
    """Those in force first, each newest first; of ``ids`` if given."""
    order = (voucher.c.retired_at.is_not(None), voucher.c.key.desc())
    statement = _seen(scope, _SELECT).order_by(*order).limit(VOUCHERS_MAX)
    if ids is not None:
        statement = statement.where(voucher.c.id.in_(ids))
    return [_make(row) for row in await connection.execute(statement)]


async def by_code(connection: AsyncConnection, code: str) -> Voucher | None:
    row = (await connection.execute(_SELECT.where(voucher.c.code == code))).one_or_none()
    return None if row is None else _make(row)


async def by_key(connection: AsyncConnection, key: int) -> Voucher:
    return _make((await connection.execute(_SELECT.where(voucher.c.key == key))).one())


async def locked(connection: AsyncConnection, key: int) -> Voucher:
    """Whoever uses it takes turns: the count is that of after the lock."""
    await connection.execute(select(voucher.c.key).where(voucher.c.key == key).with_for_update())
    return await by_key(connection, key)


async def count(connection: AsyncConnection) -> int:
    rows = await connection.execute(select(func.count()).select_from(voucher).where(voucher.c.retired_at.is_(None)))
    return int(rows.scalar_one())


async def add(connection: AsyncConnection, values: dict[str, Any]) -> None:
    """Raises IntegrityError for a code that was used before."""
    await connection.execute(insert(voucher).values(**values))


async def retire(connection: AsyncConnection, key: int, at: datetime) -> None:
    await connection.execute(
        update(voucher).where(voucher.c.key == key, voucher.c.retired_at.is_(None)).values(retired_at=at)
    )


async def uses_of(connection: AsyncConnection, key: int, payer: str) -> int:
    """How often somebody used it and was charged."""
    rows = await connection.execute(
        select(func.count()).where(voucher_use.c.voucher_key == key, voucher_use.c.payer == payer, _COUNTS)
    )
    return int(rows.scalar_one())


async def use(connection: AsyncConnection, of: Voucher, hold_key: int, *, payer: str | None, at: datetime) -> None:
    await connection.execute(
        insert(voucher_use).values(
            operator_key=of.operator_key, voucher_key=of.key, hold_key=hold_key, payer=payer, used_at=at
        )
    )


async def give_back(connection: AsyncConnection, hold_key: int, at: datetime) -> None:
    """Nothing is charged with it any more, unless its session has begun or begins late: see `_COUNTS`."""
    await connection.execute(
        update(voucher_use)
        .where(voucher_use.c.hold_key == hold_key, voucher_use.c.given_back_at.is_(None), ~_BEGAN)
        .values(given_back_at=at)
    )
