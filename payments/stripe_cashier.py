"""Stripe as the cashier: manual capture, direct charges on the operator's account, keys from our own rows.

The SDK does not retry: an unanswered call stays owed in our row and is made again under the same key.
"""

from payments.stripe_cards import StripeCards
from payments.stripe_disputes import StripeDisputes
from payments.stripe_events import StripeEvents
from payments.stripe_holds import StripeHolds
from payments.stripe_payouts import StripePayouts


class StripeCashier(StripeHolds, StripeCards, StripeDisputes, StripePayouts, StripeEvents):
    """Everything that the core needs of a payment provider, at Stripe."""
