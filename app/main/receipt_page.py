"""Where a station sends who paid at its terminal (2.1 C21.FR.03): the receipt, or a page that waits for it.

Whoever has the signed address needs no rights; it leads to the document for ten minutes at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.domain.document import DocumentFormat
from app.domain.document_link import link
from app.domain.papers import BILLS
from app.domain.terminal import RECEIPT_LIFE, opens
from app.operations.corrections import bills_scope
from app.store import documents, operators, terminals
from app.store.database import Database

_OVER = PlainTextResponse("This address is over, or not ours.\n", 404)
_WAITING = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="10"><title>Your receipt</title>
<h1>Your receipt is being written</h1>
<p>It is here once the charge is settled, mostly within minutes. This page looks again by itself.</p></html>
"""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


@dataclass(frozen=True, slots=True)
class ReceiptDoor:
    """``secret`` is the installation's, ``files_url`` where its files are."""

    secret: bytes
    files_url: str
    database: Database
    clock: Callable[[], datetime]

    def routes(self) -> list[BaseRoute]:
        return [Route("/files/receipts/{name}", self.show)]

    async def show(self, request: Request) -> Response:
        """To the document; 404 for an address that is not ours or older than `RECEIPT_LIFE`."""
        try:
            uuid = UUID(hex=request.path_params["name"])
        except ValueError:
            return _OVER
        if not opens(self.secret, uuid, request.query_params.get("signature", "")):
            return _OVER
        async with self.database.lookup() as connection:
            operator_key = await terminals.operator_of(connection, uuid)
        if operator_key is None:
            return _OVER
        async with self.database.transaction(operator_key) as connection:
            known = await terminals.session_of(connection, uuid, self.clock() - RECEIPT_LIFE)
            if known is None:
                return _OVER
            scope = bills_scope(operator_key, (await operators.own(connection)).uuid)
            (key,) = known
            papers = [] if key is None else (await documents.by_sessions(connection, scope, (key,))).get(key, [])
        bill = next((paper for paper in reversed(papers) if paper.kind in BILLS), None)
        if bill is None:
            return HTMLResponse(_WAITING, headers=_HEADERS)
        address = link(self.secret, self.files_url, bill.uuid, DocumentFormat.PDF, self.clock())
        return RedirectResponse(address, 303, headers=_HEADERS)
