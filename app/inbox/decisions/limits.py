"""The limits of a transaction: what the station says is kept, and what it must keep to it is told once (2.1 E16)."""

from app.domain.event import TransactionReported
from app.domain.money import minor_digits
from app.domain.session import Session, SessionStatus
from app.domain.station_state import SessionBounds, StationState
from app.domain.transaction_limit import TransactionLimit, least, to_tell
from app.inbox.batch import Batch
from app.inbox.decisions.power import on_session
from app.store.values import value_json

_NOTHING = SessionBounds()


def _major(amount_minor: int, currency: str) -> float:
    """Minor units in the currency's own unit, for a wire that knows no decimals: the nearest double prints alike."""
    digits = minor_digits(currency)
    return float(round(amount_minor / 10.0**digits, digits))


def limit_of(
    batch: Batch, station: StationState, event: TransactionReported, session: Session, *, repeat: bool
) -> TransactionLimit | None:
    """What the answer must carry. Nothing is known, and nothing said, of a message that begins no transaction.

    Whoever repeats a message did not hear its answer, and hears again what that said.
    """
    said = event.limit
    if said is None and not station.supported_limits:
        _all_told(batch, station)
        return None
    bounds = station.bounds.get(session.key, _NOTHING)
    told = None
    if session.status is SessionStatus.ACTIVE:
        wanted = _wanted(station, session, bounds)
        told = to_tell(
            wanted, supported=station.supported_limits, told=None if repeat else bounds.told, said=said or bounds.said
        )
    if told is not None:
        known = told if bounds.told is None else _over(bounds.told, told)
        on_session(batch, station, session, limit_told=value_json(known))
        station.bounds[session.key] = SessionBounds(
            bounds.energy_wh, bounds.cost_minor, bounds.soc_percent, bounds.duration_s, known, bounds.said
        )
        session = station.sessions[session.key]
    if said is not None and said.says_something:
        on_session(batch, station, session, limit_said=value_json(said))
    _all_told(batch, station)
    return told


def _all_told(batch: Batch, station: StationState) -> None:
    """Ticks off that a limit had changed, once no transaction here has anything left to hear."""
    if station.limits_due and not any(_fresh(station, session) for session in station.sessions.values()):
        station.limits_due = False
        batch.keep("station.limits_told", station.key, {"station_key": station.key})


def _fresh(station: StationState, session: Session) -> bool:
    bounds = station.bounds.get(session.key)
    if bounds is None or session.status is not SessionStatus.ACTIVE:
        return False
    wanted = _wanted(station, session, bounds)
    return to_tell(wanted, supported=station.supported_limits, told=bounds.told, said=bounds.said) is not None


def _wanted(station: StationState, session: Session, bounds: SessionBounds) -> TransactionLimit:
    """The driver's own target, what is held on the card, and what is left of a prepaid balance."""
    standing = station.standings.get(session.token_key or 0)
    prepaid = max(standing.left_minor(of=session.key), 0) if standing is not None and standing.prepaid else None
    costs = [
        TransactionLimit(max_cost=_major(minor, session.currency))
        for minor in (bounds.cost_minor, prepaid)
        if minor is not None and session.currency is not None
    ]
    target = TransactionLimit(max_energy=bounds.energy_wh, max_time=bounds.duration_s, max_so_c=bounds.soc_percent)
    return least(target, *costs)


def _over(before: TransactionLimit, fresh: TransactionLimit) -> TransactionLimit:
    """All that the station was told: the newest of each kind."""
    names = ("max_cost", "max_energy", "max_time", "max_so_c")
    newest = {name: getattr(fresh, name) for name in names}
    return TransactionLimit(
        **{name: getattr(before, name) if value is None else value for name, value in newest.items()}
    )
