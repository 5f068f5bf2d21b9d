"""Checkout pages in the double: paid on, given up, or used to save a card."""

from payments.double import shapes
from payments.double.accounts import Account, Refused, invalid
from payments.double.intents import OPEN, Intents, check_amount
from payments.double.shapes import Json


class Pages(Intents):
    """What may be done with pages."""

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
        card = self.card(account, card_name)
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
        if intent is not None and intent["status"] in OPEN:
            self.cancelled(account, intent, "abandoned")
        self.tell(account, "checkout.session.expired", page)
        return page
