"""Prices over time: a draft may change, a published version never; assignments end; what is retired stays away."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.domain.filter import AuditFilter
from app.domain.page import PageRequest
from app.domain.refusal import ErrorCode, Refusal
from app.domain.tariff import Tariff, TariffState
from app.operations import tariff_assignments, tariffs
from app.operations.tariff_assignments import AssignmentDraft
from app.queries import audit as audit_queries
from app.queries import tariffs as tariff_queries
from tests.world import Tenant, World, made, narrowed, options

FLAT = [{"components": [{"type": "FLAT", "price": "1"}]}]
ENERGY = [{"components": [{"type": "ENERGY", "price": "0.30", "vatPercent": "19"}]}]


def draft(code: str, elements: object = FLAT, **values: Any) -> tariffs.TariffDraft:
    return tariffs.TariffDraft(code, values.pop("currency", "EUR"), True, elements, **values)


async def drafted(world: World, tenant: Tenant, code: str, key: str = "draft") -> Tariff:
    found = made(await tariffs.create(scope=tenant.scope, desk=world.desk, draft=draft(code), options=options(key)))
    assert isinstance(found, Tariff)
    return found


async def applying(world: World, tenant: Tenant, *, later_s: float = 0) -> str | None:
    """Code and version number of what a session at the first station would pay."""
    place = (tenant.stations[0].location_key, tenant.stations[0].evses[0].key, None)
    found = await tariff_queries.applicable(
        scope=tenant.scope,
        database=world.desk.database,
        at=world.clock() + timedelta(seconds=later_s),
        places=[place],
    )
    return f"{found[place].code}:{found[place].version_number}" if place in found else None


async def test_a_draft_changes_and_a_published_version_does_not(world: World, tenant: Tenant) -> None:
    first = await drafted(world, tenant, "night")

    async def update(version: int, value: tariffs.TariffDraft) -> Tariff | Refusal:
        return await tariffs.update(
            scope=tenant.scope, desk=world.desk, tariff_id=first.uuid, if_version=version, draft=value
        )

    changed = made(await update(first.version, draft("night", ENERGY, hold_amount_minor=500)))
    assert isinstance(changed, Tariff)
    assert (changed.version, changed.hold_amount_minor, changed.state) == (first.version + 1, 500, TariffState.DRAFT)
    for nothing in (0, 1, 49, 100_000_000):
        refused = await update(changed.version, draft("night", ENERGY, hold_amount_minor=nothing))
        assert isinstance(refused, Refusal) and refused.path == ("input", "holdAmountMinor")
    refusals = {
        "stale": await update(first.version, draft("night")),
        "renamed": await update(changed.version, draft("day")),
        "dollars": await update(changed.version, draft("night", currency="USD")),
    }
    assert {name: one.code for name, one in refusals.items() if isinstance(one, Refusal)} == {
        "stale": ErrorCode.VERSION_CONFLICT,
        "renamed": ErrorCode.INVALID_INPUT,
        "dollars": ErrorCode.CURRENCY_MISMATCH,
    }
    entries = await audit_queries.search(
        scope=tenant.scope, database=world.desk.database, filter=AuditFilter(subject_id=first.uuid), page=PageRequest()
    )
    assert entries.items[0].action == "tariff.updated"
    assert "0.30" in (entries.items[0].after or "") and "0.30" not in (entries.items[0].before or "")
    made(
        await tariffs.publish(
            scope=tenant.scope, desk=world.desk, tariff_id=first.uuid, valid_from=None, options=options("publish-it")
        )
    )
    late = await update(changed.version + 1, draft("night"))
    assert isinstance(late, Refusal)
    assert late.code is ErrorCode.TARIFF_PUBLISHED and "tariffCreate" in late.message
    [(elements,)] = world.ingest("SELECT elements::text FROM tariff WHERE id = %s", first.uuid)
    assert "0.30" in str(elements)


async def test_an_assignment_ends_and_what_began_before_keeps_its_price(world: World, tenant: Tenant) -> None:
    assert tenant.tariff is not None
    code = tenant.tariff.code
    [assignment] = (await tariff_queries.assignments(scope=tenant.scope, database=world.desk.database, codes=(code,)))[
        code
    ]
    assert assignment.uuid is not None
    assert await applying(world, tenant, later_s=7200) == f"{code}:1"

    async def unassign(scope: Any = tenant.scope, **values: Any) -> object:
        values = {"assignment_id": assignment.uuid, "until": None} | values
        return await tariff_assignments.unassign(scope=scope, desk=world.desk, **values)

    past = await unassign(until=world.clock() - timedelta(seconds=1))
    assert isinstance(past, Refusal) and past.code is ErrorCode.INVALID_INPUT
    made(await unassign(until=world.clock() + timedelta(hours=1)))
    assert await applying(world, tenant, later_s=3599) == f"{code}:1"
    assert await applying(world, tenant, later_s=3600) is None
    sooner = made(await unassign(until=world.clock() + timedelta(minutes=1)))
    assert isinstance(sooner, Tariff) and sooner.code == code
    assert await applying(world, tenant, later_s=60) is None
    assert await applying(world, tenant, later_s=59) == f"{code}:1"
    again = await unassign(until=world.clock() + timedelta(hours=2))
    assert isinstance(again, Refusal) and again.code is ErrorCode.INVALID_INPUT


async def test_nobody_ends_what_is_set_elsewhere(world: World, tenant: Tenant) -> None:
    first, second = tenant.locations
    assert tenant.tariff is not None
    code = tenant.tariff.code
    elsewhere = AssignmentDraft(code, location_id=second.uuid)
    made(await tariff_assignments.assign(scope=tenant.scope, desk=world.desk, draft=elsewhere))
    everything = await tariff_queries.assignments(scope=tenant.scope, database=world.desk.database, codes=(code,))
    [there] = [one for one in everything[code] if one.location_key == second.key]
    assert there.uuid is not None
    refused = await tariff_assignments.unassign(
        scope=narrowed(tenant, first), desk=world.desk, assignment_id=there.uuid, until=None
    )
    assert isinstance(refused, Refusal) and refused.code is ErrorCode.NOT_FOUND
    made(
        await tariff_assignments.unassign(
            scope=narrowed(tenant, second), desk=world.desk, assignment_id=there.uuid, until=None
        )
    )


async def test_a_retired_version_does_not_bring_back_the_one_before_it(world: World, tenant: Tenant) -> None:
    assert tenant.tariff is not None
    code = tenant.tariff.code
    second = await drafted(world, tenant, code, "second")
    made(
        await tariffs.publish(
            scope=tenant.scope, desk=world.desk, tariff_id=second.uuid, valid_from=None, options=options("second-p")
        )
    )
    assert await applying(world, tenant) == f"{code}:2"
    world.clock.advance(60)

    async def retire(tariff: Tariff, key: str) -> Tariff | Refusal:
        return await tariffs.retire(scope=tenant.scope, desk=world.desk, tariff_id=tariff.uuid, options=options(key))

    retired = made(await retire(second, "retire"))
    assert isinstance(retired, Tariff) and retired.state is TariffState.RETIRED
    assert made(await retire(second, "retire")) == retired
    assert await applying(world, tenant) is None
    assert await applying(world, tenant, later_s=-1) == f"{code}:2"
    twice = await retire(second, "other")
    assert isinstance(twice, Refusal) and twice.code is ErrorCode.TARIFF_PUBLISHED
    third = await drafted(world, tenant, code, "third")
    discarded = made(await retire(third, "retire-draft"))
    assert isinstance(discarded, Tariff) and discarded.valid_from is None
    assert await applying(world, tenant, later_s=-1) == f"{code}:2"


async def test_the_same_assignment_again_changes_nothing(world: World, tenant: Tenant) -> None:
    drafts = AssignmentDraft("code-ALPHA", evse_id=tenant.stations[0].evses[0].uuid)

    async def assigned(draft: AssignmentDraft) -> int:
        made(await tariff_assignments.assign(scope=tenant.scope, desk=world.desk, draft=draft))
        ((count,),) = world.ingest("SELECT count(*) FROM tariff_assignment")
        assert isinstance(count, int)
        return count

    first = await assigned(drafts)
    assert await assigned(drafts) == first
    assert await assigned(replace(drafts, token_group_id="staff")) == first + 1
    assert await assigned(replace(drafts, evse_id=tenant.stations[1].evses[0].uuid)) == first + 2
