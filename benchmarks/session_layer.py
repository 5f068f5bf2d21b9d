"""CPU of the session layer alone: framing, validation, translation, answer; no socket, no database."""

import time
from datetime import UTC, datetime

import orjson

from app.domain.answer import Acknowledged, Answer, HeartbeatAnswer, TransactionAnswer
from app.domain.event import Arrival, Frame
from app.domain.station import OcppVersion
from benchmarks.figure import Figure, middle
from benchmarks.load import Station, Tally
from gateway.dialect import Dialect
from gateway.rpc import Call, read, write_result
from gateway.schemas import Direction, validator
from gateway.server import DIALECTS
from gateway.tolerance import Problems, journal_text, repair

_ROUNDS, _MESSAGES = 7, 3000
_AIM_US = 30.0


def _transaction_event(samples: list[dict[str, object]]) -> dict[str, object]:
    values = [
        {
            "value": float(str(sample["value"])),
            "measurand": sample["measurand"],
            "context": "Sample.Periodic",
            "location": "Outlet",
            "unitOfMeasure": {"unit": sample["unit"], "multiplier": 0},
        }
        | ({"phase": sample["phase"]} if "phase" in sample else {})
        for sample in samples
        if sample["measurand"] != "Power.Offered"
    ]
    return {
        "eventType": "Updated",
        "timestamp": "2026-05-04T12:00:00.000Z",
        "triggerReason": "MeterValuePeriodic",
        "seqNo": 5,
        "transactionInfo": {"transactionId": "0b0b0b0b-1111-2222-3333-444444444444", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": "2026-05-04T12:00:00.000Z", "sampledValue": values}],
    }


def _once(raw: bytes, dialect: Dialect, answer: Answer) -> Frame:
    """What a connection does with one call, without its socket and its inbox."""
    at = datetime.now(UTC)
    call = read(raw, dialect.version)
    assert isinstance(call, Call)
    problems = Problems(call.problems)
    schema = validator(dialect.version, call.action, Direction.REQUEST)
    if not schema.is_valid(call.payload):
        repair(call.payload, schema, problems, salvage=True)
    event = dialect.inbound[call.action](call.payload, at, problems)
    Arrival(
        1, 1, 1, dialect.version, at, event, call.message_id, call.action, journal_text(raw), False, tuple(problems)
    )
    text = write_result(call.message_id, dialect.answers[call.action](answer))
    return Frame(1, 1, at, False, call.message_id, call.action, text, (), 1)


def _measure(
    name: str, version: OcppVersion, action: str, payload: object, answer: Answer, aim: float | None
) -> Figure:
    raw = orjson.dumps([2, "0b0b0b0b-1111-2222-3333-444444444444", action, payload])
    dialect = DIALECTS[version]
    rounds = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(_MESSAGES):
            _once(raw, dialect, answer)
        rounds.append((time.process_time() - began) / _MESSAGES * 1e6)
    return Figure(name, middle(rounds), "µs CPU", at_most=aim, note=f"{len(raw):,} bytes")


def measure() -> list[Figure]:
    station = Station(Tally(), paced=True)
    _, meter_values = station._message("M")
    samples = meter_values["meterValue"][0]["sampledValue"]  # type: ignore[index]
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Charging", "timestamp": "2026-05-04T12:00:00Z"}
    charged = TransactionAnswer("0b", None, 1234, "EUR")
    event = _transaction_event(samples)
    rows: tuple[tuple[str, OcppVersion, str, object, Answer, float | None], ...] = (
        ("MeterValues 1.6", OcppVersion.V16, "MeterValues", meter_values, Acknowledged(), _AIM_US),
        ("TransactionEvent 2.0.1", OcppVersion.V201, "TransactionEvent", event, charged, _AIM_US),
        ("TransactionEvent 2.1", OcppVersion.V21, "TransactionEvent", event, charged, _AIM_US),
        ("StatusNotification 1.6", OcppVersion.V16, "StatusNotification", status, Acknowledged(), None),
        ("Heartbeat 1.6", OcppVersion.V16, "Heartbeat", {}, HeartbeatAnswer(datetime.now(UTC)), None),
    )
    return [_measure(*row) for row in rows]
