"""An end that comes with messages missing before it: the station is asked what it holds back (2.0.1 E14)."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TestDatabase
from tests.house import House, running
from tests.journeys.charger import BOOT_2, Charger, plugged

SESSION = """{ sessions { nodes { settledAt transactionStatus { ongoing messagesInQueue } } }
    commands { nodes { action requestedBy session { transactionId } } } }"""


@pytest.fixture
async def house(database: TestDatabase, tmp_path: Path) -> AsyncIterator[House]:
    async with running(database, tmp_path / "data") as made:
        yield made


async def event(charger: Charger, kind: str, seq: int, **info: Any) -> None:
    said = {
        "eventType": kind,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "triggerReason": "EVCommunicationLost",
        "seqNo": seq,
        "transactionInfo": {"transactionId": "tx-1", **info},
        "evse": {"id": 1, "connectorId": 1},
    }
    await charger.call("TransactionEvent", said)


@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
async def test_a_gap_is_asked_about_once_and_closed_by_what_was_held_back(house: House, version: str) -> None:
    _, password = await house.station("CP-1")
    async with plugged(house.ocpp, "CP-1", version, password=password) as charger:
        charger.answers["GetTransactionStatus"] = {"ongoingIndicator": False, "messagesInQueue": True}
        await charger.call("BootNotification", BOOT_2)
        await event(charger, "Started", 0)
        await event(charger, "Ended", 3, stoppedReason="EVDisconnected")
        assert await charger.asked("GetTransactionStatus") == {"transactionId": "tx-1"}
        await event(charger, "Updated", 1)
        waiting = (await house.ask(SESSION))["sessions"]["nodes"][0]
        assert waiting["transactionStatus"] == {"ongoing": False, "messagesInQueue": True}
        assert waiting["settledAt"] is None
        await event(charger, "Updated", 2)
        data = await house.ask(SESSION)
        assert data["sessions"]["nodes"][0]["settledAt"] is not None
        (asked,) = [one for one in data["commands"]["nodes"] if one["action"] == "GetTransactionStatus"]
        assert asked == {
            "action": "GetTransactionStatus",
            "requestedBy": "voltgraph",
            "session": {"transactionId": "tx-1"},
        }
