"""A station moves to a higher security profile: told over its socket, reached over TLS, and no way back (A05)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.conftest import TestDatabase
from tests.house import House, running, trusting
from tests.journeys.charger import BOOT_2, BOOT_16, Charger, plugged
from tests.pki.making import Pair, certificate, server_certificate

NETWORK = (
    "request: {configurationSlot: 1, connectionData: {ocppInterface: WIRED0, ocppTransport: JSON, messageTimeout: 30, "
    'ocppCsmsUrl: "wss://csms.example", securityProfile: 3, ocppVersion: OCPP20}}'
)
# version, mutation, what it says, action, the answer that agrees, the answer that does not
WAYS = {
    "network profile": ("ocpp2.0.1", "networkProfileSet", NETWORK, "SetNetworkProfile", {"status": "Accepted"}),
    "variable": (
        "ocpp2.1",
        "variablesSet",
        'variables: [{component: "SecurityCtrlr", variable: "SecurityProfile", value: "3"}]',
        "SetVariables",
        {
            "setVariableResult": [
                {
                    "attributeStatus": "RebootRequired",
                    "component": {"name": "SecurityCtrlr"},
                    "variable": {"name": "SecurityProfile"},
                }
            ]
        },
    ),
    "configuration key": (
        "ocpp1.6",
        "variablesSet",
        'variables: [{component: "SecurityCtrlr", variable: "SecurityProfile", value: "3"}]',
        "ChangeConfiguration",
        {"status": "Accepted"},
    ),
}


@pytest.fixture
def root(tmp_path: Path) -> Pair:
    return certificate(tmp_path, "Test root")


@pytest.fixture
async def secure(database: TestDatabase, tmp_path: Path, root: Pair) -> AsyncIterator[House]:
    server = server_certificate(tmp_path, root, "ec")
    async with running(
        database,
        tmp_path / "data",
        tls_certificate=server.chain_file,
        tls_key=server.key_file,
        tls_client_authority=root.chain_file,
    ) as house:
        yield house


async def floor(house: House) -> int:
    found: int = (await house.ask('{ station(identity: "CP-1") { securityProfileFloor } }'))["station"][
        "securityProfileFloor"
    ]
    return found


async def booted(charger: Charger, version: str) -> None:
    await charger.call("BootNotification", BOOT_16 if version == "ocpp1.6" else BOOT_2)


@pytest.mark.parametrize("way", list(WAYS))
async def test_a_profile_that_was_reached_is_the_least_from_then_on(
    secure: House, root: Pair, tmp_path: Path, way: str
) -> None:
    version, mutation, arguments, action, agreed = WAYS[way]
    station, password = await secure.station("CP-1", floor=2)
    low = trusting(root.chain_file)
    own = certificate(tmp_path, "CP-1", issuer=root)
    high = trusting(root.chain_file, own.chain_file, own.key_file)
    async with plugged(secure.ocpp, "CP-1", version, password=password, tls=low) as charger:
        await booted(charger, version)
        charger.answers[action] = agreed
        await secure.do(mutation, f'stationId: "{station}", {arguments}', "command { status }")
    # Told is not reached: until it comes with the new profile, the old one lets it in.
    async with plugged(secure.ocpp, "CP-1", version, password=password, tls=low) as charger:
        await booted(charger, version)
    assert await floor(secure) == 2
    async with plugged(secure.ocpp, "CP-1", version, tls=high) as charger:
        await booted(charger, version)
    assert await floor(secure) == 3
    with pytest.raises(InvalidStatus):
        async with plugged(secure.ocpp, "CP-1", version, password=password, tls=low):
            pass
    async with plugged(secure.ocpp, "CP-1", version, tls=high) as charger:
        await booted(charger, version)


async def test_a_station_that_said_no_may_come_as_before(secure: House, root: Pair, tmp_path: Path) -> None:
    station, password = await secure.station("CP-1", floor=2)
    low = trusting(root.chain_file)
    own = certificate(tmp_path, "CP-1", issuer=root)
    high = trusting(root.chain_file, own.chain_file, own.key_file)
    async with plugged(secure.ocpp, "CP-1", "ocpp2.0.1", password=password, tls=low) as charger:
        await booted(charger, "ocpp2.0.1")
        charger.answers["SetNetworkProfile"] = {"status": "Rejected"}
        await secure.do("networkProfileSet", f'stationId: "{station}", {NETWORK}', "command { status }")
    async with plugged(secure.ocpp, "CP-1", "ocpp2.0.1", tls=high) as charger:
        await booted(charger, "ocpp2.0.1")
    assert await floor(secure) == 2
    async with plugged(secure.ocpp, "CP-1", "ocpp2.0.1", password=password, tls=low) as charger:
        await booted(charger, "ocpp2.0.1")
