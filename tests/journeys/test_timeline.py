"""What support reads when somebody says "I paid and nothing happened": one order of steps, commands and frames."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.scope import Permission, Scope
from tests.conftest import TestDatabase
from tests.journeys.power_house import House, house_of

TIMELINE = """query($id: ID!, $first: Int!, $after: Cursor) { node(id: $id) { ... on Session {
    timeline(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
        nodes { at kind title state detail commandId } } } } }"""


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


async def refused_start(house: House) -> str:
    """A start that the charger refuses; the session's id."""
    ids = await house.ids()
    async with house.dialled("ocpp2.0.1") as station:
        station.answers["RequestStartTransaction"] = {"status": "Rejected"}
        done = await house.do("sessionStart", f'evseId: "{ids["evse"]}" tokenId: "{ids["token"]}"')
        assert done["session"]["status"] == "INVALID"
        return str(done["session"]["id"])


async def told(house: House, session: str, scope: Scope | None = None, **page: Any) -> dict[str, Any]:
    data = await house.client.data(TIMELINE, scope or house.tenant.scope, id=session, **({"first": 50} | page))
    found: dict[str, Any] = data["node"]["timeline"]
    return found


async def test_a_refused_start_is_told_in_order(house: House) -> None:
    page = await told(house, await refused_start(house))
    entries = page["nodes"]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    assert page["totalCount"] == len(entries)
    said = {(entry["kind"], entry["title"], entry["state"]) for entry in entries}
    assert {
        ("STEP", "AUTHORISED", "DONE"),
        ("COMMAND", "StartTransaction", "ANSWERED"),
        ("FRAME", "RequestStartTransaction", "TO_STATION"),
        ("FRAME", "RequestStartTransaction", "FROM_STATION"),
        ("STEP", "START_ACCEPTED", "FAILED"),
    } <= said
    (command,) = [entry for entry in entries if entry["kind"] == "COMMAND"]
    assert command["detail"] == "Rejected"
    assert (await house.ask(f'{{ node(id: "{command["commandId"]}") {{ id }} }}'))["node"]["id"] == command["commandId"]
    (failed,) = [entry for entry in entries if entry["title"] == "START_ACCEPTED"]
    assert "Rejected" in failed["detail"]


async def test_pages_meet_without_a_gap(house: House) -> None:
    session = await refused_start(house)
    whole = (await told(house, session))["nodes"]
    pieces, after = [], None
    while True:
        page = await told(house, session, first=2, after=after)
        pieces += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert pieces == whole


async def test_frames_and_commands_are_for_those_who_may_read_them(house: House) -> None:
    session = await refused_start(house)
    scope = house.tenant.scope
    little = replace(scope, permissions=frozenset({Permission.SESSIONS_READ}))
    assert {entry["kind"] for entry in (await told(house, session, little))["nodes"]} == {"STEP"}
    journal = replace(scope, permissions=frozenset({Permission.SESSIONS_READ, Permission.JOURNAL_READ}))
    entries = (await told(house, session, journal))["nodes"]
    assert {entry["kind"] for entry in entries} == {"STEP", "FRAME"}
    assert {entry["commandId"] for entry in entries} == {None}


async def test_a_running_session_tells_its_steps(house: House) -> None:
    async with house.dialled("ocpp2.0.1") as station:
        await station.say(
            "TransactionEvent",
            eventType="Started",
            timestamp=datetime.now(UTC).isoformat(),
            triggerReason="CablePluggedIn",
            seqNo=0,
            transactionInfo={"transactionId": "told", "chargingState": "EVConnected"},
            evse={"id": 1, "connectorId": 1},
        )
        nodes = (await house.ask("{ sessions { nodes { id transactionId } } }"))["sessions"]["nodes"]
        (session,) = [node["id"] for node in nodes if node["transactionId"] == "told"]
        entries = (await told(house, session))["nodes"]
        assert "TransactionEvent" in {entry["title"] for entry in entries}
        # One message, two steps: told in the order in which they come.
        assert [entry["title"] for entry in entries if entry["kind"] == "STEP"] == [
            "CABLE_PLUGGED",
            "TRANSACTION_STARTED",
        ]
