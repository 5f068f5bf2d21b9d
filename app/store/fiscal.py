"""What an operator says of itself and of money for its documents: legal data, tax rates, exchange rates."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.document import Seller
from app.domain.tax import OwnRate
from app.store.document_json import as_json
from app.store.document_tables import exchange_rate, operator_legal, tax_rate
from app.store.driver_tables import cost_centre
from app.store.duty_tables import duty
from app.store.tables import location, session, token
from app.store.within import among


async def legal(connection: AsyncConnection) -> Seller | None:
    found = (await connection.execute(select(operator_legal.c.data))).scalar_one_or_none()
    return None if found is None else Seller(**found)


async def set_legal(connection: AsyncConnection, operator_key: int, seller: Seller, at: datetime) -> None:
    made = upsert(operator_legal).values(operator_key=operator_key, data=as_json(seller), set_at=at)
    await connection.execute(
        made.on_conflict_do_update(
            index_elements=["operator_key"],
            set_={"data": made.excluded.data, "set_at": at, "version": operator_legal.c.version + 1},
        )
    )


async def own_rates(connection: AsyncConnection) -> list[OwnRate]:
    """Every rate that the operator has set, by place and day."""
    rows = await connection.execute(
        select(tax_rate).order_by(tax_rate.c.country, tax_rate.c.region, tax_rate.c.valid_from)
    )
    return [OwnRate(row.country, row.region, row.name, Decimal(row.percent), row.valid_from) for row in rows]


async def set_rate(connection: AsyncConnection, operator_key: int, rate: OwnRate, *, by: str, at: datetime) -> None:
    """A rate of a place from a day on; the same day again takes the place of what was said before."""
    values = {"name": rate.name, "percent": rate.percent, "set_by": by, "set_at": at}
    made = upsert(tax_rate).values(
        operator_key=operator_key, country=rate.country, region=rate.region, valid_from=rate.valid_from, **values
    )
    place: list[Any] = [
        tax_rate.c.operator_key, tax_rate.c.country, func.coalesce(tax_rate.c.region, ""), tax_rate.c.valid_from
    ]  # fmt: skip
    await connection.execute(made.on_conflict_do_update(index_elements=place, set_=values))


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """One of ``currency`` is worth so much of the operator's own, on a day and until the next that is known."""

    currency: str
    own_currency: str
    rate: Decimal
    day: date


async def exchange_rates(connection: AsyncConnection) -> list[ExchangeRate]:
    """Newest first, at most 1,000."""
    rows = await connection.execute(
        select(exchange_rate).order_by(exchange_rate.c.day.desc(), exchange_rate.c.currency).limit(1000)
    )
    return [ExchangeRate(row.currency, row.own_currency, Decimal(row.rate), row.day) for row in rows]


async def exchange_rate_on(connection: AsyncConnection, currency: str, own: str, on: date) -> ExchangeRate | None:
    """The rate of the day, or of the last day before it."""
    rows = await connection.execute(
        select(exchange_rate)
        .where(exchange_rate.c.currency == currency, exchange_rate.c.own_currency == own, exchange_rate.c.day <= on)
        .order_by(exchange_rate.c.day.desc())
        .limit(1)
    )
    row = rows.one_or_none()
    return None if row is None else ExchangeRate(row.currency, row.own_currency, Decimal(row.rate), row.day)


async def set_exchange_rate(
    connection: AsyncConnection, operator_key: int, rate: ExchangeRate, *, by: str, at: datetime
) -> None:
    values = {"rate": rate.rate, "set_by": by, "set_at": at}
    made = upsert(exchange_rate).values(
        operator_key=operator_key, currency=rate.currency, own_currency=rate.own_currency, day=rate.day, **values
    )
    await connection.execute(
        made.on_conflict_do_update(index_elements=["operator_key", "currency", "own_currency", "day"], set_=values)
    )


async def wake_documents(connection: AsyncConnection, at: datetime) -> None:
    """What waited for somebody's word is tried again now."""
    waiting: ColumnElement[bool] = (duty.c.kind == "ISSUE_DOCUMENT") & (duty.c.state == "OWED")
    await connection.execute(update(duty).where(waiting).values(due_at=at))


@dataclass(frozen=True, slots=True)
class Where:
    """A session's place, as a document names it, and which cost centre pays: the account's, else the token's group."""

    name: str
    country: str
    postal_code: str | None
    time_zone: str
    token_group_id: str | None
    cost_centre: str | None


async def places_of(connection: AsyncConnection, session_keys: Collection[int]) -> dict[int, Where]:
    statement = (
        select(
            session.c.key,
            location.c.name,
            location.c.country,
            location.c.postal_code,
            location.c.time_zone,
            token.c.group_id,
            cost_centre.c.name.label("centre"),
        )
        .join(location, location.c.key == session.c.location_key)
        .outerjoin(token, token.c.key == session.c.token_key)
        .outerjoin(cost_centre, cost_centre.c.key == session.c.cost_centre_key)
        .where(among(session.c.key, session_keys))
    )
    return {
        row.key: Where(row.name, row.country, row.postal_code, row.time_zone, row.group_id, row.centre)
        for row in await connection.execute(statement)
    }
