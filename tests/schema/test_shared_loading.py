"""A value that several fields wait for: the failure of one of them is its own, and is told as what it was."""

import asyncio
from typing import Any

import pytest

from app.domain.ids import Prefix, public_id
from app.queries import locations, sessions
from tests.schema.conftest import Client
from tests.world import Tenant, World


async def test_a_failing_field_does_not_cancel_what_others_wait_for(
    world: World, tenant: Tenant, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ingest("UPDATE session SET status = 'ACTIVE'")
    reading, failed, read = asyncio.Event(), asyncio.Event(), sessions.by_keys

    async def failing(**_: Any) -> Any:
        await reading.wait()
        failed.set()
        raise RuntimeError("the true cause")

    async def slow(**how: Any) -> Any:
        reading.set()
        await failed.wait()
        await asyncio.sleep(0.05)  # the executor has given the failing field's siblings up by now
        return await read(**how)

    monkeypatch.setattr(locations, "by_keys", failing)
    monkeypatch.setattr(sessions, "by_keys", slow)
    station = tenant.stations[0]
    body = await client.ask(
        """query($ids: [ID!]!) { nodes(ids: $ids) {
          ... on ChargingStation { location { name } evses { session { id } } }
          ... on Evse { ofEvse: session { id } }
        } }""",
        tenant.scope,
        ids=[public_id(Prefix.STATION, station.uuid), public_id(Prefix.EVSE, station.evses[0].uuid)],
    )
    failing_one, other = body["data"]["nodes"]
    assert failing_one is None
    assert other["ofEvse"]["id"].startswith("ses_")
    [error] = body["errors"]
    assert error["extensions"]["code"] == "INTERNAL" and error["path"] == ["nodes", 0, "location"]
    assert "true cause" not in str(body)
