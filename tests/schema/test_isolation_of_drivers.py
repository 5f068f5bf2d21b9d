"""The isolation law for drivers: nothing of another driver, nor of the operator's own business, is in any answer."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import GraphQLNonNull, is_required_argument

from app.domain.account import Account, AccountKind, MemberRole
from app.domain.driver import Driver
from app.domain.filter import SessionFilter
from app.domain.match import Keys, session_matches
from app.domain.scope import CallerKind, Scope
from app.operations import accounts
from app.queries import watched
from schema.caller_schema import OUTSIDE, outside_sdl
from schema.definition import GRAPHQL
from schema.export import beside
from tests import drivers
from tests.conftest import TestDatabase
from tests.furnished import furnished
from tests.schema.conftest import Client, api_of
from tests.schema.walk import selection
from tests.world import Tenant, World, made, options

ADA, BEN = "ADALOVE", "BENJAMN"


class Ground:
    def __init__(self, world: World, tenant: Tenant, client: Client) -> None:
        self.world, self.tenant, self.client = world, tenant, client
        self.ada: tuple[Driver, Scope]
        self.ben: tuple[Driver, Scope]

    async def company(self, role: MemberRole) -> Account:
        """Both are in one account, the first as ``role``."""
        desk, scope = self.world.desk, self.tenant.scope
        draft = accounts.AccountDraft(AccountKind.COMPANY, "Fleet", "DE", "EUR")
        account = made(await accounts.create(scope=scope, desk=desk, draft=draft, options=options("fleet")))
        assert isinstance(account, Account)
        for (driver, _), what in ((self.ada, role), (self.ben, MemberRole.MEMBER)):
            made(
                await accounts.set_member(
                    scope=scope, desk=desk, account_id=account.uuid, driver_id=driver.uuid, role=what,
                    cost_centre=f"Centre {driver.name}",
                )
            )  # fmt: skip
            limit = accounts.LimitDraft(account.uuid, accounts.LimitOn.SESSIONS, accounts.LimitPer.DAY, 9, driver.uuid)
            made(await accounts.set_limit(scope=scope, desk=desk, draft=limit))
        made(
            await accounts.post(
                scope=scope, desk=desk, account_id=account.uuid, amount_minor=5, reason=BEN, correction=False,
                options=options("post"),
            )
        )  # fmt: skip
        return account

    async def everything(self, scope: Scope) -> dict[str, Any]:
        """Every field that drivers have, as deep as it goes."""
        assert OUTSIDE[CallerKind.DRIVER].query_type is not None
        return {
            name: await self.client.ask(f"{{ {name} {selection(OUTSIDE[CallerKind.DRIVER], field.type)} }}", scope)
            for name, field in OUTSIDE[CallerKind.DRIVER].query_type.fields.items()
            if not any(is_required_argument(one) for one in field.args.values())  # `test_own_charges` asks these
        }


@pytest.fixture
async def ground(database: TestDatabase) -> AsyncIterator[Ground]:
    world = await furnished(database, ("OPERATR", "ALP"))
    tenant = world.tenants["OPERATR"]
    api = api_of(
        world, cost_max=10**12, bucket_size=10**15, depth_max=40, tokens_max=1_000_000, aliases_max=1_000_000,
        fragments_max=1_000_000, selections_max=10**9, repeats_max=10**6,
    )  # fmt: skip
    found = Ground(world, tenant, Client(api))
    found.ada, found.ben = await drivers.add(world, tenant, ADA), await drivers.add(world, tenant, BEN)
    yield found
    await world.desk.database.close()


async def test_nothing_of_one_driver_reaches_another(ground: Ground) -> None:
    await ground.company(MemberRole.MEMBER)
    seen = await ground.everything(ground.ada[1])
    for name, answer in seen.items():
        assert "errors" not in answer, (name, answer["errors"])
        assert BEN not in str(answer).upper(), name
    for name in ("viewer", "drivers", "accounts", "sessions", "tokens"):
        assert ADA in str(seen[name]).upper(), name
    control = await ground.everything(ground.ben[1])
    for name in ("viewer", "drivers", "accounts", "sessions", "tokens"):
        assert BEN in str(control[name]).upper(), name
        assert ADA not in str(control[name]).upper(), name


async def test_an_admin_reads_of_the_members_alone(ground: Ground) -> None:
    """Who they are, masked, and what limits them: not where they charge, nor with which card."""
    await ground.company(MemberRole.ADMIN)
    seen = await ground.everything(ground.ada[1])
    assert f"Name {BEN}" in str(seen["accounts"])
    assert f"{BEN.lower()}@" not in str(seen)
    for theirs in (f"Stop {BEN}", f"V-{BEN}", f"C-{BEN}"):
        assert theirs not in str(seen)


async def test_a_driver_sees_only_what_is_published(ground: Ground) -> None:
    first, second = ground.tenant.locations
    assert str((await ground.everything(ground.ada[1]))["locations"]).count("Place") == 0
    ground.world.ingest("UPDATE location SET published = true WHERE key = %s", second.key)
    shown = str((await ground.everything(ground.ada[1]))["locations"])
    assert second.name in shown
    assert first.name not in shown
    assert ground.tenant.stations[1].name in shown  # type: ignore[operator]
    assert ground.tenant.stations[1].identity not in shown


@pytest.mark.parametrize(
    "text",
    [
        "{ stations { nodes { identity } } }",
        '{ node(id: "drv_x") { id } }',
        "{ commands { nodes { id } } }",
        "{ auditEntries { nodes { actor } } }",
        "{ locations { nodes { stations { nodes { firmwareVersion } } } } }",
        '{ locations { nodes { stations(filter: {firmware: ["1"]}) { nodes { id } } } } }',
        "{ sessions { nodes { timeline { message } } } }",
        'mutation { tokenUnblock(id: "x", reason: "r", options: {idempotencyKey: "k"}) { errors { code } } }',
        "subscription { networkOverview { online } }",
    ],
)
async def test_what_drivers_have_not_does_not_exist_for_them(ground: Ground, text: str) -> None:
    answer = await ground.client.ask(text, ground.ada[1])
    assert "data" not in answer
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


async def test_every_query_of_operators_denies_a_driver_even_without_their_schema(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second line of defence: were the table gone, the store would still show what is the operator's to nobody."""
    monkeypatch.setattr("schema.documents.outside_of", lambda kind, tree: ())
    assert GRAPHQL.query_type is not None
    for name, field in GRAPHQL.query_type.fields.items():
        if any(isinstance(arg.type, GraphQLNonNull) and arg.default_value is None for arg in field.args.values()):
            continue
        if any(is_required_argument(arg) for arg in field.args.values()) or name in ("operators", "viewer"):
            continue
        answer = await ground.client.ask(f"{{ {name} {selection(GRAPHQL, field.type, 4)} }}", ground.ada[1])
        data = str({key: value for key, value in answer.items() if key != "errors"}).upper()
        assert BEN not in data, name
        # Their account is the operator's to name, and who sells to them stands on every receipt.
        if name not in ("drivers", "accounts", "operatorLegal"):
            assert not [word for word in data.split("'") if "OPERATR" in word and word != "OPERATOR OPERATR"], name


async def test_a_driver_does_nothing_to_another_s_cards(ground: Ground) -> None:
    claim = f'mutation {{ driverTokenClaim(visualNumber: "V-{BEN}") {{ token {{ id }} errors {{ code }} }} }}'
    data = await ground.client.data("{ tokens { nodes { id } } }", ground.ben[1])
    block = f'mutation {{ driverTokenBlock(id: "{data["tokens"]["nodes"][0]["id"]}") {{ errors {{ code }} }} }}'
    for text in (claim, block):
        (answer,) = (await ground.client.data(text, ground.ada[1])).values()
        assert [error["code"] for error in answer["errors"]] == ["NOT_FOUND"]
        refused = await ground.client.ask(text, ground.tenant.scope)
        assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert ground.world.ingest("SELECT count(*) FROM token WHERE NOT valid") == [(0,)]
    for text in (claim, block):
        (answer,) = (await ground.client.data(text, ground.ben[1])).values()
        assert answer["errors"] == []
    assert ground.world.ingest("SELECT count(*) FROM token WHERE NOT valid") == [(1,)]


async def test_the_law_notices_a_missing_filter(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: with the store's filter gone, another driver's sessions are found."""
    from sqlalchemy import true

    monkeypatch.setattr("app.store.sessions.own", lambda *_: true())
    assert BEN in str(await ground.everything(ground.ada[1])).upper()


async def test_a_watcher_is_told_of_their_own_alone(ground: Ground) -> None:
    keys = [int(str(row[0])) for row in ground.world.ingest("SELECT key FROM session")]
    found = await watched.sessions(
        operator_key=ground.tenant.operator.key, database=ground.world.desk.database, keys=keys
    )
    for driver, scope in (ground.ada, ground.ben):
        told = {one.driver_key for one in found.values() if session_matches(SessionFilter(), Keys(), scope, one)}
        assert told == {driver.key}


@pytest.mark.parametrize("kind", OUTSIDE)
def test_the_schema_of_outsiders_is_kept_beside_the_other(kind: CallerKind) -> None:
    assert beside(kind).read_text(encoding="utf-8") == outside_sdl(kind)
