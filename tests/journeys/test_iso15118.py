"""Plug and charge over a real socket, with certificates and responders of our own."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.pki.contract import name_of
from tests.conftest import TestDatabase
from tests.house import House, running
from tests.journeys.charger import BOOT_2, Charger, plugged
from tests.pki.making import Pair, certificate
from tests.pki.services import Web, list_of, provisioning, responder

EMAID = "DEHSEC0000001"


@dataclass
class Contract:
    """A car's contract, the root above it, and how a station names it."""

    root: Pair
    leaf: Pair

    def named(self, url: str) -> dict[str, str]:
        name = name_of(self.leaf.certificate, self.root.certificate)
        return {
            "hashAlgorithm": name.hash_algorithm.value,
            "issuerNameHash": name.issuer_name_hash,
            "issuerKeyHash": name.issuer_key_hash,
            "serialNumber": name.serial_number,
            "responderURL": url,
        }


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    root = certificate(tmp_path, "Mobility root")
    roots = tmp_path / "data" / "pki" / "roots"
    roots.mkdir(parents=True)
    (roots / "mobility.pem").write_text(root.pem)
    return Contract(root, certificate(tmp_path, EMAID, issuer=root))


Start = Callable[..., contextlib.AbstractAsyncContextManager[tuple[House, Charger]]]


@pytest.fixture
def start(database: TestDatabase, tmp_path: Path, contract: Contract) -> Start:
    @contextlib.asynccontextmanager
    async def begin(version: str = "ocpp2.0.1", **settings: Any) -> AsyncIterator[tuple[House, Charger]]:
        hosts = {"pki_private_hosts": ("127.0.0.1",)} | settings
        async with running(database, tmp_path / "data", **hosts) as house:
            _, password = await house.station("CP-1")
            made = f'tokenCreate(input: {{uid: "{EMAID}", type: OTHER}}) {{ errors {{ code }} }}'
            assert await house.ask(f"mutation {{ {made} }}") == {"tokenCreate": {"errors": []}}
            async with plugged(house.ocpp, "CP-1", version, password=password) as charger:
                await charger.call("BootNotification", BOOT_2)
                yield house, charger

    return begin


async def authorised(charger: Charger, named: dict[str, str]) -> tuple[str, str]:
    token = {"idToken": EMAID, "type": "eMAID"}
    answer = await charger.call("Authorize", {"idToken": token, "iso15118CertificateHashData": [named]})
    return answer["idTokenInfo"]["status"], answer["certificateStatus"]


@pytest.mark.parametrize("version", ["ocpp2.0.1", "ocpp2.1"])
@pytest.mark.parametrize(
    ("verdict", "status", "certificate_status"),
    [
        ("good", "Accepted", "Accepted"),
        ("revoked", "Invalid", "CertificateRevoked"),
        ("unknown", "Invalid", "CertChainError"),
        ("large", "Invalid", "CertChainError"),
        ("away", "Invalid", "CertChainError"),
    ],
)
async def test_a_contract_is_worth_what_its_responder_says(
    start: Start, contract: Contract, version: str, verdict: str, status: str, certificate_status: str
) -> None:
    async with start(version) as (_, charger), _asked(contract, verdict) as url:
        assert await authorised(charger, contract.named(url)) == (status, certificate_status)


@contextlib.asynccontextmanager
async def _asked(contract: Contract, verdict: str) -> AsyncIterator[str]:
    if verdict == "away":
        yield "http://127.0.0.1:9/"  # discard: nobody listens there
        return
    async with responder(contract.leaf, contract.root, verdict).serving() as web:
        yield web.url


@pytest.mark.parametrize("verdict", ["good", "revoked", "unknown"])
async def test_the_responders_own_answer_reaches_the_station(start: Start, contract: Contract, verdict: str) -> None:
    async with start() as (_, charger), _asked(contract, verdict) as url:
        answer = await charger.call("GetCertificateStatus", {"ocspRequestData": contract.named(url)})
    assert answer["status"] == "Accepted"
    said = ocsp.load_der_ocsp_response(base64.b64decode(answer["ocspResult"]))
    assert said.certificate_status.name.lower() == verdict
    assert said.serial_number == contract.leaf.certificate.serial_number


@pytest.mark.parametrize(
    ("verdict", "status"), [("good", "Good"), ("revoked", "Revoked"), ("unknown", "Unknown"), ("away", "Failed")]
)
async def test_a_chain_is_judged_link_by_link(start: Start, contract: Contract, verdict: str, status: str) -> None:
    async with start("ocpp2.1") as (_, charger), _asked(contract, verdict) as url:
        named = {name: value for name, value in contract.named(url).items() if name != "responderURL"}
        asked = {"certificateHashData": named, "source": "OCSP", "urls": [url]}
        answer = await charger.call("GetCertificateChainStatus", {"certificateStatusRequests": [asked]})
    (link,) = answer["certificateStatus"]
    assert (link["certificateHashData"], link["source"], link["status"]) == (named, "OCSP", status)


def _lists(contract: Contract, folder: Path) -> dict[str, Web]:
    stranger, other = certificate(folder, "stranger"), certificate(folder, "other", issuer=contract.root)
    return {
        "good": list_of(contract.root, other),
        "revoked": list_of(contract.root, other, contract.leaf),
        "forged": list_of(contract.root, signer=stranger),
        "another's": list_of(stranger),
        "old": list_of(contract.root, days=-1),
        "large": Web(lambda _: b"\x30" * 2_000_000),
        "no list": Web(lambda _: b"not found"),
    }


_FOUND = {"good": "Good", "revoked": "Revoked"}


async def test_a_revocation_list_is_read(start: Start, contract: Contract, tmp_path: Path) -> None:
    """Only one of the certificate's own issuer, and only while it counts (M07.FR.04 to FR.08)."""
    async with start("ocpp2.1") as (_, charger):
        for kind, published in _lists(contract, tmp_path).items():
            async with published.serving() as web:
                named = {name: value for name, value in contract.named(web.url).items() if name != "responderURL"}
                asked = {"certificateHashData": named, "source": "CRL", "urls": [web.url]}
                answer = await charger.call("GetCertificateChainStatus", {"certificateStatusRequests": [asked]})
                assert len(web.asked) == 1
            (link,) = answer["certificateStatus"]
            expected = (named, "CRL", _FOUND.get(kind, "Failed"))
            assert (link["certificateHashData"], link["source"], link["status"]) == expected, kind
        asked["urls"] = ["http://127.0.0.1:9/"]  # discard: nobody listens there
        answer = await charger.call("GetCertificateChainStatus", {"certificateStatusRequests": [asked]})
        assert answer["certificateStatus"][0]["status"] == "Failed"


async def test_no_list_is_read_of_our_own_network(start: Start, contract: Contract) -> None:
    async with start("ocpp2.1", pki_private_hosts=()) as (_, charger), list_of(contract.root).serving() as web:
        named = {name: value for name, value in contract.named(web.url).items() if name != "responderURL"}
        asked = {"certificateHashData": named, "source": "CRL", "urls": [web.url]}
        answer = await charger.call("GetCertificateChainStatus", {"certificateStatusRequests": [asked]})
        assert (answer["certificateStatus"][0]["status"], web.asked) == ("Failed", [])


@pytest.mark.parametrize("verdict", ["large", "away"])
async def test_no_answer_is_said_to_be_none(start: Start, contract: Contract, verdict: str) -> None:
    async with start() as (_, charger), _asked(contract, verdict) as url:
        answer = await charger.call("GetCertificateStatus", {"ocspRequestData": contract.named(url)})
    assert answer["status"] == "Failed"
    assert "ocspResult" not in answer


@pytest.mark.parametrize(("purpose", "believed"), [("OCSP", True), ("none", False), ("stranger", False)])
async def test_only_a_responders_certificate_vouches_for_others(
    start: Start, contract: Contract, tmp_path: Path, purpose: str, believed: bool
) -> None:
    """A car's own certificate is issued by the same root and must not be able to call itself good."""
    extensions = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]),) if purpose != "none" else ()
    issuer = None if purpose == "stranger" else contract.root
    signer = certificate(tmp_path, "responder", issuer=issuer, extensions=extensions)
    async with start() as (_, charger), responder(contract.leaf, contract.root, "good", signer=signer).serving() as web:
        _, certificate_status = await authorised(charger, contract.named(web.url))
    assert certificate_status == ("Accepted" if believed else "CertChainError")


async def test_an_address_of_our_own_network_is_not_asked(start: Start, contract: Contract) -> None:
    async with (
        start(pki_private_hosts=()) as (_, charger),
        responder(contract.leaf, contract.root, "good").serving() as web,
    ):
        assert (await authorised(charger, contract.named(web.url)))[1] == "CertChainError"
        assert web.asked == []


@pytest.mark.parametrize("action", ["Install", "Update"])
async def test_a_car_gets_its_contract_through_us(start: Start, action: str) -> None:
    asking = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": action, "exiRequest": "ZXhp"}
    async with provisioning().serving() as web, start(pki_provisioning_url=web.url) as (_, charger):
        answer = await charger.call("Get15118EVCertificate", asking)
    assert answer["status"] == "Accepted"
    assert base64.b64decode(answer["exiResponse"]) == b"Exi of a test double"


@pytest.mark.parametrize("web", [provisioning("x" * 200_000), provisioning("")], ids=["too large", "refuses"])
async def test_a_car_without_an_answer_is_told_so(start: Start, web: Web) -> None:
    asking = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "ZXhp"}
    async with web.serving(), start(pki_provisioning_url=web.url) as (_, charger):
        assert (await charger.call("Get15118EVCertificate", asking))["status"] == "Failed"


async def test_nobody_waits_while_a_question_is_asked(start: Start, contract: Contract) -> None:
    """The responder thinks; another station is answered and written down meanwhile."""
    async with start() as (house, charger), responder(contract.leaf, contract.root, "good").serving() as web:
        _, password = await house.station("CP-2")
        web.gate.clear()
        waiting = asyncio.create_task(authorised(charger, contract.named(web.url)))
        while not web.asked:
            await asyncio.sleep(0.01)
        async with plugged(house.ocpp, "CP-2", "ocpp2.0.1", password=password) as other:
            assert (await other.call("BootNotification", BOOT_2))["status"] == "Accepted"
            token = {"idToken": EMAID, "type": "Central"}
            assert (await other.call("Authorize", {"idToken": token}))["idTokenInfo"]["status"] == "Accepted"
        assert not waiting.done()
        web.gate.set()
        assert (await waiting)[1] == "Accepted"
