"""Who pays for a hold, as far as the provider must know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Payer:
    """Where the driver returns to, whom a receipt may reach, and a saved card's names at the provider."""

    return_url: str | None = None
    email: str | None = None
    customer: str | None = None
    payment_method: str | None = None
