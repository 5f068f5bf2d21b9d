"""Readers in the double: terminals that show an amount, and cards that are tapped at them by a test helper."""

from payments.double import shapes
from payments.double.accounts import Account, Refused, bad_parameter, invalid
from payments.double.cards import BY_NUMBER
from payments.double.intents import unexpected_state
from payments.double.pages import Pages
from payments.double.shapes import Json


class Readers(Pages):
    """What may be done with readers."""

    def register(self, account: Account, label: str, id: str | None = None) -> Json:
        """One that is switched on at once, as Stripe's simulated ones are."""
        made: Json = shapes.reader(id=id or self.new_id("tmr"), label=label, created=self.now())
        account.objects[made["id"]] = made
        return made

    def process(self, account: Account, reader: Json, intent: Json) -> Json:
        """Shows the amount and asks for a card. Refuses while the reader is off or asks for another."""
        if reader["status"] != "online":
            raise invalid("Reader is currently offline.", "terminal_reader_offline")
        if (reader["action"] or {}).get("status") == "in_progress":
            raise invalid("Reader is currently processing another request.", "terminal_reader_busy")
        if "card_present" not in intent["payment_method_types"]:
            raise bad_parameter("The PaymentIntent must take card_present.", "payment_intent")
        if intent["status"] != "requires_payment_method":
            raise unexpected_state(intent, "processed")
        reader["action"] = shapes.reader_action(intent["id"])
        return reader

    def clear(self, reader: Json) -> Json:
        """Nothing is shown any more."""
        reader["action"] = None
        return reader

    def present(self, account: Account, reader: Json, number: str) -> Json:
        """Somebody taps the card of this test number."""
        action = reader["action"]
        if action is None or action["status"] != "in_progress":
            raise invalid("The reader asks for no card.", "resource_missing")
        card = BY_NUMBER.get(number)
        if card is None:
            raise bad_parameter(f"No such test card: {number}", "card_present[number]")
        intent = account.objects[action["process_payment_intent"]["payment_intent"]]
        try:
            self.confirm(account, intent, card)
        except Refused as refused:
            error = refused.body["error"]
            action |= {"status": "failed", "failure_code": error["code"], "failure_message": error["message"]}
            self.tell(account, "terminal.reader.action_failed", reader)
        else:
            action["status"] = "succeeded"
            self.tell(account, "terminal.reader.action_succeeded", reader)
        return reader
