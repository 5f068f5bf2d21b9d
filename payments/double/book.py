"""The double's memory: every account's objects, what may be done with them, and the clock that lets holds expire."""

from payments.double.accounts import Account, Refused, bad_parameter, invalid
from payments.double.readers import Readers

__all__ = ["Account", "Book", "Refused", "bad_parameter", "invalid"]


class Book(Readers):
    """All of it."""

    def advance(self, seconds: float) -> None:
        """Lets time pass: what expires in it has expired afterwards."""
        self._ahead_s += seconds
        self.expire()

    def expire(self) -> None:
        for account in list(self.accounts.values()):
            for intent in list(account.of_kind("payment_intent")):
                self.expire_intent(account, intent)
            for page in list(account.of_kind("checkout.session")):
                if page["status"] == "open" and page["expires_at"] <= self.now():
                    self.expire_page(account, page)
            self.decide_disputes(account)
            self.pay_out(account)
