"""The suite's trigger API on a port of its own. It may do only what the GraphQL API offers, and never sees the store."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.conformance.actions import ACTIONS_2, Ask
from tests.conformance.actions16 import ACTIONS_16
from tests.conformance.graphql import GraphQL, Refused
from tests.conformance.stations import station_of, token_of

_COMMAND = "command { status failure answer { status accepted raw } }"


def camel(kebab: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in kebab.split("-"))


class Adapter:
    """Answers every trigger with a JSON object; what was refused is a 409 that says why."""

    def __init__(self, api: GraphQL) -> None:
        self._api = api
        self.refusals: list[str] = []
        self.app = Starlette(
            routes=[
                Route("/api/octt/set-basic-auth-password", self._answer(self._set_password), methods=["POST"]),
                Route("/api/octt/create-token", self._answer(self._create_token), methods=["POST"]),
                Route("/api/octt/2.0.1/{station}/call/{action}", self._answer(self._call), methods=["POST"]),
                Route("/api/octt/{version}/{station}/{action}", self._answer(self._action), methods=["POST"]),
            ]
        )

    def _answer(self, deed: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            body = await request.body()
            try:
                return JSONResponse(await deed(request.path_params, orjson.loads(body) if body else {}))
            except Refused as refused:
                self.refusals.append(f"{request.url.path.rpartition('/')[2]}: {refused}")
                return JSONResponse({"error": str(refused)}, 409)

        return endpoint

    async def _set_password(self, path: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        station = await station_of(self._api, body["station_id"])
        await self._api.do("stationCredentialsRotate", "password", id=station.id, password=body["password"])
        return {"status": "ok"}

    async def _create_token(self, path: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        expired = body["status"] == "Expired"
        past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        described = {"uid": body["token_id"], "type": "RFID", **({"validUntil": past} if expired else {})}
        known = await token_of(self._api, body["token_id"])
        if known is None:
            made = await self._api.do("tokenCreate", "token { id }", input=described)
            known = made["token"]["id"]
        if body["status"] == "Blocked":
            await self._api.do("tokenBlock", "token { id }", id=known, reason="conformance")
        return {"status": "ok"}

    async def _call(self, path: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        return await self._ask(path["station"], ACTIONS_2.get(path["action"]), path["action"], body)

    async def _action(self, path: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        name = path["action"]
        if path["version"] == "1.6":
            return await self._ask(path["station"], ACTIONS_16.get(name), name, body)
        special = {
            "set-security-profile": self._set_profile,
            "set-pending-boot": self._set_pending,
            "set-items-per-message": self._set_items,
        }.get(name)
        if special is not None:
            return await special(path["station"], body)
        return await self._ask(path["station"], ACTIONS_2.get(camel(name)), name, body)

    async def _ask(self, identity: str, ask: Ask | None, name: str, body: dict[str, Any]) -> dict[str, Any]:
        if ask is None:
            raise Refused(f"no mutation for {name}")
        station = await station_of(self._api, identity)
        mutation, arguments = await ask(self._api, station, body)
        command = (await self._api.do(mutation, _COMMAND, **arguments))["command"]
        return {"mutation": mutation, "command": command}

    async def _set_profile(self, identity: str, body: dict[str, Any]) -> dict[str, Any]:
        station = await station_of(self._api, identity)
        await self._api.do(
            "stationUpdate",
            "station { id }",
            id=station.id,
            ifVersion=station.version,
            input={
                "identity": identity,
                "locationId": station.location,
                "securityProfileFloor": body["security_profile"],
            },
        )
        return {"status": "ok"}

    async def _set_pending(self, identity: str, body: dict[str, Any]) -> dict[str, Any]:
        station = await station_of(self._api, identity)
        registration = "PENDING" if body.get("pending", True) else "ACCEPTED"
        await self._api.do("stationRegistrationSet", "station { id }", id=station.id, registration=registration)
        return {"status": "ok"}

    async def _set_items(self, identity: str, body: dict[str, Any]) -> dict[str, Any]:
        """A limit is known when the station has told it; the suite's stations agree to any they are given."""
        limits = [
            {
                "component": "DeviceDataCtrlr",
                "variable": "ItemsPerMessage",
                "instance": camel(kebab.replace("_", "-")),
                "value": str(limit),
            }
            for kebab, limit in body.items()
        ]
        station = await station_of(self._api, identity)
        await self._api.do("variablesSet", _COMMAND, stationId=station.id, variables=limits)
        return {"status": "ok"}
