"""The double's doors: Stripe's API as far as we speak it, pages to click on, and levers for tests under /double."""

import hashlib
import html
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from payments.double.book import Account, Book, Refused
from payments.double.cards import CARDS
from payments.double.doors import DOORS
from payments.double.forms import Form, parse_form, truth
from payments.double.shapes import Json

SAYS_SO = {"X-Voltgraph-Simulated": "no money moves here"}


@dataclass
class Fault:
    """What goes wrong with the next ``times`` calls whose "METHOD /path" matches.

    ``error``: 500 and nothing done. ``error_after``: done, then 500. Both are kept under the key, as Stripe does.
    ``lost``: done and kept, but a gateway's 504 is all that arrives. ``away``: 503 of a gateway, nothing done.
    """

    match: str
    kind: str
    times: int = 1


@dataclass(frozen=True)
class _Kept:
    digest: str
    status: int
    body: Json


class DoubleStripe:
    """One simulated Stripe. ``app`` is an ASGI application."""

    def __init__(self, book: Book | None = None) -> None:
        self.book = book or Book(life=secrets.token_hex(4))
        self.faults: list[Fault] = []
        self.calls: list[tuple[str, str | None, str]] = []  # "METHOD /path", account, idempotency key
        self._kept: dict[tuple[str | None, str], _Kept] = {}
        self.app = Starlette(
            routes=[
                Route("/v1/{path:path}", self._api, methods=["GET", "POST", "DELETE"]),
                Route("/double/pay/{id}", self._pay, methods=["GET", "POST"]),
                Route("/double/authenticate/{id}", self._authenticate, methods=["GET", "POST"]),
                Route("/double/clock", self._clock, methods=["POST"]),
                Route("/double/faults", self._set_fault, methods=["POST"]),
            ]
        )

    # -- the API -----------------------------------------------------------------------------------------------------

    async def _api(self, request: Request) -> Response:
        body = (await request.body()).decode("latin-1")
        text = body if request.method == "POST" else request.url.query
        headers = request.headers
        account, key = headers.get("stripe-account"), headers.get("idempotency-key", "")
        status, answer = self.serve(request.method, request.url.path, text, account, key)
        if isinstance(answer, str):
            return PlainTextResponse(answer, status_code=status, headers=SAYS_SO)
        return JSONResponse(answer, status_code=status, headers=SAYS_SO)

    def serve(self, method: str, path: str, text: str, account_id: str | None, key: str) -> tuple[int, Json | str]:
        """One call: its form or query as text; the status, and what Stripe (or a gateway before it) answers."""
        self.book.expire()
        name = f"{method} {path}"
        self.calls.append((name, account_id, key))
        fault = self._fault(name)
        if fault == "away":
            return 503, "Service Unavailable"
        status, answer = self._keyed(account_id, key, method, path, text, fault)
        return (504, "Gateway Timeout") if fault == "lost" else (status, answer)

    def _fault(self, name: str) -> str | None:
        for fault in self.faults:
            if fault.times > 0 and re.search(fault.match, name):
                fault.times -= 1
                return fault.kind
        return None

    def _keyed(
        self, account_id: str | None, key: str, method: str, path: str, text: str, fault: str | None
    ) -> tuple[int, Json]:
        """The first answer under a key is its answer for good, a failure of ours included; other parameters: 400."""
        said = "" if path == "/v1/files" else text  # a form with a file has another boundary each time
        digest = hashlib.sha256(f"{method} {path}?{said}".encode()).hexdigest()
        kept = self._kept.get((account_id, key)) if key and method == "POST" else None
        if kept is not None and kept.digest != digest:
            message = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with."
            )
            return 400, {"error": {"type": "idempotency_error", "message": message}}
        if kept is not None:
            return kept.status, kept.body
        status, answer, keep = self._done(account_id, method, path, text, fault)
        if key and keep and method == "POST":
            self._kept[account_id, key] = _Kept(digest, status, answer)
        return status, answer

    def _done(
        self, account_id: str | None, method: str, path: str, text: str, fault: str | None
    ) -> tuple[int, Json, bool]:
        failure = {"error": {"type": "api_error", "message": "An unknown error occurred"}}
        if fault == "error":
            return 500, failure, True
        try:
            form = {"file": text} if path == "/v1/files" else parse_form(text)
            found = self._answer(self.book.account(account_id), f"{method} {path}", form)
        except Refused as refused:
            return refused.status, refused.body, refused.kept
        return (500, failure, True) if fault == "error_after" else (200, found, True)

    def _answer(self, account: Account, name: str, form: Form) -> Json:
        for pattern, door in DOORS:
            match = pattern.fullmatch(name)
            if match is not None:
                found = door(self.book, account, form, *match.groups())
                shown = expanded(account, found, [path.split(".") for path in form.get("expand", [])])
                assert isinstance(shown, dict)
                return shown
        raise Refused(404, "invalid_request_error", f"Unrecognized request URL ({name}).", kept=False)

    # -- pages -------------------------------------------------------------------------------------------------------

    def _owner(self, id: str) -> Account | None:
        return next((account for account in self.book.accounts.values() if id in account.objects), None)

    async def _pay(self, request: Request) -> Response:
        self.book.expire()
        id = request.path_params["id"]
        account = self._owner(id)
        if account is None:
            return HTMLResponse(_document("There is no such page."), status_code=404, headers=SAYS_SO)
        page, failure = account.objects[id], ""
        if request.method == "POST":
            card = parse_form((await request.body()).decode()).get("card", "pm_card_visa")
            try:
                self.book.pay_page(account, page, card)
            except Refused as refused:
                failure = refused.body["error"]["message"]
            intent = account.objects.get(page["payment_intent"] or "")
            if intent is not None and intent["next_action"] is not None:
                return RedirectResponse(intent["next_action"]["redirect_to_url"]["url"], 303, SAYS_SO)
            if page["status"] == "complete":
                return RedirectResponse(page.get("success_url") or "/", 303, SAYS_SO)
        return HTMLResponse(_document(_pay_form(page, failure)), headers=SAYS_SO)

    async def _authenticate(self, request: Request) -> Response:
        id = request.path_params["id"]
        account = self._owner(id)
        if account is None:
            return HTMLResponse(_document("There is no such payment."), status_code=404, headers=SAYS_SO)
        intent = account.objects[id]
        if request.method == "POST":
            agreed = truth(parse_form((await request.body()).decode()).get("agree", "false"))
            try:
                self.book.authenticate(account, intent, agreed=agreed)
            except Refused as refused:
                return HTMLResponse(_document(html.escape(str(refused))), status_code=400, headers=SAYS_SO)
            page = self.book.authenticated_page(account, intent)
            back = None if page is None else page.get("success_url") if agreed else page.get("url")
            return RedirectResponse(back or "/", 303, SAYS_SO)
        buttons = "".join(
            f'<form method="post"><button name="agree" value="{value}">{label}</button></form>'
            for value, label in (("true", "It is me"), ("false", "Fail"))
        )
        return HTMLResponse(_document(f"<p>Your bank asks whether it is you.</p>{buttons}"), headers=SAYS_SO)

    # -- levers ------------------------------------------------------------------------------------------------------

    async def _clock(self, request: Request) -> Response:
        form = parse_form((await request.body()).decode())
        self.book.advance(float(form["seconds"]))
        return JSONResponse({"now": self.book.now()}, headers=SAYS_SO)

    async def _set_fault(self, request: Request) -> Response:
        form = parse_form((await request.body()).decode())
        self.faults.append(Fault(form["match"], form["kind"], int(form.get("times", 1))))
        return JSONResponse({}, headers=SAYS_SO)


def expanded(account: Account, value: Any, paths: list[list[str]]) -> Any:
    """A copy without our private notes, with the ids at the paths replaced by their objects."""
    if isinstance(value, list):
        return [expanded(account, inner, paths) for inner in value]
    if not isinstance(value, Mapping):
        return value
    made = {}
    for name, inner in value.items():
        deeper = [path[1:] for path in paths if path and path[0] == name]
        target = account.objects.get(inner, inner) if deeper and isinstance(inner, str) else inner
        if not name.startswith("_"):
            made[name] = expanded(account, target, [path for path in deeper if path])
    return made


def _document(body: str) -> str:
    return (
        '<!doctype html><meta charset="utf-8"><title>Simulated payment</title>'
        f'<body style="font-family:sans-serif;max-width:30em;margin:3em auto"><h1>Simulated payment</h1>'
        f"<p><strong>This is not Stripe and no money moves.</strong></p>{body}</body>"
    )


def _pay_form(page: Json, failure: str) -> str:
    if page["status"] != "open":
        return f"<p>This page is {html.escape(page['status'])}.</p>"
    what = (
        "Save a card" if page["mode"] == "setup" else f"Hold {page['amount_total']} minor units of {page['currency']}"
    )
    cards = "".join(f"<option>{name}</option>" for name in CARDS)
    said = f'<p role="alert">{html.escape(failure)}</p>' if failure else ""
    return (
        f'<p>{html.escape(what)}</p>{said}<form method="post"><label>Test card <select name="card">{cards}</select>'
        "</label> <button>Pay</button></form>"
    )


def as_body(value: Json) -> bytes:
    """The bytes of an event as they are signed and sent."""
    return json.dumps(value, separators=(",", ":")).encode()
