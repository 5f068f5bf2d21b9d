"""Paying on the web for an EVSE (2.1 C25), needs commands:send: codes are set up, and judged when scanned."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import Prefix, public_id
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request import StationRequest
from app.domain.request.core import SetVariables, VariableName
from app.domain.request.tariff import NotifyWebPaymentStarted
from app.domain.scope import Permission, Scope
from app.domain.station import ChargingStation, Evse
from app.domain.web_payment import (
    COMPONENT,
    FAILURE_WINDOW,
    VERSION,
    WebPayment,
    is_valid,
    limits,
    missing,
    read,
    scan_template,
    words,
)
from app.operations.commands import Sent, Target
from app.operations.desk import Desk, Options, invalid, refusing
from app.operations.requests import ask, prepared
from app.store import stations, web_payments

_URL_MAX = 500
_LOCK_MAX_S = 600


@dataclass(frozen=True, slots=True)
class WebPaymentDraft:
    """How codes are made; the secret is ours. ``url_template`` None: they lead to this installation's own page."""

    url_template: str | None
    validity_s: int
    length: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """Whose code was scanned. ``evse`` None: the whole station's; limits are the driver's, None without one."""

    station: ChargingStation
    evse: Evse | None
    max_energy_wh: float | None
    max_time_s: float | None
    max_cost: float | None
    told: Sent | None


def _check(draft: WebPaymentDraft, template: str) -> None:
    if (draft.url_template is not None and not template.startswith("https://")) or len(template) > _URL_MAX:
        raise invalid(f"A URL template begins with https:// and has at most {_URL_MAX} characters.", "urlTemplate")
    lacking = missing(template)
    if lacking:
        raise invalid(f"The URL template lacks {', '.join(lacking)}.", "urlTemplate")
    if not 6 <= draft.validity_s <= 3600:
        raise invalid("A code is valid for 6 to 3600 seconds.", "validitySeconds")
    if not 6 <= draft.length <= 32:
        raise invalid("A code has 6 to 32 characters.", "length")


@refusing
async def set_up(*, scope: Scope, desk: Desk, station_id: UUID, draft: WebPaymentDraft, options: Options) -> Sent:
    """A new secret for the station, which it is told at once; codes of the old one are worth nothing from then on.

    Refuses INVALID_INPUT, STATION_OFFLINE, STATION_NOT_ACCEPTED, NOT_SUPPORTED_BY_STATION, NOT_FOUND.
    """
    template = scan_template(desk.files_url) if draft.url_template is None else draft.url_template
    _check(draft, template)

    async def prepare(
        connection: AsyncConnection, station: ChargingStation, evse: int | None, connector: int | None
    ) -> StationRequest:
        secret = secrets.token_hex(20)
        await web_payments.put(
            connection,
            station_key=station.key,
            operator_key=scope.operator_key,
            url_template=template,
            shared_secret=secret,
            validity_s=draft.validity_s,
            length=draft.length,
            set_at=desk.now(),
        )
        told = (
            ("URLTemplate", template),
            ("TOTPVersion", VERSION),
            ("ValidityTime", str(draft.validity_s)),
            ("Length", str(draft.length)),
            ("SharedSecret", secret),
        )
        return SetVariables(tuple((VariableName(COMPONENT, name), value) for name, value in told))

    return await prepared(
        scope,
        desk,
        options,
        mutation="webPaymentSet",
        target=Target(station_id),
        values={"template": template, "validity": draft.validity_s, "length": draft.length},
        prepare=prepare,
    )


@refusing
async def verify(*, scope: Scope, desk: Desk, url: str, lock_s: int | None, options: Options) -> Scanned:
    """Whose code a scanned URL carries; with ``lock_s`` the station waits that long for the payment.

    Refuses TOKEN_REFUSED for a code that is not valid now, LIMIT_EXCEEDED after too many wrong ones, and NOT_FOUND.
    """
    scope.require(Permission.COMMANDS_SEND)
    if len(url) > 2 * _URL_MAX:
        raise invalid("That is no URL of a station.", "url")
    if lock_s is not None and not 1 <= lock_s <= _LOCK_MAX_S:
        raise invalid(f"lockSeconds lies between 1 and {_LOCK_MAX_S}.", "lockSeconds")
    refusal: Refusal | None = None
    async with desk.database.transaction(scope.operator_key) as connection:
        # A wrong code must be counted, so what is refused for it is refused after the commit.
        found = _made_from(await web_payments.named(connection, scope, words(url)), url)
        if found is None:
            raise Refused(Refusal(ErrorCode.NOT_FOUND, "No station of yours has a code like this.", ("url",)))
        payment, values = found
        station = (await stations.by_keys(connection, scope, (payment.station_key,)))[payment.station_key]
        refusal = _judged(payment, values, station, desk)
        if refusal is not None and refusal.code is ErrorCode.TOKEN_REFUSED:
            await web_payments.count_failure(connection, station.key, at=desk.now())
    if refusal is not None:
        raise Refused(refusal)
    evse = _evse(station, values)
    told = None
    if lock_s is not None:
        body = NotifyWebPaymentStarted(0 if evse is None else evse.number, lock_s)
        sent = await ask(
            scope=scope, desk=desk, station_id=station.uuid, body=body, mutation="webPaymentVerify", options=options
        )
        if isinstance(sent, Refusal):
            raise Refused(sent)
        told = sent
    said = limits(url)
    return Scanned(station, evse, said.get("max_energy_wh"), said.get("max_time_s"), said.get("max_cost"), told)


def _made_from(known: list[WebPayment], url: str) -> tuple[WebPayment, dict[str, str]] | None:
    for payment in known:
        values = read(payment.url_template, url)
        if values is not None:
            return payment, values
    return None


def _judged(payment: WebPayment, values: dict[str, str], station: ChargingStation, desk: Desk) -> Refusal | None:
    at, subject = desk.now(), public_id(Prefix.STATION, station.uuid)
    if payment.throttled(at):
        message = "Too many wrong codes for this station. Wait a minute, then scan its code again."
        seconds = int(FAILURE_WINDOW.total_seconds())
        return Refusal(ErrorCode.LIMIT_EXCEEDED, message, ("url",), subject, retry_after_s=seconds)
    ours = values["chargingstationid"] == station.identity and values["version"] == VERSION
    code = values["totp"]
    if ours and is_valid(code, payment.shared_secret, at, validity_s=payment.validity_s, length=payment.length):
        return None
    message = "The code is not valid now. Scan the code that the station shows at this moment."
    return Refusal(ErrorCode.TOKEN_REFUSED, message, ("url",), subject)


def _evse(station: ChargingStation, values: dict[str, str]) -> Evse | None:
    """Refuses NOT_FOUND for an EVSE that the station does not have."""
    named = values.get("evse")
    if named is None or named == "0":
        return None
    found = next((one for one in station.evses if str(one.number) == named), None)
    if found is None:
        raise Refused(Refusal(ErrorCode.NOT_FOUND, f"The station has no EVSE {named[:20]}.", ("url",)))
    return found
