"""The test cards, by the names that Stripe's documentation gives them, and what each does."""

from dataclasses import dataclass

DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Card:
    """``window_s`` is how long its bank holds an amount; a decline has a code and, for some, a reason of the bank."""

    brand: str = "visa"
    last4: str = "4242"
    window_s: int = 7 * DAY_S
    may_increment: bool = False
    decline: tuple[str, str] | None = None
    asks: bool = False  # the bank wants to see its customer, unless asked off-session (then it declines)
    disputed: bool = False


_UNATTENDED_VISA_S = 5 * DAY_S - 6 * 3600

PRESENT_WINDOW_S = 2 * DAY_S  # of a card that was tapped at a reader

CARDS = {
    "pm_card_visa": Card(),
    "pm_card_discover": Card("discover", "9424", may_increment=True),
    "pm_card_mastercard": Card("mastercard", "4444"),
    "pm_card_visa_chargeDeclined": Card(last4="0002", decline=("card_declined", "generic_decline")),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Card(last4="9995", decline=("card_declined", "insufficient_funds")),
    "pm_card_chargeDeclinedExpiredCard": Card(last4="0069", decline=("expired_card", "expired_card")),
    "pm_card_authenticationRequired": Card(last4="3184", asks=True),
    "pm_card_threeDSecure2Required": Card(last4="3220", asks=True),
    "pm_card_createDispute": Card(last4="0259", disputed=True),
}


def window_s(card: Card, *, off_session: bool) -> int:
    """Stripe: seven days, for Visa not quite five when the driver is not there."""
    return min(card.window_s, _UNATTENDED_VISA_S) if off_session and card.brand == "visa" else card.window_s


# What the test helper of a reader takes: the numbers of the same cards.
BY_NUMBER = {
    "4242424242424242": "pm_card_visa",
    "6011981111111113": "pm_card_discover",
    "4000000000000002": "pm_card_visa_chargeDeclined",
    "4000000000009995": "pm_card_visa_chargeDeclinedInsufficientFunds",
}
