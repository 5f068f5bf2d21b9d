"""Documents by their ids: over HTTP and WebSocket, and for whom nothing else is taken."""

import json
from pathlib import Path

import httpx
import pytest

from app.domain.scope import CallerKind
from app.main.documents import own_documents, trusted_documents
from app.main.settings import Settings
from schema.trusted import BadDocuments, document_id, read_trusted, trusted
from tests.schema.conftest import api_of, bearer, serving
from tests.schema.test_websocket import STATIONS
from tests.schema.watcher import opened, receive
from tests.world import Tenant, World

NAMES = "query Names($n: Int!) { stations(first: $n) { nodes { identity } } }"
KNOWN = trusted([NAMES, STATIONS])
ONLY = frozenset({CallerKind.API_TOKEN, CallerKind.VISITOR})


async def test_a_document_is_named_instead_of_sent(world: World, tenant: Tenant) -> None:
    api, name = api_of(world, trusted=KNOWN), document_id(NAMES)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://api.test") as http:

        async def ask(**members: object) -> httpx.Response:
            return await http.post("/graphql", json=members, headers=bearer(tenant))

        for asked in (name, name.removeprefix("sha256:")):
            answer = await ask(documentId=asked, variables={"n": 1})
            assert len(answer.json()["data"]["stations"]["nodes"]) == 1
        got = await http.get("/graphql", params={"documentId": name, "variables": '{"n": 1}'}, headers=bearer(tenant))
        assert len(got.json()["data"]["stations"]["nodes"]) == 1
        wrongs = {
            "DOCUMENT_NOT_FOUND": {"documentId": document_id("{ viewer { kind } }")},
            "BAD_REQUEST": {"documentId": name, "query": NAMES},
        }
        for code, members in wrongs.items():
            answer = await ask(**members)
            assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, code)
        assert (await ask(query="{ viewer { kind } }")).json()["data"] == {"viewer": {"kind": "API_TOKEN"}}


async def test_subscriptions_are_named_too_and_who_is_kept_to_them_asks_nothing_else(
    world: World, tenant: Tenant
) -> None:
    api = api_of(world, trusted=KNOWN, trusted_only=ONLY)
    async with serving(api) as host, opened(host, tenant) as socket:
        for number, payload in enumerate(
            (
                {"documentId": document_id(STATIONS), "variables": {"filter": {}}},
                {"documentId": "sha256:00"},
                {"query": "subscription { networkOverview { online } }"},
                {"query": STATIONS, "variables": {"filter": {}}},
            )
        ):
            await socket.send(json.dumps({"id": str(number), "type": "subscribe", "payload": payload}))
            message = await receive(socket)
            expected = {0: "next", 1: "DOCUMENT_NOT_FOUND", 2: "DOCUMENT_NOT_TRUSTED", 3: "next"}[number]
            if expected == "next":
                assert message["payload"]["data"]["stationUpdates"]["kind"] == "SNAPSHOT"
                await socket.send(json.dumps({"id": str(number), "type": "complete"}))
            else:
                while message["id"] != str(number):
                    message = await receive(socket)
                assert message["payload"][0]["extensions"]["code"] == expected
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="http://api.test") as http:
        for headers in (bearer(tenant), {}):
            body = (await http.post("/graphql", json={"query": "{ viewer { kind } }"}, headers=headers)).json()
            assert body["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


def test_our_own_pages_are_always_trusted(tmp_path: Path) -> None:
    texts = own_documents()
    assert any("stationUpdates" in text for text in texts)
    assert any("chargeIntentCreate" in text for text in texts)
    file = tmp_path / "documents.json"
    file.write_text(json.dumps(KNOWN))
    known = trusted_documents(Settings(trusted_documents=file))
    assert set(known.values()) == {NAMES, STATIONS, *texts}
    assert trusted_documents(Settings()) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "no object of documents"),
        ("{", "cannot be read"),
        (json.dumps({"sha256:00": NAMES}), "not the SHA-256"),
        (json.dumps({document_id("{ nothing }"): "{ nothing }"}), "not for this schema"),
    ],
)
def test_a_file_that_is_wrong_is_explained(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "documents.json"
    file.write_text(text)
    with pytest.raises(BadDocuments, match=said):
        read_trusted(file)
