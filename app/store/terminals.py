"""What terminals at stations took for sessions, and to whom that is receipted."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.document import Party
from app.domain.postal import Address, PaymentStatus
from app.domain.terminal import Takings
from app.domain.vat import plausible
from app.store.power_tables import settlement
from app.store.values import value_from_json
from app.store.within import among

_PAYS = (settlement.c.status == PaymentStatus.SETTLED) & settlement.c.problem.is_(None)
_OPERATOR = text("SELECT operator_of_settlement(:id)")
_COUNTRY = 2


async def takings(connection: AsyncConnection, session_keys: Collection[int]) -> dict[int, Takings]:
    """By session; none for one that no terminal took money for."""
    own_receipt = or_(settlement.c.receipt_url.is_not(None), settlement.c.receipt_id.is_not(None))
    statement = (
        select(
            settlement.c.session_key,
            func.sum(settlement.c.amount_minor).label("taken"),
            func.sum(settlement.c.written_off_minor).label("written_off"),
            func.bool_or(own_receipt).label("receipt_made"),
        )
        .where(among(settlement.c.session_key, session_keys), _PAYS)
        .group_by(settlement.c.session_key)
    )
    rows = await connection.execute(statement)
    return {row.session_key: Takings(int(row.taken), int(row.written_off), row.receipt_made) for row in rows}


async def buyer(connection: AsyncConnection, session_key: int) -> Party | None:
    """The company that somebody named at the station; None where nobody did, or its country is no code of two letters."""
    statement = (
        select(settlement.c.vat_company, settlement.c.vat_number)
        .where(settlement.c.session_key == session_key, _PAYS, settlement.c.vat_company.is_not(None))
        .order_by(settlement.c.key.desc())
        .limit(1)
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    said: Address = value_from_json(Address, row.vat_company)
    country = said.country.strip().upper()
    if len(country) != _COUNTRY or not country.isalpha():
        return None
    number = row.vat_number if row.vat_number is not None and plausible(row.vat_number) else None
    address = said.address1 if not said.address2 else f"{said.address1}, {said.address2}"
    return Party(said.name, address, said.city, country, said.postal_code, number)


async def operator_of(connection: AsyncConnection, uuid: UUID) -> int | None:
    """Whose it is, for who has a signed address of it."""
    found = (await connection.execute(_OPERATOR, {"id": uuid})).scalar_one_or_none()
    return None if found is None else int(found)


async def session_of(connection: AsyncConnection, uuid: UUID, since: datetime) -> tuple[int | None] | None:
    """The session that a payment is for, if it is known; None for a payment from before ``since``."""
    statement = select(settlement.c.session_key).where(settlement.c.id == uuid, settlement.c.settled_at >= since)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else (row.session_key,)


async def write_off(connection: AsyncConnection, session_key: int, amount_minor: int) -> None:
    """Lets a difference go, on the newest payment of a session."""
    newest = select(func.max(settlement.c.key)).where(settlement.c.session_key == session_key, _PAYS).scalar_subquery()
    await connection.execute(
        update(settlement)
        .where(settlement.c.key == newest)
        .values(written_off_minor=settlement.c.written_off_minor + amount_minor)
    )
