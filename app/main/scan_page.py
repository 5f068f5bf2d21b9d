"""The address behind a station's changing QR code (2.1 C25): to the page of its EVSE, or a page that says why not.

``/scan/STATION/EVSE/CODE/VERSION?maxenergy=…&maxtime=…&maxcost=…``; `app.domain.web_payment.scan_template` prints it.
"""

import html
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.domain.ids import Prefix, public_id
from app.domain.refusal import ErrorCode, Refusal
from app.operations import scans
from app.operations.desk import Desk
from app.operations.web_payments import Scanned

# One phone scans once or twice; whoever tries codes is slowed down before a station's own limit is reached.
_SCANS, _PER_S = 20, 0.2
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_AGAIN = "This code is over. Scan the code that the charger shows now."
_ERNEUT = "Dieser Code ist abgelaufen. Scannen Sie den Code, den die Säule jetzt zeigt."
_SLOWER = "Too many codes. Wait a minute, then scan again."
_LANGSAMER = "Zu viele Codes. Warten Sie eine Minute und scannen Sie erneut."
_NOBODY = "There is no charger with this code here."
_NIEMAND = "Hier gibt es keine Säule mit diesem Code."
_REFUSED: dict[ErrorCode, tuple[int, str, str]] = {
    ErrorCode.TOKEN_REFUSED: (403, _AGAIN, _ERNEUT),
    ErrorCode.LIMIT_EXCEEDED: (429, _SLOWER, _LANGSAMER),
}


def _page(status: int, title: str, *lines: str) -> Response:
    text = "".join(f"<p>{line}</p>" for line in lines)
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="robots" content="noindex"><title>{title}</title><h1>{title}</h1>{text}</html>'
    )
    return HTMLResponse(body, status, headers=_HEADERS)


def _refused(refusal: Refusal) -> Response:
    status, english, german = _REFUSED.get(refusal.code, (404, _NOBODY, _NIEMAND))
    return _page(status, "Charge here", english, german)


def _led(found: Scanned) -> Response:
    """To the page of the EVSE, with the driver's limits; who may use any of several chooses one."""
    said = {"maxenergy": found.max_energy_wh, "maxtime": found.max_time_s, "maxcost": found.max_cost}
    query = urlencode({name: format(Decimal(str(value)), "f") for name, value in said.items() if value})
    evses = found.station.evses if found.evse is None else (found.evse,)
    pages = [f"/charge/{public_id(Prefix.EVSE, one.uuid)}" + (f"?{query}" if query else "") for one in evses]
    if len(pages) == 1:
        return RedirectResponse(pages[0], 303, headers=_HEADERS)
    links = (f'<a href="{html.escape(page)}">{one.number}</a>' for page, one in zip(pages, evses, strict=True))
    return _page(200, "Which plug?", *links)


@dataclass(frozen=True, slots=True)
class ScanDoor:
    """``take(caller, cost)`` is negative for who asks too much."""

    desk: Desk
    take: Callable[[str, float], float]

    @classmethod
    def of(cls, desk: Desk) -> "ScanDoor":
        # A gateway process never pays for the GraphQL libraries.
        from schema.limits import Buckets

        return cls(desk, Buckets(_SCANS, _PER_S).take)

    def routes(self) -> list[BaseRoute]:
        return [Route("/scan/{code:path}", self.scan)]

    async def scan(self, request: Request) -> Response:
        """303 to the page; 403 for a wrong code or an old one, 429 for too many, 404 for no station of ours."""
        client = "" if request.client is None else request.client.host
        if self.take(client, 1) < 0:
            return _page(429, "Charge here", _SLOWER, _LANGSAMER)
        # As the station wrote it, under the address that this installation is known by.
        path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii", "replace")
        home = self.desk.files_url.removesuffix("/files")
        query = f"?{request.url.query}" if request.url.query else ""
        found = await scans.scanned(desk=self.desk, url=f"{home}{path}{query}")
        return _refused(found) if isinstance(found, Refusal) else _led(found)
