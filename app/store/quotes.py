"""Prices that were shown, with the tariff version that they promise."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.quote import Quote, Wish
from app.domain.tariff import Tariff
from app.store import tariffs
from app.store.money_tables import quote
from app.store.tables import session


def _make(row: Row[Any], tariff: Tariff) -> Quote:
    return Quote(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        location_key=row.location_key,
        evse_key=row.evse_key,
        tariff=tariff,
        token_group_id=row.token_group_id,
        wish=Wish(row.energy_wh, row.minutes, row.starts_at),
        total_minor=row.total_minor,
        hold_minor=row.hold_minor,
        created_at=row.created_at,
        valid_until=row.valid_until,
        token_key=row.token_key,
    )


async def add(
    connection: AsyncConnection,
    *,
    uuid: UUID,
    operator_key: int,
    location_key: int,
    evse_key: int,
    tariff: Tariff,
    token_key: int | None,
    token_group_id: str | None,
    wish: Wish,
    total_minor: int,
    hold_minor: int,
    created_at: datetime,
    valid_until: datetime,
) -> Quote:
    rows = await connection.execute(
        insert(quote)
        .values(
            id=uuid,
            operator_key=operator_key,
            location_key=location_key,
            evse_key=evse_key,
            tariff_key=tariff.key,
            token_key=token_key,
            token_group_id=token_group_id,
            energy_wh=wish.energy_wh,
            minutes=wish.minutes,
            starts_at=wish.starts_at,
            total_minor=total_minor,
            hold_minor=hold_minor,
            created_at=created_at,
            valid_until=valid_until,
        )
        .returning(*quote.c)
    )
    return _make(rows.one(), tariff)


async def by_id(connection: AsyncConnection, uuid: UUID) -> Quote | None:
    row = (await connection.execute(select(quote).where(quote.c.id == uuid))).one_or_none()
    if row is None:
        return None
    return _make(row, (await tariffs.by_keys(connection, (row.tariff_key,)))[row.tariff_key])


async def is_used(connection: AsyncConnection, key: int) -> bool:
    """Whether a session began from it."""
    return (await connection.execute(select(session.c.key).where(session.c.quote_key == key))).first() is not None


async def id_of(connection: AsyncConnection, key: int) -> UUID:
    """The public id of a quote."""
    found: UUID = (await connection.execute(select(quote.c.id).where(quote.c.key == key))).scalar_one()
    return found


async def tariff_of(connection: AsyncConnection, key: int) -> int:
    """The tariff version that a quote promises."""
    return int((await connection.execute(select(quote.c.tariff_key).where(quote.c.key == key))).scalar_one())
