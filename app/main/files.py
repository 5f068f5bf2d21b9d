"""Files that stations leave and people fetch: ``/files/upload/SECRET/NAME`` in, ``/files/logs/ID`` out.

An upload address is a secret good for one file; a download asks for the same Authorization as the API.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.domain.ids import MalformedId, Prefix, parse_id
from app.domain.refusal import Refused
from app.domain.scope import Scope
from app.queries import trust as queries
from app.store import trust
from app.store.database import Database

log = structlog.get_logger(__name__)

FILE_BYTES_MAX = 256 * 2**20
_NAME_MAX = 120
_NO_SUCH = "No such address: it is spent, late or wrong. Ask for the log again.\n"


@dataclass(frozen=True, slots=True)
class FileDoor:
    """``identify`` tells who asks, from a request's Authorization; None: nobody we know."""

    folder: Path
    database: Database
    clock: Callable[[], datetime]
    identify: Callable[[Request], Awaitable[Scope | None]]

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/files/upload/{secret}", self.upload, methods=["PUT", "POST"]),
            Route("/files/upload/{secret}/{name:path}", self.upload, methods=["PUT", "POST"]),
            Route("/files/logs/{log_id}", self.download),
        ]

    async def upload(self, request: Request) -> Response:
        """Takes one file as the request's body, or as the first part of a form. 404, 409, 413, or 201."""
        digest = hashlib.sha256(request.path_params["secret"].encode()).digest()
        async with self.database.lookup() as connection:
            found = await trust.find_upload(connection, digest)
        if found is None:
            return PlainTextResponse(_NO_SUCH, 404)
        key, operator_key, uuid = found
        name = _shown_name(request.path_params.get("name") or "log")
        partial = self._path(operator_key, uuid).with_suffix(".partial")
        try:
            size, sha256 = await _save(_body(request), partial)
        except FileTooLarge:
            await asyncio.to_thread(partial.unlink)
            return PlainTextResponse(f"A file may have at most {FILE_BYTES_MAX} bytes.\n", 413)
        except ClientDisconnect:
            await asyncio.to_thread(partial.unlink, missing_ok=True)
            return PlainTextResponse("The upload ended early. Send it again.\n", 400)
        await asyncio.to_thread(os.replace, partial, self._path(operator_key, uuid))
        async with self.database.transaction(operator_key) as connection:
            first = await trust.received(connection, key, name=name, size=size, sha256=sha256, at=self.clock())
        log.info("file.received", log=str(uuid), bytes=size)
        return PlainTextResponse("Thank you.\n", 201) if first else PlainTextResponse(_NO_SUCH, 409)

    async def download(self, request: Request) -> Response:
        """The file behind a log's ``url``. 401 without an identity, 404 for what is absent or somebody else's."""
        scope = await self.identify(request)
        if scope is None:
            return PlainTextResponse("Send the Authorization header of the API.\n", 401)
        try:
            uuid = parse_id(Prefix.LOG, request.path_params["log_id"])
            found = await queries.log_file(scope=scope, database=self.database, log_id=uuid)
        except Refused:
            return PlainTextResponse("Needs journal:read.\n", 403)
        except MalformedId:
            found = None
        if found is None or found.received_at is None:
            return PlainTextResponse("No such file.\n", 404)
        return FileResponse(
            self._path(found.operator_key, found.uuid),
            media_type="application/octet-stream",
            filename=found.file_name,
            headers={"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"},
        )

    def _path(self, operator_key: int, uuid: UUID) -> Path:
        return self.folder / str(operator_key) / str(uuid)


class FileTooLarge(Exception):
    """More than `FILE_BYTES_MAX`."""


async def _body(request: Request) -> AsyncIterator[bytes]:
    """curl and chargers send the bare file or a form with one."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        async for chunk in request.stream():
            yield chunk
        return
    form = await request.form(max_files=1, max_fields=20)
    for part in form.values():
        if not isinstance(part, str):
            while chunk := await part.read(65_536):
                yield chunk
            return


async def _save(chunks: AsyncIterator[bytes], file: Path) -> tuple[int, str]:
    """Size and SHA-256 of what was written. Raises `FileTooLarge`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with file.open("wb") as out:
        async for chunk in chunks:
            size += len(chunk)
            if size > FILE_BYTES_MAX:
                raise FileTooLarge
            digest.update(chunk)
            await asyncio.to_thread(out.write, chunk)
        out.flush()
        await asyncio.to_thread(os.fsync, out.fileno())
    return size, digest.hexdigest()


def _shown_name(name: str) -> str:
    """The last part of a path, printable and bounded: it is only shown, never a path of ours."""
    bare = name.replace("\\", "/").rsplit("/", 1)[-1][:_NAME_MAX]
    return "".join(character if character.isprintable() else "_" for character in bare) or "log"
