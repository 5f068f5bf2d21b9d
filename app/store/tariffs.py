"""Tariff versions and their assignments."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, case, false, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.filter import TariffFilter
from app.domain.page import Page, PageRequest
from app.domain.tariff import (
    Tariff,
    TariffAssignment,
    TariffState,
    applicable,
)
from app.domain.tariff_form import parse_discount, parse_elements, parse_holidays, parse_limit
from app.domain.voucher import Voucher
from app.store.keyset import Order, read_page
from app.store.tables import tariff, tariff_assignment

_SELECT = select(tariff)
_ORDER = Order(tariff.c.key)


def make(row: Row[Any]) -> Tariff:
    """A tariff version of a row of `tariff`."""
    return Tariff(
        key=row.key,
        uuid=row.id,
        operator_key=row.operator_key,
        code=row.code,
        version_number=row.version_number,
        state=TariffState(row.state),
        currency=row.currency,
        tax_included=row.tax_included,
        elements=parse_elements(row.elements),
        hold_amount_minor=row.hold_amount_minor,
        valid_from=row.valid_from,
        version=row.version,
        retired_at=row.retired_at,
        min_price=parse_limit(row.min_price),
        max_price=parse_limit(row.max_price),
        holidays=parse_holidays(row.holidays),
        discount=parse_discount(row.discount),
        voucher_key=row.voucher_key,
    )


def _filtered(filter: TariffFilter) -> Select[Any]:
    statement = _SELECT.where(tariff.c.voucher_key.is_(None))
    if filter.codes is not None:
        statement = statement.where(tariff.c.code.in_(filter.codes))
    if filter.state is not None:
        statement = statement.where(tariff.c.state.in_(filter.state))
    return statement


async def search(connection: AsyncConnection, filter: TariffFilter, request: PageRequest) -> Page[Tariff]:
    """Newest first."""
    return await read_page(connection, _filtered(filter), _ORDER, request, make)


async def less_voucher(connection: AsyncConnection, base: Tariff, voucher: Voucher, uuid: UUID) -> Tariff:
    """The version less a voucher, made by the first who asks. No assignment can name its code."""
    code = f"{base.code}+{voucher.code}"
    row = (await connection.execute(_SELECT.where(tariff.c.key == base.key))).one()
    values = {name: value for name, value in row._mapping.items() if name != "key"}
    values |= {
        "id": uuid, "code": code, "state": TariffState.PUBLISHED, "voucher_key": voucher.key,
        "discount": {"kind": voucher.kind.value, "worth": voucher.worth, "code": voucher.code},
    }  # fmt: skip
    await connection.execute(upsert(tariff).values(**values).on_conflict_do_nothing())
    found = await connection.execute(
        _SELECT.where(tariff.c.code == code, tariff.c.version_number == base.version_number)
    )
    return make(found.one())


async def plain_of(connection: AsyncConnection, version: Tariff) -> Tariff | None:
    """The version that one is made of by a voucher; a plain one itself."""
    if version.voucher_key is None:
        return version
    code = version.code.rpartition("+")[0]
    found = await connection.execute(
        _SELECT.where(tariff.c.code == code, tariff.c.version_number == version.version_number)
    )
    row = found.one_or_none()
    return None if row is None else make(row)


async def by_keys(connection: AsyncConnection, keys: Collection[int]) -> dict[int, Tariff]:
    rows = await connection.execute(_SELECT.where(tariff.c.key.in_(keys)))
    return {row.key: make(row) for row in rows}


async def by_ids(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Tariff]:
    rows = await connection.execute(_SELECT.where(tariff.c.id.in_(ids)))
    return {row.id: make(row) for row in rows}


async def assignments(connection: AsyncConnection, codes: Collection[str]) -> list[TariffAssignment]:
    """Every assignment of these codes, oldest first."""
    rows = await connection.execute(
        select(tariff_assignment).where(tariff_assignment.c.code.in_(codes)).order_by(tariff_assignment.c.key)
    )
    return [_assignment(row) for row in rows]


def _assignment(row: Row[Any]) -> TariffAssignment:
    return TariffAssignment(
        row.code, row.location_key, row.evse_key, row.token_group_id, row.valid_from, row.valid_until, row.id
    )


async def applicable_at(
    connection: AsyncConnection,
    operator_key: int,
    *,
    at: datetime,
    places: Collection[tuple[int, int | None, str | None]],
) -> dict[tuple[int, int | None, str | None], Tariff]:
    """The tariff that applies at each (location key, EVSE key, token group) at a moment; absent where none does.

    Serves both roles: the operator is a condition of the statements, not only of row security. Two reads a call.
    """
    rows = await connection.execute(
        select(tariff_assignment).where(
            tariff_assignment.c.operator_key == operator_key,
            tariff_assignment.c.valid_from <= at,
            or_(
                tariff_assignment.c.location_key.is_(None),
                tariff_assignment.c.location_key.in_({location for location, _, _ in places}),
            ),
        )
    )
    assigned = [_assignment(row) for row in rows]
    published = await connection.execute(
        _SELECT.where(
            tariff.c.operator_key == operator_key,
            tariff.c.code.in_({assignment.code for assignment in assigned}),
            tariff.c.state != TariffState.DRAFT,
            tariff.c.valid_from <= at,
        )
    )
    versions = [make(row) for row in published]
    found = {}
    for location_key, evse_key, group in places:
        version = applicable(
            assigned, versions, at=at, location_key=location_key, evse_key=evse_key, token_group_id=group
        )
        if version is not None:
            found[location_key, evse_key, group] = version
    return found


async def next_version(connection: AsyncConnection, operator_key: int, code: str) -> int:
    """The number after the newest version of ``code``; the transaction holds the code until it ends."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"tariff:{code}", operator_key))))
    newest = await connection.execute(select(func.max(tariff.c.version_number)).where(tariff.c.code == code))
    return int(newest.scalar() or 0) + 1


async def insert_draft(
    connection: AsyncConnection,
    *,
    uuid: UUID,
    operator_key: int,
    code: str,
    version_number: int,
    currency: str,
    tax_included: bool,
    columns: Mapping[str, object],
    hold_amount_minor: int | None,
    valid_from: datetime | None,
) -> Tariff:
    """A new version; ``valid_from`` is only a proposal until it is published, ``columns`` are its JSON parts."""
    rows = await connection.execute(
        insert(tariff)
        .values(
            id=uuid,
            operator_key=operator_key,
            code=code,
            version_number=version_number,
            state=TariffState.DRAFT,
            currency=currency,
            tax_included=tax_included,
            **columns,
            hold_amount_minor=hold_amount_minor,
            valid_from=valid_from,
        )
        .returning(*tariff.c)
    )
    return make(rows.one())


async def change_draft(
    connection: AsyncConnection,
    key: int,
    *,
    if_version: int,
    currency: str,
    tax_included: bool,
    columns: Mapping[str, object],
    hold_amount_minor: int | None,
    valid_from: datetime | None,
) -> Tariff | None:
    """Replaces what a draft says; None when it is another version, or no draft any more."""
    rows = await connection.execute(
        update(tariff)
        .where(tariff.c.key == key, tariff.c.state == TariffState.DRAFT, tariff.c.version == if_version)
        .values(
            currency=currency,
            tax_included=tax_included,
            **columns,
            hold_amount_minor=hold_amount_minor,
            valid_from=valid_from,
            version=tariff.c.version + 1,
        )
        .returning(*tariff.c)
    )
    row = rows.one_or_none()
    return None if row is None else make(row)


async def retire(connection: AsyncConnection, key: int, at: datetime) -> Tariff | None:
    """No session that begins from then on pays it; None when it is retired already. A draft loses its proposal."""
    rows = await connection.execute(
        update(tariff)
        .where(tariff.c.key == key, tariff.c.state != TariffState.RETIRED)
        .values(
            state=TariffState.RETIRED,
            retired_at=at,
            valid_from=case((tariff.c.state == TariffState.DRAFT, None), else_=tariff.c.valid_from),
            version=tariff.c.version + 1,
        )
        .returning(*tariff.c)
    )
    row = rows.one_or_none()
    return None if row is None else make(row)


async def publish(connection: AsyncConnection, key: int, valid_from: datetime) -> Tariff | None:
    """Makes a draft immutable; None when it is no draft any more."""
    rows = await connection.execute(
        update(tariff)
        .where(tariff.c.key == key, tariff.c.state == TariffState.DRAFT)
        .values(state=TariffState.PUBLISHED, valid_from=valid_from, version=tariff.c.version + 1)
        .returning(*tariff.c)
    )
    row = rows.one_or_none()
    return None if row is None else make(row)


async def assign(connection: AsyncConnection, operator_key: int, assignment: TariffAssignment) -> None:
    await connection.execute(
        insert(tariff_assignment).values(
            id=assignment.uuid,
            operator_key=operator_key,
            code=assignment.code,
            location_key=assignment.location_key,
            evse_key=assignment.evse_key,
            token_group_id=assignment.token_group_id,
            valid_from=assignment.valid_from,
            valid_until=assignment.valid_until,
        )
    )


async def in_force_since(connection: AsyncConnection, uuid: UUID, since: datetime) -> None:
    """For a world that is made up: the version has been valid since then."""
    await connection.execute(update(tariff).where(tariff.c.id == uuid).values(valid_from=since))


async def is_assigned(connection: AsyncConnection, wanted: TariffAssignment) -> bool:
    """Whether an assignment of the same code to the same place and group begins no later and ends no sooner."""
    ends_later = or_(
        tariff_assignment.c.valid_until.is_(None),
        false() if wanted.valid_until is None else tariff_assignment.c.valid_until >= wanted.valid_until,
    )
    found = await connection.execute(
        select(tariff_assignment.c.key).where(
            tariff_assignment.c.code == wanted.code,
            tariff_assignment.c.location_key.is_not_distinct_from(wanted.location_key),
            tariff_assignment.c.evse_key.is_not_distinct_from(wanted.evse_key),
            tariff_assignment.c.token_group_id.is_not_distinct_from(wanted.token_group_id),
            tariff_assignment.c.valid_from <= wanted.valid_from,
            ends_later,
        )
    )
    return found.first() is not None


async def assignment(connection: AsyncConnection, uuid: UUID) -> TariffAssignment | None:
    row = (await connection.execute(select(tariff_assignment).where(tariff_assignment.c.id == uuid))).one_or_none()
    return None if row is None else _assignment(row)


async def end_assignment(connection: AsyncConnection, uuid: UUID, until: datetime) -> bool:
    """Whether it ends then; False when it had ended before."""
    rows = await connection.execute(
        update(tariff_assignment)
        .where(
            tariff_assignment.c.id == uuid,
            or_(tariff_assignment.c.valid_until.is_(None), tariff_assignment.c.valid_until > until),
        )
        .values(valid_until=until)
        .returning(tariff_assignment.c.key)
    )
    return rows.one_or_none() is not None
