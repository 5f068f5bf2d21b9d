"""Setting up: one deed a key, honest conflicts, the audit trail, and nobody beyond their rights."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.filter import AuditFilter, LocationFilter
from app.domain.page import PageRequest
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Role
from app.domain.tariff import TariffState
from app.domain.token import Token, TokenType
from app.operations import access, locations, members, operators, stations, tariffs, tokens
from app.queries import audit as audit_queries
from app.queries import locations as location_queries
from app.queries.access import by_api_token
from tests.world import PASSWORD, Tenant, World, add_tenant, location_draft, made, narrowed, options, station_draft


async def test_a_repeat_with_the_same_key_makes_nothing_new(world: World, tenant: Tenant) -> None:
    async def create(name: str = "Depot") -> object:
        draft = location_draft(name)
        return await locations.create(scope=tenant.scope, desk=world.desk, draft=draft, options=options("same"))

    first, second = await asyncio.gather(create(), create())
    assert made(first) == made(second)
    other = await create("Elsewhere")
    assert isinstance(other, Refusal)
    assert other.code is ErrorCode.IDEMPOTENCY_KEY_REUSED
    page = await location_queries.search(
        scope=tenant.scope, database=world.desk.database, filter=LocationFilter(text="depot"), page=PageRequest()
    )
    assert len(page.items) == 1


async def test_an_update_needs_the_version_that_was_read(world: World, tenant: Tenant) -> None:
    place = tenant.locations[0]

    async def update(version: int) -> object:
        return await locations.update(
            scope=tenant.scope, desk=world.desk, location_id=place.uuid, if_version=version, draft=location_draft("NEW")
        )

    assert isinstance(made(await update(place.version)), type(place))
    stale = await update(place.version)
    assert isinstance(stale, Refusal)
    assert stale.code is ErrorCode.VERSION_CONFLICT
    entries = await audit_queries.search(
        scope=tenant.scope, database=world.desk.database, filter=AuditFilter(subject_id=place.uuid), page=PageRequest()
    )
    assert [entry.action for entry in entries.items] == ["location.updated", "location.created"]
    assert "Place 1 NEW" in (entries.items[0].after or "")


async def test_a_stations_password_is_shown_once_and_stored_hashed(world: World, tenant: Tenant) -> None:
    draft = station_draft("ZULU", tenant.locations[0].uuid, 900, "ALP")

    async def register() -> object:
        return await stations.register(scope=tenant.scope, desk=world.desk, draft=draft, options=options("register"))

    first, again = made(await register()), made(await register())
    assert isinstance(first, stations.Credentials)
    assert isinstance(again, stations.Credentials)
    assert 16 <= len(first.password or "") <= 20  # what every version can be told
    assert again.password is None
    assert first.connect_url == "ws://chargers.example/ocpp/CP-ZULU-900"
    [(stored,)] = world.ingest("SELECT credential_digest FROM station WHERE key = %s", first.station.key)
    assert (first.password or "").encode() not in bytes(stored)  # type: ignore[arg-type]
    taken = await stations.register(scope=tenant.scope, desk=world.desk, draft=draft, options=options("other"))
    assert isinstance(taken, Refusal)
    assert taken.code is ErrorCode.ALREADY_REGISTERED
    rotated = made(
        await stations.rotate_credentials(
            scope=tenant.scope, desk=world.desk, station_id=first.station.uuid, options=options("rotate")
        )
    )
    assert isinstance(rotated, stations.Credentials)
    assert rotated.password not in (None, first.password)
    assert world.stations.closed == [(first.station.key, "credentials rotated")]


async def test_only_what_knocked_can_be_adopted(world: World, tenant: Tenant) -> None:
    place = tenant.locations[0].uuid

    async def accept() -> object:
        return await stations.accept(
            scope=tenant.scope, desk=world.desk, identity="KNOCKER", location_id=place, options=options("accept")
        )

    unknown = await accept()
    assert isinstance(unknown, Refusal)
    assert unknown.code is ErrorCode.NOT_FOUND
    world.ingest(
        "INSERT INTO connection_attempt (at, path, identity, remote_address, offered_subprotocols, result, hint) "
        "VALUES (now(), '/KNOCKER', 'KNOCKER', '::1', '{ocpp1.6}', 'UNKNOWN_IDENTITY', 'x')"
    )
    adopted = made(await accept())
    assert isinstance(adopted, stations.Credentials)
    [(owner,)] = world.ingest("SELECT operator_key FROM connection_attempt WHERE identity = 'KNOCKER'")
    assert owner == tenant.operator.key


async def test_a_published_tariff_never_changes(world: World, tenant: Tenant) -> None:
    assert tenant.tariff is not None
    again = await tariffs.publish(
        scope=tenant.scope, desk=world.desk, tariff_id=tenant.tariff.uuid, valid_from=None, options=options("again")
    )
    assert isinstance(again, Refusal)
    draft = tariffs.TariffDraft(tenant.tariff.code, "EUR", True, [{"components": [{"type": "FLAT", "price": "1"}]}])
    second = made(await tariffs.create(scope=tenant.scope, desk=world.desk, draft=draft, options=options("second")))
    assert second.version_number == 2  # type: ignore[attr-defined]
    assert second.state is TariffState.DRAFT  # type: ignore[attr-defined]
    wrong = tariffs.TariffDraft("x", "USD", True, draft.elements)
    refused = await tariffs.create(scope=tenant.scope, desk=world.desk, draft=wrong, options=options("usd"))
    assert isinstance(refused, Refusal)
    assert refused.code is ErrorCode.CURRENCY_MISMATCH


async def test_a_blocked_token_and_a_repeated_uid(world: World, tenant: Tenant) -> None:
    assert tenant.token is not None
    blocked = made(
        await tokens.block(
            scope=tenant.scope, desk=world.desk, token_id=tenant.token.uuid, reason="lost", options=options("block")
        )
    )
    assert blocked.valid is False  # type: ignore[attr-defined]
    twice = await tokens.create(
        scope=tenant.scope, desk=world.desk, draft=tokens.TokenDraft(tenant.token.uid.lower(), tenant.token.type)
    )
    assert isinstance(twice, Refusal)
    assert twice.code is ErrorCode.ALREADY_REGISTERED


async def test_a_card_is_known_by_what_other_readers_make_of_it(world: World, tenant: Tenant) -> None:
    """One name is one token's: neither a uid nor an alias is given twice, and a name that is given up is free."""

    async def create(uid: str, *aliases: str) -> object:
        draft = tokens.TokenDraft(uid, TokenType.RFID, aliases=aliases)
        return await tokens.create(scope=tenant.scope, desk=world.desk, draft=draft)

    long = made(await create("04A1B2C3D4E5F6", "04:a1:b2:c3", "04A1B2C3D4E5F6"))
    assert isinstance(long, Token) and long.aliases == ("04A1B2C3",)
    for taken in (await create("04A1B2C3"), await create("FRESH", "04a1b2c3"), await create("FRESH", long.uid)):
        assert isinstance(taken, Refusal) and taken.code is ErrorCode.ALREADY_REGISTERED
    for wrong in (await create("FRESH", *"abcdefghi"), await create("FRESH", "…")):
        assert isinstance(wrong, Refusal) and wrong.path == ("input", "aliases")
    plain = tokens.TokenDraft(long.uid, TokenType.RFID)
    made(
        await tokens.update(
            scope=tenant.scope, desk=world.desk, token_id=long.uuid, if_version=long.version, draft=plain
        )
    )
    made(await create("04A1B2C3"))


async def test_nobody_grants_more_than_they_have(world: World, tenant: Tenant) -> None:
    limited = narrowed(tenant, tenant.locations[0])
    with pytest.raises(Refused):
        await access.invite_member(
            scope=limited, desk=world.desk, email="a@example.com", role=Role.VIEWER, location_ids=None
        )
    foreign = await access.invite_member(
        scope=limited,
        desk=world.desk,
        email="a@example.com",
        role=Role.VIEWER,
        location_ids=(tenant.locations[1].uuid,),
    )
    assert isinstance(foreign, Refusal)
    assert foreign.code is ErrorCode.NOT_FOUND


async def test_an_invitation_opens_once(world: World, tenant: Tenant) -> None:
    granted = made(
        await access.invite_member(
            scope=tenant.scope, desk=world.desk, email="New@Example.com", role=Role.SUPPORT, location_ids=None
        )
    )
    assert isinstance(granted, access.Granted)
    secret = granted.secret or ""
    weak = await members.accept_invitation(desk=world.desk, secret=secret, password="short")
    assert isinstance(weak, Refusal)
    member = made(await members.accept_invitation(desk=world.desk, secret=secret, password=PASSWORD))
    again = await members.accept_invitation(desk=world.desk, secret=secret, password=PASSWORD)
    assert isinstance(again, Refusal)
    signed_in = made(
        await members.sign_in(desk=world.desk, email="new@example.com", password=PASSWORD, operator_id=None)
    )
    assert signed_in.uuid == member.uuid  # type: ignore[attr-defined]
    wrong = await members.sign_in(desk=world.desk, email="new@example.com", password="wrong password", operator_id=None)
    nobody = await members.sign_in(desk=world.desk, email="nobody@example.com", password=PASSWORD, operator_id=None)
    assert wrong == nobody


async def test_a_revoked_or_expired_token_opens_nothing(world: World, tenant: Tenant) -> None:
    database, at = world.desk.database, world.clock()
    scope = await by_api_token(database=database, secret=tenant.api_secret, at=at)
    assert scope is not None
    assert await by_api_token(database=database, secret=tenant.api_secret, at=at + timedelta(days=2)) is None
    token_id = scope.caller.removeprefix("token:")
    made(await access.revoke(scope=tenant.scope, desk=world.desk, access_id=token_id, options=options("revoke")))
    assert await by_api_token(database=database, secret=tenant.api_secret, at=at) is None


async def test_a_token_is_described_anew_blocked_and_let_in_again(world: World, tenant: Tenant) -> None:
    draft = tokens.TokenDraft("04A1B2C3", TokenType.RFID, group_id="before")
    token = made(await tokens.create(scope=tenant.scope, desk=world.desk, draft=draft))
    anew = replace(draft, group_id="after")
    changed = made(
        await tokens.update(
            scope=tenant.scope, desk=world.desk, token_id=token.uuid, if_version=token.version, draft=anew
        )
    )
    assert changed.group_id == "after" and changed.version == token.version + 1
    stale = await tokens.update(
        scope=tenant.scope, desk=world.desk, token_id=token.uuid, if_version=token.version, draft=anew
    )
    assert isinstance(stale, Refusal) and stale.code is ErrorCode.VERSION_CONFLICT
    blocked = made(
        await tokens.block(
            scope=tenant.scope, desk=world.desk, token_id=token.uuid, reason="lost", options=options("lost")
        )
    )
    assert not blocked.valid and blocked.blocked_reason == "lost"
    found = made(
        await tokens.unblock(
            scope=tenant.scope, desk=world.desk, token_id=token.uuid, reason="found", options=options("found")
        )
    )
    assert found.valid and found.blocked_reason is None
    other = await add_tenant(world, "OTHER", "OTH")
    foreign = await tokens.update(
        scope=other.scope, desk=world.desk, token_id=token.uuid, if_version=found.version, draft=anew
    )
    assert isinstance(foreign, Refusal) and foreign.code is ErrorCode.NOT_FOUND


async def test_an_operator_is_changed_once_a_version_and_only_where_something_is_said(
    world: World, tenant: Tenant
) -> None:
    before, about = tenant.operator, {"scope": tenant.scope, "desk": world.desk}
    renamed = made(await operators.update(**about, name="Alpha Anew", if_version=before.version))
    assert (renamed.name, renamed.certificate_organizations) == ("Alpha Anew", ())
    owned = made(
        await operators.update(**about, certificate_organizations=["Alpha", "Alpha"], if_version=renamed.version)
    )
    assert (owned.name, owned.certificate_organizations) == ("Alpha Anew", ("Alpha",))
    many = await operators.update(
        **about, certificate_organizations=[str(one) for one in range(21)], if_version=owned.version
    )
    assert isinstance(many, Refusal) and many.code is ErrorCode.INVALID_INPUT
    again = await operators.update(**about, name="Other", if_version=before.version)
    assert isinstance(again, Refusal) and again.code is ErrorCode.VERSION_CONFLICT
