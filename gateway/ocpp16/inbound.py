"""OCPP 1.6 requests of a charge point as facts in the words of 2.0.1.

Connector n is EVSE n connector 1, connector 0 the station. Nine statuses become connector status plus charging state.
Start, stop and metered values become transaction events whose register readings carry meterStart and meterStop.
"""

import hashlib
from datetime import datetime

import orjson
from ocpp.v16.enums import ChargePointErrorCode

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
from app.domain.meter import Reading, ReadingContext, Sample, reading
from app.domain.signed_meter import SignedValue
from app.domain.station import ChargingState, ConnectorStatus
from app.domain.token import PresentedToken
from gateway.dialect import Payload, Translate
from gateway.fields import parts, positive, register, sample, text
from gateway.signed_values import signed_text
from gateway.tolerance import Problems, parse_time

# 1.6 §4.9 status -> (2.0.1 connector status, what it adds about the charging state).
STATUSES: dict[str, tuple[ConnectorStatus, ChargingState | None]] = {
    "Available": (ConnectorStatus.AVAILABLE, None),
    "Preparing": (ConnectorStatus.OCCUPIED, ChargingState.EV_CONNECTED),
    "Charging": (ConnectorStatus.OCCUPIED, ChargingState.CHARGING),
    "SuspendedEV": (ConnectorStatus.OCCUPIED, ChargingState.SUSPENDED_EV),
    "SuspendedEVSE": (ConnectorStatus.OCCUPIED, ChargingState.SUSPENDED_EVSE),
    "Finishing": (ConnectorStatus.OCCUPIED, ChargingState.EV_CONNECTED),
    "Reserved": (ConnectorStatus.RESERVED, None),
    "Unavailable": (ConnectorStatus.UNAVAILABLE, None),
    "Faulted": (ConnectorStatus.FAULTED, None),
}
_STATUS_BY_LOWER_CASE = {name.lower(): pair for name, pair in STATUSES.items()}

ERROR_CODES = frozenset(code.value for code in ChargePointErrorCode)
# What moves a 2.0.1 station to send the same thing, by the reading context that says why it was sampled.
_TRIGGERS = {"Sample.Clock": "MeterValueClock", "Trigger": "Trigger"}
_STOP_TRIGGERS = {
    "EVDisconnected": "EVCommunicationLost",
    "Remote": "RemoteStop",
    "DeAuthorized": "Deauthorized",
    "UnlockCommand": "UnlockCommand",
    "HardReset": "ResetCommand",
    "SoftReset": "ResetCommand",
    "EmergencyStop": "AbnormalCondition",
    "PowerLoss": "AbnormalCondition",
    "Reboot": "AbnormalCondition",
}


def _boot(payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return Booted(
        vendor=text(payload, "chargePointVendor") or "",
        model=text(payload, "chargePointModel") or "",
        # chargeBoxSerialNumber is deprecated by 1.6 §6.7 and still the only one some chargers send.
        serial_number=text(payload, "chargePointSerialNumber") or text(payload, "chargeBoxSerialNumber"),
        firmware_version=text(payload, "firmwareVersion"),
        iccid=text(payload, "iccid"),
        imsi=text(payload, "imsi"),
    )


def _heartbeat(_payload: Payload, _received_at: datetime, _problems: Problems) -> StationEvent:
    return HeartbeatSent()


def _status(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    claimed = text(payload, "status") or ""
    pair = STATUSES.get(claimed) or _STATUS_BY_LOWER_CASE.get(claimed.lower())
    if pair is None:
        # Nobody may be sent to a plug whose state is not understood.
        problems.note("UNKNOWN_STATUS: status is not one of 1.6, taken as Unavailable")
        pair = (ConnectorStatus.UNAVAILABLE, None)
    code = text(payload, "errorCode")
    vendor_code = text(payload, "vendorErrorCode")
    if code is not None and code not in ERROR_CODES and code != "NoError":
        vendor_code = vendor_code or code
        code = "OtherError"
    evse = positive(payload, "connectorId")
    return StatusReported(
        evse=evse,
        connector=None if evse is None else 1,
        status=pair[0],
        charging_state=pair[1],
        error_code=None if code == "NoError" else code,
        vendor_error_code=vendor_code,
        info=text(payload, "info"),
        occurred_at=parse_time(text(payload, "timestamp"), problems),
    )


def _authorize(payload: Payload, _received_at: datetime, problems: Problems) -> StationEvent:
    return TokenPresented(_token(payload, problems) or PresentedToken(""))


def _token(payload: Payload, problems: Problems) -> PresentedToken | None:
    uid = text(payload, "idTag")
    if uid is None:
        problems.note("INCOMPLETE: idTag is empty")
        return None
    return PresentedToken(uid)


def _readings(
    payload: Payload, name: str, received_at: datetime, problems: Problems, signed: list[SignedValue]
) -> list[Reading]:
    """One reading per MeterValue that says anything; ours is the time when theirs cannot be read."""
    found: list[Reading] = []
    for value in parts(payload, name):
        raw = parts(value, "sampledValue")
        plain = [entry for entry in raw if entry.get("format") != "SignedData"]
        if not raw:
            continue
        at = parse_time(text(value, "timestamp"), problems, "meter timestamp") or received_at
        if len(plain) < len(raw):
            sealed = (entry for entry in raw if entry.get("format") == "SignedData")
            signed += [one for entry in sealed for one in signed_text(entry, at, problems)]
        if not plain:
            continue
        samples: list[Sample] = [sample(entry, entry.get("unit"), 0) for entry in plain]
        one, complaints = reading(at, samples)
        problems.note_all(complaints)
        found.append(one)
    return found


def _meter_values(payload: Payload, received_at: datetime, problems: Problems) -> StationEvent:
    evse = positive(payload, "connectorId")
    transaction = positive(payload, "transactionId")
    signed: list[SignedValue] = []
    readings = tuple(_readings(payload, "meterValue", received_at, problems, signed))
    # Who says "none" at an EVSE (0, -1, null) means the running one, if there is one; who says nothing does not.
    if transaction is None and (evse is None or "transactionId" not in payload):
        if signed:
            problems.note("signed meter data outside a transaction is kept in the frame only")
        return MeterReported(evse, readings)
    return TransactionReported(
        phase=TransactionPhase.UPDATED,
        transaction_id=None if transaction is None else str(transaction),
        seq_no=None,
        occurred_at=readings[-1].at if readings else None,
        trigger=_TRIGGERS.get(readings[-1].context, "MeterValuePeriodic") if readings else "MeterValuePeriodic",
        evse=evse,
        connector=None if evse is None else 1,
        readings=readings,
        signed=tuple(signed),
    )


def _start(payload: Payload, received_at: datetime, problems: Problems) -> StationEvent:
    evse = positive(payload, "connectorId")
    occurred_at = parse_time(text(payload, "timestamp"), problems)
    wh = register(payload, "meterStart")
    if wh is None:
        problems.note("BAD_READING: meterStart is no register value")
    begin = Reading(occurred_at or received_at, energy_wh=wh, context=ReadingContext.BEGIN.value)
    return TransactionReported(
        phase=TransactionPhase.STARTED,
        transaction_id=None,
        seq_no=None,
        occurred_at=occurred_at,
        trigger="Authorized",
        evse=evse,
        connector=None if evse is None else 1,
        token=_token(payload, problems),
        # A reservation it keeps; 0 is how some write "none" (quirk 52).
        remote_start_id=positive(payload, "reservationId"),
        # Nothing says yet that energy flows; the status that follows will.
        readings=() if wh is None else (begin,),
        identity=_identity(payload, "connectorId", "idTag", "timestamp", "meterStart"),
    )


def _stop(payload: Payload, received_at: datetime, problems: Problems) -> StationEvent:
    transaction = positive(payload, "transactionId")
    occurred_at = parse_time(text(payload, "timestamp"), problems)
    reason = text(payload, "reason") or "Local"  # 1.6 §7.36: Local when absent
    signed: list[SignedValue] = []
    readings = _readings(payload, "transactionData", received_at, problems, signed)
    wh = register(payload, "meterStop")
    if wh is None:
        problems.note("BAD_READING: meterStop is no register value")
    else:
        readings.append(Reading(occurred_at or received_at, energy_wh=wh, context=ReadingContext.END.value))
    return TransactionReported(
        phase=TransactionPhase.ENDED,
        transaction_id=None if transaction is None else str(transaction),
        seq_no=None,
        occurred_at=occurred_at,
        trigger=_STOP_TRIGGERS.get(reason, "StopAuthorized"),
        token=PresentedToken(uid) if (uid := text(payload, "idTag")) else None,
        stop_reason=reason,
        readings=tuple(readings),
        identity=_identity(payload, "idTag", "timestamp", "meterStop") if transaction is None else None,
        signed=tuple(signed),
    )


def _identity(payload: Payload, *names: str) -> str:
    """The business key: a digest of the values exactly as sent, so that a repeat is recognised and nothing else is.

    A digest, because an idTag may be a code that somebody typed in.
    """
    said = orjson.dumps([payload.get(name) for name in names])
    return hashlib.blake2b(said, digest_size=16).hexdigest()


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
    "StartTransaction": _start,
    "StopTransaction": _stop,
    "MeterValues": _meter_values,
    "DataTransfer": _data_transfer,
}
BILLING = frozenset({"StartTransaction", "StopTransaction", "MeterValues"})
