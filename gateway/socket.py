"""What the gateway needs of a WebSocket; tests put one in memory in its place."""

import asyncio
from typing import Protocol


class Socket(Protocol):
    """The part of a websockets connection that is used here."""

    heard_at: float

    async def recv(self, decode: bool | None = None) -> str | bytes: ...

    async def send(self, message: str) -> None: ...

    async def close(self, code: int = 1000, reason: str = "") -> None: ...

    @property
    def close_code(self) -> int | None: ...

    @property
    def close_reason(self) -> str | None: ...

    @property
    def transport(self) -> asyncio.WriteTransport: ...
