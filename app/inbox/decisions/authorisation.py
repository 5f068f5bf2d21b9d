"""Why a tap was accepted or refused: the rule and its source are kept for every one."""

from dataclasses import replace
from datetime import datetime
from typing import cast

from app.domain.account import objection as account_objection
from app.domain.answer import Answer, CertificateTokenAnswer, TokenAnswer
from app.domain.charger_tariff import charger_tariff, has_conditions
from app.domain.event import Arrival, TokenPresented
from app.domain.price_sign import price_text
from app.domain.quirk import Quirk
from app.domain.request.tariff import ChargerTariff
from app.domain.session import SessionStatus
from app.domain.station import OcppVersion
from app.domain.station_state import StationState
from app.domain.tariff import applicable
from app.domain.token import PAID_AT_TERMINAL, AuthorisationStatus, PresentedToken, Token, authorise, normalise_uid
from app.domain.trust_event import ContractPresented
from app.domain.typed_code import is_typed
from app.inbox.batch import Batch

_UID_MAX = 64
_DISPLAY_MAX = 512  # 2.0.1 MessageContentType.content
# Anybody may press a start button, or say that there was one: accepted (2.0.1 C02.FR.02) where the operator has one.
_ASKED_OF_NOBODY = "NoAuthorization"


def token_presented(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """Authorize (1.6 §4.1, 2.0.1 C01)."""
    event = cast(TokenPresented, arrival.event)
    answer, token = judge(batch, station, arrival, event.token)
    batch.journal(arrival)
    answer = replace(answer, allowed_transfer=_allowed_transfer(arrival, answer, token))
    if not station.shows_prices or answer.status is not AuthorisationStatus.ACCEPTED:
        return answer
    return replace(answer, price=_price(station, arrival, token), tariff=_own_tariff(station, arrival, token))


def _allowed_transfer(arrival: Arrival, answer: TokenAnswer, token: Token | None) -> tuple[str, ...]:
    """What the operator said of the token beforehand (2.1 Q01.FR.01); nothing is nothing said (FR.08)."""
    accepted = answer.status is AuthorisationStatus.ACCEPTED and arrival.version is OcppVersion.V21
    return token.allowed_energy_transfer if accepted and token is not None else ()


def _own_tariff(station: StationState, arrival: Arrival, token: Token | None) -> ChargerTariff | None:
    """The tariff of this driver's group (2.1 I08.FR.01); None where it depends on the plug, or cannot be said.

    Which EVSE is meant an Authorize does not say: a tariff of one is told where every EVSE has the same.
    """
    if arrival.version is not OcppVersion.V21 or token is None or token.group_id is None or not station.calculates:
        return None
    own = [one for one in station.assignments if one.token_group_id == token.group_id]
    at, place, group = arrival.received_at, station.location_key, token.group_id
    places = [evse.key for evse in station.evses.values()] if any(one.evse_key is not None for one in own) else [None]
    found = [
        applicable(own, station.tariffs.values(), at=at, location_key=place, evse_key=key, token_group_id=group)
        for key in places
    ]
    if len({None if one is None else one.key for one in found}) != 1:
        return None
    said = None if found[0] is None else charger_tariff(found[0])
    return None if said is None or (has_conditions(said) and not station.calculates_conditions) else said


def _price(station: StationState, arrival: Arrival, token: Token | None) -> str | None:
    """What charging here costs this driver (2.0.1 I01); None where it depends on the plug, which is not known yet."""
    if any(assignment.evse_key is not None for assignment in station.assignments):
        return None
    tariff = applicable(
        station.assignments,
        station.tariffs.values(),
        at=arrival.received_at,
        location_key=station.location_key,
        evse_key=None,
        token_group_id=None if token is None else token.group_id,
    )
    return None if tariff is None else price_text(tariff, longest=_DISPLAY_MAX)


def contract_presented(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """Authorize with a contract certificate (2.0.1 C07): both the token and the certificate must be good."""
    event = cast(ContractPresented, arrival.event)
    sound = event.certificate_status in (None, "Accepted")
    answer, token = judge(batch, station, arrival, event.token, objection=None if sound else "CONTRACT_CERTIFICATE")
    batch.journal(arrival)
    told = station.shows_prices and answer.status is AuthorisationStatus.ACCEPTED
    return CertificateTokenAnswer(
        answer.status,
        answer.group_id,
        answer.valid_until,
        tariff=_own_tariff(station, arrival, token) if told else None,
        allowed_transfer=_allowed_transfer(arrival, answer, token),
        certificate_status=event.certificate_status,
    )


def judge(
    batch: Batch,
    station: StationState,
    arrival: Arrival,
    presented: PresentedToken,
    *,
    objection: str | None = None,
) -> tuple[TokenAnswer, Token | None]:
    """Applies the local rules, and writes down which one decided."""
    token = station.tokens.get(presented.normalised)
    status, rule = authorise(token, at=arrival.received_at)
    if token is None and _asked_by_us(station, presented):
        status, rule = AuthorisationStatus.ACCEPTED, "ASKED_BY_US"
    if status is AuthorisationStatus.ACCEPTED and token is not None and not _is_charging(station, token):
        status, rule = account_objection(station.standings.get(token.key), location_key=station.location_key) or (
            status,
            rule,
        )
    if status is AuthorisationStatus.UNKNOWN and presented.ocpp_type == PAID_AT_TERMINAL:
        status, rule = _at_terminal(station)
    if presented.ocpp_type == _ASKED_OF_NOBODY:
        status, rule = _by_nobody(batch, station, arrival)
    if status is AuthorisationStatus.UNKNOWN and is_typed(presented.ocpp_type):
        status = AuthorisationStatus.INVALID  # 2.0.1 C04.FR.01: there is no card to be unknown
    if objection is not None:
        status, rule = AuthorisationStatus.INVALID, objection
    kept = batch.kept_uid(station, presented)
    batch.writes.authorisations.append(
        {
            "operator_key": station.operator_key,
            "location_key": station.location_key,
            "station_key": station.key,
            "token_key": None if token is None else token.key,
            "at": arrival.received_at,
            "presented_uid": (presented.uid if kept == presented.normalised else kept)[:_UID_MAX],
            "decision": status,
            "rule": rule,
            "source": arrival.action,
            "took_ms": max(0, round((batch.at - arrival.received_at).total_seconds() * 1000)),
        }
    )
    if token is not None and status is AuthorisationStatus.ACCEPTED:
        batch.writes.tokens_used[token.key] = arrival.received_at
    return TokenAnswer(
        status,
        None if token is None else token.group_id,
        None if token is None else _good_until(station, arrival, token),
    ), token


def _good_until(station: StationState, arrival: Arrival, token: Token) -> datetime | None:
    """Until when a station may keep what it heard: of a prepaid account not at all (2.1 C17.FR.01, .02).

    In 1.6 the same field says when the card itself ends, so there it stays the card's own.
    """
    standing = station.standings.get(token.key)
    if standing is None or not standing.prepaid or arrival.version is OcppVersion.V16:
        return token.valid_until
    return arrival.received_at


def _is_charging(station: StationState, token: Token) -> bool:
    """Whoever charges already may show the card to end it: limits are for starts, and end what runs by themselves."""
    return any(
        session.status is SessionStatus.ACTIVE and session.token_key == token.key
        for session in station.sessions.values()
    )


def _by_nobody(batch: Batch, station: StationState, arrival: Arrival) -> tuple[AuthorisationStatus, str]:
    if station.accepts_no_authorization:
        return AuthorisationStatus.ACCEPTED, "NO_AUTHORISATION"
    batch.met(station.operator_key, station.key, (Quirk.START_BY_NOBODY.value,), arrival.received_at)
    station.problems_added += 1
    batch.touch(station, news=False)
    return AuthorisationStatus.INVALID, "NO_AUTHORISATION_NOT_ALLOWED"


def _at_terminal(station: StationState) -> tuple[AuthorisationStatus, str]:
    """The terminal has the money (2.1 C18.FR.04): ours is to say whether it may be taken there."""
    if station.accepts_direct_payment:
        return AuthorisationStatus.ACCEPTED, "DIRECT_PAYMENT"
    return AuthorisationStatus.INVALID, "DIRECT_PAYMENT_NOT_ALLOWED"


def _asked_by_us(station: StationState, presented: PresentedToken) -> bool:
    """A start that we sent carries a uid of our making; the charger may ask whether it is good.

    Also one made for a token whose own uid the charger cannot take; a token's own uid is judged as that token.
    """
    return any(
        session.remote_start_id is not None
        and session.token_uid is not None
        and normalise_uid(session.token_uid) == presented.normalised
        for session in station.sessions.values()
    )
