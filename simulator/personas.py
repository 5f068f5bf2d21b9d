"""Stations that misbehave as real ones were reported to: one line each, for trying a backend out.

A persona changes what a station's socket does, never what the station means: underneath, the same cars charge.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
Said = tuple[str, Json]
Change = Callable[[str, Json], Json]

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_REGISTER = "Energy.Active.Import.Register"
_RESET_WH = 1000


def _unchanged(_action: str, payload: Json) -> Json:
    return payload


def _nothing(_action: str, _payload: Json) -> list[Said]:
    return []


@dataclass(frozen=True, slots=True)
class Persona:
    """``change`` rewrites what is said, ``afterwards`` adds to it once it is answered.

    ``subprotocol`` False offers none; ``probe`` is offered first, and hung up on. ``obeys`` False answers no command,
    ``pongs`` False no ping. ``copies`` is how often each call is sent under the same id. ``boots_every_s`` repeats the
    boot (story seconds). ``second_socket`` opens another one beside the first and goes on there.
    ``only`` is the one version whose messages can be misused like that; None: any.
    """

    description: str
    change: Change = _unchanged
    afterwards: Callable[[str, Json], list[Said]] = _nothing
    subprotocol: bool = True
    probe: str = ""
    obeys: bool = True
    pongs: bool = True
    copies: int = 1
    boots_every_s: float = 0.0
    second_socket: bool = False
    only: str | None = None


def _times(shift: Callable[[datetime], datetime]) -> Change:
    """Rewrites every timestamp, wherever it stands."""

    def moved(value: Any) -> Any:
        if isinstance(value, str) and _TIME.fullmatch(value):
            at = shift(datetime.fromisoformat(value))
            return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
        if isinstance(value, dict):
            return {name: moved(part) for name, part in value.items()}
        return [moved(part) for part in value] if isinstance(value, list) else value

    def change(_action: str, payload: Json) -> Json:
        found: Json = moved(payload)
        return found

    return change


_POWERED_UP = datetime.now(UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _minus_one(action: str, payload: Json) -> Json:
    return payload | {"transactionId": -1} if action == "StopTransaction" else payload


def _registers(payload: Json) -> list[Json]:
    """The register samples of a 1.6 or 2.x message, to be changed in place."""
    values = payload.get("meterValue") or payload.get("transactionData") or []
    return [
        sample
        for value in values
        for sample in value["sampledValue"]
        if sample.get("measurand", _REGISTER) == _REGISTER
    ]


def _resets(_action: str, payload: Json) -> Json:
    """The register starts again every kilowatt-hour, whoever is charging."""
    for sample in _registers(payload):
        sample["value"] = type(sample["value"])(int(float(sample["value"])) % _RESET_WH)
    return payload | {name: payload[name] % _RESET_WH for name in ("meterStart", "meterStop") if name in payload}


def _measures_again(action: str, payload: Json) -> list[Said]:
    """One more reading of a transaction that is over."""
    if action != "StopTransaction":
        return []
    value = {"timestamp": payload["timestamp"], "sampledValue": [{"value": str(payload["meterStop"] + 40)}]}
    return [("MeterValues", {"connectorId": 1, "transactionId": payload["transactionId"], "meterValue": [value]})]


def _charges_early(_action: str, payload: Json) -> list[Said]:
    """A 1.6 station whose plug charges, and whose meter counts, before its transaction has begun."""
    if payload.get("status") != "Preparing":
        return []
    value = {
        "timestamp": payload["timestamp"],
        "sampledValue": [{"value": "16", "measurand": "Current.Import", "unit": "A"}],
    }
    return [
        ("StatusNotification", payload | {"status": "Charging"}),
        ("MeterValues", {"connectorId": payload["connectorId"], "meterValue": [value]}),
    ]


_HISTORY = 200
_EVERY = timedelta(minutes=15)


def _remembers(action: str, payload: Json) -> list[Said]:
    """Every quarter of an hour of two days, all of it after each boot, whether or not it was told before."""
    if action != "BootNotification":
        return []
    v2, now = "chargePointVendor" not in payload, datetime.now(UTC)
    said: list[Said] = []
    for index in range(_HISTORY, 0, -1):
        at = (now - index * _EVERY).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        amount = 16.0 if v2 else "16"
        value = {"timestamp": at, "sampledValue": [{"value": amount, "measurand": "Current.Import"}]}
        said.append(("MeterValues", {"evseId" if v2 else "connectorId": 1, "meterValue": [value]}))
    return said


PERSONAS: dict[str, Persona] = {
    "well-behaved": Persona("Keeps to the standard."),
    "probes-then-2.0.1": Persona("Knocks with 1.6, hangs up, and comes back as it is.", probe="ocpp1.6"),
    "no-subprotocol": Persona("Offers no OCPP version.", subprotocol=False),
    "boots-forever": Persona("Boots every half minute.", boots_every_s=30),
    "never-answers-ping": Persona("Answers no ping.", pongs=False),
    "zombie": Persona("Talks, and answers no command.", obeys=False),
    "two-sockets": Persona("Opens a second socket while the first is open.", second_socket=True),
    "resends-same-id": Persona("Sends every call three times under one id.", copies=3),
    "local-time-as-z": Persona(
        "Writes its local time, two hours ahead, as UTC.", _times(lambda at: at + timedelta(hours=2))
    ),
    "clock-1970": Persona("Was never told the time.", _times(lambda at: _EPOCH + (at - _POWERED_UP))),
    "register-resets": Persona("Its register starts again every kilowatt-hour.", _resets),
    "stops-with-minus-one": Persona("Ends every 1.6 transaction as -1.", _minus_one, only="1.6"),
    "charging-before-start": Persona(
        "Charges before its 1.6 transaction begins.", afterwards=_charges_early, only="1.6"
    ),
    "floods-history": Persona("Tells two days of old readings after every boot.", afterwards=_remembers),
    "meter-after-stop": Persona(
        "Measures once more after the end of a 1.6 transaction.", afterwards=_measures_again, only="1.6"
    ),
}
