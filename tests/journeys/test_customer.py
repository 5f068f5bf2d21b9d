"""Displays, customers and networks from end to end; what is personal or secret stays with those who may see it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.domain.scope import Permission
from tests.conftest import TestDatabase
from tests.journeys.device_house import House, Json, open_house

STAMP = "2026-11-20T12:00:00.000Z"


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with open_house(database) as made:
        yield made


async def frames(house: House, *without: Permission) -> str:
    """The whole journal of the station, as a caller without some rights reads it."""
    found = await house.ask(
        f'{{ frames(filter: {{stationId: "{house.station_ids["CP-J"]}"}}) {{ nodes {{ payload raw }} }} }}',
        house.without(*without),
    )
    return str(found)


async def test_what_a_station_knows_of_a_customer(house: House) -> None:
    fields = "reports(kind: CUSTOMER_INFORMATION) { nodes { state parts text } }"
    async with house.charger("2.0.1", {"CustomerInformation": {"status": "Accepted"}}) as charger:
        asked = 'request: {requestId: 2, report: true, clear: false, customerIdentifier: "Ada Lovelace"}'
        await house.command("customerInformationGet", asked, "CP-J")
        assert charger.asked("CustomerInformation") == {
            "requestId": 2, "report": True, "clear": False, "customerIdentifier": "Ada Lovelace",
        }  # fmt: skip
        for number, text in enumerate(("Ada owes ", "nobody ", "anything.")):
            said = {"requestId": 2, "generatedAt": STAMP, "seqNo": number, "tbc": number < 2, "data": text}
            assert await charger.say("NotifyCustomerInformation", said) == {}
        found = (await house.station("CP-J", fields))["reports"]["nodes"]
        assert found == [{"state": "COMPLETE", "parts": 3, "text": "Ada owes nobody anything."}]
        # Whoever may not see tokens sees neither the text nor its frames.
        scope = house.without(Permission.TOKENS_WRITE)
        assert (await house.station("CP-J", fields, scope))["reports"]["nodes"][0]["text"] is None
        assert "owes" in await frames(house)
        hidden = await frames(house, Permission.TOKENS_WRITE)
        assert "owes" not in hidden and "Lovelace" not in hidden


async def test_messages_on_a_display(house: House) -> None:
    answers: dict[str, Any] = {
        "SetDisplayMessage": {"status": "Accepted"},
        "GetDisplayMessages": {"status": "Accepted"},
        "ClearDisplayMessage": {"status": "Accepted"},
    }

    async def shown() -> list[Json]:
        fields = "displayMessages { nodes { messageId priority state startsAt content { format language content } } }"
        return (await house.station("CP-J", fields))["displayMessages"]["nodes"]

    async with house.charger("2.0.1", answers) as charger:
        asked = f"""request: {{message: {{id: 1, priority: ALWAYS_FRONT, state: IDLE, startDateTime: "{STAMP}",
            message: {{format: UTF8, language: "de", content: "Willkommen"}}}}}}"""
        await house.command("displayMessageSet", asked, "CP-J")
        ours = {
            "messageId": 1, "priority": "AlwaysFront", "state": "Idle", "startsAt": STAMP,
            "content": {"format": "UTF8", "language": "de", "content": "Willkommen"},
        }  # fmt: skip
        assert await shown() == [ours]
        await house.command("displayMessagesGet", "request: {requestId: 4, messagePriority: NORMAL_CYCLE}", "CP-J")
        assert charger.asked("GetDisplayMessages") == {"requestId": 4, "priority": "NormalCycle"}
        for number in (8, 9):
            info = {"id": number, "priority": "NormalCycle", "message": {"format": "ASCII", "content": f"No. {number}"}}
            await charger.say("NotifyDisplayMessages", {"requestId": 4, "messageInfo": [info], "tbc": number == 8})
            reports = (await house.station("CP-J", "reports { nodes { state } }"))["reports"]["nodes"]
            assert reports == [{"state": "RECEIVING" if number == 8 else "COMPLETE"}]
        assert [one["messageId"] for one in await shown()] == [1, 8, 9]
        await house.command("displayMessageClear", "request: {id: 8}", "CP-J")
        assert [one["messageId"] for one in await shown()] == [1, 9]
        charger.answers["ClearDisplayMessage"] = {"status": "Unknown"}
        await house.command("displayMessageClear", "request: {id: 9}", "CP-J")
        assert [one["messageId"] for one in await shown()] == [1]


async def test_a_network_profiles_secrets_are_shown_to_nobody(house: House) -> None:
    asked = """request: {configurationSlot: 1, connectionData: {ocppInterface: WIRED0, ocppTransport: JSON, messageTimeout: 30,
        ocppCsmsUrl: "wss://csms.example", securityProfile: 2, identity: "CP-J", basicAuthPassword: "SECRET-BASIC",
        apn: {apn: "internet", apnAuthentication: AUTO, apnPassword: "SECRET-APN", simPin: 987654},
        vpn: {server: "v", user: "u", password: "SECRET-VPN", key: "SECRET-KEY", type: IKEV2}}}"""
    async with house.charger("2.1", {"SetNetworkProfile": {"status": "Accepted"}}) as charger:
        sent = await house.command("networkProfileSet", asked, "CP-J")
        assert sent["answer"]["accepted"]
        assert charger.asked("SetNetworkProfile")["connectionData"]["vpn"]["key"] == "SECRET-KEY"
        everything = await frames(house) + str(
            await house.ask(
                """{ commands { nodes { id action reason failure answer { raw } frames { payload raw } } }
                     auditEntries { nodes { action before after } } }"""
            )
        )
        assert "wss://csms.example" in everything
        assert "SECRET" not in everything and "987654" not in everything
        # Nor are they kept: the row forgets them when the request has left.
        [row] = house.world.ingest("SELECT body::text FROM command WHERE action = 'SetNetworkProfile'")
        assert "csms.example" in str(row[0])
        assert "SECRET" not in str(row[0]) and "987654" not in str(row[0])


async def test_questions_about_transactions_and_displays_of_cost(house: House) -> None:
    answers: dict[str, Any] = {
        "GetTransactionStatus": {"ongoingIndicator": True, "messagesInQueue": False},
        "CostUpdated": {},
        "TriggerMessage": {"status": "Accepted"},
    }
    async with house.charger("2.1", answers) as charger:
        sent = await house.command("transactionStatusGet", 'request: {transactionId: "tx"}', "CP-J")
        assert sent["answer"]["accepted"]
        assert sent["answer"]["raw"] == {"ongoingIndicator": True, "messagesInQueue": False}
        sent = await house.command("displayedCostUpdate", 'request: {totalCost: 1.25, transactionId: "tx"}', "CP-J")
        assert sent["answer"]["accepted"]
        custom = 'message: "CustomTrigger", customTrigger: "vendor.Thing"'
        assert (await house.command("messageTrigger", custom, "CP-J"))["answer"]["accepted"]
        assert charger.asked("TriggerMessage") == {"requestedMessage": "CustomTrigger", "customTrigger": "vendor.Thing"}
        found = await house.station("CP-J", "evses { connectors { id } }")
        plug = found["evses"][1]["connectors"][0]["id"]
        await house.command("messageTrigger", f'message: "StatusNotification", connectorId: "{plug}"', "CP-J")
        assert charger.asked("TriggerMessage")["evse"] == {"id": 2, "connectorId": 1}
