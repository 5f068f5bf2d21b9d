"""The double's accounts: what each owns, the ids and messages it is given, and the clock that all share."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from payments.double import shapes
from payments.double.shapes import Json


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


@dataclass
class Account:
    """What one account owns. ``charges_enabled`` false is an account that Stripe has restricted."""

    id: str | None
    objects: dict[str, Json] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    charges_enabled: bool = True
    pays_out_at: int | None = None  # the midnight at which the next payout is made; None while there is nothing to pay

    def of_kind(self, kind: str) -> Iterator[Json]:
        return (found for found in reversed(self.objects.values()) if found["object"] == kind)


class Accounts:
    """All accounts. Not safe for threads: one event loop serves it.

    ``life`` is in every id: what a double forgets with its process must not be found again under a new thing's name.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.time, page_url: str = "http://127.0.0.1", life: str = ""
    ) -> None:
        self.accounts: dict[str | None, Account] = {}
        self.on_event: Callable[[Json], None] = lambda event: None
        self.page_url = page_url
        self._clock, self._ahead_s = clock, 0.0
        self._numbers, self._life = itertools.count(1), life

    def now(self) -> int:
        return int(self._clock() + self._ahead_s)

    def account(self, id: str | None) -> Account:
        return self.accounts.setdefault(id, Account(id))

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_double{self._life}{next(self._numbers):012d}"

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
