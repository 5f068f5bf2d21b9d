"""OCPP 2.0.1 and 2.1 requests of a charging station as facts."""

from dataclasses import replace
from datetime import datetime

import orjson

from app.domain.event import (
    Booted,
    DataTransferred,
    HeartbeatSent,
    MeterReported,
    StationEvent,
    StatusReported,
    TokenPresented,
    TransactionPhase,
    TransactionReported,
)
from app.domain.meter import Reading, Sample, reading
from app.domain.signed_meter import SignedValue
from app.domain.station import ChargingState, ConnectorStatus
from app.domain.station_cost import DIMENSIONS_MAX, PERIODS_MAX, CostDetails
from app.domain.token import PresentedToken
from app.domain.transaction_limit import TransactionLimit
from app.domain.trust_event import ContractPresented
from gateway.dialect import Payload, Translate
from gateway.fields import long_text, part, parts, positive, sample, text, whole
from gateway.ocpp2 import unwire
from gateway.ocpp2.trust_inbound import ocsp_request
from gateway.signed_values import signed_value
from gateway.tolerance import Problems, parse_time

_CHAIN_LENGTH = 10_000  # 2.1; 2.0.1 allows 5,500
PHASES = {"Started": TransactionPhase.STARTED, "Updated": TransactionPhase.UPDATED, "Ended": TransactionPhase.ENDED}
STATUSES = {
    "Available": ConnectorStatus.AVAILABLE,
    "Occupied": ConnectorStatus.OCCUPIED,
    "Reserved": ConnectorStatus.RESERVED,
    "Unavailable": ConnectorStatus.UNAVAILABLE,
    "Faulted": ConnectorStatus.FAULTED,
}
CHARGING_STATES = {
    "EVConnected": ChargingState.EV_CONNECTED,
    "Charging": ChargingState.CHARGING,
    "SuspendedEV": ChargingState.SUSPENDED_EV,
    "SuspendedEVSE": ChargingState.SUSPENDED_EVSE,
    "Idle": ChargingState.IDLE,
}


def _boot(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    station = part(payload, "chargingStation")
    modem = part(station, "modem")
    return Booted(
        vendor=text(station, "vendorName") or "",
        model=text(station, "model") or "",
        serial_number=text(station, "serialNumber"),
        firmware_version=text(station, "firmwareVersion"),
        reason=text(payload, "reason"),
        iccid=text(modem, "iccid"),
        imsi=text(modem, "imsi"),
    )


def _heartbeat(_payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return HeartbeatSent()


def _status(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    status = STATUSES.get(text(payload, "connectorStatus") or "")
    if status is None:
        # Nobody may be sent to a plug whose state is not understood.
        problems.note("UNKNOWN_STATUS: connectorStatus is not one of 2.0.1, taken as Unavailable")
        status = ConnectorStatus.UNAVAILABLE
    evse = positive(payload, "evseId")
    return StatusReported(
        evse=evse,
        connector=None if evse is None else positive(payload, "connectorId"),
        status=status,
        occurred_at=parse_time(text(payload, "timestamp"), problems),
    )


def _token(payload: Payload) -> PresentedToken | None:
    token = payload.get("idToken")
    if not isinstance(token, dict):
        return None
    uid = token.get("idToken")
    return PresentedToken(uid if isinstance(uid, str) else "", text(token, "type") or "ISO14443")


def _authorize(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    token = _token(payload)
    if token is None:
        problems.note("INCOMPLETE: idToken is missing")
    presented = token or PresentedToken("")
    certificate = long_text(payload, "certificate", _CHAIN_LENGTH)
    names = tuple(ocsp_request(entry) for entry in parts(payload, "iso15118CertificateHashData")[:4])
    if certificate is None and not names:
        return TokenPresented(presented)
    return ContractPresented(presented, certificate=certificate, hash_data=names)


def _samples(value: Payload) -> tuple[list[Sample], bool]:
    """The samples, and whether one of them is signed: nearly no meter signs."""
    found: list[Sample] = []
    sealed = False
    for entry in parts(value, "sampledValue"):
        measure = entry.get("unitOfMeasure")
        found.append(
            sample(entry, measure.get("unit"), measure.get("multiplier", 0)) if measure else sample(entry, None, 0)
        )
        if "signedMeterValue" in entry:
            sealed = True
    return found, sealed


def _signed(value: Payload, at: datetime, problems: Problems) -> list[SignedValue]:
    signed = ((entry, part(entry, "signedMeterValue")) for entry in parts(value, "sampledValue"))
    return [one for entry, said in signed for one in signed_value(entry, said, at, problems)]


def _readings(
    payload: Payload, received_at: datetime, problems: Problems, signed: list[SignedValue]
) -> tuple[Reading, ...]:
    """One reading per MeterValue that says anything; ours is the time when theirs cannot be read."""
    found: list[Reading] = []
    for value in parts(payload, "meterValue"):
        samples, sealed = _samples(value)
        if not samples:
            continue
        at = parse_time(text(value, "timestamp"), problems, "meter timestamp") or received_at
        if sealed:
            signed += _signed(value, at, problems)
        one, complaints = reading(at, samples)
        problems.note_all(complaints)
        found.append(one)
    return tuple(found)


def _meter_values(payload: Payload, received_at: datetime, problems: Problems) -> StationEvent:
    return MeterReported(positive(payload, "evseId"), _readings(payload, received_at, problems, []))


def _transaction(payload: Payload, received_at: datetime, problems: Problems) -> StationEvent:
    phase = PHASES.get(claimed := text(payload, "eventType") or "") or PHASES.get(claimed.capitalize())
    if phase is None:
        # An update neither opens nor closes anything: the harmless reading of an unreadable phase.
        problems.note("UNKNOWN_STATUS: eventType is not readable, taken as Updated")
        phase = TransactionPhase.UPDATED
    info = part(payload, "transactionInfo")
    transaction_id = text(info, "transactionId")
    if transaction_id is None:
        problems.note("INCOMPLETE: transactionId is missing")
    seq_no = whole(payload, "seqNo")
    if seq_no is None or seq_no < 0:
        problems.note("INCOMPLETE: seqNo is missing or out of range")
        seq_no = None
    evse = part(payload, "evse")
    state = text(info, "chargingState")
    signed: list[SignedValue] = []
    readings = _readings(payload, received_at, problems, signed)
    return TransactionReported(
        phase=phase,
        transaction_id=transaction_id,
        seq_no=seq_no,
        occurred_at=parse_time(text(payload, "timestamp"), problems),
        trigger=text(payload, "triggerReason") or "",
        evse=positive(evse, "id"),
        connector=positive(evse, "connectorId"),
        token=_token(payload),
        charging_state=None if state is None else CHARGING_STATES.get(state),
        # 2.0.1: stoppedReason may be omitted when it is Local.
        stop_reason=text(info, "stoppedReason") or ("Local" if phase is TransactionPhase.ENDED else None),
        offline=payload.get("offline") is True,
        # Both are numbers of ours, drawn from one sequence: a promise is found by either.
        remote_start_id=whole(info, "remoteStartId") or positive(payload, "reservationId"),
        readings=readings,
        signed=tuple(signed),
        limit=_limit(info, problems) if "transactionLimit" in info else None,
        cost=_cost(payload, problems) if "costDetails" in payload else None,
    )


def _limit(info: Payload, problems: Problems) -> TransactionLimit | None:
    return unwire.value(TransactionLimit, info.get("transactionLimit"), problems)


def _cost(payload: Payload, problems: Problems) -> CostDetails | None:
    found = unwire.value(CostDetails, payload.get("costDetails"), problems)
    if found is None:
        return None
    if len(found.charging_periods) > PERIODS_MAX:
        problems.note(f"costDetails has more than {PERIODS_MAX} periods; the first are kept")
    periods = (replace(one, dimensions=one.dimensions[:DIMENSIONS_MAX]) for one in found.charging_periods[:PERIODS_MAX])
    return replace(found, charging_periods=tuple(periods))


def _data_transfer(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    data = payload.get("data")
    return DataTransferred(
        vendor_id=text(payload, "vendorId") or "",
        message_id=text(payload, "messageId"),
        data=None if data is None else orjson.dumps(data).decode(),
    )


INBOUND: dict[str, Translate] = {
    "BootNotification": _boot,
    "Heartbeat": _heartbeat,
    "StatusNotification": _status,
    "Authorize": _authorize,
    "TransactionEvent": _transaction,
    "MeterValues": _meter_values,
    "DataTransfer": _data_transfer,
}
BILLING = frozenset({"TransactionEvent", "MeterValues"})
