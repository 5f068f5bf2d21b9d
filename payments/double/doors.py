"""The double's doors: Stripe's paths, and what each does to the book."""

import re
from collections.abc import Callable

from payments.double import shapes
from payments.double.book import Account, Book, bad_parameter, invalid
from payments.double.forms import Form, truth
from payments.double.shapes import Json

_PAGE_MAX = 100

Door = Callable[..., Json]


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
        types=form.get("payment_method_types"),
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


def _accept(book: Book, account: Account, form: Form, id: str) -> Json:
    return book.accept_dispute(account, book.get(account, id, "dispute"))


def _file(book: Book, account: Account, form: Form) -> Json:
    """What is uploaded; only its size and that it is a PDF are kept."""
    if "%PDF" not in form["file"]:
        raise bad_parameter("Only PDF files are taken here.", "file")
    made: Json = shapes.file(id=book.new_id("file"), created=book.now(), size=len(form["file"]))
    account.objects[made["id"]] = made
    return made


def _list_of(kind: str) -> Door:
    def listed(book: Book, account: Account, form: Form) -> Json:
        return _page(form, list(account.of_kind(kind)))

    return listed


def _events(book: Book, account: Account, form: Form) -> Json:
    return _page(form, account.events[::-1])


def _page(form: Form, newest_first: list[Json]) -> Json:
    created = form.get("created", {})
    low, high = int(created.get("gte", 0)), int(created.get("lte", int(created.get("lt", 2**62)) - 1))
    found = [item for item in newest_first if low <= item["created"] <= high]
    if "payout" in form:
        found = [item for item in found if item.get("_payout") == form["payout"]]
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


def _register(book: Book, account: Account, form: Form) -> Json:
    if not form.get("registration_code"):
        raise bad_parameter("Missing required param: registration_code.", "registration_code", "parameter_missing")
    return book.register(account, form.get("label", "Reader"))


def _reader(book: Book, account: Account, id: str) -> Json:
    return book.get(account, id, "terminal.reader")


def _process(book: Book, account: Account, form: Form, id: str) -> Json:
    return book.process(account, _reader(book, account, id), _intent(book, account, form.get("payment_intent", "")))


def _clear(book: Book, account: Account, form: Form, id: str) -> Json:
    return book.clear(_reader(book, account, id))


def _present(book: Book, account: Account, form: Form, id: str) -> Json:
    number = form.get("card_present", {}).get("number", "4242424242424242")
    return book.present(account, _reader(book, account, id), number)


def _get_of(kind: str) -> Door:
    def got(book: Book, account: Account, form: Form, id: str) -> Json:
        return book.get(account, id, kind)

    return got


def _detach(book: Book, account: Account, form: Form, id: str) -> Json:
    return book.detach(account, book.get(account, id, "payment_method"))


def _expire_page(book: Book, account: Account, form: Form, id: str) -> Json:
    return book.expire_page(account, book.get(account, id, "checkout.session"))


_ID = r"([A-Za-z0-9_]+)"
DOORS: tuple[tuple[re.Pattern[str], Door], ...] = tuple(
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
        ("POST /v1/terminal/readers", _register),
        ("GET /v1/terminal/readers", _list_of("terminal.reader")),
        ("GET /v1/terminal/readers/ID", _get_of("terminal.reader")),
        ("POST /v1/terminal/readers/ID/process_payment_intent", _process),
        ("POST /v1/terminal/readers/ID/cancel_action", _clear),
        ("POST /v1/test_helpers/terminal/readers/ID/present_payment_method", _present),
        ("POST /v1/files", _file),
        ("GET /v1/disputes", _list_of("dispute")),
        ("POST /v1/disputes/ID/close", _accept),
        ("GET /v1/disputes/ID", _get_of("dispute")),
        ("POST /v1/disputes/ID", _evidence),
        ("GET /v1/balance_transactions", _list_of("balance_transaction")),
        ("GET /v1/payouts", _list_of("payout")),
        ("GET /v1/payouts/ID", _get_of("payout")),
        ("GET /v1/events", _events),
    )
)
