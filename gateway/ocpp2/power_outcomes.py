"""What answers about profiles, tariffs and payments mean where that is not just the word Accepted."""

from collections.abc import Callable

from gateway.dialect import Outcome, Payload
from gateway.fields import parts, text

# To hold none is an answer to the question, not a refusal of it.
ACCEPTED: dict[str, frozenset[str]] = {
    "GetChargingProfiles": frozenset({"Accepted", "NoProfiles"}),
    "GetTariffs": frozenset({"Accepted", "NoTariff"}),
}
WITHOUT_STATUS = frozenset({"NotifyWebPaymentStarted"})


def _cleared_tariffs(payload: Payload) -> Outcome:
    """ClearTariffs answers for each tariff: the first refusal, or yes when there is none."""
    results = parts(payload, "clearTariffsResult")
    refused = next((result for result in results if result.get("status") != "Accepted"), None)
    if refused is None:
        return Outcome("Accepted", True)
    return Outcome(text(refused, "status") or "", False, None, text(refused, "tariffId"))


OTHER: dict[str, Callable[[Payload], Outcome]] = {"ClearTariffs": _cleared_tariffs}
