"""One tab of a real Chromium, driven over its own protocol: no driver between it and the test."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import websockets

_CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
)  # fmt: skip


class Tab:
    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.problems: list[str] = []

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(await self._socket.recv())
            if said.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.problems.append(json.dumps(said["params"])[:400])
            if said.get("id") == number:
                assert "error" not in said, said
                found: dict[str, Any] = said["result"]
                return found

    async def open(self, url: str) -> None:
        await self.call("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        answer = await self.call("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    async def until(self, script: str, *, seconds: float = 60) -> Any:
        """The value of a script once it is true; what the page shows then is in the failure."""
        try:
            async with asyncio.timeout(seconds):
                while not (found := await self.run(script)):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            shown = await self.run("document.body.innerText")
            raise AssertionError(f"{script} never came true; the page says: {shown}; {self.problems}") from None
        return found


@asynccontextmanager
async def browser(profile: Path, *, language: str = "en") -> AsyncIterator[Tab]:
    """A tab with an empty profile. Fails with what to install where there is no Chromium."""
    assert _CHROMIUM.exists(), "There is no Chromium. Install it: apt-get install chromium"
    process = await asyncio.create_subprocess_exec(
        str(_CHROMIUM), *_FLAGS, f"--user-data-dir={profile}", f"--accept-lang={language}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        told = profile / "DevToolsActivePort"
        async with asyncio.timeout(30):
            while not (told.exists() and told.read_text().count("\n")):
                await asyncio.sleep(0.1)
        port = told.read_text().split("\n")[0]
        async with httpx.AsyncClient() as http:
            tabs = (await http.get(f"http://127.0.0.1:{port}/json/list")).json()
        address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
        async with websockets.connect(address, max_size=None) as socket:
            tab = Tab(socket)
            for domain in ("Page", "Runtime", "Log"):
                await tab.call(f"{domain}.enable")
            yield tab
    finally:
        process.terminate()
        await process.wait()
