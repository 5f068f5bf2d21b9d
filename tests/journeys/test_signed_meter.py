"""What a meter signs is kept to the byte, checked after the session, and shown with it."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from tests.conftest import TestDatabase
from tests.house import House, running
from tests.journeys.charger import BOOT_2, BOOT_16, Charger, plugged
from tests.pki.metering import Meter

BADGE = """{ sessions { nodes { energyWh settledAt reviewFlags { code }
    signedMeter { format verified verification publicKey startData stopData } } } }"""


@pytest.fixture
async def house(database: TestDatabase, tmp_path: Path) -> AsyncIterator[House]:
    async with running(database, tmp_path / "data") as made:
        yield made


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def measured(wh: int, context: str, data: str, key: str = "", **more: Any) -> dict[str, Any]:
    signed = {"signedMeterData": data, "signingMethod": "", "encodingMethod": "OCMF", "publicKey": key}
    return {"timestamp": now(), "sampledValue": [{"value": wh, "context": context, "signedMeterValue": signed, **more}]}


async def event(charger: Charger, kind: str, seq: int, values: list[dict[str, Any]]) -> None:
    info = {"transactionId": "tx-1"} | ({"stoppedReason": "EVDisconnected"} if kind == "Ended" else {})
    said = {
        "eventType": kind,
        "timestamp": now(),
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq,
        "transactionInfo": info,
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": values,
    }
    await charger.call("TransactionEvent", said)


async def badge(house: House) -> dict[str, Any]:
    """The session once every signature has been checked."""
    with psycopg.connect(house.database.owner_url, autocommit=True) as connection:
        # What is looked at every two minutes until the session has ended is looked at now.
        connection.execute("UPDATE duty SET due_at = now() WHERE kind = 'VERIFY_METER' AND state = 'OWED'")
        owed = "SELECT count(*) FROM duty WHERE kind = 'VERIFY_METER' AND state = 'OWED'"
        while connection.execute(owed).fetchone() != (0,):
            await asyncio.sleep(0.1)
    found: dict[str, Any] = (await house.ask(BADGE))["sessions"]["nodes"][0]
    return found


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("tampered", "with_key", "verified", "verification", "flags"),
    [
        (False, "own", True, "VERIFIED", []),
        (True, "own", False, "SIGNATURE_WRONG", ["SIGNED_VALUE_WRONG"]),
        (False, "other", False, "SIGNATURE_WRONG", ["SIGNED_VALUE_WRONG"]),
        (False, "none", None, "KEY_UNKNOWN", []),
    ],
)
async def test_signatures_are_checked_and_money_goes_by_the_plain_values(
    house: House, tampered: bool, with_key: str, verified: bool | None, verification: str, flags: list[str]
) -> None:
    meter = Meter()
    key = {"own": meter.announced_key, "other": Meter().announced_key, "none": ""}[with_key]
    first, last = meter.signed(1.0, "B"), meter.signed(3.0, "E")
    if tampered:
        last = last.replace("3.0", "2.0")
    _, password = await house.station("CP-1")
    async with plugged(house.ocpp, "CP-1", "ocpp2.0.1", password=password) as charger:
        await charger.call("BootNotification", BOOT_2)
        await event(charger, "Started", 0, [measured(1000, "Transaction.Begin", coded(first), key)])
        await event(charger, "Ended", 1, [measured(3000, "Transaction.End", coded(last), key)])
        shown = await badge(house)
    assert shown["signedMeter"] == {
        "format": "OCMF",
        "verified": verified,
        "verification": verification,
        "publicKey": key or None,
        "startData": coded(first),
        "stopData": coded(last),
    }
    assert [flag["code"] for flag in shown["reviewFlags"]] == flags
    assert shown["energyWh"] == 2000
    assert shown["settledAt"] is not None, "a wrong signature is looked at, and holds no bill back"


async def test_the_stations_own_variable_names_the_key(house: House) -> None:
    meter = Meter()
    report = {
        "requestId": 1,
        "generatedAt": now(),
        "seqNo": 0,
        "reportData": [
            {
                "component": {"name": "FiscalMetering", "evse": {"id": 1}},
                "variable": {"name": "PublicKey"},
                "variableAttribute": [{"value": meter.announced_key}],
            }
        ],
    }
    _, password = await house.station("CP-1")
    async with plugged(house.ocpp, "CP-1", "ocpp2.0.1", password=password) as charger:
        await charger.call("BootNotification", BOOT_2)
        await charger.call("NotifyReport", report)
        await event(charger, "Started", 0, [measured(1000, "Transaction.Begin", coded(meter.signed(1.0, "B")))])
        await event(charger, "Ended", 1, [measured(3000, "Transaction.End", coded(meter.signed(3.0, "E")))])
        shown = await badge(house)
    assert shown["signedMeter"]["verification"] == "VERIFIED"
    assert shown["signedMeter"]["publicKey"] == meter.announced_key


@pytest.mark.parametrize("wrapped", [True, False], ids=["white paper", "plain text"])
async def test_a_1_6_station_signs_in_its_samples(house: House, wrapped: bool) -> None:
    meter = Meter()
    _, password = await house.station("CP-1")

    def sample(text: str, context: str) -> dict[str, str]:
        said = {"signedMeterData": coded(text), "signingMethod": "", "encodingMethod": "OCMF"}
        value = orjson.dumps({**said, "publicKey": meter.announced_key}).decode() if wrapped else text
        return {"value": value, "format": "SignedData", "context": context}

    first, last = meter.signed(1.0, "B"), meter.signed(3.0, "E", note="\u00e4\u20ac\ttab")
    values = [
        {"timestamp": now(), "sampledValue": [sample(first, "Transaction.Begin"), sample(last, "Transaction.End")]}
    ]
    async with plugged(house.ocpp, "CP-1", "ocpp1.6", password=password) as charger:
        await charger.call("BootNotification", BOOT_16)
        start = {"connectorId": 1, "idTag": "CARD", "meterStart": 1000, "timestamp": now()}
        transaction = (await charger.call("StartTransaction", start))["transactionId"]
        stop = {"transactionId": transaction, "meterStop": 3000, "timestamp": now(), "transactionData": values}
        await charger.call("StopTransaction", stop)
        shown = await badge(house)
    assert shown["energyWh"] == 2000
    signed = shown["signedMeter"]
    assert signed["format"] == "OCMF"
    assert signed["verification"] == ("VERIFIED" if wrapped else "KEY_UNKNOWN")
    assert [signed["startData"], signed["stopData"]] == ([coded(first), coded(last)] if wrapped else [first, last])


async def test_a_1_6_station_names_its_meters_key_and_signs_while_it_charges(house: House) -> None:
    """Its key is the configuration key MeterPublicKey[n]; signed values come in MeterValues, too."""
    meter = Meter()
    station_id, password = await house.station("CP-1")

    def signed(text: str) -> list[dict[str, Any]]:
        said = {"signedMeterData": coded(text), "signingMethod": "", "encodingMethod": "OCMF", "publicKey": ""}
        sample = {"value": orjson.dumps(said).decode(), "format": "SignedData", "context": "Sample.Periodic"}
        return [{"timestamp": now(), "sampledValue": [sample]}]

    async with plugged(house.ocpp, "CP-1", "ocpp1.6", password=password) as charger:
        await charger.call("BootNotification", BOOT_16)
        key = {"key": "MeterPublicKey[1]", "readonly": True, "value": meter.public_key}
        charger.answers["GetConfiguration"] = {"configurationKey": [key]}
        named = 'variables: [{component: "", variable: "MeterPublicKey[1]"}]'
        named = named.replace('component: ""', 'component: "Configuration"')
        await house.do("variablesGet", f'stationId: "{station_id}", {named}', "command { id }")
        start = {"connectorId": 1, "idTag": "CARD", "meterStart": 1000, "timestamp": now()}
        transaction = (await charger.call("StartTransaction", start))["transactionId"]
        for wh in (1.0, 2.0):
            values = {"connectorId": 1, "transactionId": transaction, "meterValue": signed(meter.signed(wh, "T"))}
            assert await charger.call("MeterValues", values) == {}
        await charger.call("StopTransaction", {"transactionId": transaction, "meterStop": 3000, "timestamp": now()})
        shown = await badge(house)
    assert (shown["signedMeter"]["verification"], shown["signedMeter"]["publicKey"]) == ("VERIFIED", meter.public_key)
    assert shown["energyWh"] == 2000


ODD = ["  spaced\r\n\tout  ", "\u00e4\u20ac\U0001f50c", "=" * 2600, "a|b\\n\\u0000'\"%s{}"]


@pytest.mark.parametrize("odd", ODD, ids=["spaces", "letters", "long", "escapes"])
@pytest.mark.parametrize("phase", ["Updated", "Ended"])
async def test_what_was_sent_is_what_is_kept(house: House, odd: str, phase: str) -> None:
    _, password = await house.station("CP-1")
    async with plugged(house.ocpp, "CP-1", "ocpp2.0.1", password=password) as charger:
        await charger.call("BootNotification", BOOT_2)
        await event(charger, "Started", 0, [measured(1000, "Transaction.Begin", "first")])
        await event(charger, "Updated", 1, [measured(1500, "Sample.Periodic", "second")])
        context = "Transaction.End" if phase == "Ended" else "Sample.Periodic"
        await event(charger, phase, 2, [measured(2000, context, odd)])
        await event(charger, phase, 2, [measured(2000, context, odd)])
        shown = (await house.ask(BADGE))["sessions"]["nodes"][0]["signedMeter"]
    assert (shown["startData"], shown["stopData"]) == ("first", odd)
    with psycopg.connect(house.database.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM quarantine").fetchone() == (0,)


async def test_a_key_that_becomes_known_checks_what_came_before(house: House) -> None:
    meter = Meter()
    _, password = await house.station("CP-1")
    evse = (await house.ask('{ station(identity: "CP-1") { evses { id } } }'))["station"]["evses"][0]["id"]
    async with plugged(house.ocpp, "CP-1", "ocpp2.0.1", password=password) as charger:
        await charger.call("BootNotification", BOOT_2)
        await event(charger, "Started", 0, [measured(1000, "Transaction.Begin", coded(meter.signed(1.0, "B")))])
        await event(charger, "Ended", 1, [measured(3000, "Transaction.End", coded(meter.signed(3.0, "E")))])
        assert (await badge(house))["signedMeter"]["verification"] == "KEY_UNKNOWN"
        key = f'evseId: "{evse}", publicKey: "{meter.public_key}"'
        await house.do("meterPublicKeySet", key, "station { id }")
        assert (await badge(house))["signedMeter"]["verification"] == "VERIFIED"
        # A slip of the pen: the flag and the badge follow the key, and follow it back.
        for one, found, flags in (
            (Meter().public_key, "SIGNATURE_WRONG", [{"code": "SIGNED_VALUE_WRONG"}]),
            (meter.public_key, "VERIFIED", []),
        ):
            await house.do("meterPublicKeySet", f'evseId: "{evse}", publicKey: "{one}"', "station { id }")
            shown = await badge(house)
            assert (shown["signedMeter"]["verification"], shown["reviewFlags"]) == (found, flags)
    text = '{ station(identity: "CP-1") { evses { meterPublicKey } } }'
    assert (await house.ask(text))["station"]["evses"] == [{"meterPublicKey": meter.public_key}]
    options = 'options: {idempotencyKey: "no key"}'
    wrong = f'mutation {{ meterPublicKeySet(evseId: "{evse}", publicKey: "abc", {options}) {{ errors {{ code }} }} }}'
    assert (await house.ask(wrong))["meterPublicKeySet"]["errors"] == [{"code": "INVALID_INPUT"}]
