"""What is known of a driver, all of it; and its end, which leaves sessions and what was paid."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.account import AccountKind
from app.domain.session import OPEN_STATUSES
from app.store.driver_tables import account, account_member, driver, driver_session
from app.store.payment_tables import hold
from app.store.tables import authorisation, location, session, station, token

_SESSIONS_MAX = 50_000
_TIMEOUT = text("SELECT set_config('statement_timeout', '600000', true)")  # the journal of a week is read through
_FORGET = text("SELECT forget_driver(:key)")
_NAME = "erased"


async def charges_now(connection: AsyncConnection, driver_key: int) -> bool:
    rows = await connection.execute(
        select(session.c.key)
        .where(session.c.driver_key == driver_key, session.c.status.in_(sorted(OPEN_STATUSES)))
        .limit(1)
    )
    return rows.first() is not None


async def erase(connection: AsyncConnection, driver_key: int, *, at: datetime) -> None:
    """Everything that says who it was. The rows stay, so that every session and amount still adds up."""
    await connection.execute(_TIMEOUT)
    theirs = select(session.c.station_key).where(session.c.driver_key == driver_key)
    await connection.execute(
        select(station.c.key).where(station.c.key.in_(theirs)).order_by(station.c.key).with_for_update(key_share=True)
    )
    await connection.execute(_FORGET, {"key": driver_key})
    await connection.execute(
        update(session)
        .where(session.c.driver_key == driver_key)
        .values(token_uid=literal(_NAME), version=session.c.version + 1)
    )
    await connection.execute(
        update(token)
        .where(token.c.driver_key == driver_key)
        .values(
            uid=func.concat("ERASED-", token.c.key),
            aliases=[],
            visual_number=None,
            contract_id=None,
            valid=False,
            blocked_reason="Its driver was erased.",
            search_text="",
            version=token.c.version + 1,
        )
    )
    await connection.execute(update(hold).where(hold.c.driver_key == driver_key).values(contact=None))
    await connection.execute(delete(driver_session).where(driver_session.c.driver_key == driver_key))
    others = select(account_member.c.account_key).where(account_member.c.driver_key != driver_key)
    mine = select(account_member.c.account_key).where(account_member.c.driver_key == driver_key)
    await connection.execute(
        update(account)
        .where(account.c.kind == AccountKind.PRIVATE, account.c.key.in_(mine), account.c.key.not_in(others))
        .values(
            name=_NAME,
            legal_name=None,
            address_lines=[],
            vat_number=None,
            status="CLOSED",
            search_text="",
            version=account.c.version + 1,
        )
    )
    await connection.execute(
        update(driver)
        .where(driver.c.key == driver_key)
        .values(
            name=None,
            email=None,
            phone=None,
            locale="en",
            search_text="",
            erased_at=at,
            session_epoch=driver.c.session_epoch + 1,
            version=driver.c.version + 1,
        )
    )


async def known_of(connection: AsyncConnection, driver_key: int) -> dict[str, list[dict[str, Any]]]:
    """Rows by kind, in plain values: their cards, accounts, sessions (the newest 50,000), taps and sign-ins."""
    cards = select(
        token.c.id, token.c.uid, token.c.aliases, token.c.type, token.c.visual_number, token.c.contract_id, token.c.valid,
        token.c.valid_from, token.c.valid_until, token.c.last_used_at, token.c.created_at,
    ).where(token.c.driver_key == driver_key)  # fmt: skip
    memberships = (
        select(account.c.id, account.c.kind, account.c.name, account_member.c.role, account_member.c.since)
        .join(account_member, account_member.c.account_key == account.c.key)
        .where(account_member.c.driver_key == driver_key)
    )
    charged = (
        select(
            session.c.id, session.c.status, session.c.origin, session.c.created_at, session.c.started_at,
            session.c.ended_at, session.c.energy_wh, session.c.cost_minor, session.c.currency, session.c.token_uid,
            location.c.name.label("location"), location.c.city,
        )
        .join(location, location.c.key == session.c.location_key)
        .where(session.c.driver_key == driver_key)
        .order_by(session.c.key.desc())
        .limit(_SESSIONS_MAX)
    )  # fmt: skip
    taps = (
        select(authorisation.c.at, authorisation.c.presented_uid, authorisation.c.decision, authorisation.c.rule)
        .where(authorisation.c.token_key.in_(select(token.c.key).where(token.c.driver_key == driver_key)))
        .order_by(authorisation.c.key.desc())
        .limit(_SESSIONS_MAX)
    )
    sign_ins = select(
        driver_session.c.created_at, driver_session.c.expires_at, driver_session.c.ended_at
    ).where(driver_session.c.driver_key == driver_key)  # fmt: skip
    parts = {"tokens": cards, "accounts": memberships, "sessions": charged, "taps": taps, "signIns": sign_ins}
    return {
        name: [dict(row._mapping) for row in await connection.execute(statement)] for name, statement in parts.items()
    }
