"""Intents in the double: held, raised, captured, given back, and let go when their time is over."""

from app.domain.charge_limits import from_provider, least_charge
from app.domain.money import is_currency
from payments.double import shapes
from payments.double.accounts import Account, Refused, bad_parameter, invalid
from payments.double.cards import CARDS, PRESENT_WINDOW_S, Card, window_s
from payments.double.disputes import Disputes
from payments.double.shapes import Json

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")
_MOST = 99_999_999
_DECLINES_ABOVE = 3  # an increment beyond this many times the first amount is declined by every bank here


def unexpected_state(intent: Json, verb: str) -> Refused:
    message = f"This PaymentIntent could not be {verb} because it has a status of {intent['status']}."
    return invalid(message, "payment_intent_unexpected_state")


def check_amount(amount: int, currency: str) -> None:
    """Refuses what Stripe refuses before anything is begun."""
    if not is_currency(currency.upper()):
        raise bad_parameter(f"Invalid currency: {currency}", "currency")
    if from_provider(amount, currency.upper()) < least_charge(currency.upper()):
        raise bad_parameter("Amount is too small.", "amount", "amount_too_small")
    if amount > _MOST:
        raise bad_parameter("Amount must be no more than 999,999.99.", "amount", "amount_too_large")


def details_of(charge: Json) -> Json:
    """What the charge says of the card, however that was given."""
    details: Json = charge["payment_method_details"]
    found: Json = details[details["type"]]
    return found


class Intents(Disputes):
    """What may be done with intents."""

    def create_intent(
        self,
        account: Account,
        *,
        amount: int,
        currency: str,
        metadata: Json,
        description: str | None,
        options: Json,
        types: list[str] | None = None,
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
        intent["payment_method_types"] = types or ["card"]
        account.objects[id] = intent
        self.tell(account, "payment_intent.created", intent)
        return intent

    def confirm(self, account: Account, intent: Json, card_name: str, *, off_session: bool = False) -> Json:
        """The driver gives a card, or it is charged without the driver. Refuses 402 for a declined one."""
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            raise unexpected_state(intent, "confirmed")
        card = self.card(account, card_name)
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
        card = self.card(account, intent["payment_method"])
        intent["next_action"] = None
        if agreed:
            return self._held(account, intent, card, off_session=False)
        intent["status"] = "requires_payment_method"
        intent["last_payment_error"] = {"type": "card_error", "code": "payment_intent_authentication_failure"}
        self.tell(account, "payment_intent.payment_failed", intent)
        return intent

    def card(self, account: Account, name: str) -> Card:
        saved = account.objects.get(name)
        if saved is not None and saved["customer"] is None:
            raise invalid("This PaymentMethod was detached from its customer and may not be used again.", "")
        known = CARDS.get(name if saved is None else str(saved["metadata"]["card"]))
        if known is None:
            raise bad_parameter(f"No such PaymentMethod: '{name}'", "payment_method", "resource_missing")
        return known

    def _attempt(self, account: Account, intent: Json, card: Card, *, off_session: bool) -> Json:
        (kind,) = intent["payment_method_types"]
        options = ((intent["payment_method_options"] or {}).get(kind)) or {}
        wished = options.get("request_incremental_authorization") == "if_available"
        if kind == "card_present":
            wished = options.get("request_incremental_authorization_support") == "true"
        window = PRESENT_WINDOW_S if kind == "card_present" else window_s(card, off_session=off_session)
        details = shapes.DETAILS[kind](
            brand=card.brand, last4=card.last4, capture_before=self.now() + window,
            may_increment=card.may_increment and wished,
        )  # fmt: skip
        details["fingerprint"] = f"fp_double_{card.last4}"
        charge = shapes.charge(id=self.new_id("ch"), intent=intent, created=self.now(), kind=kind, card=details)
        account.objects[charge["id"]] = charge
        intent["latest_charge"] = charge["id"]
        return charge

    def _declined(self, account: Account, intent: Json, card: Card, code: str, reason: str) -> Refused:
        charge = self._attempt(account, intent, card, off_session=True)
        charge |= {"paid": False, "status": "failed", "failure_code": code, "failure_message": f"Declined: {reason}."}
        details_of(charge)["capture_before"] = None
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
        details = details_of(charge)
        supported = details.get("incremental_authorization_supported")
        if not supported and details.get("incremental_authorization", {}).get("status") != "available":
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
        self.charged(account, charge, fee)
        self.tell(account, "charge.captured", charge)
        self.tell(account, "payment_intent.succeeded", intent)
        if self.card(account, intent["payment_method"]).disputed:
            self.dispute(account, charge)
        return intent

    def cancel(self, account: Account, intent: Json, reason: str | None) -> Json:
        if intent["status"] not in OPEN:
            raise unexpected_state(intent, "canceled")
        return self.cancelled(account, intent, reason)

    def cancelled(self, account: Account, intent: Json, reason: str | None) -> Json:
        intent |= {"status": "canceled", "amount_capturable": 0, "canceled_at": self.now(), "next_action": None}
        intent["cancellation_reason"] = reason
        self.tell(account, "payment_intent.canceled", intent)
        return intent

    def refund(self, account: Account, intent: Json, amount: int | None, reason: str | None, metadata: Json) -> Json:
        if intent["status"] != "succeeded":
            raise invalid(
                "This PaymentIntent does not have a successful charge to refund.", "payment_intent_unexpected_state"
            )
        charge = account.objects[intent["latest_charge"]]
        if any(one["charge"] == charge["id"] and one["status"] != "won" for one in account.of_kind("dispute")):
            raise invalid("The charge is disputed.", "charge_disputed")
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
        self.given_back(account, made)
        charge["amount_refunded"] += wanted
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self.tell(account, "refund.created", made)
        self.tell(account, "charge.refunded", charge)
        return made

    def fail_refund(self, account: Account, refund: Json) -> Json:
        """The driver's bank cannot take it: the money comes back, days after it had succeeded."""
        refund |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
        charge = account.objects[refund["charge"]]
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        self.came_back(account, refund)
        self.tell(account, "refund.failed", refund)
        return refund

    def expire_intent(self, account: Account, intent: Json) -> None:
        if intent["status"] != "requires_capture":
            return
        charge = account.objects[intent["latest_charge"]]
        if details_of(charge)["capture_before"] > self.now():
            return
        charge |= {"refunded": True, "amount_refunded": charge["amount"]}
        self.tell(account, "charge.expired", charge)
        self.cancelled(account, intent, "automatic")
