"""A simulated Stripe: stateful, over HTTP, with a clock that can be moved. No money moves here, and it says so."""

from payments.double.http import DoubleStripe
from payments.double.post import Post
from payments.double.serve import RunningDouble

__all__ = ["DoubleStripe", "Post", "RunningDouble"]
