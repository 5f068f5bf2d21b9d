"""The double's memory: every account's objects, what may be done with them, and the clock that lets holds expire."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.domain.charge_limits import from_provider, least_charge
from app.domain.money import is_currency
from payments.double import shapes
from payments.double.cards import CARDS, DAY_S, Card, window_s
from payments.double.shapes import Json

_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")
_MOST = 99_999_999
_EVIDENCE_S = 14 * DAY_S
_DECLINES_ABOVE = 3  # an increment beyond this many times the first amount is declined by every bank here


class Refused(Exception):
    """An answer that is an error, in Stripe's words. ``kept`` says whether its idempotency key remembers it."""

    def __init__(
        self,
        status: int,
        type: str,
        message: str,
        *,
        code: str | None = None,
        decline_code: str | None = None,
        param: str | None = None,
        kept: bool = True,
    ) -> None:
        super().__init__(message)
        self.status, self.kept = status, kept
        body = {"type": type, "message": message, "code": code, "decline_code": decline_code, "param": param}
        self.body = {"error": {name: value for name, value in body.items() if value is not None}}


def invalid(message: str, code: str | None = None, param: str | None = None, *, kept: bool = True) -> Refused:
    return Refused(400, "invalid_request_error", message, code=code, param=param, kept=kept)


def bad_parameter(message: str, param: str, code: str = "parameter_invalid") -> Refused:
    """Validation: nothing was begun, so the key remembers nothing."""
    return invalid(message, code, param, kept=False)


def unexpected_state(intent: Json, verb: str) -> Refused:
    message = f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}."
    return invalid(message, "payment_intent_unexpected_state")


@dataclass
class Account:
    """What one account owns. ``charges_enabled`` false is an account that Stripe has restricted."""

    id: str | None
    objects: dict[str, Json] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    charges_enabled: bool = True

    def of_kind(self, kind: str) -> Iterator[Json]:
        return (found for found in reversed(self.objects.values()) if found["object"] == kind)


class Book:
    """All accounts. Not safe for threads: one event loop serves it."""

    def __init__(self, *, clock: Callable[[], float] = time.time, page_url: str = "http://127.0.0.1") -> None:
        self.accounts: dict[str | None, Account] = {}
        self.on_event: Callable[[Json], None] = lambda event: None
        self.page_url = page_url
        self._clock, self._ahead_s = clock, 0.0
        self._numbers = itertools.count(1)

    # -- the clock ---------------------------------------------------------------------------------------------------

    def now(self) -> int:
        return int(self._clock() + self._ahead_s)

    def advance(self, seconds: float) -> None:
        """Lets time pass: what expires in it has expired afterwards."""
        self._ahead_s += seconds
        self.expire()

    def expire(self) -> None:
        for account in list(self.accounts.values()):
            for intent in list(account.of_kind("payment_intent")):
                self._expire_intent(account, intent)
            for page in list(account.of_kind("checkout.session")):
                if page["status"] == "open" and page["expires_at"] <= self.now():
                    self.expire_page(account, page)

    def _expire_intent(self, account: Account, intent: Json) -> None:
        if intent["status"] != "requires_capture":
            return
        charge = account.objects[intent["latest_charge"]]
        if charge["payment_method_details"]["card"]["capture_before"] > self.now():
            return
        charge |= {"refunded": True, "amount_refunded": charge["amount"]}
        self.tell(account, "charge.expired", charge)
        self._cancelled(account, intent, "automatic")

    # -- accounts, ids, events ---------------------------------------------------------------------------------------

    def account(self, id: str | None) -> Account:
        return self.accounts.setdefault(id, Account(id))

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_double{next(self._numbers):012d}"

    def tell(self, account: Account, type: str, subject: Json) -> None:
        """An event, with the object as it is now."""
        made = shapes.event(
            id=self.new_id("evt"),
            type=type,
            account=account.id,
            created=self.now(),
            subject={name: value for name, value in subject.items() if not name.startswith("_")},
        )
        account.events.append(made)
        self.on_event(made)

    def get(self, account: Account, id: str, kind: str) -> Json:
        """Refuses 404 for what this account does not own, whoever else does."""
        found = account.objects.get(id)
        if found is None or found["object"] != kind:
            raise Refused(404, "invalid_request_error", f"No such {kind}: '{id}'", code="resource_missing", param="id")
        return found

    # -- intents -----------------------------------------------------------------------------------------------------

    def create_intent(
        self, account: Account, *, amount: int, currency: str, metadata: Json, description: str | None, options: Json
    ) -> Json:
        if not account.charges_enabled:
            raise invalid("Your account cannot currently make live charges.", "account_invalid")
        check_amount(amount, currency)
        id = self.new_id("pi")
        intent = shapes.payment_intent(
            id=id, amount=amount, currency=currency, created=self.now(), secret=f"{id}_secret_double", metadata=metadata
        )
        intent["description"] = description or shapes.DESCRIPTION
        intent["payment_method_options"] = options or None
        account.objects[id] = intent
        self.tell(account, "payment_intent.created", intent)
        return intent

    def confirm(self, account: Account, intent: Json, card_name: str, *, off_session: bool = False) -> Json:
        """The driver gives a card, or it is charged without the driver. Refuses 402 for a declined one."""
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            raise unexpected_state(intent, "confirmed")
        card = self._card(account, card_name)
        intent["payment_method"] = card_name
        if card.decline is not None:
            raise self._declined(account, intent, card, *card.decline)
        if card.asks and off_session:
            raise self._declined(account, intent, card, "authentication_required", "authentication_required")
        if card.asks:
            url = f"{self.page_url}/double/authenticate/{intent['id']}"
            intent |= {"status": "requires_action"}
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": None}}
            self.tell(account, "payment_intent.requires_action", intent)
            return intent
        return self._held(account, intent, card, off_session=off_session)

    def authenticate(self, account: Account, intent: Json, *, agreed: bool) -> Json:
        """The driver comes back from the bank."""
        if intent["status"] != "requires_action":
            raise unexpected_state(intent, "authenticated")
        card = self._card(account, intent["payment_method"])
        intent["next_action"] = None
        if agreed:
            return self._held(account, intent, card, off_session=False)
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {"type": "card_error", "code": "payment_intent_authentication_failure"}
        self.tell(account, "payment_intent.payment_failed", intent)
        return intent

    def _card(self, account: Account, name: str) -> Card:
        saved = account.objects.get(name)
        if saved is not None and saved["customer"] is None:
            raise invalid("This PaymentMethod was detached from its customer and may not be used again.", "")
        known = CARDS.get(name if saved is None else str(saved["metadata"]["card"]))
        if known is None:
            raise bad_parameter(f"No such PaymentMethod: '{name}'", "payment_method", "resource_missing")
        return known

    def _attempt(self, account: Account, intent: Json, card: Card, *, off_session: bool) -> Json:
        options = ((intent["payment_method_options"] or {}).get("card")) or {}
        details = shapes.card_details(
            brand=card.brand,
            last4=card.last4,
            capture_before=self.now() + window_s(card, off_session=off_session),
            may_increment=card.may_increment and options.get("request_incremental_authorization") == "if_available",
        )
        charge = shapes.charge(id=self.new_id("ch"), intent=intent, created=self.now(), card=details)
        account.objects[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]
        return charge

    def _declined(self, account: Account, intent: Json, card: Card, code: str, reason: str) -> Refused:
        charge = self._attempt(account, intent, card, off_session=True)
        charge |= {"paid": False, "status": "failed", "failure_code": code, "failure_message": f"Declined: {reason}."}
        charge["payment_method_details"]["card"]["capture_before"] = None
        intent["status"] = "requires_payment_method"
        intent["payment_method"] = None
        error = {"type": "card_error", "code": code, "decline_code": reason, "message": "Your card was declined."}
        intent["last_payment_error"] = error
        self.tell(account, "charge.failed", charge)
        self.tell(account, "payment_intent.payment_failed", intent)
        return Refused(402, "card_error", "Your card was declined.", code=code, decline_code=reason)

    def _held(self, account: Account, intent: Json, card: Card, *, off_session: bool) -> Json:
        self._attempt(account, intent, card, off_session=off_session)
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"], "last_payment_error": None}
        self.tell(account, "payment_intent.amount_capturable_updated", intent)
        return intent

    def increment(self, account: Account, intent: Json, amount: int) -> Json:
        if intent["status"] != "requires_capture":
            raise unexpected_state(intent, "incremented")
        charge = account.objects[intent["latest_charge"]]
        if charge["payment_method_details"]["card"]["incremental_authorization"]["status"] != "available":
            raise invalid("This charge is not eligible for incremental authorization.", "charge_not_incrementable")
        if amount <= intent["amount"]:
            raise bad_parameter("The amount must be greater than the one authorised.", "amount", "amount_too_small")
        first = int(intent.setdefault("_first_amount", intent["amount"]) or 0)
        if amount > first * _DECLINES_ABOVE:
            raise Refused(
                402, "card_error", "Your card was declined.", code="card_declined", decline_code="do_not_honor"
            )
        intent |= {"amount": amount, "amount_capturable": amount}
        charge["amount"] = amount
        self.tell(account, "payment_intent.amount_capturable_updated", intent)
        return intent

    def capture(self, account: Account, intent: Json, amount: int | None, fee: int | None) -> Json:
        if intent["status"] != "requires_capture":
            raise unexpected_state(intent, "captured")
        wanted = intent["amount_capturable"] if amount is None else amount
        if not 1 <= wanted <= intent["amount_capturable"]:
            message = "The amount to capture must be positive and at most the amount that is capturable."
            raise bad_parameter(message, "amount_to_capture", "amount_too_large")
        if from_provider(wanted, intent["currency"].upper()) < least_charge(intent["currency"].upper()):
            raise bad_parameter("Amount is too small.", "amount_to_capture", "amount_too_small")
        if fee is not None and (fee > wanted or account.id is None):
            raise bad_parameter(
                "The application fee exceeds the charge, or there is no application.", "application_fee_amount"
            )
        charge = account.objects[intent["latest_charge"]]
        intent |= {"status": "succeeded", "amount_received": wanted, "amount_capturable": 0}
        intent["application_fee_amount"] = charge["application_fee_amount"] = fee
        charge |= {"captured": True, "amount_captured": wanted}
        self.tell(account, "charge.captured", charge)
        self.tell(account, "payment_intent.succeeded", intent)
        if self._card(account, intent["payment_method"]).disputed:
            self.dispute(account, charge)
        return intent

    def cancel(self, account: Account, intent: Json, reason: str | None) -> Json:
        if intent["status"] not in _OPEN:
            raise unexpected_state(intent, "canceled")
        return self._cancelled(account, intent, reason)

    def _cancelled(self, account: Account, intent: Json, reason: str | None) -> Json:
        intent |= {"status": "canceled", "amount_capturable": 0, "canceled_at": self.now(), "next_action": None}
        intent["cancellation_reason"] = reason
        self.tell(account, "payment_intent.canceled", intent)
        return intent

    # -- what follows a capture --------------------------------------------------------------------------------------

    def refund(self, account: Account, intent: Json, amount: int | None, reason: str | None, metadata: Json) -> Json:
        if intent["status"] != "succeeded":
            raise invalid(
                "This PaymentIntent does not have a successful charge to refund.", "payment_intent_unexpected_state"
            )
        charge = account.objects[intent["latest_charge"]]
        left = charge["amount_captured"] - charge["amount_refunded"]
        wanted = left if amount is None else amount
        if left == 0:
            raise invalid("The charge has already been refunded.", "charge_already_refunded")
        if not 1 <= wanted <= left:
            raise invalid("The refund is greater than the unrefunded amount.", "amount_too_large", "amount")
        made = shapes.refund(
            id=self.new_id("re"), amount=wanted, intent=intent, charge_id=charge["id"], created=self.now(),
            reason=reason, metadata=metadata,
        )  # fmt: skip
        account.objects[made["id"]] = made
        charge["amount_refunded"] += wanted
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self.tell(account, "refund.created", made)
        self.tell(account, "charge.refunded", charge)
        return made

    def dispute(self, account: Account, charge: Json) -> Json:
        """The driver's bank takes the money back until somebody shows why it should not."""
        made = shapes.dispute(id=self.new_id("du"), charge_=charge, created=self.now(), due_by=self.now() + _EVIDENCE_S)
        account.objects[made["id"]] = made
        charge["disputed"] = True
        self.tell(account, "charge.dispute.created", made)
        return made

    def give_evidence(self, account: Account, dispute: Json, evidence: Json, *, submit: bool) -> Json:
        if dispute["status"] not in ("needs_response", "warning_needs_response"):
            raise invalid("This dispute is closed or under review.", "dispute_closed")
        dispute["evidence"] |= evidence
        dispute["evidence_details"]["has_evidence"] = True
        if submit:
            dispute["evidence_details"]["submission_count"] += 1
            dispute["status"] = "under_review"
        self.tell(account, "charge.dispute.updated", dispute)
        return dispute

    # -- pages -------------------------------------------------------------------------------------------------------

    def create_page(self, account: Account, form: Json, *, amount: int | None, currency: str | None) -> Json:
        if form["mode"] == "payment":
            assert amount is not None
            assert currency is not None
            check_amount(amount, currency)
            if not account.charges_enabled:
                raise invalid("Your account cannot currently make live charges.", "account_invalid")
        id = self.new_id("cs_test")
        page = shapes.checkout_session(
            id=id, mode=form["mode"], currency=currency, amount=amount, created=self.now(),
            url=f"{self.page_url}/double/pay/{id}",
        )  # fmt: skip
        page |= {name: form[name] for name in ("success_url", "cancel_url", "customer_email") if name in form}
        page["metadata"] = form.get("metadata", {})
        page["expires_at"] = int(form.get("expires_at") or page["expires_at"])
        page["_intent"] = form.get("payment_intent_data", {})
        page["payment_method_options"] = form.get("payment_method_options")
        account.objects[id] = page
        return page

    def pay_page(self, account: Account, page: Json, card_name: str) -> Json:
        """The driver presses "pay": as with Stripe, the intent is made only now. Refuses 402 for a declined card."""
        if page["status"] != "open":
            raise invalid("This Checkout Session is no longer open.", "resource_missing")
        if page["mode"] == "setup":
            return self._save_card(account, page, card_name)
        intent = account.objects.get(page["payment_intent"] or "")
        if intent is None:
            data = page["_intent"]
            intent = self.create_intent(
                account, amount=page["amount_total"], currency=page["currency"], metadata=data.get("metadata", {}),
                description=data.get("description"), options=page["payment_method_options"] or {},
            )  # fmt: skip
            page["payment_intent"] = intent["id"]
        self.confirm(account, intent, card_name)
        if intent["status"] == "requires_capture":
            self._complete(account, page)
        return page

    def _complete(self, account: Account, page: Json) -> None:
        page |= {"status": "complete", "url": None}
        page["customer_details"] = {"email": page["customer_email"]}
        self.tell(account, "checkout.session.completed", page)

    def authenticated_page(self, account: Account, intent: Json) -> Json | None:
        """The page whose intent the bank has just confirmed, now complete."""
        for page in account.of_kind("checkout.session"):
            if page["payment_intent"] == intent["id"]:
                if intent["status"] == "requires_capture":
                    self._complete(account, page)
                return page
        return None

    def _save_card(self, account: Account, page: Json, card_name: str) -> Json:
        card = self._card(account, card_name)
        if card.decline is not None:
            raise Refused(
                402, "card_error", "Your card was declined.", code=card.decline[0], decline_code=card.decline[1]
            )
        now = self.now()
        owner = shapes.customer(id=self.new_id("cus"), created=now, email=page["customer_email"])
        method = shapes.payment_method(
            id=self.new_id("pm"), created=now, customer_id=owner["id"], brand=card.brand, last4=card.last4
        )
        method["metadata"] = {"card": card_name}
        id = self.new_id("seti")
        setup = shapes.setup_intent(id=id, created=now, secret=f"{id}_secret_double")
        setup |= {"status": "succeeded", "customer": owner["id"], "payment_method": method["id"]}
        for made in (owner, method, setup):
            account.objects[made["id"]] = made
        page |= {"customer": owner["id"], "setup_intent": id}
        self.tell(account, "setup_intent.succeeded", setup)
        self._complete(account, page)
        return page

    def detach(self, account: Account, method: Json) -> Json:
        """The customer's card no more; it cannot be used again."""
        if method["customer"] is None:
            raise invalid("The payment method you provided is not attached to a customer.", "resource_missing")
        method["customer"] = None
        self.tell(account, "payment_method.detached", method)
        return method

    def expire_page(self, account: Account, page: Json) -> Json:
        if page["status"] != "open":
            raise invalid("Only open Checkout Sessions can be expired.", "resource_missing")
        page |= {"status": "expired", "url": None}
        intent = account.objects.get(page["payment_intent"] or "")
        if intent is not None and intent["status"] in _OPEN:
            self._cancelled(account, intent, "abandoned")
        self.tell(account, "checkout.session.expired", page)
        return page


def check_amount(amount: int, currency: str) -> None:
    """Refuses what Stripe refuses before anything is begun."""
    if not is_currency(currency.upper()):
        raise bad_parameter(f"Invalid currency: {currency}", "currency")
    if from_provider(amount, currency.upper()) < least_charge(currency.upper()):
        raise bad_parameter("Amount is too small.", "amount", "amount_too_small")
    if amount > _MOST:
        raise bad_parameter("Amount must be no more than 999,999.99.", "amount", "amount_too_large")
