"""Certificates, passwords, security events, firmware and logs: asked by GraphQL, done over real TLS sockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidMessage, InvalidStatus

from gateway.connection import CLOSE_OTHER_STATION
from tests.conftest import TestDatabase
from tests.house import House, running, trusting
from tests.journeys.charger import BOOT_2, BOOT_16, Charger, plugged
from tests.pki.making import Pair, certificate, new_key, private_pem, server_certificate, signing_request


@pytest.fixture
def root(tmp_path: Path) -> Pair:
    return certificate(tmp_path, "Test root")


@pytest.fixture
async def secure(database: TestDatabase, tmp_path: Path, root: Pair) -> AsyncIterator[House]:
    """A house whose charger port speaks TLS with an RSA and an ECDSA certificate."""
    rsa, ec = (server_certificate(tmp_path, root, kind) for kind in ("rsa", "ec"))
    async with running(
        database,
        tmp_path / "data",
        tls_certificate=rsa.chain_file,
        tls_key=rsa.key_file,
        tls_second_certificate=ec.chain_file,
        tls_second_key=ec.key_file,
        tls_client_authority=root.chain_file,
    ) as house:
        yield house


@pytest.fixture
async def plain(database: TestDatabase, tmp_path: Path) -> AsyncIterator[House]:
    async with running(database, tmp_path / "data") as house:
        yield house


async def _profile(house: House, identity: str) -> int:
    data = await house.ask(f'{{ station(identity: "{identity}") {{ connection {{ securityProfile }} }} }}')
    found: int = data["station"]["connection"]["securityProfile"]
    return found


async def _last_attempt(house: House, identity: str) -> str:
    data = await house.ask(f'{{ connectionAttempts(identity: "{identity}", first: 1) {{ nodes {{ result }} }} }}')
    found: str = data["connectionAttempts"]["nodes"][0]["result"]
    return found


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "AES128-GCM-SHA256"], ids=["ecdsa", "rsa"])
async def test_profile_2_with_either_kind_of_certificate(secure: House, root: Pair, cipher: str) -> None:
    _, password = await secure.station("CP-2", floor=2)
    tls = trusting(root.chain_file)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    tls.set_ciphers(cipher)
    async with plugged(secure.ocpp, "CP-2", "ocpp2.0.1", password=password, tls=tls) as charger:
        assert (await charger.call("BootNotification", BOOT_2))["status"] == "Accepted"
        assert await _profile(secure, "CP-2") == 2


async def test_tls_below_1_2_is_refused(secure: House, root: Pair) -> None:
    await secure.station("CP-OLD", floor=2)
    tls = trusting(root.chain_file)
    tls.minimum_version = ssl.TLSVersion.TLSv1_1
    tls.maximum_version = ssl.TLSVersion.TLSv1_1
    tls.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        async with plugged(secure.ocpp, "CP-OLD", "ocpp2.0.1", tls=tls):
            pass


async def test_profile_3_needs_a_certificate_of_this_station(secure: House, root: Pair, tmp_path: Path) -> None:
    _, password = await secure.station("CP-3", floor=3)
    own = certificate(tmp_path, "CP-3", issuer=root)
    other = certificate(tmp_path, "CP-4", issuer=root)
    stranger = certificate(tmp_path, "stranger")
    async with plugged(
        secure.ocpp, "CP-3", "ocpp2.0.1", tls=trusting(root.chain_file, own.chain_file, own.key_file)
    ) as charger:
        await charger.call("BootNotification", BOOT_2)
        assert await _profile(secure, "CP-3") == 3
    for tls, secret, result in (
        (trusting(root.chain_file, other.chain_file, other.key_file), None, "CERTIFICATE_WRONG"),
        (trusting(root.chain_file), password, "CERTIFICATE_MISSING"),
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with plugged(secure.ocpp, "CP-3", "ocpp2.0.1", password=secret, tls=tls):
                pass
        assert refused.value.response.status_code == 401
        assert await _last_attempt(secure, "CP-3") == result
    tls = trusting(root.chain_file, stranger.chain_file, stranger.key_file)
    with pytest.raises((ssl.SSLError, ConnectionError, InvalidMessage)):  # TLS 1.3 tells the client at its first read
        async with plugged(secure.ocpp, "CP-3", "ocpp2.0.1", tls=tls):
            pass


async def test_a_certificate_of_another_organization_is_not_good_by_its_name(
    secure: House, root: Pair, tmp_path: Path
) -> None:
    """2.0.1 A00.FR.404: others' stations may be vouched for by the same root, and be called the same."""
    await secure.station("CP-9", floor=3)
    operator = (await secure.ask("{ viewer { operator { version } } }"))["viewer"]["operator"]
    await secure.ask(
        f"""mutation {{ operatorUpdate(ifVersion: {operator["version"]}, certificateOrganizations: ["Alpha Charging"])
        {{ operator {{ name certificateOrganizations }} errors {{ code }} }} }}"""
    )
    for owner in (None, "Beta Charging"):
        shown = certificate(tmp_path, "CP-9", issuer=root, organization=owner)
        tls = trusting(root.chain_file, shown.chain_file, shown.key_file)
        with pytest.raises(InvalidStatus):
            async with plugged(secure.ocpp, "CP-9", "ocpp2.0.1", tls=tls):
                pass
        assert await _last_attempt(secure, "CP-9") == "CERTIFICATE_WRONG"
    own = certificate(tmp_path, "CP-9", issuer=root, organization="Alpha Charging")
    async with plugged(
        secure.ocpp, "CP-9", "ocpp2.0.1", tls=trusting(root.chain_file, own.chain_file, own.key_file)
    ) as charger:
        await charger.call("BootNotification", BOOT_2)
    assert await _profile(secure, "CP-9") == 3


@pytest.mark.parametrize(("version", "lets_go"), [("ocpp1.6", False), ("ocpp2.0.1", True), ("ocpp2.1", True)])
async def test_a_certificate_named_after_a_serial_number_is_for_the_station_that_has_it(
    secure: House, root: Pair, tmp_path: Path, version: str, lets_go: bool
) -> None:
    _, password = await secure.station("CP-6")
    named = certificate(tmp_path, "SN-6", issuer=root)
    v16 = version == "ocpp1.6"

    def boot(serial: str) -> dict[str, object]:
        if v16:
            return {"chargePointVendor": "V", "chargePointModel": "M", "chargePointSerialNumber": serial}
        station = {"vendorName": "V", "model": "M", "serialNumber": serial}
        return {"reason": "PowerUp", "chargingStation": station}

    async with plugged(secure.ocpp, "CP-6", version, password=password, tls=trusting(root.chain_file)) as charger:
        await charger.call("BootNotification", boot("SN-6"))
    tls = trusting(root.chain_file, named.chain_file, named.key_file)
    async with plugged(secure.ocpp, "CP-6", version, tls=tls) as charger:
        assert (await charger.call("BootNotification", boot("SN-6")))["status"] == "Accepted"
        await charger.call("Heartbeat", {})
        await charger.call("BootNotification", boot("SN-7"))
        if lets_go:
            assert await charger.let_go() == CLOSE_OTHER_STATION
        else:
            await charger.call("Heartbeat", {})


async def test_an_operator_may_trust_a_certificate_of_another_name_and_take_it_back(
    secure: House, root: Pair, tmp_path: Path
) -> None:
    station, _ = await secure.station("CP-5", floor=3)
    named = certificate(tmp_path, "SERIAL-77", issuer=root)
    tls = trusting(root.chain_file, named.chain_file, named.key_file)
    with pytest.raises(InvalidStatus):
        async with plugged(secure.ocpp, "CP-5", "ocpp2.0.1", tls=tls):
            pass
    payload = await secure.do(
        "certificateTrust",
        f'stationId: "{station}", certificate: $pem',
        "station { certificates { origin subject fingerprint revokedAt } }",
        pem=("String!", named.pem),
    )
    [known] = payload["station"]["certificates"]
    assert (known["origin"], known["subject"], known["revokedAt"]) == ("TRUSTED", "SERIAL-77", None)
    async with plugged(secure.ocpp, "CP-5", "ocpp2.0.1", tls=tls) as charger:
        await charger.call("BootNotification", BOOT_2)
    await secure.do("certificateRevoke", f'stationId: "{station}", fingerprint: "{known["fingerprint"]}"')
    with pytest.raises(InvalidStatus):
        async with plugged(secure.ocpp, "CP-5", "ocpp2.0.1", tls=tls):
            pass


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_station_gets_a_certificate_of_our_authority_and_comes_back_with_it(
    secure: House, root: Pair, tmp_path: Path, version: str
) -> None:
    station, password = await secure.station("CP-6")
    key = new_key()
    tls = trusting(root.chain_file)
    async with plugged(secure.ocpp, "CP-6", version, password=password, tls=tls) as charger:
        await charger.call("BootNotification", BOOT_16 if version == "ocpp1.6" else BOOT_2)
        assert (await charger.call("SignCertificate", {"csr": "no request"}))["status"] == "Rejected"
        answer = await charger.call("SignCertificate", {"csr": signing_request(key, "CP-6")})
        assert answer["status"] == "Accepted"
        chain = (await charger.asked("CertificateSigned"))["certificateChain"]
        await _until_state(secure, station, "INSTALLED")
    (tmp_path / "own.pem").write_text(chain)
    (tmp_path / "own.key").write_bytes(private_pem(key))
    # Whatever its password was, it is worth nothing any more: the certificate alone lets it in.
    await secure.do("stationCredentialsRotate", f'id: "{station}"')
    own = trusting(root.chain_file, tmp_path / "own.pem", tmp_path / "own.key")
    async with plugged(secure.ocpp, "CP-6", version, tls=own) as charger:
        await charger.call("Heartbeat", {})
        assert await _profile(secure, "CP-6") == 3


async def _until_state(house: House, station: str, state: str) -> None:
    async with asyncio.timeout(30):
        while True:
            data = await house.ask(
                "query($id: ID!) { node(id: $id) { ... on ChargingStation { certificateSignings { state reason } } } }",
                id=station,
            )
            if data["node"]["certificateSignings"][0]["state"] == state:
                return
            await asyncio.sleep(0.2)


async def test_a_request_in_another_stations_name_is_refused_with_a_reason(plain: House) -> None:
    station, password = await plain.station("CP-7")
    async with plugged(plain.ocpp, "CP-7", "ocpp2.0.1", password=password) as charger:
        await charger.call("BootNotification", BOOT_2)
        csr = signing_request(new_key(), "CP-8")
        assert (await charger.call("SignCertificate", {"csr": csr}))["status"] == "Accepted"
        await _until_state(plain, station, "REFUSED")


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_a_password_is_rotated_over_ocpp(plain: House, version: str) -> None:
    station, old = await plain.station("CP-9")
    boot = BOOT_16 if version == "ocpp1.6" else BOOT_2
    told: list[bytes] = []
    async with plugged(plain.ocpp, "CP-9", version, password=old) as charger:
        await charger.call("BootNotification", boot)
        _password_answers(charger, told, accept=True)
        payload = await plain.do(
            "stationPasswordRotate",
            f'stationId: "{station}"',
            "command { status answer { accepted } frames { payload } }",
        )
        assert payload["command"]["answer"]["accepted"]
        assert told[0].decode() not in str(payload)
        assert told[0].hex() not in str(payload)
    async with plugged(plain.ocpp, "CP-9", version, password=told[0]) as charger:
        await charger.call("Heartbeat", {})
    with pytest.raises(InvalidStatus):
        async with plugged(plain.ocpp, "CP-9", version, password=old):
            pass


async def test_a_station_that_refuses_its_new_password_keeps_the_old_one(plain: House) -> None:
    station, old = await plain.station("CP-10")
    told: list[bytes] = []
    async with plugged(plain.ocpp, "CP-10", "ocpp2.0.1", password=old) as charger:
        await charger.call("BootNotification", BOOT_2)
        _password_answers(charger, told, accept=False)
        payload = await plain.do("stationPasswordRotate", f'stationId: "{station}"', "command { answer { accepted } }")
        assert not payload["command"]["answer"]["accepted"]
    async with plugged(plain.ocpp, "CP-10", "ocpp2.0.1", password=old):
        pass
    with pytest.raises(InvalidStatus):
        async with plugged(plain.ocpp, "CP-10", "ocpp2.0.1", password=told[0]):
            pass


def _password_answers(charger: Charger, told: list[bytes], *, accept: bool) -> None:
    """Takes the password out of either version's request."""
    status = "Accepted" if accept else "Rejected"

    def change(payload: dict[str, object]) -> dict[str, object]:
        told.append(bytes.fromhex(str(payload["value"])))
        return {"status": status}

    def set_variables(payload: dict[str, list[dict[str, object]]]) -> dict[str, object]:
        [entry] = payload["setVariableData"]
        told.append(str(entry["attributeValue"]).encode())
        names = {"component": entry["component"], "variable": entry["variable"]}
        return {"setVariableResult": [{"attributeStatus": status, **names}]}

    charger.answers = {"ChangeConfiguration": change, "SetVariables": set_variables}  # type: ignore[dict-item]


async def test_what_a_station_holds_is_what_it_last_said(plain: House) -> None:
    station, password = await plain.station("CP-11")
    name = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "01"}
    chain = [{"certificateType": "CSMSRootCertificate", "certificateHashData": name}]
    async with plugged(plain.ocpp, "CP-11", "ocpp2.0.1", password=password) as charger:
        await charger.call("BootNotification", BOOT_2)
        charger.answers["GetInstalledCertificateIds"] = {"status": "Accepted", "certificateHashDataChain": chain}
        report = (f'stationId: "{station}", request: {{}}', "command { station { certificates { use serialNumber } } }")
        payload = await plain.do("certificatesReport", *report)
        assert payload["command"]["station"]["certificates"] == [{"use": "CSMSRootCertificate", "serialNumber": "01"}]
        deletion = '{certificateHashData: {hashAlgorithm: SHA256, issuerNameHash: "aa", issuerKeyHash: "bb", serialNumber: "01"}}'
        payload = await plain.do(
            "certificateDelete",
            f'stationId: "{station}", request: {deletion}',
            "command { station { certificates { use } } }",
        )
        assert payload["command"]["station"]["certificates"] == []
        charger.answers["GetInstalledCertificateIds"] = {"status": "NotFound"}
        payload = await plain.do("certificatesReport", *report)
        assert payload["command"]["station"]["certificates"] == []


async def test_security_events_are_kept_and_the_critical_ones_marked(plain: House) -> None:
    _, password = await plain.station("CP-12")
    async with plugged(plain.ocpp, "CP-12", "ocpp1.6", password=password) as charger:
        for kind in ("TamperDetectionActivated", "AttemptedReplayAttacks"):
            event = {"type": kind, "timestamp": "2026-11-01T10:00:00Z"}
            assert await charger.call("SecurityEventNotification", event) == {}
    data = await plain.ask("{ securityEvents(critical: true) { nodes { kind occurredAt station { identity } } } }")
    assert data["securityEvents"]["nodes"] == [
        {
            "kind": "TamperDetectionActivated",
            "occurredAt": "2026-11-01T10:00:00.000Z",
            "station": {"identity": "CP-12"},
        }
    ]


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_log_comes_to_us_and_only_its_operator_reads_it(plain: House, version: str) -> None:
    station, password = await plain.station("CP-13")
    plainly = version == "ocpp1.6"
    ask, address, said = (
        ("GetDiagnostics", lambda request: request["location"], "DiagnosticsStatusNotification")
        if plainly
        else ("GetLog", lambda request: request["log"]["remoteLocation"], "LogStatusNotification")
    )
    async with plugged(plain.ocpp, "CP-13", version, password=password) as charger:
        await charger.call("BootNotification", BOOT_16 if plainly else BOOT_2)
        charger.answers[ask] = {"fileName": "log.txt"} if plainly else {"status": "Accepted", "filename": "log.txt"}
        await plain.do("logFetch", f'stationId: "{station}"', "command { status }")
        request = await charger.asked(ask)
        async with httpx.AsyncClient() as web:
            sent = await web.put(f"{address(request)}/log.txt", content=b"all is well")
            assert sent.status_code == 201, sent.text
            assert (await web.put(f"{address(request)}/log.txt", content=b"again")).status_code == 404
            status = {"status": "Uploaded"} | ({} if plainly else {"requestId": request["requestId"]})
            await charger.call(said, status)
            data = await plain.ask(
                "query($id: ID!) { node(id: $id) { ... on ChargingStation { logs { kind status fileName fileBytes url } } } "
                "commands { nodes { action effect } } }",
                id=station,
            )
            [log] = data["node"]["logs"]
            assert (log["status"], log["fileName"], log["fileBytes"]) == ("Uploaded", "log.txt", 11)
            assert data["commands"]["nodes"][0]["effect"] == "OBSERVED"
            assert (await web.get(log["url"])).status_code == 401
            got = await web.get(log["url"], headers={"Authorization": f"Bearer {plain.secret}"})
            assert got.content == b"all is well"


async def test_a_firmware_is_followed_to_its_end(plain: House) -> None:
    station, password = await plain.station("CP-14")
    request = (
        '{requestId: 5, firmware: {location: "https://example.com/f.bin", retrieveDateTime: "2026-11-21T00:00:00Z"}}'
    )
    shown = "command { effect station { firmwareUpdates { requestId status location } } }"
    async with plugged(plain.ocpp, "CP-14", "ocpp2.0.1", password=password) as charger:
        await charger.call("BootNotification", BOOT_2)
        payload = await plain.do("firmwareUpdate", f'stationId: "{station}", request: {request}', shown)
        assert payload["command"]["effect"] == "AWAITED"
        assert payload["command"]["station"]["firmwareUpdates"] == [
            {"requestId": 5, "status": "Accepted", "location": "https://example.com/f.bin"}
        ]
        for status in ("Downloading", "Downloaded", "Installing", "Installed"):
            assert await charger.call("FirmwareStatusNotification", {"status": status, "requestId": 5}) == {}
        data = await plain.ask("{ commands { nodes { effect station { firmwareUpdates { status } } } } }")
        [command] = data["commands"]["nodes"]
        assert (command["effect"], command["station"]["firmwareUpdates"][0]["status"]) == ("OBSERVED", "Installed")


async def test_a_second_socket_cannot_pretend_to_be_the_station(plain: House) -> None:
    _, password = await plain.station("CP-15")
    async with plugged(plain.ocpp, "CP-15", "ocpp2.0.1", password=password) as charger:
        await charger.call("BootNotification", BOOT_2)
        for secret in (None, "not-the-password-1"):
            with pytest.raises(InvalidStatus):
                async with plugged(plain.ocpp, "CP-15", "ocpp2.0.1", password=secret):
                    pass
        assert "currentTime" in await charger.call("Heartbeat", {})
