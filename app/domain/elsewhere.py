"""A driver who paid for one EVSE and plugged in at another one of the station: said on the step that waits for them."""

from dataclasses import replace

from app.domain.session import Session, SessionOrigin, SessionStatus, StepMark, StepName, StepState

PLUGGED_ELSEWHERE = "PLUGGED_ELSEWHERE"
_STEP = StepName.TRANSACTION_STARTED.value


def waits_for_its_plug(session: Session) -> bool:
    """Whether a driver without an account is awaited who has not plugged in."""
    return (
        session.status is SessionStatus.PENDING
        and session.origin is SessionOrigin.AD_HOC
        and session.evse_number is not None
        and StepName.CABLE_PLUGGED.value not in session.steps
        and _STEP in session.steps
        and session.steps[_STEP].state is StepState.WAITING
    )


def told_elsewhere(session: Session, evse_number: int, *, taken: bool) -> dict[str, StepMark] | None:
    """The steps once a plug of another EVSE is taken or free again; None when that changes nothing."""
    mark = session.steps[_STEP]
    if evse_number == session.evse_number or not waits_for_its_plug(session):
        return None
    words = f"A cable was plugged in at EVSE {evse_number}; EVSE {session.evse_number} is paid for."
    if taken:
        told = replace(mark, code=PLUGGED_ELSEWHERE, message=words)
    else:
        told = replace(mark, code=None, message=None) if mark.message == words else mark
    return None if told == mark else session.steps | {_STEP: told}
