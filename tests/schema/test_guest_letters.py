"""Who lost the tab of a charge gets a letter, if they gave their address; nobody learns from an answer who did."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.domain.guest_letter import PER_HOUR
from app.domain.ids import Prefix, public_id
from app.jobs.duties import do_duty
from app.jobs.tools import Tools
from app.operations import guest_letters
from app.ports.messenger import Message, MessengerUnavailable
from app.store import holds
from app.store.intake.connection import connect
from app.store.intake.forgetting import forget_guests
from tests.conftest import TestDatabase
from tests.schema.conftest import SECRET, Client, api_of
from tests.schema.test_driver_sign_in import Postbox
from tests.schema.test_visitors import BACK, DAY_S, QUOTE, Street
from tests.world import add_tenant, make_world

ANN = "ann@example.org"
LETTER = "mutation($e: ID!, $c: String!) { guestAccessRequest(evseId: $e, contact: $c) { errors { code path } } }"
PAY = """mutation($e: ID!, $q: ID!, $b: Url!, $c: String) { chargeIntentCreate(evseId: $e, quoteId: $q, returnUrl: $b,
    contact: $c, options: {idempotencyKey: "k", waitSeconds: 0}) { hold { id } guestToken errors { code } } }"""
MINE = "{ holds { nodes { id } } }"


class Away(Postbox):
    """A mail server that nobody reaches."""

    async def send(self, message: Message) -> None:
        raise MessengerUnavailable("ConnectionRefusedError")


class Post(Street):
    """A street whose operator writes to people, with the worker behind it."""

    box: Postbox

    async def paid(self, contact: str | None = "Ann@Example.org", again: int = 1) -> dict[str, Any]:
        """Asked for under one key, so many times."""
        evse = (await self.seen())["id"]
        quote = (await self.client.data(QUOTE, None, evse=evse))["quote"]["id"]
        for _ in range(again):
            answer = await self.client.data(PAY, None, e=evse, q=quote, b=BACK, c=contact)
        made: dict[str, Any] = answer["chargeIntentCreate"]
        assert made["errors"] == []
        return made

    async def lost(self, contact: str = ANN) -> dict[str, Any]:
        evse = (await self.seen())["id"]
        found: dict[str, Any] = (await self.client.data(LETTER, None, e=evse, c=contact))["guestAccessRequest"]
        return found

    async def work(self) -> None:
        for (key,) in self.world.ingest("SELECT key FROM duty WHERE letter_key IS NOT NULL AND state = 'OWED'"):
            tools = Tools(self.world.clock, desk=self.world.desk, messenger=self.box, code_key=SECRET)
            assert await do_duty(self.world.database.ingest_url, self.world.desk.feed, int(str(key)), tools)
        assert self.world.ingest("SELECT 1 FROM duty WHERE letter_key IS NOT NULL AND state <> 'DONE'") == []


@pytest.fixture
async def post(database: TestDatabase) -> AsyncIterator[Post]:
    world = make_world(database)
    tenant = await add_tenant(world, "ALPHA", "ALP")
    api = api_of(
        world, takes_payments=True, sends_messages=True, files_url="http://chargers.example/files",
        visits_per_minute=10_000,
    )  # fmt: skip
    made = Post(world, tenant, Client(api))
    made.box = Postbox()
    yield made
    await world.desk.database.close()


async def test_a_letter_leads_back_to_the_charge(post: Post) -> None:
    paid = await post.paid()
    assert (await post.lost())["errors"] == []
    await post.work()
    (letter,) = post.box.sent
    assert letter.recipient == "Ann@Example.org"
    found = re.search(r"^(http\S+)#guest=(vgg_\S+)$", letter.body, re.MULTILINE)
    assert found is not None
    assert found[1] == BACK
    guest = await post.guest(found[2])
    assert guest is not None
    assert (await post.client.data(MINE, guest))["holds"]["nodes"] == [{"id": paid["hold"]["id"]}]
    assert await post.guest(paid["guestToken"]) is not None, "the first way goes on leading there"


async def test_the_answer_is_the_same_whoever_asks_and_nothing_is_sent_to_others(post: Post) -> None:
    answers = [await post.lost()]
    await post.paid()
    answers += [await post.lost("ben@example.org"), await post.lost()]
    assert answers == [{"errors": []}] * 3
    await post.work()
    assert [letter.recipient for letter in post.box.sent] == ["Ann@Example.org"]
    kept = str(post.world.ingest("SELECT * FROM guest_letter"))
    assert "ben@" not in kept, "an address that nobody gave is written nowhere"


async def test_who_gave_no_address_gets_none(post: Post) -> None:
    await post.paid(contact=None)
    await post.lost()
    await post.work()
    assert post.box.sent == []


async def test_nobody_s_post_is_flooded(post: Post) -> None:
    await post.paid()
    for _ in range(PER_HOUR + 3):
        assert await post.lost() == {"errors": []}
    await post.work()
    assert len(post.box.sent) == PER_HOUR
    post.world.clock.advance(3_601)
    await post.lost()
    await post.work()
    assert len(post.box.sent) == PER_HOUR + 1


async def test_who_asks_at_the_same_moment_gets_no_more_letters(post: Post) -> None:
    await post.paid()
    assert await asyncio.gather(*(post.lost() for _ in range(PER_HOUR + 5))) == [{"errors": []}] * (PER_HOUR + 5)
    await post.work()
    assert len(post.box.sent) == PER_HOUR


async def test_letters_never_close_the_way_of_who_heard_only_the_second_answer(post: Post) -> None:
    """The first answer was lost on its way; asked again, it came, and somebody else has letters sent ever since."""
    made = await post.paid(again=2)
    for _ in range(13):
        post.world.clock.advance(3_601)
        await post.lost()
        await post.work()
    assert await post.guest(made["guestToken"]) is not None
    assert post.world.ingest("SELECT count(*) FROM guest_access WHERE mailed") == [(10,)]


async def test_a_mail_server_that_is_away_opens_no_ways_and_closes_none(post: Post) -> None:
    paid = await post.paid()
    await post.lost()
    box, post.box = post.box, Away()
    ((key,),) = post.world.ingest("SELECT key FROM duty WHERE letter_key IS NOT NULL")
    for _ in range(12):
        tools = Tools(post.world.clock, desk=post.world.desk, messenger=post.box, code_key=SECRET)
        assert await do_duty(post.world.database.ingest_url, post.world.desk.feed, int(str(key)), tools)
        post.world.clock.advance(20)
    post.box = box
    await post.work()
    assert await post.guest(paid["guestToken"]) is not None
    assert post.world.ingest("SELECT count(*) FROM guest_access") == [(2,)], "the payer's own, and the letter's"
    (letter,) = box.sent
    assert await post.guest(letter.body.partition("#guest=")[2].split()[0]) is not None


async def test_letters_never_close_the_way_of_who_paid(post: Post) -> None:
    paid = await post.paid()
    for _ in range(13):
        post.world.clock.advance(3_601)
        await post.lost()
        await post.work()
    assert await post.guest(paid["guestToken"]) is not None
    assert post.world.ingest("SELECT count(*) FROM guest_access") == [(11,)]


async def test_what_cannot_be_is_said(post: Post) -> None:
    assert (await post.lost("nobody"))["errors"] == [{"code": "INVALID_INPUT", "path": ["contact"]}]
    silent = api_of(post.world, takes_payments=True, files_url="http://chargers.example/files")
    evse = (await post.seen())["id"]
    answer = (await Client(silent).data(LETTER, None, e=evse, c=ANN))["guestAccessRequest"]
    assert [error["code"] for error in answer["errors"]] == ["MESSAGES_NOT_CONFIGURED"]
    hidden = post.world.ingest("SELECT id FROM evse WHERE evse_id = 'DE*ALP*E0077'")
    name = public_id(Prefix.EVSE, hidden[0][0])  # type: ignore[arg-type]
    refused = (await post.client.data(LETTER, None, e=name, c=ANN))["guestAccessRequest"]
    assert [error["code"] for error in refused["errors"]] == ["NOT_FOUND"]


async def test_the_receipt_is_mailed_to_who_gave_an_address(post: Post) -> None:
    await post.paid()
    ((key,),) = post.world.ingest("SELECT max(key) FROM hold")
    desk = post.client.api.house.desk
    async with desk.database.transaction(post.tenant.operator.key) as connection:
        hold = (await holds.by_keys(connection, post.tenant.scope, (int(str(key)),)))[int(str(key))]
        await guest_letters.owe_receipt(connection, desk, hold)
    await post.work()
    (letter,) = post.box.sent
    assert letter.subject.startswith("Your receipt from")
    assert "#guest=vgg_" in letter.body


async def test_ways_back_and_addresses_are_forgotten_a_week_after(post: Post) -> None:
    token = (await post.paid())["guestToken"]
    await post.lost()
    key = post.promised()
    connection = await connect(post.world.database.ingest_url, autocommit=True)

    async def left() -> list[tuple[object, ...]]:
        await forget_guests(connection, post.world.clock())
        return post.world.ingest(
            "SELECT (SELECT count(*) FROM guest_access), (SELECT count(*) FROM guest_letter),"
            " (SELECT count(*) FROM hold WHERE contact = 'Ann@Example.org')"
        )

    post.world.clock.advance(30 * DAY_S)
    assert await left() == [(1, 0, 1)], "an open session keeps its guest"
    post.world.ingest("UPDATE session SET ended_at = %s WHERE key = %s", post.world.clock(), key)
    post.world.clock.advance(6 * DAY_S)
    assert await left() == [(1, 0, 1)]
    post.world.clock.advance(2 * DAY_S)
    assert await left() == [(0, 0, 0)]
    assert await post.guest(token) is None
    await connection.close()
