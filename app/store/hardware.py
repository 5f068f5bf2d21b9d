"""Writing stations, EVSEs and connectors: the station's row is locked first, and its version rises with any of them."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.session import SessionStatus
from app.domain.station import OcppVersion, Registration
from app.store.tables import connector, evse, session, station

_CLAIM = text("SELECT claim_attempts(:identity)")
_KNOCKED = text("SELECT identity_has_knocked(:identity)")


async def lock(connection: AsyncConnection, key: int) -> int | None:
    """Takes the station's row as every writer does, before anything that hangs off it; its version, None when gone."""
    rows = await connection.execute(
        select(station.c.version).where(station.c.key == key).with_for_update(key_share=True)
    )
    found = rows.scalar_one_or_none()
    return None if found is None else int(found)


async def raise_version(connection: AsyncConnection, key: int) -> int:
    """Says that something hanging off the station has changed."""
    rows = await connection.execute(
        update(station).where(station.c.key == key).values(version=station.c.version + 1).returning(station.c.version)
    )
    return int(rows.scalar_one())


async def owe_limits(connection: AsyncConnection, key: int) -> None:
    """A limit of a transaction at the station has changed: its next message is to hear of it (2.1 E16.FR.02)."""
    spoken = OcppVersion.V21.value  # no other version has a word for limits
    await connection.execute(
        update(station).where(station.c.key == key, station.c.ocpp_version == spoken).values(limits_due=True)
    )


async def owe_limits_of(connection: AsyncConnection, account_key: int) -> None:
    """As `owe_limits`, wherever somebody charges whom the account pays for; the stations are locked in key order."""
    where = select(session.c.station_key).where(
        session.c.account_key == account_key, session.c.status == SessionStatus.ACTIVE
    )
    spoken = station.c.ocpp_version == OcppVersion.V21.value
    keys = (
        select(station.c.key)
        .where(station.c.key.in_(where), spoken)
        .order_by(station.c.key)
        .with_for_update(key_share=True)
    )
    found = (await connection.execute(keys)).scalars().all()
    if found:
        await connection.execute(update(station).where(station.c.key.in_(found)).values(limits_due=True))


def _search_text(identity: str, name: str | None) -> str:
    return f"{identity} {name or ''}".strip().lower()


async def add_station(
    connection: AsyncConnection,
    *,
    uuid: UUID,
    operator_key: int,
    location_key: int,
    identity: str,
    name: str | None,
    security_profile_floor: int,
    accepts_no_authorization: bool,
    accepts_direct_payment: bool,
    lifecycle: str,
    salt: bytes | None,
    digest: bytes | None,
) -> int:
    """The new station's key. Raises IntegrityError when the installation already knows the identity."""
    rows = await connection.execute(
        insert(station)
        .values(
            id=uuid,
            operator_key=operator_key,
            location_key=location_key,
            identity=identity,
            name=name,
            search_text=_search_text(identity, name),
            security_profile_floor=security_profile_floor,
            accepts_no_authorization=accepts_no_authorization,
            accepts_direct_payment=accepts_direct_payment,
            lifecycle=lifecycle,
            credential_salt=salt,
            credential_digest=digest,
        )
        .returning(station.c.key)
    )
    return int(rows.scalar_one())


async def change_station(connection: AsyncConnection, *, key: int, identity: str, values: dict[str, Any]) -> int:
    """Sets the columns a person may set; the caller holds the row. Returns the new version."""
    rows = await connection.execute(
        update(station)
        .where(station.c.key == key)
        .values(search_text=_search_text(identity, values["name"]), version=station.c.version + 1, **values)
        .returning(station.c.version)
    )
    return int(rows.scalar_one())


async def set_credentials(connection: AsyncConnection, *, key: int, salt: bytes, digest: bytes) -> None:
    await connection.execute(
        update(station)
        .where(station.c.key == key)
        .values(
            credential_salt=salt,
            credential_digest=digest,
            credential_next_salt=None,
            credential_next_digest=None,
            version=station.c.version + 1,
        )
    )


async def set_registration(connection: AsyncConnection, *, key: int, registration: Registration) -> None:
    await connection.execute(
        update(station)
        .where(station.c.key == key)
        .values(registration=registration.value, version=station.c.version + 1)
    )


async def set_next_credentials(connection: AsyncConnection, *, key: int, salt: bytes, digest: bytes) -> None:
    """Counts beside the password in use until the station has come with it."""
    await connection.execute(
        update(station).where(station.c.key == key).values(credential_next_salt=salt, credential_next_digest=digest)
    )


async def add_evse(
    connection: AsyncConnection,
    *,
    uuid: UUID,
    operator_key: int,
    station_key: int,
    number: int,
    evse_id: str | None,
    physical_reference: str | None,
) -> int:
    """The new EVSE's key. Raises IntegrityError when the public id is taken."""
    rows = await connection.execute(
        insert(evse)
        .values(
            id=uuid,
            operator_key=operator_key,
            station_key=station_key,
            number=number,
            evse_id=evse_id,
            physical_reference=physical_reference,
        )
        .returning(evse.c.key)
    )
    return int(rows.scalar_one())


async def change_evse(
    connection: AsyncConnection, *, key: int, evse_id: str | None, physical_reference: str | None
) -> None:
    await connection.execute(
        update(evse)
        .where(evse.c.key == key)
        .values(evse_id=evse_id, physical_reference=physical_reference, version=evse.c.version + 1)
    )


async def put_connector(
    connection: AsyncConnection,
    *,
    uuid: UUID,
    operator_key: int,
    station_key: int,
    evse_key: int,
    evse_number: int,
    number: int,
    values: dict[str, Any],
) -> None:
    """Adds the plug, or sets what a person says about the one that is there; what the station said stays."""
    changed = await connection.execute(
        update(connector)
        .where(connector.c.evse_key == evse_key, connector.c.number == number)
        .values(**values)
        .returning(connector.c.key)
    )
    if changed.scalar_one_or_none() is None:
        await connection.execute(
            insert(connector).values(
                id=uuid,
                operator_key=operator_key,
                station_key=station_key,
                evse_key=evse_key,
                evse_number=evse_number,
                number=number,
                **values,
            )
        )


async def claim_attempts(connection: AsyncConnection, identity: str) -> int:
    """Hands what knocked under this identity before to the operator who now owns it."""
    return int((await connection.execute(_CLAIM, {"identity": identity})).scalar_one())


async def has_knocked(connection: AsyncConnection, identity: str) -> bool:
    return bool((await connection.execute(_KNOCKED, {"identity": identity})).scalar_one())
