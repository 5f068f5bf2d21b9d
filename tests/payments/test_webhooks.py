"""What arrives at the provider's address: believed only when signed, kept once, and worked from the current object."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.domain.hold import Hold, HoldStatus
from app.jobs.backfill import backfill
from app.operations import payment_accounts, payment_events
from payments.double import Post
from payments.double.post import signature
from payments.webhooks import BODY_MAX, PATH, Webhooks
from tests.payments.stored import StoredHouse
from tests.schema.conftest import tenant, world
from tests.world import Tenant, World, made

__all__ = ["tenant", "world"]

OLD, NEW = "whsec_old", "whsec_new"


@pytest.fixture
def house(world: World, tenant: Tenant) -> StoredHouse:
    return StoredHouse(world, tenant)


@pytest.fixture
def door(house: StoredHouse) -> httpx.AsyncClient:
    async def keep(event: Any) -> bool:
        return await payment_events.keep(desk=house.desk, event=event)

    app = Starlette(routes=[Webhooks((OLD, NEW), keep, house.world.clock).route()])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://door")


def event(**values: Any) -> bytes:
    subject = {"object": "payment_intent", "id": "pi_1", "metadata": {}}
    made = {"id": "evt_1", "type": "payment_intent.succeeded", "created": 1_790_000_000, "data": {"object": subject}}
    return json.dumps(made | values).encode()


def kept(house: StoredHouse) -> list[tuple[Any, ...]]:
    return house.world.ingest("SELECT event_id, state, operator_key FROM payment_event ORDER BY key")


async def send(door: httpx.AsyncClient, house: StoredHouse, body: bytes, secret: str = OLD, **header: str) -> int:
    signed = signature(body, secret, int(house.world.clock().timestamp()))
    return (await door.post(PATH, content=body, headers={"stripe-signature": signed} | header)).status_code


NOT_BELIEVED = (
    (event(), ""),
    (event(), "t=1,v1=00"),
    (event(), "garbage"),
    (event(), "t=x,v1="),
    (b"\xff\xfe", None),
    (b"{", None),
    (b"[]", None),
    (b"{}", None),
    (event(data=1), None),
    (event(created="soon"), None),
    (event(created=10**30), None),
    (b" " * (BODY_MAX + 1), None),
)


async def test_what_is_not_signed_or_no_event_is_400_and_leaves_nothing(
    door: httpx.AsyncClient, house: StoredHouse
) -> None:
    for body, said in NOT_BELIEVED:
        header = signature(body, OLD, int(house.world.clock().timestamp())) if said is None else said
        answer = await door.post(PATH, content=body, headers={"stripe-signature": header})
        assert answer.status_code == 400, (body[:40], header)
    assert kept(house) == []


async def test_a_changed_byte_an_old_signature_and_another_secret_are_refused(
    door: httpx.AsyncClient, house: StoredHouse
) -> None:
    now = int(house.world.clock().timestamp())
    for body, signed in (
        (event(id="evt_2"), signature(event(), OLD, now)),
        (event(), signature(event(), OLD, now - 301)),
        (event(), signature(event(), OLD, now + 301)),
        (event(), signature(event(), "whsec_other", now)),
    ):
        assert (await door.post(PATH, content=body, headers={"stripe-signature": signed})).status_code == 400
    assert kept(house) == []
    recent = signature(event(), OLD, now - 299)
    assert (await door.post(PATH, content=event(), headers={"stripe-signature": recent})).status_code == 200


async def test_both_secrets_count_while_one_is_replaced_and_a_repetition_is_kept_once(
    door: httpx.AsyncClient, house: StoredHouse
) -> None:
    for secret in (OLD, NEW, NEW):
        assert await send(door, house, event(), secret) == 200
    assert await send(door, house, event(id="evt_2", type="of.tomorrow"), NEW) == 200
    assert kept(house) == [("evt_1", "IGNORED", None), ("evt_2", "IGNORED", None)]


async def test_without_a_secret_there_is_no_address() -> None:
    with pytest.raises(ValueError):
        Webhooks((), None, None)  # type: ignore[arg-type]


async def paid_unseen(house: StoredHouse) -> Hold:
    """A hold that the driver has paid for, and nobody told us."""
    hold = made(await house.ask())
    assert isinstance(hold, Hold)
    await house.work(hold)
    hold = await house.now(hold)
    account = house.double.book.account(hold.account)
    house.double.book.confirm(account, account.objects[str(hold.reference)], "pm_card_visa")
    return hold


def due(house: StoredHouse, hold: Hold) -> bool:
    rows = house.world.ingest(
        "SELECT due_at <= %s AND state = 'OWED' FROM duty WHERE hold_key = %s", house.world.clock(), hold.key
    )
    return bool(rows[0][0])


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_shuffled_doubled_and_lost_messages_leave_the_hold_as_it_is_at_the_provider(
    door: httpx.AsyncClient, house: StoredHouse, seed: int
) -> None:
    post = Post(OLD, house.double.book.now, seed=seed, twice=0.5, lost=0.2)
    house.double.book.on_event = post.take
    hold = await paid_unseen(house)
    house.double.book.cancel(
        house.double.book.account(None), house.double.book.account(None).objects[str(hold.reference)], "fraudulent"
    )

    async def deliver(body: bytes, headers: dict[str, str]) -> int:
        return (await door.post(PATH, content=body, headers=headers)).status_code

    assert set(await post.deliver(deliver)) == {200}
    assert due(house, hold)
    assert len(kept(house)) == len({row[0] for row in kept(house)})
    assert (await house.due(hold)).status is HoldStatus.RELEASED


async def test_a_message_of_another_account_touches_nothing(door: httpx.AsyncClient, house: StoredHouse) -> None:
    hold = await paid_unseen(house)
    house.world.ingest("UPDATE duty SET due_at = %s WHERE hold_key = %s", house.world.clock() + timedelta(1), hold.key)
    subject = {"object": "payment_intent", "id": hold.reference, "metadata": {"voltgraph_hold": str(hold.uuid)}}
    assert await send(door, house, event(account="acct_other", data={"object": subject})) == 200
    assert not due(house, hold)
    assert kept(house) == [("evt_1", "IGNORED", None)]
    assert await send(door, house, event(data={"object": subject})) == 200
    assert due(house, hold)


async def test_messages_that_never_came_are_fetched_once(house: StoredHouse) -> None:
    hold = await paid_unseen(house)
    house.world.ingest("UPDATE duty SET due_at = %s WHERE hold_key = %s", house.world.clock() + timedelta(1), hold.key)
    url = house.world.database.ingest_url
    assert await backfill(url, house.cashier, house.world.clock) == 2
    assert due(house, hold)
    assert await backfill(url, house.cashier, house.world.clock) == 0
    assert (await house.due(hold)).status is HoldStatus.HELD


async def test_an_operators_messages_are_fetched_from_its_own_account(house: StoredHouse) -> None:
    made(
        await payment_accounts.set_account(
            scope=house.tenant.scope, desk=house.desk, draft=payment_accounts.PaymentAccountDraft("acct_alpha")
        )
    )
    await paid_unseen(house)
    before = len(house.double.calls)
    assert await backfill(house.world.database.ingest_url, house.cashier, house.world.clock) == 2
    asked = {account for name, account, _ in house.double.calls[before:] if name == "GET /v1/events"}
    assert "acct_alpha" in asked
