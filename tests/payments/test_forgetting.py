"""What was said to the provider is forgotten after a season, and nothing that is forgotten is missed."""

from datetime import timedelta

from app.domain.hold import HoldStatus
from app.jobs.backfill import backfill
from app.jobs.sweeps import Retention
from app.store.intake import payment_events
from app.store.intake.connection import connect
from app.store.intake.forgetting import forget_payments
from payments.double.post import Post
from tests.payments.stored import StoredHouse
from tests.payments.test_stored_holds import house, second_hold
from tests.payments.test_webhooks import NEW, PATH, door
from tests.schema.conftest import tenant, world

__all__ = ["door", "house", "tenant", "world"]
SEASON = timedelta(days=Retention().payment_days)


def kept(house: StoredHouse, key: int) -> tuple[list[object], int]:
    """The deeds of a hold's calls, and how many messages are about it."""
    deeds = house.world.ingest("SELECT deed FROM payment_call WHERE hold_key = %s ORDER BY key", key)
    [(events,)] = house.world.ingest(
        "SELECT count(*) FROM payment_event WHERE hold_id = (SELECT id FROM hold WHERE key = %s)", key
    )
    return [deed for (deed,) in deeds], int(str(events))


async def forget(house: StoredHouse) -> None:
    connection = await connect(house.world.database.ingest_url, autocommit=True)
    await forget_payments(connection, house.world.clock() - SEASON)
    await connection.close()


async def test_settled_ones_go_after_a_season_and_a_message_that_comes_again_does_no_harm(
    house: StoredHouse, door: object
) -> None:
    assert timedelta(days=Retention().payment_days) > payment_events.KEPT_BY_PROVIDER
    over = await house.held()
    house.begin(over)
    house.end(over, 800)
    over = await house.due(over)
    open_ = await second_hold(house)
    assert await backfill(house.world.database.ingest_url, house.cashier, house.world.clock) > 4
    over = await house.due(over)
    before = [kept(house, hold.key) for hold in (over, open_)]
    assert before[0][0] == ["CREATE", "CAPTURE"]
    await forget(house)
    assert [kept(house, hold.key) for hold in (over, open_)] == before, "too young"
    house.pass_time(SEASON + timedelta(days=1))
    await forget(house)
    assert kept(house, over.key) == (["CAPTURE"], 0)
    assert kept(house, open_.key) == before[1], "it still holds money"
    # The provider sends what it had sent.
    post, calls = Post(NEW, house.double.book.now), len(house.double.calls)
    for event in house.double.book.account(None).events:
        post.take(event)

    async def deliver(body: bytes, headers: dict[str, str]) -> int:
        return (await door.post(PATH, content=body, headers=headers)).status_code  # type: ignore[attr-defined, no-any-return]

    assert set(await post.deliver(deliver)) == {200}
    assert kept(house, over.key)[1] > 0, "kept as if it were new"
    after = await house.due(over)
    assert (after.status, after.captured_minor, after.refunds) == (HoldStatus.CAPTURED, 800, ())
    assert {name.split()[0] for name, _, _ in house.double.calls[calls:]} == {"GET"}, (
        "it was looked at, and that is all"
    )
