"""Who charges and who pays, pinned on a session as the token says when it begins."""

from app.domain.account import FIRST_LOOK
from app.domain.event import Arrival, TransactionPhase, TransactionReported
from app.domain.session import Session, evolve
from app.domain.station_state import StationState
from app.domain.token import Token
from app.inbox.batch import Batch

WATCH = "WATCH_ACCOUNT"
BY_CARD = "PAY_BY_CARD"  # of a driver whom no account pays for, if they saved a card


def paid_by(
    batch: Batch, station: StationState, arrival: Arrival, event: TransactionReported, session: Session, token: Token
) -> Session:
    """What its account limits is watched from now on."""
    standing = station.standings.get(token.key)
    if standing is not None and standing.is_bounded and event.phase is not TransactionPhase.ENDED:
        batch.owe(station, WATCH, due_at=arrival.received_at + FIRST_LOOK, session_key=session.key)
    started = event.phase is TransactionPhase.STARTED
    if started and token.driver_key is not None and token.account_key is None:
        batch.owe(station, BY_CARD, due_at=arrival.received_at, session_key=session.key)
    return evolve(
        session,
        driver_key=token.driver_key,
        account_key=token.account_key,
        cost_centre_key=None if standing is None else standing.cost_centre_key,
    )


def paid_by_nobody_known(session: Session, uid: str) -> Session:
    """Of a token that we do not know."""
    return evolve(session, token_key=None, token_uid=uid, driver_key=None, account_key=None, cost_centre_key=None)
