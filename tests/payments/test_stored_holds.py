"""The life of a hold over the real database: each commit is a place to die at, and nothing is done twice."""

import asyncio
from datetime import timedelta

import psycopg
import pytest

from app.domain.hold import Hold, HoldStatus, RefundStatus
from app.domain.refusal import ErrorCode, Refusal
from app.jobs.holds import CHECKPOINTS
from app.operations import holds, payment_accounts
from app.store.intake.connection import connect
from app.store.intake.duties import wake_changed_holds
from payments.double.http import Fault
from tests.payments.holding import Death
from tests.payments.stored import StoredHouse
from tests.schema.conftest import tenant, world
from tests.world import Tenant, World, made, options

__all__ = ["tenant", "world"]


@pytest.fixture
def house(world: World, tenant: Tenant) -> StoredHouse:
    return StoredHouse(world, tenant)


async def test_paid_started_charged_and_captured(house: StoredHouse) -> None:
    hold = await house.held()
    assert hold.status is HoldStatus.HELD
    assert (hold.wanted_minor, hold.held_minor) == (2000, 2000)
    assert hold.session_key is not None
    assert [sent.body.__class__.__name__ for sent in house.world.stations.sent] == ["StartTransaction"]
    assert house.steps(hold)["PAYMENT_HELD"] == "DONE"
    assert house.steps(hold)["CAPTURED"] == "WAITING"
    house.begin(hold, 300)
    assert (await house.due(hold)).status is HoldStatus.HELD
    house.end(hold, 1160)
    hold = await house.due(hold)
    assert (hold.status, hold.captured_minor, hold.debt_minor) == (HoldStatus.CAPTURED, 1160, 0)
    assert house.steps(hold)["CAPTURED"] == "DONE"
    [(origin, state)] = house.world.ingest(
        "SELECT s.origin, d.state FROM session s, duty d WHERE s.key = %s AND d.hold_key = %s",
        hold.session_key,
        hold.key,
    )
    assert (origin, state) == ("AD_HOC", "DONE")


async def test_the_sessions_end_wakes_the_hold(house: StoredHouse) -> None:
    hold = await house.held()
    house.begin(hold)
    await house.work(hold)
    connection = await connect(house.world.database.ingest_url, autocommit=True)

    async def due() -> bool:
        await wake_changed_holds(connection, at=house.world.clock())
        rows = house.world.ingest("SELECT due_at <= %s FROM duty WHERE hold_key = %s", house.world.clock(), hold.key)
        return bool(rows[0][0])

    assert not await due()
    house.end(hold, 900)
    assert await due()
    await connection.close()


@pytest.mark.parametrize("name", CHECKPOINTS)
async def test_a_worker_that_dies_anywhere_is_followed_by_one_that_finishes(house: StoredHouse, name: str) -> None:
    """At every stage of the hold's life the first worker dies at this await."""

    async def work(hold: Hold) -> Hold:
        house.die_at = name
        try:
            await house.work(hold)
        except Death:
            house.world.clock.advance(46)  # its lease ends
            await house.work(hold)
        house.die_at = None
        return await house.now(hold)

    hold = await work(made(await house.ask()))  # type: ignore[arg-type]
    account = house.double.book.account(hold.account)
    house.double.book.confirm(account, account.objects[str(hold.reference)], "pm_card_visa")
    hold = await work(hold)
    assert len(house.world.stations.sent) == 1
    house.begin(hold)
    house.end(hold, 700)
    hold = await work(hold)
    assert (hold.status, hold.captured_minor) == (HoldStatus.CAPTURED, 700)
    made(
        await holds.refund(
            scope=house.tenant.scope, desk=house.desk, hold_id=hold.uuid, amount_minor=200, options=options("refund")
        )
    )
    hold = await work(hold)
    assert [refund.status for refund in hold.refunds] == [RefundStatus.SUCCEEDED]
    assert hold.refunded_minor == 200
    for type in ("payment_intent.created", "charge.captured", "refund.created"):
        assert house.events(hold, type) == 1, type
    assert name in house.passed


async def test_two_workers_at_once_capture_once(house: StoredHouse) -> None:
    """The lease keeps the second away; were it to lapse, both would make the same call under the same key."""
    hold = await house.held()
    house.begin(hold)
    house.end(hold, 800)
    calls = len(house.double.calls)
    done = await asyncio.gather(house.work(hold), house.work(hold))
    assert sorted(done) == [False, True]
    assert len(house.double.calls) == calls + 1
    hold = await house.now(hold)
    assert hold.captured_minor == 800

    # The lease of the first lapses while it waits for the provider.
    other = await second_hold(house)
    house.begin(other)
    house.end(other, 600)
    met: list[str] = []

    async def meanwhile(name: str) -> None:
        if name == "payment call written" and not met:
            met.append(name)
            house.world.clock.advance(46)
            await house.work(other)

    house.checkpoint = meanwhile  # type: ignore[method-assign]
    await house.work(other)
    other = await house.now(other)
    assert (other.status, other.captured_minor) == (HoldStatus.CAPTURED, 600)
    assert house.events(other, "charge.captured") == 2
    told = "SELECT count(*) FROM audit_entry WHERE action = 'hold.captured' AND subject_id = %s"
    assert house.world.ingest(told, other.uuid) == [(1,)]
    keys = [key for name, _, key in house.double.calls if name.endswith("/capture")]
    assert len(keys) == 3
    assert len(set(keys)) == 2


async def second_hold(house: StoredHouse) -> Hold:
    hold = made(await house.ask("second", at=1))
    assert isinstance(hold, Hold)
    await house.work(hold)
    return await house.pay(hold)


async def test_a_wake_during_the_work_is_not_lost(house: StoredHouse) -> None:
    hold = await house.held()
    house.begin(hold)
    house.end(hold, 800)

    async def meanwhile(name: str) -> None:
        house.world.ingest("UPDATE duty SET wakes = wakes + 1 WHERE hold_key = %s", hold.key)

    house.checkpoint = meanwhile  # type: ignore[method-assign]
    await house.work(hold)
    assert house.world.ingest("SELECT state FROM duty WHERE hold_key = %s", hold.key) == [("OWED",)]


async def test_a_charger_that_is_away_gives_the_money_back(house: StoredHouse) -> None:
    house.world.ingest("UPDATE gateway_process SET lease_until = now() - interval '1 hour'")
    hold = await house.held()
    assert (hold.status, hold.release_wanted) == (HoldStatus.RELEASED, "STATION_OFFLINE")
    assert house.events(hold, "payment_intent.canceled") == 1


async def test_near_the_limit_the_driver_is_warned_power_lowered_and_charging_stopped(house: StoredHouse) -> None:
    hold = await house.held()
    seen = []
    for cost in (1000, 1600, 1800, 1900):
        house.begin(hold, cost) if cost == 1000 else house.meter(hold, cost)
        hold = await house.due(hold)
        seen.append((hold.warned_at is not None, hold.lowered_at is not None, hold.stop_asked_at is not None))
    assert seen == [(False, False, False), (True, False, False), (True, True, False), (True, True, True)]
    asked = [sent.body.__class__.__name__ for sent in house.world.stations.sent]
    assert asked == ["StartTransaction", "SetChargingProfile", "StopTransaction"]
    house.end(hold, 2050)
    hold = await house.due(hold)
    assert (hold.captured_minor, hold.debt_minor) == (2000, 50)


async def test_a_charger_that_is_silent_until_the_bank_lets_go_is_captured_provisionally(house: StoredHouse) -> None:
    hold = await house.held()
    house.begin(hold, 900)
    await house.work(hold)
    house.pass_time(timedelta(days=6, hours=19))
    hold = await house.due(hold)
    assert (hold.status, hold.captured_minor, hold.provisional) == (HoldStatus.CAPTURED, 900, True)
    house.end(hold, 780)
    hold = await house.due(hold)
    assert [(refund.amount_minor, refund.reason) for refund in hold.refunds] == [(120, "PROVISIONAL_CORRECTION")]
    assert (hold.refunded_minor, hold.debt_minor, hold.provisional) == (120, 0, False)


async def test_minutes_that_nobody_saw_are_not_taken_when_the_bank_lets_go(house: StoredHouse) -> None:
    """A price by the hour runs on while the charger is heard, and stands still at its last word while it is not."""
    hold = await house.held()
    with psycopg.connect(house.world.database.owner_url, autocommit=True) as owner:
        owner.execute("""UPDATE tariff SET elements = '[{"components": [{"type": "TIME", "price": "6.00"}]}]'""")
    house.begin(hold)
    house.session(hold, meter_last_at=house.world.clock() + timedelta(hours=1))
    house.pass_time(timedelta(days=6, hours=19))
    hold = await house.due(hold)
    assert (hold.status, hold.captured_minor, hold.provisional) == (HoldStatus.CAPTURED, 600, True)


async def test_people_refund_once_a_key_and_never_more_than_was_captured(house: StoredHouse) -> None:
    hold = await house.held()
    house.begin(hold)
    house.end(hold, 1160)
    await house.work(hold)

    async def refund(key: str, amount: int | None) -> Hold | Refusal:
        return await holds.refund(
            scope=house.tenant.scope, desk=house.desk, hold_id=hold.uuid, amount_minor=amount, options=options(key)
        )

    made(await refund("one", 420))
    made(await refund("one", 420))  # a double click
    too_much = await refund("two", 800)
    assert isinstance(too_much, Refusal)
    assert too_much.code is ErrorCode.REFUND_EXCEEDS_CAPTURE
    hold = await house.due(hold)
    assert (hold.refunded_minor, house.events(hold, "refund.created")) == (420, 1)
    made(await refund("rest", None))
    assert (await house.due(hold)).refunded_minor == 1160


async def test_one_driver_at_an_evse(house: StoredHouse) -> None:
    made(await house.ask("first"))
    second = await house.ask("second")
    assert isinstance(second, Refusal)
    assert second.code is ErrorCode.EVSE_BUSY
    made(await house.ask("elsewhere", at=1))


async def test_an_operator_releases_before_the_session_begins_and_not_after(house: StoredHouse) -> None:
    hold = await house.held()
    house.begin(hold)

    async def release(key: str) -> Hold | Refusal:
        return await holds.release(scope=house.tenant.scope, desk=house.desk, hold_id=hold.uuid, options=options(key))

    refused = await release("during")
    assert isinstance(refused, Refusal)
    assert refused.code is ErrorCode.HOLD_IN_USE
    other = await second_hold(house)
    made(await holds.release(scope=house.tenant.scope, desk=house.desk, hold_id=other.uuid, options=options("r")))
    assert (await house.due(other)).status is HoldStatus.RELEASED
    assert house.double.book.account(None).objects[str(other.reference)]["status"] == "canceled"


async def test_the_operators_own_account_and_fee_are_used(house: StoredHouse) -> None:
    made(
        await payment_accounts.set_account(
            scope=house.tenant.scope, desk=house.desk, draft=payment_accounts.PaymentAccountDraft("acct_alpha", 500, 35)
        )
    )
    hold = await house.held()
    house.begin(hold)
    house.end(hold, 1000)
    hold = await house.due(hold)
    assert (hold.account, hold.fee_minor) == ("acct_alpha", 85)
    assert {account for _, account, _ in house.double.calls} == {"acct_alpha"}
    captured = house.double.book.account("acct_alpha").objects[str(hold.reference)]
    assert captured["application_fee_amount"] == 85


async def test_a_provider_that_is_away_never_makes_us_give_up(house: StoredHouse) -> None:
    hold = made(await house.ask())
    assert isinstance(hold, Hold)
    house.double.faults.append(Fault("", "away", 20))
    for _ in range(20):
        assert await house.work(hold)
    assert (await house.now(hold)).status is HoldStatus.CREATED
    assert (await house.due(hold)).reference is not None
    assert house.events(hold, "payment_intent.created") == 1


async def test_without_a_provider_nothing_is_asked(house: StoredHouse) -> None:
    house.desk = house.world.desk
    refused = await house.ask()
    assert isinstance(refused, Refusal)
    assert refused.code is ErrorCode.PAYMENTS_NOT_CONFIGURED
    assert "VOLTGRAPH_STRIPE_KEY" in refused.message
