"""A server that is killed at any await between the database and the payment provider captures once, and always."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.ids import new_uuid
from app.jobs.holds import CHECKPOINTS
from payments.double import RunningDouble
from tests.faults.conftest import Service, dial
from tests.gateway.doubles import until
from tests.ground import World

CALLS = tuple(name for name in CHECKPOINTS if name.startswith("payment call"))


def uuid() -> str:
    return str(new_uuid(at_ms=int(datetime.now(UTC).timestamp() * 1000)))


async def held(world: World, service: Service, double: RunningDouble) -> tuple[int, str]:
    """The key of a hold whose session is over and waits to be captured, and its account's name."""
    book = double.double.book
    name = f"acct_{os.urandom(4).hex()}"  # every double begins to count anew
    account = book.account(name)
    (charger,) = await dial(world, service, "ocpp2.0.1")
    await charger.close()
    operator, station = charger.row.operator_key, charger.row.key
    location, evse = world.one(
        "SELECT s.location_key, e.key FROM station s JOIN evse e ON e.station_key = s.key WHERE s.key = %s LIMIT 1",
        station,
    )
    intent = book.create_intent(account, amount=2000, currency="eur", metadata={}, description=None, options={})
    book.confirm(account, intent, "pm_card_visa")
    now = datetime.now(UTC)
    (session,) = world.one(
        "INSERT INTO session (id, operator_key, location_key, station_key, evse_key, evse_number, status, origin, "
        "created_at, started_at, ended_at, settled_at, steps, flags, currency, cost_minor, energy_wh, power_w, "
        "meter_settled_wh) VALUES (%s, %s, %s, %s, %s, 1, 'COMPLETED', 'AD_HOC', %s, %s, %s, %s, '{}', '{}', 'EUR', "
        "1160, 0, 0, 0) RETURNING key",
        uuid(), operator, location, station, evse, now, now, now, now,
    )  # fmt: skip
    (key,) = world.one(
        "INSERT INTO hold (id, operator_key, location_key, station_key, evse_key, session_key, currency, way, status, "
        "wanted_minor, held_minor, account, reference, held_at, capture_before, created_by, created_at, pay_by) VALUES "
        "(%s, %s, %s, %s, %s, %s, 'EUR', 'ELEMENT', 'HELD', 2000, 2000, %s, %s, %s, %s, 'test', %s, %s) RETURNING key",
        uuid(), operator, location, station, evse, session, name, intent["id"], now, now + timedelta(days=7), now, now,
    )  # fmt: skip
    return int(key), name


def owe(world: World, key: int) -> None:
    world.run(
        "INSERT INTO duty (id, operator_key, kind, hold_key, due_at) SELECT %s, operator_key, 'ADVANCE_HOLD', key, now() "
        "FROM hold WHERE key = %s",
        uuid(), key,
    )  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
async def test_a_capture_survives_kill_9_at_every_await(world: World, service: Service, name: str) -> None:
    double = RunningDouble()
    await double.start()
    await service.stop()
    service.stripe_url = double.url
    await service.start()
    key, account = await held(world, service, double)
    service.arm(name)
    owe(world, key)
    await service.died()
    world.run("UPDATE duty SET leased_until = now() WHERE hold_key = %s", key)
    await service.start()
    await until(lambda: world.one("SELECT status FROM hold WHERE key = %s", key) == ("CAPTURED",), within=40)
    assert world.one("SELECT captured_minor, debt_minor FROM hold WHERE key = %s", key) == (1160, 0)
    events = double.double.book.account(account).events
    captured = [event for event in events if event["type"] == "charge.captured"]
    assert len(captured) == 1
    assert world.one("SELECT count(*) FROM payment_call WHERE hold_key = %s AND deed = 'CAPTURE'", key) == (1,)
    await service.kill()
    await double.stop()
