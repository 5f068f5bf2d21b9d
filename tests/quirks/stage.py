"""Plays a story against a running installation: a real socket below, GraphQL above."""

import asyncio
import base64
import contextlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.house import House
from tests.quirks.story import Story, filled, mismatch, shape, stamp

_PATIENCE_S = 20.0
# One question a subject, and few rows of each: a caller may only ask so much a second.
_STATION = """query($identity: String!) { station(identity: $identity) {
  vendor model serialNumber firmwareVersion registration problems unbilledEnergy { evseNumber energyWh after before }
  connection { state subprotocol lastCloseReason }
  evses { number operative chargingState connectors { number status errorCode vendorErrorCode } } } }"""
_SESSIONS = """query($id: ID!) { sessions(filter: {stationIds: [$id]}, orderBy: STARTED_AT_ASC, first: 4) { nodes {
  id status transactionId energyWh startedAt endedAt settledAt chargingState stopReason powerW
  evse { number } token { uid } reviewFlags { code } readings(first: 5) { nodes { energyWh powerW suspect } } } } }"""
_QUIRKS = "query($identity: String!) { station(identity: $identity) { quirks { code repairs } } }"
_VARIABLES = """query($identity: String!) { station(identity: $identity) {
  variables(first: 20) { nodes { place { component variable } value } } } }"""
_PROBLEMS = (
    """query($id: ID!) { frames(filter: {stationId: $id, onlyProblems: true}, first: 10) { nodes { problems } } }"""
)


class Stage:
    """One station of one story, in one version."""

    def __init__(self, house: House, story: Story, version: str) -> None:
        self.house, self.story, self.version = house, story, version
        self.known: dict[str, Any] = {}
        self.now = datetime.now(UTC)
        self.socket: ClientConnection | None = None
        self._doing: asyncio.Task[dict[str, Any]] | None = None

    async def play(self, identity: str) -> None:
        station, _ = await self.house.station(identity, floor=0, evses=self.story.evses)
        self.known |= {
            "id": identity,
            "encoded": "".join(f"%{ord(character):02X}" for character in identity),
            "station": station,
            "evse": await self._evse(identity),
            "long": "x" * 1500,
            "readings": ",".join(self._reading(minute) for minute in range(2, 30) for _ in range(60)),
        }
        if any("%token%" in step.text for step in self.story.steps):
            self.known |= await self._visitor(f"Visitor-{identity}"[:36])
        for code in self.story.pins:
            await self.house.do("stationQuirksSet", f'stationId: "{station}", codes: [{code}]', "station { id }")
        try:
            for step in self.story.steps:
                try:
                    async with asyncio.timeout(_PATIENCE_S):
                        await _STEPS[step.verb](self, step.text)
                except Exception as error:
                    where = f"{self.story.name}:{step.line} ({self.version}) {step.verb} {step.text}"
                    raise AssertionError(f"{where}: {error or type(error).__name__}") from error
        finally:
            if self.socket is not None:
                await self.socket.close()
            if self._doing is not None:
                self._doing.cancel()
                await asyncio.gather(self._doing, return_exceptions=True)

    def _reading(self, minutes_ago: int) -> str:
        """One of many: a register on its way from 1,000 to 6,000 Wh within half an hour."""
        at = stamp(self.now - timedelta(minutes=minutes_ago))
        return f'{{"timestamp":"{at}","sampledValue":[{{"value":"{1000 + (30 - minutes_ago) * 170}"}}]}}'

    async def _visitor(self, uid: str) -> dict[str, str]:
        """A token that no other story uses, whose uid is not hexadecimal."""
        text = "mutation($uid: String!) { tokenCreate(input: {uid: $uid, type: RFID}) { token { id uid } } }"
        made = (await self.house.ask(text, uid=uid))["tokenCreate"]["token"]
        return {"token": made["id"], "visitor": made["uid"]}

    async def _evse(self, identity: str) -> str:
        text = "query($identity: String!) { station(identity: $identity) { evses { id } } }"
        found: str = (await self.house.ask(text, identity=identity))["station"]["evses"][0]["id"]
        return found

    def filled(self, text: str) -> str:
        return filled(text, self.known, self.now)

    # -- the steps ----------------------------------------------------------------------------------------------------

    async def connect(self, text: str) -> None:
        """Dials; a station of a version offers that version alone unless it says otherwise."""
        how = dict(word.split("=", 1) for word in self.filled(text).split())
        offered = how.get("offer", f"ocpp{self.version}")
        headers = {}
        if "password" in how:
            pair = f"{how.get('user', self.known['id'])}:{how['password']}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        if self.socket is not None:
            await self.socket.close()
        try:
            self.socket = await connect(
                f"{self.house.ocpp}/{how.get('path', self.known['id'])}",
                subprotocols=[Subprotocol(name) for name in offered.split(",") if name] or None,
                additional_headers=headers,
                ping_interval=None,
                compression=None,
            )
        except InvalidStatus as refused:
            if str(refused.response.status_code) != how.get("refused"):
                raise
            return
        assert "refused" not in how, "it was let in"
        if "agreed" in how:
            assert self.socket.subprotocol == how["agreed"], self.socket.subprotocol

    async def say(self, text: str) -> None:
        assert self.socket is not None
        await self.socket.send(self.filled(text))

    async def say_bytes(self, text: str) -> None:
        """A text frame of any bytes, as a broken station would send it."""
        assert self.socket is not None
        raw = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), self.filled(text).encode())
        await self.socket.send(raw, text=True)

    async def hear(self, text: str) -> None:
        assert self.socket is not None
        got = orjson.loads(await self.socket.recv())
        wrong = mismatch(shape(self.filled(text)), got, self.known)
        assert wrong is None, f"{wrong} in {got}"

    async def closed(self, text: str) -> None:
        assert self.socket is not None
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.socket.recv()
        assert str(self.socket.close_code) == text, self.socket.close_code

    async def hang_up(self, text: str) -> None:
        assert self.socket is not None
        await self.socket.close()

    async def do(self, text: str) -> None:
        """A mutation under way: name, arguments in parentheses."""
        name, arguments = self.filled(text).removesuffix(")").split("(", 1)
        key = f"{self.known['id']}-{id(text)}"
        options = f'options: {{idempotencyKey: "{key}", waitSeconds: 20}}'
        document = (
            f"mutation {{ {name}({arguments}, {options}) {{ errors {{ code message }}"
            " command { status failure answer { status accepted } } } }"
        )
        self._doing = asyncio.create_task(self._mutated(name, document))
        await asyncio.sleep(0)

    async def _mutated(self, name: str, document: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.house.ask(document))[name]
        return found

    async def done(self, text: str) -> None:
        assert self._doing is not None
        wrong = mismatch(shape(self.filled(text)), await self._doing, self.known)
        assert wrong is None, wrong

    async def see(self, text: str) -> None:
        """Waits until GraphQL shows it; the journal may come a moment after the answer."""
        subject, _, wanted = self.filled(text).partition(" ")
        wrong: str | None = "nothing was shown"
        try:
            async with asyncio.timeout(_PATIENCE_S / 2):
                while (wrong := await self._seen(subject, wanted)) is not None:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(wrong) from None

    async def _seen(self, subject: str, wanted: str) -> str | None:
        if subject == "problems":
            frames = (await self.house.ask(_PROBLEMS, id=self.known["station"]))["frames"]["nodes"]
            return problems_differ(wanted, [problem for frame in frames for problem in frame["problems"]])
        if subject == "quirks":
            shown = (await self.house.ask(_QUIRKS, identity=self.known["id"]))["station"]["quirks"]
            met = sorted(quirk["code"] for quirk in shown if quirk["repairs"])
            return None if met == sorted(wanted.split()) else f"{met} met instead of {wanted}"
        if subject == "variables":
            nodes = (await self.house.ask(_VARIABLES, identity=self.known["id"]))["station"]["variables"]["nodes"]
            known = {f"{one['place']['component']}.{one['place']['variable']}={one['value']}" for one in nodes}
            return None if wanted in known else f"{wanted} is not among {known}"
        if subject == "station":
            shown = (await self.house.ask(_STATION, identity=self.known["id"]))["station"]
            return mismatch(shape(wanted), shown, self.known, subject)
        nodes = (await self.house.ask(_SESSIONS, id=self.known["station"]))["sessions"]["nodes"]
        views = {
            "session": nodes[0] if len(nodes) == 1 else nodes,
            "sessions": nodes,
            "flags": [flag["code"] for node in nodes for flag in node["reviewFlags"]],
        }
        return mismatch(shape(wanted), views[subject], self.known, subject)


def problems_differ(wanted: str, problems: list[str]) -> str | None:
    """Each text named (between bars) is in some journalled problem; without one, nothing was tolerated at all."""
    said = " | ".join(problems)
    if not wanted:
        return said or None
    missing = [part.strip() for part in wanted.split("|") if part.strip() not in said]
    return f"{missing} not among: {said}" if missing else None


_STEPS = {
    "connect": Stage.connect,
    ">": Stage.say,
    ">b": Stage.say_bytes,
    "<": Stage.hear,
    "closed": Stage.closed,
    "hang": Stage.hang_up,
    "do": Stage.do,
    "done": Stage.done,
    "see": Stage.see,
}
