"""The double's doors: Stripe's API as far as we speak it, pages to click on, and levers for tests under /double."""

import hashlib
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from payments.double.book import Account, Book, Refused, bad_parameter, invalid
from payments.double.cards import CARDS
from payments.double.forms import Form, parse_form, truth
from payments.double.shapes import Json

SAYS_SO = {"X-Voltgraph-Simulated": "no money moves here"}
_PAGE_MAX = 100


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
        self.book = book or Book()
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
        body = (await request.body()).decode()
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
        digest = hashlib.sha256(f"{method} {path}?{text}".encode()).hexdigest()
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
            form = parse_form(text)
            found = self._answer(self.book.account(account_id), f"{method} {path}", form)
        except Refused as refused:
            return refused.status, refused.body, refused.kept
        return (500, failure, True) if fault == "error_after" else (200, found, True)

    def _answer(self, account: Account, name: str, form: Form) -> Json:
        for pattern, door in _DOORS:
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


def _number(form: Form, name: str, *, required: bool = True) -> int | None:
    value = form.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or re.fullmatch(r"-?\d{1,15}", value) is None:
        raise bad_parameter(f"Invalid integer: {value}", name, "parameter_invalid_integer")
    return int(value)


def _create_intent(book: Book, account: Account, form: Form) -> Json:
    amount = _number(form, "amount")
    if form.get("capture_method") != "manual":
        raise bad_parameter("This double holds amounts: capture_method must be manual.", "capture_method")
    assert amount is not None
    intent = book.create_intent(
        account, amount=amount, currency=form.get("currency", ""), metadata=form.get("metadata", {}),
        description=form.get("description"), options=form.get("payment_method_options", {}),
    )  # fmt: skip
    intent["customer"], intent["receipt_email"] = form.get("customer"), form.get("receipt_email")
    if truth(form.get("confirm", "false")):
        book.confirm(account, intent, form["payment_method"], off_session=truth(form.get("off_session", "false")))
    return intent


def _intent(book: Book, account: Account, id: str) -> Json:
    return book.get(account, id, "payment_intent")


def _confirm(book: Book, account: Account, form: Form, id: str) -> Json:
    return book.confirm(account, _intent(book, account, id), form.get("payment_method", ""))


def _increment(book: Book, account: Account, form: Form, id: str) -> Json:
    amount = _number(form, "amount")
    assert amount is not None
    return book.increment(account, _intent(book, account, id), amount)


def _capture(book: Book, account: Account, form: Form, id: str) -> Json:
    amount = _number(form, "amount_to_capture", required=False)
    fee = _number(form, "application_fee_amount", required=False)
    return book.capture(account, _intent(book, account, id), amount, fee)


def _cancel(book: Book, account: Account, form: Form, id: str) -> Json:
    return book.cancel(account, _intent(book, account, id), form.get("cancellation_reason"))


def _refund(book: Book, account: Account, form: Form) -> Json:
    intent = _intent(book, account, form.get("payment_intent", ""))
    amount = _number(form, "amount", required=False)
    return book.refund(account, intent, amount, form.get("reason"), form.get("metadata", {}))


def _create_page(book: Book, account: Account, form: Form) -> Json:
    if form.get("mode") not in ("payment", "setup"):
        raise bad_parameter("Invalid mode.", "mode")
    amount, currency = None, form.get("currency")
    if form["mode"] == "payment":
        prices = [(item["price_data"], item) for item in form.get("line_items", [])]
        if not prices:
            raise bad_parameter("line_items are required in payment mode.", "line_items", "parameter_missing")
        amounts = [(_number(price, "unit_amount") or 0) * (_number(item, "quantity") or 0) for price, item in prices]
        amount, currency = sum(amounts), prices[0][0]["currency"]
        earliest, latest = book.now() + 30 * 60 - 60, book.now() + 24 * 3600 + 60
        expires_at = _number(form, "expires_at", required=False)
        if expires_at is not None and not earliest <= expires_at <= latest:
            raise bad_parameter("expires_at lies between 30 minutes and 24 hours from now.", "expires_at")
    return book.create_page(account, form, amount=amount, currency=currency)


def _evidence(book: Book, account: Account, form: Form, id: str) -> Json:
    dispute = book.get(account, id, "dispute")
    return book.give_evidence(account, dispute, form.get("evidence", {}), submit=truth(form.get("submit", "false")))


def _list_of(kind: str) -> Callable[..., Json]:
    def listed(book: Book, account: Account, form: Form) -> Json:
        return _page(form, list(account.of_kind(kind)))

    return listed


def _events(book: Book, account: Account, form: Form) -> Json:
    return _page(form, account.events[::-1])


def _page(form: Form, newest_first: list[Json]) -> Json:
    created = form.get("created", {})
    low, high = int(created.get("gte", 0)), int(created.get("lte", 2**62))
    found = [item for item in newest_first if low <= item["created"] <= high]
    if "payment_intent" in form:
        found = [item for item in found if item.get("payment_intent") == form["payment_intent"]]
    after = form.get("starting_after")
    if after is not None:
        ids = [item["id"] for item in found]
        if after not in ids:
            raise invalid(f"No such object: '{after}'", "resource_missing", "starting_after")
        found = found[ids.index(after) + 1 :]
    limit = min(int(form.get("limit", 10)), _PAGE_MAX)
    return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": "/v1"}


def _get_of(kind: str) -> Callable[..., Json]:
    def got(book: Book, account: Account, form: Form, id: str) -> Json:
        return book.get(account, id, kind)

    return got


def _detach(book: Book, account: Account, form: Form, id: str) -> Json:
    return book.detach(account, book.get(account, id, "payment_method"))


def _expire_page(book: Book, account: Account, form: Form, id: str) -> Json:
    return book.expire_page(account, book.get(account, id, "checkout.session"))


_ID = r"([A-Za-z0-9_]+)"
_DOORS: tuple[tuple[re.Pattern[str], Callable[..., Json]], ...] = tuple(
    (re.compile(pattern.replace("ID", _ID)), door)
    for pattern, door in (
        ("POST /v1/payment_intents", _create_intent),
        ("POST /v1/payment_methods/ID/detach", _detach),
        ("GET /v1/payment_intents", _list_of("payment_intent")),
        ("GET /v1/payment_intents/ID", _get_of("payment_intent")),
        ("POST /v1/payment_intents/ID/confirm", _confirm),
        ("POST /v1/payment_intents/ID/increment_authorization", _increment),
        ("POST /v1/payment_intents/ID/capture", _capture),
        ("POST /v1/payment_intents/ID/cancel", _cancel),
        ("GET /v1/charges/ID", _get_of("charge")),
        ("POST /v1/refunds", _refund),
        ("GET /v1/refunds", _list_of("refund")),
        ("GET /v1/refunds/ID", _get_of("refund")),
        ("POST /v1/checkout/sessions", _create_page),
        ("GET /v1/checkout/sessions", _list_of("checkout.session")),
        ("GET /v1/checkout/sessions/ID", _get_of("checkout.session")),
        ("POST /v1/checkout/sessions/ID/expire", _expire_page),
        ("GET /v1/setup_intents/ID", _get_of("setup_intent")),
        ("GET /v1/disputes/ID", _get_of("dispute")),
        ("POST /v1/disputes/ID", _evidence),
        ("GET /v1/events", _events),
    )
)


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
