"""The two-command promise, from outside: the demo as a process, a stock OCPP client, a plain HTTP client."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from ocpp.routing import on
from ocpp.v201 import ChargePoint, call, call_result

from tests.folders import server_folder

_ROOT = Path(__file__).parents[2]
_NOBODYS_MISMATCH = "mis_" + 26 * "0"


def _voltgraph(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.main.cli", *map(str, arguments)],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"COLUMNS": "160"},
    )


def _until(process: subprocess.Popen[str], ready: Any, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            output = process.communicate()[0]
            raise AssertionError(f"not ready; it said:\n{output}")
        time.sleep(0.1)


def _end(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=60)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        raise


class Client:
    """What a front-end developer has: a URL and a token."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._headers = url, {"Authorization": f"Bearer {token}"}

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        answer = httpx.post(self._url, json=body, headers=self._headers, timeout=40).json()
        assert "errors" not in answer, answer
        return answer["data"]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with server_folder("vgd") as made:
        yield made


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[dict[str, Any]]:
    process = _voltgraph(
        "demo", "--data", folder, "--http", "127.0.0.1:0", "--ocpp", "127.0.0.1:0", "--no-browser", "--stations", 6
    )
    try:
        _until(process, (folder / "demo.json").exists)
        yield json.loads((folder / "demo.json").read_text()) | {"process": process}
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


class Charger(ChargePoint):
    """A stock `ocpp` 2.0.1 client that starts what it is told to start."""

    remote_start: dict[str, Any] | None = None

    @on("RequestStartTransaction")
    def on_request_start(self, id_token: dict[str, Any], remote_start_id: int, **_: Any) -> Any:
        self.remote_start = {"idToken": id_token, "remoteStartId": remote_start_id}
        return call_result.RequestStartTransaction(status="Accepted")


@contextlib.asynccontextmanager
async def charger(demo: dict[str, Any], index: int = 0):
    spare = demo["stations"][index]
    headers = {"Authorization": httpx.BasicAuth(spare["identity"], spare["password"])._auth_header}
    url = f"{demo['ocpp']}/{spare['identity']}"
    async with websockets.connect(url, subprotocols=["ocpp2.0.1"], additional_headers=headers) as socket:
        made = Charger(spare["identity"], socket)
        task = asyncio.create_task(made.start())
        yield made
        task.cancel()


def test_the_facts_are_complete_and_private(demo: dict[str, Any], folder: Path) -> None:
    assert stat.S_IMODE((folder / "demo.json").stat().st_mode) == 0o600
    assert len(demo["operators"]) == 2 and len(demo["stations"]) == 4 and demo["tokens"]


def test_the_printed_cards_are_nobodys(demo: dict[str, Any], folder: Path) -> None:
    """The simulator's visitors carry others: whoever tries a printed card finds it free."""
    world = json.loads((folder / "demo-world.json").read_text())
    assert world["operators"][0]["tokens"] == demo["tokens"]
    assert set(demo["tokens"]).isdisjoint(world["operators"][0]["visitors"])


@pytest.mark.parametrize("asked", [("--stations", 7), ("--seed", 9)])
def test_a_folder_keeps_the_world_it_has(demo: dict[str, Any], folder: Path, asked: tuple[str, int]) -> None:
    assert json.loads((folder / "demo-world.json").read_text())["seed"] == 1
    with server_folder("vgd") as other:
        shutil.copy(folder / "demo-world.json", other)
        process = _voltgraph("demo", "--data", other, "--no-browser", *asked)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 2
    assert "6 stations with seed 1" in said and "--data" in said


def test_looking_makes_nothing(tmp_path: Path) -> None:
    for words in (("doctor",), ("station", "list", "--operator", "DE*NWL")):
        process = _voltgraph(*words, "--data", tmp_path / "typo")
        said = process.communicate(timeout=60)[0]
        assert process.returncode != 0 and "There is no installation in" in said
        assert not (tmp_path / "typo").exists()


def test_a_simulated_station_says_why_it_is_not_let_in(demo: dict[str, Any]) -> None:
    process = _voltgraph(
        "simulate", "--url", demo["ocpp"], "--identity", demo["stations"][3]["identity"], "--password", "wrong"
    )
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    assert process.stdout is not None
    said = next((line for line in process.stdout if "is not let in" in line), None)
    watchdog.cancel()
    _end(process)
    assert said is not None and "401" in said


def test_the_live_page_and_its_rights(demo: dict[str, Any]) -> None:
    home = demo["graphql"].removesuffix("/graphql")
    assert "Voltgraph live" in httpx.get(f"{home}/").text
    shown = httpx.get(f"{home}/live-operators").json()
    assert [entry["name"] for entry in shown] == [entry["name"] for entry in demo["operators"]]
    answer = httpx.post(
        demo["graphql"],
        json={"query": "{ tokens { nodes { id } } }"},
        headers={"Authorization": f"Bearer {shown[0]['token']}"},
    ).json()
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def test_simulated_cars_charge(demo: dict[str, Any]) -> None:
    client = Client(demo["graphql"], demo["operators"][0]["token"])

    def charging() -> bool:
        overview = client.ask("{ networkOverview { online activeSessions } }")["networkOverview"]
        return overview["online"] >= 4 and overview["activeSessions"] > 0

    _until(demo["process"], charging)


async def test_a_real_client_boots_charges_and_obeys(demo: dict[str, Any]) -> None:
    """The whole spine from outside: boot, status, a remote start with the charger's own answer, energy, the end."""
    client = Client(demo["graphql"], demo["operators"][0]["token"])
    async with charger(demo) as station:
        boot = await station.call(call.BootNotification({"vendor_name": "Acme", "model": "One"}, "PowerUp"))
        assert boot.status == "Accepted"
        await station.call(call.StatusNotification(_now(), "Available", 1, 1))
        found = await asyncio.to_thread(
            client.ask,
            "query($i: String!) { station(identity: $i) { connection { state } vendor evses { id } } }",
            i=station.id,
        )
        assert found["station"]["connection"]["state"] == "ONLINE" and found["station"]["vendor"] == "Acme"
        evse = found["station"]["evses"][0]["id"]
        started = await asyncio.to_thread(_start, client, evse, "first")
        assert started["command"]["answer"] == {"status": "Accepted", "accepted": True}
        assert started["session"]["status"] == "PENDING"
        again = await asyncio.to_thread(_start, client, evse, "first")
        assert again["command"]["id"] == started["command"]["id"]
        await _charge(station)
        session = await asyncio.to_thread(
            client.ask,
            "query($i: [ID!]) { sessions(filter: {ids: $i}, first: 1) { nodes { status energyWh origin cost { final price "
            "{ total { amountMinor } } } readings { nodes { energyWh } } } } }",
            i=[started["session"]["id"]],
        )
        (node,) = session["sessions"]["nodes"]
        assert node["status"] == "COMPLETED" and node["energyWh"] == 10_000 and node["origin"] == "OPERATOR"
        assert node["cost"] == {"final": True, "price": {"total": {"amountMinor": 490}}}
        assert [reading["energyWh"] for reading in node["readings"]["nodes"]] == [100_000, 110_000]


def _now(minutes: float = 0) -> str:
    return datetime.fromtimestamp(time.time() + minutes * 60, UTC).isoformat().replace("+00:00", "Z")


def _start(client: Client, evse: str, key: str) -> dict[str, Any]:
    return client.ask(
        "mutation($evse: ID!, $key: String!) { sessionStart(evseId: $evse, options: {idempotencyKey: $key}) "
        "{ command { id answer { status accepted } } session { id status } errors { code message } } }",
        evse=evse,
        key=key,
    )["sessionStart"]


async def _charge(station: Charger) -> None:
    assert station.remote_start is not None
    token = {"id_token": station.remote_start["idToken"]["id_token"], "type": station.remote_start["idToken"]["type"]}

    def event(kind: str, seq_no: int, at: str, wh: int, context: str, **more: Any) -> Any:
        sampled = [{"value": wh, "context": context, "measurand": "Energy.Active.Import.Register"}]
        return call.TransactionEvent(
            kind, at, "RemoteStart" if kind == "Started" else "RemoteStop", seq_no,
            {"transaction_id": "demo-1"} | more.pop("info", {}),
            meter_value=[{"timestamp": at, "sampled_value": sampled}], evse={"id": 1, "connector_id": 1}, **more,
        )  # fmt: skip

    info = {"remote_start_id": station.remote_start["remoteStartId"]}
    answer = await station.call(event("Started", 0, _now(), 100_000, "Transaction.Begin", id_token=token, info=info))
    assert answer.id_token_info["status"] == "Accepted"
    answer = await station.call(
        event("Ended", 1, _now(30), 110_000, "Transaction.End", info={"stopped_reason": "Remote"})
    )
    assert answer.total_cost == pytest.approx(4.9)


async def test_a_wrong_password_is_refused_and_explained(demo: dict[str, Any]) -> None:
    spare = demo["stations"][1]
    headers = {"Authorization": httpx.BasicAuth(spare["identity"], "wrong")._auth_header}
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(
            f"{demo['ocpp']}/{spare['identity']}", subprotocols=["ocpp1.6"], additional_headers=headers
        )
    assert refused.value.response.status_code == 401
    client = Client(demo["graphql"], demo["operators"][0]["token"])
    query = "query($i: String!) { connectionAttempts(identity: $i) { nodes { result hint } } }"
    (attempt,) = (await asyncio.to_thread(client.ask, query, i=spare["identity"]))["connectionAttempts"]["nodes"]
    assert attempt["result"] == "CREDENTIALS_WRONG" and "password" in attempt["hint"]


async def test_the_documents_of_the_page_run(demo: dict[str, Any]) -> None:
    """docs/graphql.md and docs/money.md, block by block, as somebody who reads them would paste them."""
    client = Client(demo["graphql"], demo["operators"][0]["token"])
    spare = demo["stations"][1]["identity"]
    find = "query($i: String!) { station(identity: $i) { id location { id } evses { id } } tariffs { nodes { id } } }"
    found = await asyncio.to_thread(client.ask, find, i=spare)
    known = {
        "station": found["station"]["id"],
        "evse": found["station"]["evses"][0]["id"],
        "location": found["station"]["location"]["id"],
        "tariff": found["tariffs"]["nodes"][0]["id"],
        "mismatch": _NOBODYS_MISMATCH,
    }
    pages = [(_ROOT / "docs" / name).read_text() for name in ("graphql.md", "money.md")]
    blocks = [block for page in pages for block in re.findall(r"```graphql\n(.*?)```", page, re.DOTALL)]
    assert len(blocks) >= 9
    for block in blocks:
        if block.startswith("subscription"):
            assert "errors" not in await _first_update(demo, block)
        else:
            used = {name: value for name, value in known.items() if f"${name}" in block}
            answer = await asyncio.to_thread(client.ask, block, **used)
            refused = {error["code"] for value in answer.values() for error in (value or {}).get("errors", ())}
            # Nobody plugs the spare stations in here, and books that agree have nothing to put right.
            assert refused <= {"NOT_FOUND" if "mismatch" in used else "STATION_OFFLINE"}, answer


async def _first_update(demo: dict[str, Any], document: str) -> dict[str, Any]:
    url = demo["graphql"].replace("http", "ws")
    async with websockets.connect(url, subprotocols=["graphql-transport-ws"]) as socket:
        token = {"Authorization": f"Bearer {demo['operators'][0]['token']}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": token}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": document}}))
        async with asyncio.timeout(30):
            while (message := json.loads(await socket.recv()))["type"] == "ping":  # a slow machine is asked if it lives
                await socket.send(json.dumps({"type": "pong"}))
        assert message["type"] == "next", message
        return message["payload"]


def test_a_second_server_on_the_folder_is_refused_with_the_command_that_helps(
    demo: dict[str, Any], folder: Path
) -> None:
    second = _voltgraph("serve", "--data", folder)
    output = second.communicate(timeout=60)[0]
    assert second.returncode == 2 and "already served by process" in output and "--data" in output


async def test_the_command_line_works_beside_a_running_server(demo: dict[str, Any], folder: Path) -> None:
    async def said(*words: str) -> str:
        process = _voltgraph(*words, "--data", folder)
        output = (await asyncio.to_thread(process.communicate, timeout=60))[0]
        assert process.returncode == 0, output
        return output

    found = await said("doctor")
    assert "at this version's revision" in found and "row security" in found
    party = re.search(r"[A-Z]{2}\*[A-Z0-9]{3}", await said("operator", "list"))
    assert party is not None
    words = ("station", "add", "BESIDE-1", "--operator", party[0], "--location", "Beside", "--profile", "0")
    assert "BESIDE-1" in await said(*words)
    async with websockets.connect(f"{demo['ocpp']}/BESIDE-1", subprotocols=["ocpp1.6"]) as socket:  # type: ignore[list-item]
        boot = {"chargePointVendor": "V", "chargePointModel": "M"}
        await socket.send(json.dumps([2, "1", "BootNotification", boot]))
        assert json.loads(await asyncio.wait_for(socket.recv(), 20))[2]["status"] == "Accepted"
    assert "BESIDE-1" in await said("station", "list", "--operator", party[0])


def test_ctrl_c_stops_everything_and_the_data_stays(demo: dict[str, Any], folder: Path) -> None:
    output = _end(demo["process"])
    assert demo["process"].returncode == 0 and "voltgraph serve --data" in output
    assert "Traceback" not in output
    served = _voltgraph("serve", "--data", folder, "--http", "127.0.0.1:8911", "--ocpp", "127.0.0.1:0")
    client = Client("http://127.0.0.1:8911/graphql", demo["operators"][0]["token"])

    def answers() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            found = client.ask("{ networkOverview { online } sessions { nodes { status } } }")
            return found["networkOverview"]["online"] == 0 and len(found["sessions"]["nodes"]) > 0
        return False

    try:
        _until(served, answers)
    finally:
        output = _end(served)
    assert served.returncode == 0, output
