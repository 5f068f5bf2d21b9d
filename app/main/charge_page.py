"""The page behind an EVSE's sticker: files of ours alone, which may load and ask nothing from elsewhere."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

_FILES = Path(__file__).parent / "static" / "charge"
_TYPES = {"charge.js": "text/javascript", "words.js": "text/javascript", "charge.css": "text/css"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def charge_page(*, simulated: bool) -> list[BaseRoute]:
    """``/charge/EVSE`` with what it loads; ``simulated`` is said on its face, for then no money moves."""

    async def page(request: Request) -> Response:
        return FileResponse(_FILES / "charge.html", media_type="text/html", headers=_HEADERS)

    async def part(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _TYPES:
            return PlainTextResponse("There is no such file.\n", 404)
        return FileResponse(_FILES / name, media_type=_TYPES[name], headers=_HEADERS)

    async def facts(request: Request) -> Response:
        return JSONResponse({"simulated": simulated}, headers=_HEADERS)

    return [
        Route("/charge/{evse}", page),
        Route("/charge-page/facts", facts),
        Route("/charge-page/{name}", part),
    ]
