"""A driver reads what is known of them and is forgotten: not a trace in any table, and not a cent lost."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.domain.account import AccountKind, MemberRole
from app.domain.driver import Driver
from app.domain.scope import Scope
from app.operations import accounts
from tests import drivers
from tests.schema.conftest import Client
from tests.world import Tenant, World, made, options

ADA, BEN = "ADALOVE", "BENJAMN"
EMAIL = "adalove@drivers.example"
ERASE = 'mutation { driverErase(%s options: {idempotencyKey: "%s"}) { driver { name erasedAt } errors { code } } }'
EXPORT = "mutation { driverExport { document errors { code } } }"


@pytest.fixture
async def ada(world: World, tenant: Tenant) -> tuple[Driver, Scope]:
    """Her address is wherever somebody may have written it, in the case they liked."""
    driver, scope = await drivers.add(world, tenant, ADA)
    desk, owner = world.desk, tenant.scope
    draft = accounts.AccountDraft(AccountKind.PRIVATE, f"Name {ADA}", "DE", "EUR", legal_name=f"Dr {ADA}")
    account: Any = made(await accounts.create(scope=owner, desk=desk, draft=draft, options=options("private")))
    made(
        await accounts.set_member(
            scope=owner,
            desk=desk,
            account_id=account.uuid,
            driver_id=driver.uuid,
            role=MemberRole.ADMIN,
            cost_centre=None,
        )
    )
    made(
        await accounts.post(
            scope=owner, desk=desk, account_id=account.uuid, amount_minor=700, reason=f"paid by {EMAIL}",
            correction=False, options=options("paid"),
        )
    )  # fmt: skip
    world.ingest("UPDATE session SET account_key = %s, cost_minor = 321 WHERE driver_key = %s", account.key, driver.key)
    world.ingest("UPDATE hold SET contact = 'Adalove@Drivers.example' WHERE key = (SELECT min(key) FROM hold)")
    world.ingest("UPDATE frame SET raw = raw || ' ADALOVE@drivers.example' WHERE key = (SELECT min(key) FROM frame)")
    world.ingest("UPDATE station_report SET texts = %s", Jsonb({"0": f"customer {EMAIL}"}))
    world.ingest(
        "UPDATE command SET body = body || %s, reason = %s, answer_raw = %s", Jsonb({"who": EMAIL}), EMAIL, EMAIL
    )
    world.ingest(
        "INSERT INTO authorisation (received_day, operator_key, location_key, station_key, token_key, at, presented_uid, "
        "decision, rule, source, took_ms) SELECT current_date, operator_key, location_key, station_key, token_key, now(), "
        "token_uid, 'Accepted', 'r', 's', 1 FROM session WHERE driver_key = %s",
        driver.key,
    )
    with psycopg.connect(world.database.owner_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO audit_entry (operator_key, actor, action, before, after, reason) VALUES (%s, 'x', 'y', %s, %s, %s)",
            (tenant.operator.key, Jsonb({"e": EMAIL}), Jsonb({"e": EMAIL.upper()}), f"asked by {EMAIL}"),
        )
    return driver, scope


def traces(world: World, *words: str) -> Iterator[tuple[str, int]]:
    """Tables of all kinds whose rows say one of the words, and how often."""
    with psycopg.connect(world.database.owner_url) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        for (table,) in tables:
            for word in words:
                (count,) = connection.execute(
                    f"SELECT count(*) FROM {table} t WHERE t::text ILIKE %s",
                    (f"%{word}%",),
                ).fetchone() or (0,)  # type: ignore[arg-type]
                if count:
                    yield table, count


async def test_40_nothing_of_a_person_is_left_and_all_of_the_money(
    client: Client, world: World, tenant: Tenant, ada: tuple[Driver, Scope]
) -> None:
    _, ben = await drivers.add(world, tenant, BEN)
    told = {table for table, _ in traces(world, ADA)}
    assert {"driver", "token", "session", "account", "audit_entry", "frame", "hold", "command", "event_log"} - told <= {
        "event_log"
    }
    money = "SELECT sum(cost_minor), sum(energy_wh), count(*) FROM session UNION ALL SELECT sum(amount_minor), 0, count(*) FROM account_entry"
    before = world.ingest(money)
    gone = (await client.data(ERASE % ("", "k"), ada[1]))["driverErase"]
    assert gone["errors"] == []
    assert gone["driver"]["name"] is None and gone["driver"]["erasedAt"] is not None
    # A transaction's own name is the station's, and says nothing of a person but in this test.
    world.ingest("UPDATE session SET transaction_id = 't', stop_reason = NULL WHERE transaction_id = %s", f"tx-{ADA}")
    assert list(traces(world, ADA)) == []
    assert world.ingest(money) == before
    kept = await client.data("{ sessions { nodes { token { uid valid } driver { id erasedAt } } } }", tenant.scope)
    hers = [one for one in kept["sessions"]["nodes"] if one["driver"] and one["driver"]["erasedAt"]]
    assert [one["token"]["valid"] for one in hers] == [False]
    assert (
        BEN
        in str(
            await client.data("{ sessions { nodes { stopReason } } tokens { nodes { visualNumber } } }", ben)
        ).upper()
    )
    entries = (await client.data("{ auditEntries(first: 1) { nodes { action actor } } }", tenant.scope))["auditEntries"]
    assert entries["nodes"][0]["action"] == "driver.erased"


async def test_an_operator_erases_once_and_not_while_somebody_charges(
    client: Client, world: World, tenant: Tenant, ada: tuple[Driver, Scope]
) -> None:
    found = await client.data('{ drivers(text: "adalove") { nodes { id version } } }', tenant.scope)
    [node] = found["drivers"]["nodes"]
    which = f'id: "{node["id"]}",'
    world.ingest("UPDATE session SET status = 'ACTIVE' WHERE driver_key = %s", ada[0].key)
    busy = (await client.data(ERASE % (which, "one"), tenant.scope))["driverErase"]
    assert busy["errors"] == [{"code": "INVALID_INPUT"}]
    assert EMAIL in str(list(world.ingest("SELECT email FROM driver")))
    world.ingest("UPDATE session SET status = 'COMPLETED' WHERE driver_key = %s", ada[0].key)
    for key in ("two", "two", "three"):
        assert (await client.data(ERASE % (which, key), tenant.scope))["driverErase"]["errors"] == []
    assert world.ingest("SELECT count(*) FROM audit_entry WHERE action = 'driver.erased'") == [(1,)]
    revived = await client.data(
        f'mutation {{ driverUpdate({which} ifVersion: 9, input: {{name: "x"}}) {{ errors {{ code }} }} }}', tenant.scope
    )
    assert revived["driverUpdate"]["errors"] == [{"code": "INVALID_INPUT"}]


async def test_a_driver_reads_everything_of_theirs_and_nothing_else(
    client: Client, world: World, tenant: Tenant, ada: tuple[Driver, Scope]
) -> None:
    await drivers.add(world, tenant, BEN)
    document = (await client.data(EXPORT, ada[1]))["driverExport"]["document"]
    assert document["driver"]["email"] == EMAIL
    assert {kind: len(document[kind]) for kind in ("tokens", "accounts", "sessions", "taps", "signIns")} == {
        "tokens": 1, "accounts": 1, "sessions": 1, "taps": 1, "signIns": 0,
    }  # fmt: skip
    assert document["sessions"][0]["id"].startswith("ses_") and document["sessions"][0]["cost_minor"] == 321
    assert document["tokens"][0]["visual_number"] == f"V-{ADA}"
    assert BEN not in str(document).upper()
    entries = (await client.data("{ auditEntries(first: 1) { nodes { action actor } } }", tenant.scope))["auditEntries"]
    assert entries["nodes"][0]["action"] == "driver.exported"
    assert entries["nodes"][0]["actor"].startswith("driver:drv_")
    other = await client.data('{ drivers(text: "benjamn") { nodes { id } } }', tenant.scope)
    theirs = other["drivers"]["nodes"][0]["id"]
    for text in (EXPORT.replace("driverExport", f'driverExport(id: "{theirs}")'), ERASE % (f'id: "{theirs}",', "k")):
        ((_, answer),) = (await client.data(text, ada[1])).items()
        assert [error["code"] for error in answer["errors"]] == ["NOT_FOUND"]
