"""Drivers of a test's operator, as they stand after signing in."""

from app.domain.access import DriverIdentity, driver_scope
from app.domain.driver import Driver
from app.domain.ids import Prefix, public_id
from app.domain.scope import Scope
from app.domain.token import Token, TokenType
from app.operations import drivers, tokens
from tests.world import Tenant, World, made, options, uuid7


def of_operator(tenant: Tenant) -> str:
    return public_id(Prefix.OPERATOR, tenant.operator.uuid)


async def add(world: World, tenant: Tenant, mark: str) -> tuple[Driver, Scope]:
    """A driver with a card and a session, and their rights; ``mark`` is in every text of theirs."""
    draft = drivers.DriverDraft(f"Name {mark}", f"{mark.lower()}@drivers.example")
    driver = made(
        await drivers.create(
            scope=tenant.scope, desk=world.desk, draft=draft, options=options(f"add {len(mark)} {mark[0]}")
        )
    )
    assert isinstance(driver, Driver)
    card = tokens.TokenDraft(
        f"{mark}99", TokenType.RFID, visual_number=f"V-{mark}", contract_id=f"C-{mark}", driver_id=driver.uuid
    )
    token = made(await tokens.create(scope=tenant.scope, desk=world.desk, draft=card))
    assert isinstance(token, Token)
    station = tenant.stations[0]
    world.ingest(
        "INSERT INTO session (id, operator_key, location_key, station_key, evse_key, evse_number, connector_number, status, "
        "origin, transaction_id, token_key, token_uid, created_at, started_at, stop_reason, energy_wh, steps, flags, "
        "driver_key) VALUES (%s, %s, %s, %s, %s, 1, 1, 'COMPLETED', 'RFID', %s, %s, %s, now(), now(), %s, 1000, "
        "'{}', '{}', %s)",
        uuid7(), tenant.operator.key, station.location_key, station.key, station.evses[0].key, f"tx-{mark}", token.key,
        token.uid, f"Stop {mark}", driver.key,
    )  # fmt: skip
    return driver, scope_of(tenant, driver)


def scope_of(tenant: Tenant, driver: Driver) -> Scope:
    identity = DriverIdentity(driver.key, driver.uuid, tenant.operator.key, tenant.operator.uuid, 1)
    return driver_scope(identity, session_id=uuid7(), expires_at=None)
