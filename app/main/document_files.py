"""Documents as files: ``/files/documents/ID.FORM`` with a signature that is good for ten minutes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.documents import MEDIA_TYPES, NoBuyer, file_of
from app.domain.document import DocumentFormat
from app.domain.document_link import opens
from app.domain.ids import MalformedId, Prefix, parse_id
from app.operations.corrections import bills_scope
from app.store import documents, operators
from app.store.database import Database

_OVER = PlainTextResponse("This address is over, or not ours. Ask for the document's url again.\n", 404)


@dataclass(frozen=True, slots=True)
class DocumentDoor:
    """``secret`` is the installation's, with which addresses are signed."""

    secret: bytes
    database: Database
    clock: Callable[[], datetime]

    def routes(self) -> list[BaseRoute]:
        return [Route("/files/documents/{name}", self.download)]

    async def download(self, request: Request) -> Response:
        """The file; 404 for an address that is over, damaged, or of another document or form."""
        body, _, ending = request.path_params["name"].rpartition(".")
        try:
            uuid, form = parse_id(Prefix.DOCUMENT, body), DocumentFormat(ending.upper())
        except (MalformedId, ValueError):
            return _OVER
        said = request.query_params
        if not opens(self.secret, uuid, form, said.get("until", ""), said.get("signature", ""), self.clock()):
            return _OVER
        async with self.database.lookup() as connection:
            operator_key = await documents.operator_of(connection, uuid)
        if operator_key is None:
            return _OVER
        async with self.database.transaction(operator_key) as connection:
            scope = bills_scope(operator_key, (await operators.own(connection)).uuid)
            found = (await documents.by_ids(connection, scope, (uuid,)))[uuid]
        try:
            content = await asyncio.to_thread(file_of, found, form)
        except NoBuyer:
            return _OVER
        headers = {
            "Content-Disposition": f'attachment; filename="{found.number}.{form.value.lower()}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, media_type=MEDIA_TYPES[form], headers=headers)
