"""Tokens, and why each tap was accepted or refused."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, insert, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import AuthorisationFilter, TokenFilter
from app.domain.page import Page, PageRequest
from app.domain.scope import Scope
from app.domain.token import Authorisation, AuthorisationStatus, Token, TokenType
from app.store.driver_tables import account, driver
from app.store.keyset import Order, read_page
from app.store.tables import authorisation, station, token, token_name
from app.store.within import allowed, containing, during, one_of, referring

_SELECT = select(token)
_ORDER = Order(token.c.key)
_OF_A_DRIVER_MAX = 100
_TAP_ORDER = Order(authorisation.c.key)


def make(row: Row[Any]) -> Token:
    """A token of a row of `token`."""
    return Token(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        uid=row.uid,
        type=TokenType(row.type),
        ocpp_type=row.ocpp_type,
        visual_number=row.visual_number,
        contract_id=row.contract_id,
        group_id=row.group_id,
        valid=row.valid,
        blocked_reason=row.blocked_reason,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        last_used_at=row.last_used_at,
        version=row.version,
        driver_key=row.driver_key,
        account_key=row.account_key,
        aliases=tuple(row.aliases),
        allowed_energy_transfer=tuple(row.allowed_energy_transfer),
    )


def _seen(scope: Scope | None) -> ColumnElement[bool]:
    """A driver's own; no scope is our own business."""
    return true() if scope is None or scope.driver_key is None else token.c.driver_key == scope.driver_key


def _filtered(scope: Scope, filter: TokenFilter) -> Select[Any]:
    return _SELECT.where(
        _seen(scope),
        one_of(token.c.id, filter.ids),
        one_of(token.c.uid, filter.uids),
        one_of(token.c.group_id, filter.group_ids),
        true() if filter.valid is None else token.c.valid.is_(filter.valid),
        containing(token.c.search_text, filter.text),
        referring(token.c.driver_key, driver, filter.driver_ids),
        referring(token.c.account_key, account, filter.account_ids),
    )


async def search(connection: AsyncConnection, scope: Scope, filter: TokenFilter, request: PageRequest) -> Page[Token]:
    """Newest first."""
    return await read_page(connection, _filtered(scope, filter), _ORDER, request, make)


async def by_keys(
    connection: AsyncConnection, keys: Collection[int], *, scope: Scope | None = None
) -> dict[int, Token]:
    rows = await connection.execute(_SELECT.where(token.c.key.in_(keys), _seen(scope)))
    return {row.key: make(row) for row in rows}


async def by_ids(
    connection: AsyncConnection, ids: Collection[UUID], *, scope: Scope | None = None
) -> dict[UUID, Token]:
    rows = await connection.execute(_SELECT.where(token.c.id.in_(ids), _seen(scope)))
    return {row.id: make(row) for row in rows}


async def named(connection: AsyncConnection, name: str) -> Token | None:
    """By what a reader reads of it, normalised: its uid or one of its aliases."""
    of_name = select(token_name.c.token_key).where(token_name.c.name == name)
    row = (await connection.execute(_SELECT.where(token.c.key.in_(of_name)).limit(1))).first()
    return None if row is None else make(row)


async def of_drivers(connection: AsyncConnection, scope: Scope, keys: Collection[int]) -> dict[int, list[Token]]:
    """Newest first, at most a hundred of each."""
    rows = await connection.execute(
        _SELECT.where(token.c.driver_key.in_(keys), _seen(scope)).order_by(token.c.key.desc())
    )
    found: dict[int, list[Token]] = {key: [] for key in keys}
    for row in rows:
        if len(found[row.driver_key]) < _OF_A_DRIVER_MAX:
            found[row.driver_key].append(make(row))
    return found


async def add(connection: AsyncConnection, *, uuid: UUID, operator_key: int, values: dict[str, Any]) -> Token:
    """Raises IntegrityError when the operator already has the uid. ``values`` are the columns a person sets."""
    rows = await connection.execute(
        insert(token)
        .values(id=uuid, operator_key=operator_key, search_text=_search_text(values), **values)
        .returning(*token.c)
    )
    return make(rows.one())


def _search_text(values: dict[str, Any]) -> str:
    words = (values["uid"], *values["aliases"], values["visual_number"], values["contract_id"], values["group_id"])
    return " ".join(word for word in words if word).lower()


async def change(connection: AsyncConnection, key: int, values: dict[str, Any]) -> Token:
    """Describes it anew. Raises IntegrityError when another token of the operator has the uid."""
    return await _updated(connection, key, search_text=_search_text(values), **values)


async def block(connection: AsyncConnection, key: int, reason: str) -> Token:
    return await _updated(connection, key, valid=False, blocked_reason=reason)


async def unblock(connection: AsyncConnection, key: int) -> Token:
    return await _updated(connection, key, valid=True, blocked_reason=None)


async def claim(connection: AsyncConnection, visual_number: str, driver_key: int) -> Token | None:
    """The only good card with this number that is nobody's becomes the driver's."""
    free = (
        select(token.c.key)
        .where(
            token.c.visual_number == visual_number,
            token.c.driver_key.is_(None),
            token.c.account_key.is_(None),
            token.c.valid,
        )
        .with_for_update()
    )
    keys = list((await connection.execute(free)).scalars())
    return await _updated(connection, keys[0], driver_key=driver_key) if len(keys) == 1 else None


async def lock(connection: AsyncConnection, key: int) -> None:
    """Holds the row until the transaction ends."""
    await connection.execute(select(token.c.key).where(token.c.key == key).with_for_update(key_share=True))


async def _updated(connection: AsyncConnection, key: int, **values: Any) -> Token:
    rows = await connection.execute(
        update(token).where(token.c.key == key).values(version=token.c.version + 1, **values).returning(*token.c)
    )
    return make(rows.one())


async def authorisations(
    connection: AsyncConnection, scope: Scope, filter: AuthorisationFilter, request: PageRequest
) -> Page[Authorisation]:
    """Newest first, at the caller's locations."""
    statement = select(authorisation).where(
        allowed(scope, authorisation.c.location_key),
        referring(authorisation.c.station_key, station, None if filter.station_id is None else (filter.station_id,)),
        referring(authorisation.c.token_key, token, None if filter.token_id is None else (filter.token_id,)),
        during(authorisation.c.at, filter.at),
    )
    return await read_page(connection, statement, _TAP_ORDER, request, _tap)


def _tap(row: Row[Any]) -> Authorisation:
    return Authorisation(
        at=row.at,
        station_key=row.station_key,
        token_key=row.token_key,
        presented_uid=row.presented_uid,
        decision=AuthorisationStatus(row.decision),
        rule=row.rule,
        source=row.source,
        took_ms=row.took_ms,
    )
