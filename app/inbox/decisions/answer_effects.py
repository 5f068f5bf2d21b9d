"""What follows from a station's answer to a request, by the kind of request: one table.

Called for every answer, yes or no: ``command.answer_accepted``, ``answer_status`` and ``answer_raw`` say which.
"""

from collections.abc import Callable

from app.domain.event import Arrival
from app.domain.request import StationRequest, certificate, firmware, log, password
from app.domain.request.core import ChangeAvailability, StartTransaction
from app.domain.session import StepMark, StepName, StepState, evolve
from app.domain.station_state import CommandState, StationState
from app.inbox.batch import Batch
from app.inbox.decisions import desired, power_effects, record, security_profile, trust
from app.inbox.decisions.device_answers import DEVICE_EFFECTS

AnswerEffect = Callable[[Batch, StationState, Arrival, CommandState], None]


def _start(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    session = station.sessions.get(command.session_key or 0)
    if not command.answer_accepted or session is None:
        return
    mark = StepMark(StepState.DONE, arrival.received_at)
    steps = session.steps | {StepName.START_ACCEPTED.value: mark}
    batch.save_session(station, evolve(session, steps=steps, version=session.version + 1))


def _availability(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """What the charger agreed to is what we show, even when it will only do it after the running transaction."""
    body = command.body
    if not command.answer_accepted or not isinstance(body, ChangeAvailability):
        return
    for evse in station.evses.values():
        if body.evse in (None, evse.number) and evse.operative is not body.operative:
            evse.operative, evse.changed = body.operative, True


_EFFECTS: dict[type[StationRequest], AnswerEffect] = {
    StartTransaction: _start,
    ChangeAvailability: _availability,
    certificate.GetInstalledCertificateIds: trust.certificates_reported,
    certificate.DeleteCertificate: trust.certificate_deleted,
    certificate.CertificateSigned: trust.certificate_sent,
    firmware.UpdateFirmware: trust.firmware_answered,
    firmware.PublishFirmware: trust.firmware_answered,
    password.RotatePassword: trust.password_answered,
    log.GetLog: trust.log_answered,
    log.GetDiagnostics: trust.log_answered,
}
_BLOCKS = (_EFFECTS, DEVICE_EFFECTS, power_effects.EFFECTS, record.EFFECTS, security_profile.EFFECTS, desired.EFFECTS)
# One answer may tell several blocks something: a variable read is a variable kept, and perhaps a limit learnt.
ANSWER_EFFECTS: dict[type[StationRequest], tuple[AnswerEffect, ...]] = {
    kind: tuple(block[kind] for block in _BLOCKS if kind in block) for block in _BLOCKS for kind in block
}
