"""Drivers come in by a code that was sent to them; nobody else does, and nobody learns whose address it was."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from app.domain.driver_code import PER_HOUR, TRIES, code_of, is_code
from app.jobs.duties import do_duty
from app.jobs.tools import Tools
from app.ports.messenger import Message, Messenger
from tests.conftest import TestDatabase
from tests.drivers import of_operator
from tests.schema.conftest import SECRET, Client, api_of
from tests.schema.test_http import ask
from tests.world import Tenant, World, uuid7

ASK = "mutation($c: String!, $o: ID!) { driverCodeRequest(contact: $c, operatorId: $o) { errors { code message } } }"
ENTER = """mutation($c: String!, $k: String!, $o: ID!) { driverSignIn(contact: $c, code: $k, operatorId: $o) {
    accessToken refreshToken viewer { kind driver { id email } } errors { code message } } }"""


@dataclass
class Postbox:
    """A way to people that keeps what is sent."""

    sent: list[Message] = field(default_factory=list)
    simulated: bool = True

    async def send(self, message: Message) -> None:
        self.sent.append(message)


def _checked(box: Postbox) -> Messenger:
    return box


class Door:
    """The API of a world that writes to people, and the worker behind it."""

    def __init__(self, world: World, tenant: Tenant, **settings: Any) -> None:
        self.world, self.tenant, self.box = world, tenant, Postbox()
        self.api = api_of(world, sends_messages=True, sign_ins_per_minute=10_000, **settings)
        self.client = Client(self.api)

    async def work(self) -> None:
        for (key,) in self.world.ingest(
            "SELECT key FROM duty WHERE kind = 'SEND_CODE' AND state = 'OWED' ORDER BY key"
        ):
            tools = Tools(self.world.clock, desk=self.world.desk, messenger=self.box, code_key=SECRET)
            assert await do_duty(self.world.database.ingest_url, self.world.desk.feed, int(str(key)), tools)

    async def request(self, contact: str) -> dict[str, Any]:
        return await self.client.data(ASK, None, c=contact, o=of_operator(self.tenant))

    async def code(self, contact: str) -> str:
        """The newest code that was sent there."""
        await self.request(contact)
        await self.work()
        found = re.match(r"\d{6}", self.box.sent[-1].body)
        assert found is not None and self.box.sent[-1].recipient == contact.strip().lower()
        return found[0]

    async def enter(self, contact: str, code: str, operator: Tenant | None = None) -> dict[str, Any]:
        data = await self.client.data(ENTER, None, c=contact, k=code, o=of_operator(operator or self.tenant))
        found: dict[str, Any] = data["driverSignIn"]
        return found


@pytest.fixture
def door(world: World, tenant: Tenant) -> Door:
    return Door(world, tenant)


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["code"] for error in answer["errors"]]


async def test_a_stranger_becomes_a_driver_and_comes_back_as_the_same(door: Door) -> None:
    first = await door.enter("new@example.com", await door.code(" New@Example.com "))
    assert first["errors"] == []
    assert first["viewer"]["kind"] == "DRIVER"
    assert first["viewer"]["driver"]["email"] == "new@example.com"
    again = await door.enter("new@example.com", await door.code("new@example.com"))
    assert again["viewer"]["driver"]["id"] == first["viewer"]["driver"]["id"]
    known = await door.enter("driver.alpha@example.com", await door.code("driver.alpha@example.com"))
    data = await door.client.data('{ drivers(text: "driver.alpha") { nodes { id } } }', door.tenant.scope)
    assert [known["viewer"]["driver"]["id"]] == [one["id"] for one in data["drivers"]["nodes"]]


async def test_a_code_is_good_once_here_and_for_ten_minutes(door: Door, world: World) -> None:
    used = await door.code("ada@example.com")
    assert (await door.enter("ada@example.com", used[:3] + " " + used[3:]))["errors"] == []
    assert codes(await door.enter("ada@example.com", used)) == ["AUTHENTICATION_REQUIRED"]
    late = await door.code("ada@example.com")
    assert codes(await door.enter("bob@example.com", late)) == ["AUTHENTICATION_REQUIRED"]
    world.clock.advance(601)
    assert codes(await door.enter("ada@example.com", late)) == ["AUTHENTICATION_REQUIRED"]
    older, newer = await door.code("ada@example.com"), await door.code("ada@example.com")
    if older != newer:
        assert codes(await door.enter("ada@example.com", older)) == ["AUTHENTICATION_REQUIRED"]
    assert (await door.enter("ada@example.com", newer))["errors"] == []


async def test_five_wrong_tries_spoil_a_code(door: Door) -> None:
    good = await door.code("ada@example.com")
    wrong = "000000" if good != "000000" else "000001"
    for _ in range(TRIES):
        assert codes(await door.enter("ada@example.com", wrong)) == ["AUTHENTICATION_REQUIRED"]
    assert codes(await door.enter("ada@example.com", good)) == ["AUTHENTICATION_REQUIRED"]


async def test_the_answer_is_the_same_for_everybody_and_strangers_may_be_kept_out(door: Door, world: World) -> None:
    world.ingest("UPDATE operator SET driver_sign_up = false")
    answers = [await door.request(one) for one in ("driver.alpha@example.com", "nobody@example.com")]
    assert answers[0] == answers[1] == {"driverCodeRequest": {"errors": []}}
    assert world.ingest("SELECT count(*) FROM driver_code") == [(2,)]
    await door.work()
    assert [message.recipient for message in door.box.sent] == ["driver.alpha@example.com"]
    [(uuid,)] = world.ingest("SELECT id FROM driver_code WHERE contact = 'nobody@example.com'")
    guessed = await door.enter("nobody@example.com", code_of(SECRET, uuid))  # type: ignore[arg-type]
    assert codes(guessed) == ["AUTHENTICATION_REQUIRED"]
    assert guessed["errors"] == (await door.enter("driver.alpha@example.com", "no"))["errors"]


async def test_nobody_is_flooded_with_codes(door: Door) -> None:
    for _ in range(PER_HOUR + 3):
        assert await door.request("ada@example.com") == {"driverCodeRequest": {"errors": []}}
    await door.work()
    assert len(door.box.sent) == PER_HOUR


async def test_no_code_is_kept_anywhere(door: Door, world: World) -> None:
    good = await door.code("ada@example.com")
    for (table,) in world.ingest(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    ):
        rows = world.ingest(f"SELECT t::text FROM {table} t WHERE t::text ~ '\\m{good}\\M'")
        assert rows == [], table


async def test_another_operator_s_drivers_are_not_these(door: Door, world: World) -> None:
    from tests.world import add_tenant

    other = await add_tenant(world, "BRAVO", "BRV")
    good = await door.code("ada@example.com")
    assert codes(await door.enter("ada@example.com", good, other)) == ["AUTHENTICATION_REQUIRED"]
    here = await door.enter("ada@example.com", good)
    assert here["errors"] == []
    assert world.ingest("SELECT operator_key FROM driver WHERE email = 'ada@example.com'") == [
        (door.tenant.operator.key,)
    ]


async def test_a_driver_s_session_goes_on_and_ends(door: Door, database: TestDatabase) -> None:
    import httpx

    opened = await door.enter("ada@example.com", await door.code("ada@example.com"))
    refresh = "mutation($t: String!) { tokenRefresh(refreshToken: $t) { accessToken refreshToken errors { code } } }"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=door.api), base_url="http://api.test") as http:

        async def who(token: str) -> int:
            return (
                await ask(http, "{ viewer { driver { email } } }", {"Authorization": f"Bearer {token}"})
            ).status_code

        assert await who(opened["accessToken"]) == 200
        next_ = (await ask(http, refresh, t=opened["refreshToken"])).json()["data"]["tokenRefresh"]
        assert next_["errors"] == []
        assert await who(next_["accessToken"]) == 200
        out = await ask(
            http, "mutation { signOut { errors { code } } }", {"Authorization": f"Bearer {next_['accessToken']}"}
        )
        assert out.json()["data"]["signOut"]["errors"] == []
        assert await who(next_["accessToken"]) == 401
        thief = (await ask(http, refresh, t=next_["refreshToken"])).json()["data"]["tokenRefresh"]
        assert [error["code"] for error in thief["errors"]] == ["AUTHENTICATION_REQUIRED"]


async def test_where_nobody_is_written_to_nobody_signs_in(door: Door, world: World) -> None:
    world.desk = replace(world.desk)
    silent = Client(api_of(world))
    answer = await silent.data(ASK, None, c="ada@example.com", o=of_operator(door.tenant))
    assert codes(answer["driverCodeRequest"]) == ["MESSAGES_NOT_CONFIGURED"]
    odd = await door.request("no address")
    assert codes(odd["driverCodeRequest"]) == ["INVALID_INPUT"]


def test_a_code_is_six_digits_of_its_row_and_the_secret() -> None:
    one, other = uuid7(), uuid7()
    assert re.fullmatch(r"\d{6}", code_of(SECRET, one))
    assert is_code(SECRET, one, code_of(SECRET, one))
    assert {code_of(SECRET, uuid7()) for _ in range(50)} != {code_of(SECRET, one)}
    assert not is_code(b"another secret", one, code_of(SECRET, one)) or not is_code(b"third", one, code_of(SECRET, one))
    assert not is_code(SECRET, other, "") and not is_code(SECRET, other, "１２３４５６")
