"""Drivers without an account: what anybody may look up, what a payment opens, and that nothing else is ever found."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from graphql import get_named_type, is_leaf_type, is_required_argument
from sqlalchemy import true

from app.domain.filter import SessionFilter
from app.domain.ids import Prefix, public_id
from app.domain.match import Keys, session_matches
from app.domain.scope import CallerKind, Scope
from app.queries import watched
from app.queries.access import by_guest_token
from schema.caller_schema import OUTSIDE
from schema.definition import GRAPHQL
from tests.conftest import TestDatabase
from tests.furnished import ALPHA, furnished
from tests.schema.conftest import Client, api_of
from tests.schema.walk import selection
from tests.world import Tenant, World, uuid7

STICKER = "DE*ALP*E0042*1"
LOOK = """query($evse: ID!, $locale: String) { evse(evseId: $evse, locale: $locale) { id evseId operatorName availability
    location { name city } connectors { standard maxPowerW } priceSign { label unit price currency }
    holdAmount { amountMinor currency } } }"""
QUOTE = "query($evse: ID!) { quote(evseId: $evse) { id holdAmount { amountMinor } validUntil } }"
INTENT = """mutation($evse: ID!, $quote: ID!, $back: Url!, $key: String!, $target: TargetInput) { chargeIntentCreate(
    evseId: $evse, quoteId: $quote, returnUrl: $back, target: $target, options: {idempotencyKey: $key, waitSeconds: 0}) {
    hold { id status wanted { amountMinor } } guestToken errors { code message path ... on Refusal { subjectId } } } }"""
DAY_S = 86_400.0
BACK = "http://chargers.example/charge/x"
HALL, YARD = "ALPHAHALL", "ALPHAYARD"


class Street:
    """An operator's first EVSE is published with a sticker; the second place is nobody's business."""

    def __init__(self, world: World, tenant: Tenant, client: Client) -> None:
        self.world, self.tenant, self.client = world, tenant, client
        self.first, self.second = tenant.stations[0], tenant.stations[1]
        world.ingest("UPDATE evse SET evse_id = %s WHERE key = %s", STICKER, self.first.evses[0].key)
        world.ingest("UPDATE evse SET evse_id = %s WHERE key = %s", "DE*ALP*E0077", self.second.evses[0].key)
        world.ingest("UPDATE location SET published = true, name = %s WHERE key = %s", HALL, self.first.location_key)
        world.ingest("UPDATE location SET name = %s WHERE key = %s", YARD, self.second.location_key)
        world.connect(self.first.key)
        # What the small world left running here would be in the way.
        world.ingest("UPDATE session SET status = 'COMPLETED', ended_at = now() WHERE ended_at IS NULL")

    async def look(self, evse: str = STICKER, **more: Any) -> dict[str, Any] | None:
        found: dict[str, Any] | None = (await self.client.data(LOOK, None, evse=evse, **more))["evse"]
        return found

    async def seen(self) -> dict[str, Any]:
        found = await self.look()
        assert found is not None
        return found

    async def pay(self, key: str = "a key of mine", *, quote: str | None = None, **more: Any) -> dict[str, Any]:
        evse = (await self.seen())["id"]
        quote = quote or (await self.client.data(QUOTE, None, evse=evse))["quote"]["id"]
        values = {"evse": evse, "quote": quote, "back": BACK, "key": key} | more
        found: dict[str, Any] = (await self.client.data(INTENT, None, **values))["chargeIntentCreate"]
        return found

    async def guest(self, token: str) -> Scope | None:
        return await by_guest_token(database=self.world.desk.database, secret=token, at=self.world.clock())

    def promised(self, hold: str = "CREATED", *, status: str = "ACTIVE") -> int:
        """The session of the newest hold."""
        [(key,)] = self.world.ingest(
            "INSERT INTO session (id, operator_key, location_key, station_key, evse_key, evse_number, connector_number, "
            "status, origin, transaction_id, token_uid, created_at, started_at, energy_wh, steps, flags) SELECT %s, "
            "operator_key, location_key, station_key, evse_key, 1, 1, %s, 'AD_HOC', 'mine', 'X', now(), now(), 1234, "
            "'{}', '{}' FROM hold WHERE key = (SELECT max(key) FROM hold) RETURNING key",
            uuid7(), status,
        )  # fmt: skip
        self.world.ingest("UPDATE hold SET session_key = %s WHERE key = (SELECT max(key) FROM hold)", key)
        return int(str(key))


@pytest.fixture
async def street(database: TestDatabase) -> AsyncIterator[Street]:
    world = await furnished(database, ALPHA)
    tenant = world.tenants["ALPHA"]
    api = api_of(
        world, takes_payments=True, files_url="http://chargers.example/files", cost_max=10**12, bucket_size=10**15,
        depth_max=40, tokens_max=1_000_000, aliases_max=1_000_000, fragments_max=1_000_000, selections_max=10**9, repeats_max=10**6,
    )  # fmt: skip
    yield Street(world, tenant, Client(api))
    await world.desk.database.close()


@pytest.mark.parametrize("typed", [STICKER, "dealpe00421", "DE ALP E0042-1", "de*alp*e0042*1"])
async def test_the_sticker_is_read_as_people_type_it(street: Street, typed: str) -> None:
    found = await street.look(typed)
    assert found is not None
    assert (found["evseId"], found["location"]["name"], found["availability"]) == (STICKER, HALL, "AVAILABLE")
    assert found["priceSign"][0]["unit"] == "kWh"
    assert found["holdAmount"]["currency"] == "EUR"
    assert found["connectors"]
    assert await street.look(found["id"]) == found


async def test_the_price_is_in_the_reader_s_language(street: Street) -> None:
    english, german = await street.seen(), await street.look(locale="de")
    assert german is not None
    assert [line["price"] for line in german["priceSign"]] == [line["price"] for line in english["priceSign"]]
    assert german["priceSign"] != english["priceSign"]


async def test_what_is_not_published_looks_like_what_is_not_there(street: Street) -> None:
    hidden = "DE*ALP*E0077"
    for name in (hidden, "DE*ALP*E9999", "", "*", "evs_x", "x" * 500, "\u0000"):
        assert await street.look(name) is None, name
    nobody = f"evs_{'0' * 26}"
    known = (await street.client.data("{ stations { nodes { evses { id } } } }", street.tenant.scope))["stations"]
    second = known["nodes"][1]["evses"][0]["id"]
    answers = [await street.client.ask(QUOTE, None, evse=one) for one in (second, nobody)]
    texts = [str(answer["errors"]).replace(one, "ID") for answer, one in zip(answers, (second, nobody), strict=True)]
    assert texts[0] == texts[1]
    street.world.ingest("UPDATE station SET lifecycle = 'PLANNED' WHERE key = %s", street.first.key)
    assert await street.look() is None


async def test_somebody_else_s_session_is_only_in_use(street: Street) -> None:
    paid = await street.pay()
    assert paid["errors"] == []
    assert (await street.seen())["availability"] == "IN_USE"
    second = await street.pay("another tab")
    assert [error["code"] for error in second["errors"]] == ["EVSE_BUSY"]
    assert second["guestToken"] is None
    street.promised()
    assert (await street.seen())["availability"] == "IN_USE"


async def test_a_repeat_is_the_same_hold_and_needs_the_same_quote(street: Street) -> None:
    evse = (await street.seen())["id"]
    quote = (await street.client.data(QUOTE, None, evse=evse))["quote"]["id"]
    first, again = await street.pay("k", quote=quote), await street.pay("k", quote=quote)
    assert first["hold"]["id"] == again["hold"]["id"]
    one, other = await street.guest(first["guestToken"]), await street.guest(again["guestToken"])
    assert one is not None
    assert other is not None
    assert one.hold_key == other.hold_key
    stranger = await street.pay("k")
    assert [error["code"] for error in stranger["errors"]] == ["EVSE_BUSY"]


async def test_an_expired_quote_names_a_fresh_one(street: Street) -> None:
    evse = (await street.seen())["id"]
    quote = (await street.client.data(QUOTE, None, evse=evse))["quote"]["id"]
    street.world.clock.advance(1_200)
    (error,) = (await street.pay("k", quote=quote))["errors"]
    assert error["code"] == "QUOTE_EXPIRED"
    assert (await street.pay("k2", quote=error["subjectId"]))["errors"] == []


@pytest.mark.parametrize(
    "url", ["https://evil.example/charge/x", "http://chargers.example.evil.example/", "http://chargers.example@evil/",
            "https://chargers.example/charge/x", "http://[x/"],
)  # fmt: skip
async def test_a_payment_leads_back_to_our_own_page_alone(street: Street, url: str) -> None:
    answer = await street.pay("k", back=url)
    assert [(error["code"], error["path"]) for error in answer["errors"]] == [("INVALID_INPUT", ["returnUrl"])]


async def test_nobody_pays_with_another_s_saved_card(street: Street) -> None:
    evse = (await street.seen())["id"]
    quote = (await street.client.data(QUOTE, None, evse=evse))["quote"]["id"]
    text = f"""mutation {{ chargeIntentCreate(evseId: "{evse}", quoteId: "{quote}", returnUrl: "{BACK}", way: SAVED_CARD,
        paymentMethodId: "$CARD", options: {{idempotencyKey: "k", waitSeconds: 0}}) {{
        errors {{ code path }} }} }}""".replace("$CARD", public_id(Prefix.PAYMENT_METHOD, uuid7()))
    answer = (await street.client.data(text, None))["chargeIntentCreate"]
    assert answer["errors"] == [{"code": "INVALID_INPUT", "path": ["way"]}]


async def test_a_cost_limit_is_the_most_that_is_held(street: Street) -> None:
    paid = await street.pay("k", target={"costLimitMinor": 700, "energyWh": 5000})
    assert paid["hold"]["wanted"]["amountMinor"] == 700
    row = street.world.ingest("SELECT increment_refused, target_energy_wh FROM hold ORDER BY key DESC LIMIT 1")
    assert row == [(True, 5000)]
    street.world.ingest("UPDATE hold SET status = 'RELEASED'")
    (error,) = (await street.pay("k2", target={"costLimitMinor": 1}))["errors"]
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["target", "costLimitMinor"])


async def test_a_guest_reads_their_own_session_and_nothing_else(street: Street) -> None:
    paid = await street.pay()
    before = await street.guest(paid["guestToken"])
    assert before is not None
    assert (await street.client.data("{ sessions { nodes { id } } }", before))["sessions"]["nodes"] == []
    street.promised()
    guest = await street.guest(paid["guestToken"])
    assert guest is not None
    text = """{ viewer { kind } sessions { totalCount nodes { origin hold { id } documents { id } } }
        holds { nodes { id session { origin } } } }"""
    seen = await street.client.data(text, guest)
    assert seen["viewer"]["kind"] == "GUEST"
    assert [one["origin"] for one in seen["sessions"]["nodes"]] == ["AD_HOC"]
    assert seen["sessions"]["totalCount"] == 1
    assert [one["id"] for one in seen["holds"]["nodes"]] == [paid["hold"]["id"]]


async def _everything(street: Street, kind: CallerKind, scope: Scope | None) -> str:
    """Every field of a kind of caller, as deep as it goes; each is answered without an error."""
    query = OUTSIDE[kind].query_type
    assert query is not None
    answers = []
    for name, field in query.fields.items():
        said = f'(evseId: "{(await street.seen())["id"]}")' if "evseId" in field.args else ""
        answer = await street.client.ask(f"{{ {name}{said} {selection(OUTSIDE[kind], field.type)} }}", scope)
        assert "errors" not in answer, (name, answer["errors"])
        answers.append(answer)
    return str(answers).upper()


PRIVATE = """{ stations { nodes { identity location { name } } } tokens { nodes { uid visualNumber contractId } }
    drivers { nodes { name } } accounts { nodes { name } } holds { nodes { providerReference failure releaseReason } }
    sessions { nodes { transactionId stopReason } } members { nodes { email } } }"""


async def _found(street: Street, seen: str) -> set[str]:
    """The operator's private words that are in an answer; there are some to be found."""
    whole = str(await street.client.data(PRIVATE, street.tenant.scope)).upper()
    private = {word for word in whole.split("'") if "ALPHA" in word} - {HALL}
    assert len(private) > 10
    assert YARD in private
    return private & set(seen.split("'"))


async def test_the_law_walks_visitors(street: Street) -> None:
    seen = await _everything(street, CallerKind.VISITOR, None)
    assert HALL in seen
    assert await _found(street, seen) == set()


async def test_the_law_walks_guests(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    paid = await street.pay()
    street.promised()
    guest = await street.guest(paid["guestToken"])
    assert guest is not None
    seen = await _everything(street, CallerKind.GUEST, guest)
    assert HALL in seen
    assert await _found(street, seen) == set()
    monkeypatch.setattr("app.store.holds._seen", lambda scope: true())
    assert await _found(street, await _everything(street, CallerKind.GUEST, guest)), "a missing filter is noticed"


async def test_without_their_schema_the_store_shows_outsiders_no_more(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = await street.pay()
    street.promised()
    guest = await street.guest(paid["guestToken"])
    assert guest is not None
    monkeypatch.setattr("schema.documents.outside_of", lambda kind, tree: ())
    assert GRAPHQL.query_type is not None
    answers = []
    for name, field in GRAPHQL.query_type.fields.items():
        if any(is_required_argument(arg) for arg in field.args.values()) or is_leaf_type(get_named_type(field.type)):
            continue
        for scope in (guest, None):
            answer = await street.client.ask(f"{{ {name} {selection(GRAPHQL, field.type, 3)} }}", scope)
            answers.append({key: value for key, value in answer.items() if key != "errors"})
    published = {street.first.identity.upper()}  # which their schema withholds, and nobody can come in by
    assert await _found(street, str(answers).upper()) <= published


@pytest.mark.parametrize(
    "text",
    [
        "{ stations { nodes { identity } } }",
        "{ viewer { kind } }",
        '{ evse(evseId: "DEALPE00421") { id } stations { nodes { id } } }',
        '{ quote(evseId: "$EVSE") { id tariff { code } } }',
        'mutation { sessionStop(sessionId: "x", options: {idempotencyKey: "k"}) { errors { code } } }',
        'mutation { holdRelease(id: "x", options: {idempotencyKey: "k"}) { errors { code } } }',
    ],
)
async def test_without_a_token_all_else_is_refused(street: Street, text: str) -> None:
    answer = await street.client.ask(text.replace("$EVSE", (await street.seen())["id"]), None)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAUTHENTICATED"}
    assert not any((answer.get("data") or {}).values())


async def test_who_asks_for_too_much_is_told_which_field(street: Street) -> None:
    """A driver's page that selects a session before it has the guest's token."""
    evse = (await street.seen())["id"]
    text = f'{{ evse(evseId: "DEALPE00421") {{ id }} quote(evseId: "{evse}") {{ id tariff {{ code }} }} }}'
    (error, *_) = (await street.client.ask(text, None))["errors"]
    assert "'tariff'" in error["message"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "text",
    [
        "{ stations { nodes { identity } } }",
        "{ drivers { nodes { id } } }",
        "{ sessions { nodes { token { uid } } } }",
        "{ sessions { nodes { station { identity } } } }",
        "{ documents { nodes { id } } }",
        '{ node(id: "ses_x") { id } }',
        'mutation { refundCreate(holdId: "x", options: {idempotencyKey: "k"}) { errors { code } } }',
        "subscription { stationUpdates(filter: {}) { kind } }",
    ],
)
async def test_what_guests_have_not_does_not_exist_for_them(street: Street, text: str) -> None:
    guest = await street.guest((await street.pay())["guestToken"])
    assert guest is not None
    answer = await street.client.ask(text, guest)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


async def test_a_guest_ends_only_what_is_theirs(street: Street) -> None:
    other = await street.client.data("{ sessions { nodes { id } } holds { nodes { id } } }", street.tenant.scope)
    guest = await street.guest((await street.pay())["guestToken"])
    assert guest is not None
    for text in (
        f'mutation {{ sessionStop(sessionId: "{other["sessions"]["nodes"][0]["id"]}", options: {{idempotencyKey: "s"}}) '
        "{ errors { code } } }",
        f'mutation {{ holdRelease(id: "{other["holds"]["nodes"][0]["id"]}", options: {{idempotencyKey: "h"}}) '
        "{ errors { code } } }",
    ):
        (answer,) = (await street.client.data(text, guest)).values()
        assert [error["code"] for error in answer["errors"]] == ["NOT_FOUND"]
    own = (await street.client.data("{ holds { nodes { id } } }", guest))["holds"]["nodes"][0]["id"]
    text = f'mutation {{ holdRelease(id: "{own}", options: {{idempotencyKey: "mine", waitSeconds: 0}}) {{ errors {{ code }} }} }}'
    assert (await street.client.data(text, guest))["holdRelease"]["errors"] == []
    wanted = street.world.ingest("SELECT release_wanted IS NOT NULL FROM hold ORDER BY key DESC LIMIT 1")
    assert wanted == [(True,)]


async def test_a_guest_stops_their_own_session(street: Street) -> None:
    paid = await street.pay()
    street.promised()
    guest = await street.guest(paid["guestToken"])
    assert guest is not None
    own = (await street.client.data("{ sessions { nodes { id } } }", guest))["sessions"]["nodes"][0]["id"]
    stop = f"""mutation {{ sessionStop(sessionId: "{own}", options: {{idempotencyKey: "s", waitSeconds: 0}}) {{
        session {{ id }} errors {{ code message }} }} }}"""
    answer = (await street.client.data(stop, guest))["sessionStop"]
    assert (answer["errors"], answer["session"]) == ([], {"id": own})
    actors = street.world.ingest("SELECT actor FROM audit_entry ORDER BY key DESC LIMIT 1")
    assert actors == [(guest.caller,)]


async def test_a_guest_s_token_ends_a_week_after_the_session(street: Street) -> None:
    token = (await street.pay())["guestToken"]
    key = street.promised()
    street.world.clock.advance(30 * DAY_S)
    assert await street.guest(token) is not None
    street.world.ingest("UPDATE session SET ended_at = %s WHERE key = %s", street.world.clock(), key)
    street.world.clock.advance(6 * DAY_S)
    assert await street.guest(token) is not None
    street.world.clock.advance(2 * DAY_S)
    assert await street.guest(token) is None
    assert await street.guest(token + "x") is None


async def test_a_watching_guest_is_told_of_their_own_alone(street: Street) -> None:
    paid = await street.pay()
    own = street.promised()
    guest = await street.guest(paid["guestToken"])
    assert guest is not None
    keys = [int(str(row[0])) for row in street.world.ingest("SELECT key FROM session")]
    found = await watched.sessions(operator_key=guest.operator_key, database=street.world.desk.database, keys=keys)
    assert len(found) > 1
    told = {one.key for one in found.values() if session_matches(SessionFilter(), Keys(), guest, one)}
    assert told == {own}
    before = replace(guest, session_key=None)
    assert not any(session_matches(SessionFilter(), Keys(), before, one) for one in found.values())


async def test_a_visitor_who_asks_too_often_waits(street: Street) -> None:
    evse = (await street.seen())["id"]
    for _ in range(40):
        answer = await street.client.ask(QUOTE, None, evse=evse)
        if "errors" in answer:
            break
    assert answer["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
    rows = street.world.ingest("SELECT count(*) FROM quote")
    assert int(str(rows[0][0])) <= 31


def test_nobody_reads_the_digests_of_another_operator(database: TestDatabase) -> None:
    with psycopg.connect(database.app_url) as connection:
        assert connection.execute("SELECT count(*) FROM guest_access").fetchone() == (0,)
