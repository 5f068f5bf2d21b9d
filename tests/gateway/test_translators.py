"""Recorded frames become facts; answers and commands become payloads their schemas accept."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from app.domain.answer import (
    Acknowledged,
    Answer,
    BootAnswer,
    ChainRevocationAnswer,
    DataTransferAnswer,
    Decided,
    EvCertificateAnswer,
    HeartbeatAnswer,
    RevocationAnswer,
    TokenAnswer,
    TransactionAnswer,
)
from app.domain.certificate import CertificateHashData, ChainEntry, HashAlgorithm, OcspRequest
from app.domain.event import (
    Booted,
    DataTransferred,
    EventsNotified,
    HeartbeatSent,
    MeterReported,
    StationEvent,
    StatusReported,
    TokenPresented,
    TransactionPhase,
    TransactionReported,
)
from app.domain.meter import Reading
from app.domain.power_answer import DynamicScheduleAnswer, EvScheduleAnswer, NeedsAnswer, VatAnswer, no_plan
from app.domain.request.core import (
    SetVariables,
    StopTransaction,
    VariableName,
)
from app.domain.signed_meter import SignedValue
from app.domain.station import ChargingState, ConnectorStatus, OcppVersion, Registration
from app.domain.token import AuthorisationStatus, PresentedToken
from gateway.dialect import Inexpressible
from gateway.ocpp2 import power_inbound
from gateway.ocpp16.inbound import STATUSES
from gateway.schemas import Direction, known_actions, validator
from gateway.server import DIALECTS
from gateway.tolerance import Problems, repair

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
AT = datetime(2026, 5, 4, 11, 59, 30, tzinfo=UTC)
STAMP = "2026-05-04T11:59:30Z"


def told(version: OcppVersion, action: str, payload: dict[str, Any]) -> tuple[StationEvent, list[str]]:
    """The event of one request the way a connection makes it."""
    dialect = DIALECTS[version]
    problems = Problems()
    schema = validator(version, action, Direction.REQUEST)
    if not schema.is_valid(payload):
        repair(payload, schema, problems, salvage=action in dialect.billing)
    return dialect.inbound[action](payload, NOW, problems), list(problems)


def test_boot_in_both_models() -> None:
    assert told(
        V16,
        "BootNotification",
        {"chargePointVendor": "Ada", "chargePointModel": "One", "chargeBoxSerialNumber": "S1", "iccid": "89"},
    ) == (Booted("Ada", "One", "S1", None, None, "89", None), [])
    assert told(
        V201,
        "BootNotification",
        {
            "reason": "PowerUp",
            "chargingStation": {"vendorName": "Ada", "model": "One", "firmwareVersion": "1.2", "modem": {"imsi": "26"}},
        },
    ) == (Booted("Ada", "One", None, "1.2", "PowerUp", None, "26"), [])


@pytest.mark.parametrize(("status", "expected"), list(STATUSES.items()))
def test_nine_statuses_of_1_6(status: str, expected: tuple[ConnectorStatus, ChargingState | None]) -> None:
    payload = {"connectorId": 2, "errorCode": "NoError", "status": status, "timestamp": STAMP}
    assert told(V16, "StatusNotification", payload) == (
        StatusReported(2, 1, expected[0], expected[1], None, None, None, AT),
        [],
    )


def test_connector_0_is_the_station_and_odd_codes_are_kept() -> None:
    event, problems = told(
        V16, "StatusNotification", {"connectorId": 0, "errorCode": "Error", "status": "Faulted", "info": "x" * 80}
    )
    assert event == StatusReported(None, None, ConnectorStatus.FAULTED, None, "OtherError", "Error", "x" * 80, None)
    assert sorted(problems) == ["BREAKS_SCHEMA: errorCode violates enum", "BREAKS_SCHEMA: info violates maxLength"]


def test_status_in_2_x() -> None:
    payload = {"timestamp": STAMP, "connectorStatus": "Occupied", "evseId": 2, "connectorId": 1}
    assert told(V21, "StatusNotification", payload)[0] == StatusReported(2, 1, ConnectorStatus.OCCUPIED, occurred_at=AT)
    payload["evseId"] = 0
    assert told(V201, "StatusNotification", payload)[0] == StatusReported(
        None, None, ConnectorStatus.OCCUPIED, occurred_at=AT
    )


def test_authorize_keeps_the_text() -> None:
    assert told(V16, "Authorize", {"idTag": "ab:cd"}) == (TokenPresented(PresentedToken("ab:cd")), [])
    token = {"idToken": "DE*ABC", "type": "eMAID"}
    assert told(V201, "Authorize", {"idToken": token}) == (TokenPresented(PresentedToken("DE*ABC", "eMAID")), [])


def test_start_of_1_6() -> None:
    payload = {"connectorId": 1, "idTag": "TAG", "meterStart": 1500, "timestamp": STAMP, "reservationId": 0}
    event, problems = told(V16, "StartTransaction", payload)
    assert event == TransactionReported(
        TransactionPhase.STARTED,
        None,
        None,
        AT,
        "Authorized",
        1,
        1,
        PresentedToken("TAG"),
        readings=(Reading(AT, energy_wh=1500, context="Transaction.Begin"),),
        identity=digest('[1,"TAG","2026-05-04T11:59:30Z",1500]'),
    )
    assert problems == []


def digest(said: str) -> str:
    """A business key is kept as a digest: an idTag may be a code."""
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


@pytest.mark.parametrize(
    ("transaction", "known", "identity"),
    [
        (7, "7", None),
        (-1, None, '["TAG","2026-05-04T11:59:30Z",2500]'),
        (0, None, '["TAG","2026-05-04T11:59:30Z",2500]'),
    ],
)
def test_stop_of_1_6(transaction: int, known: str | None, identity: str | None) -> None:
    event, problems = told(
        V16,
        "StopTransaction",
        {
            "transactionId": transaction,
            "idTag": "TAG",
            "meterStop": 2500,
            "timestamp": STAMP,
            "reason": "EVDisconnected",
            "transactionData": [
                {"timestamp": STAMP, "sampledValue": [{"value": "2400", "context": "Sample.Periodic"}]},
                {"timestamp": STAMP, "sampledValue": [{"value": "QUJD", "format": "SignedData"}]},
            ],
        },
    )
    assert event == TransactionReported(
        TransactionPhase.ENDED,
        known,
        None,
        AT,
        "EVCommunicationLost",
        token=PresentedToken("TAG"),
        stop_reason="EVDisconnected",
        readings=(Reading(AT, energy_wh=2400), Reading(AT, energy_wh=2500, context="Transaction.End")),
        identity=None if identity is None else digest(identity),
        signed=(SignedValue(AT, "Sample.Periodic", "Energy.Active.Import.Register", "", "QUJD"),),
    )
    assert problems == []


def test_a_stop_without_a_usable_register_or_time_still_ends() -> None:
    event, problems = told(V16, "StopTransaction", {"transactionId": 7, "meterStop": -1, "timestamp": "yesterday"})
    assert isinstance(event, TransactionReported)
    assert (event.occurred_at, event.readings, event.stop_reason) == (None, (), "Local")
    assert problems == ["BAD_TIME: timestamp is not readable", "BAD_READING: meterStop is no register value"]


def test_meter_values_of_1_6_with_and_without_a_transaction() -> None:
    values = [
        {
            "timestamp": "2026-05-04T13:59:30+02:00",
            "sampledValue": [
                {"value": "1.5", "unit": "kWh"},
                {"value": "", "measurand": "SoC"},
                {"value": "16000", "measurand": "Current.Import.L2", "unit": "mA"},
                {"value": "231.5", "measurand": "Voltage", "phase": "L1-N", "unit": "V"},
                {"value": 50, "measurand": "Frequency", "unit": "Hz"},
                {"value": "7.4", "measurand": "Power.Active.Import", "unit": "kw"},
            ],
        }
    ]
    expected = Reading(AT, 1500, 7400, (None, 16000, None), (231500, None, None))
    event, problems = told(V16, "MeterValues", {"connectorId": 1, "transactionId": 9, "meterValue": values})
    assert event == TransactionReported(
        TransactionPhase.UPDATED, "9", None, AT, "MeterValuePeriodic", 1, 1, readings=(expected,)
    )
    assert any("SoC" in text for text in problems)
    assert any("enum" in text for text in problems)
    assert any("read as string" in text for text in problems)
    for none in ({}, {"transactionId": 0}, {"transactionId": -1}, {"transactionId": None}):
        event, _ = told(V16, "MeterValues", {"connectorId": 0, "meterValue": values, **none})
        assert event == MeterReported(None, (expected,))


def full_event(**changes: Any) -> dict[str, Any]:
    return {
        "eventType": "Ended",
        "timestamp": STAMP,
        "triggerReason": "RemoteStop",
        "seqNo": 4,
        "offline": True,
        "reservationId": 3,
        "transactionInfo": {
            "transactionId": "tx-1",
            "chargingState": "Idle",
            "stoppedReason": "Remote",
            "remoteStartId": 11,
        },
        "evse": {"id": 2, "connectorId": 1},
        "idToken": {"idToken": "TAG", "type": "ISO14443"},
        "customData": {"vendorId": "x", "anything": [1]},
        "meterValue": [
            {
                "timestamp": STAMP,
                "sampledValue": [
                    {"value": 12.5, "unitOfMeasure": {"unit": "kWh"}, "context": "Transaction.End"},
                    {"value": 22, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W", "multiplier": 3}},
                ],
            }
        ],
        **changes,
    }


@pytest.mark.parametrize("version", [V201, V21])
def test_transaction_event(version: OcppVersion) -> None:
    event, problems = told(version, "TransactionEvent", full_event())
    assert event == TransactionReported(
        TransactionPhase.ENDED,
        "tx-1",
        4,
        AT,
        "RemoteStop",
        2,
        1,
        PresentedToken("TAG"),
        ChargingState.IDLE,
        "Remote",
        True,
        11,
        (Reading(AT, 12500, 22000),),
    )
    assert problems == []


def test_a_damaged_transaction_event_is_read_as_far_as_it_goes() -> None:
    event, problems = told(
        V201,
        "TransactionEvent",
        full_event(
            eventType="ended",
            seqNo="5",
            timestamp="2026-05-04T11:59:30",
            offline="true",
            evse=[],
            idToken={"type": "ISO14443"},
            transactionInfo={"transactionId": 17},
            meterValue=[
                {"timestamp": STAMP, "sampledValue": [{"value": "1000"}, {"value": None}, {}, "noise"]},
                {"sampledValue": [{"value": 5}]},
                {"timestamp": STAMP, "sampledValue": "none"},
            ],
            unknownThing=1,
        ),
    )
    assert isinstance(event, TransactionReported)
    assert (event.phase, event.transaction_id, event.seq_no) == (TransactionPhase.ENDED, "17", 5)
    assert (event.occurred_at, event.offline, event.evse, event.token) == (AT, True, None, None)
    assert event.readings == (Reading(AT, 1000),)
    assert "NO_TIME_ZONE: timestamp has no time zone, taken as UTC" in problems or len(problems) == 8


def test_an_empty_billing_message_is_still_a_fact() -> None:
    for version, action in ((V16, "StartTransaction"), (V16, "StopTransaction"), (V201, "TransactionEvent")):
        event, problems = told(version, action, {})
        assert isinstance(event, TransactionReported)
        assert problems


def test_notify_event_and_data_transfer() -> None:
    event, _ = told(
        V201,
        "NotifyEvent",
        {
            "generatedAt": STAMP,
            "seqNo": 0,
            "eventData": [
                {
                    "eventId": 5,
                    "timestamp": STAMP,
                    "trigger": "Alerting",
                    "actualValue": "true",
                    "eventNotificationType": "HardWiredMonitor",
                    "component": {"name": "Connector", "evse": {"id": 1}},
                    "variable": {"name": "Problem"},
                }
            ],
        },
    )
    assert isinstance(event, EventsNotified)
    assert (event.events[0].component, event.events[0].variable, event.events[0].evse) == ("Connector", "Problem", 1)
    assert told(V16, "DataTransfer", {"vendorId": "v", "data": '{"a":1}'})[0] == DataTransferred(
        "v", None, '"{\\"a\\":1}"'
    )
    assert told(V201, "DataTransfer", {"vendorId": "v", "messageId": "m", "data": {"a": 1}})[0] == DataTransferred(
        "v", "m", '{"a":1}'
    )
    assert told(V21, "Heartbeat", {})[0] == HeartbeatSent()


QUESTION = OcspRequest(CertificateHashData(HashAlgorithm.SHA256, "a", "b", "1"), "http://x")
ANSWERS: dict[str, tuple[Answer, ...]] = {
    "BootNotification": tuple(BootAnswer(registration, NOW, 300) for registration in Registration),
    "Heartbeat": (HeartbeatAnswer(NOW),),
    "StatusNotification": (Acknowledged(),),
    "Authorize": tuple(TokenAnswer(status, "GROUP" * n, NOW) for status in AuthorisationStatus for n in (0, 1, 5, 9)),
    "MeterValues": (Acknowledged(), TransactionAnswer("5", None, 5, "EUR")),
    **{
        action: (Acknowledged(),)
        for action in (
            "NotifyReport",
            "NotifyMonitoringReport",
            "NotifyCustomerInformation",
            "NotifyDisplayMessages",
            "OpenPeriodicEventStream",
            "ClosePeriodicEventStream",
        )
    },
    "SignCertificate": (Decided(True), Decided(False, "no" * 400)),
    "Get15118EVCertificate": (EvCertificateAnswer(None), EvCertificateAnswer("ZXhp")),
    "GetCertificateStatus": (RevocationAnswer(None), RevocationAnswer("ZGVy")),
    "GetCertificateChainStatus": (ChainRevocationAnswer((ChainEntry(QUESTION, "OCSP"),), NOW),),
    **dict.fromkeys(
        (
            "NotifyEvent",
            "SecurityEventNotification",
            "FirmwareStatusNotification",
            "SignedFirmwareStatusNotification",
            "PublishFirmwareStatusNotification",
            "LogStatusNotification",
            "DiagnosticsStatusNotification",
            *power_inbound.ANSWERS,
        ),
        (Acknowledged(),),
    ),
    "NotifyEVChargingNeeds": (NeedsAnswer("Accepted"), no_plan(OcppVersion.V201)),
    "NotifyEVChargingSchedule": (Acknowledged(), EvScheduleAnswer(True), EvScheduleAnswer(False)),
    "PullDynamicScheduleUpdate": (DynamicScheduleAnswer(None),),
    "VatNumberValidation": (VatAnswer("DE1", None, plausible=True), VatAnswer("DE1", 1, plausible=False)),
    "DataTransfer": (
        Acknowledged(),
        *(DataTransferAnswer(s) for s in ("Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId")),
    ),
    **{
        action: (
            TransactionAnswer("5"),
            *(TransactionAnswer("5", TokenAnswer(status, "G", NOW), 1234, "EUR") for status in AuthorisationStatus),
        )
        for action in ("StartTransaction", "StopTransaction", "TransactionEvent")
    },
}


@pytest.mark.parametrize("version", list(OcppVersion))
def test_every_answer_satisfies_its_schema(version: OcppVersion) -> None:
    dialect = DIALECTS[version]
    assert set(dialect.inbound) == set(dialect.answers)
    assert dialect.billing < set(dialect.inbound) <= known_actions(version)
    for action, render in dialect.answers.items():
        for answer in ANSWERS[action]:
            payload = orjson.loads(orjson.dumps(render(answer)))
            validator(version, action, Direction.RESPONSE).validate(payload)


def test_what_an_answer_says() -> None:
    start = DIALECTS[V16].answers["StartTransaction"]
    assert start(TransactionAnswer("42", TokenAnswer(AuthorisationStatus.UNKNOWN, "GROUP"))) == {
        "transactionId": 42,
        "idTagInfo": {"status": "Invalid", "parentIdTag": "GROUP"},
    }
    event = DIALECTS[V201].answers["TransactionEvent"]
    token = TokenAnswer(AuthorisationStatus.ACCEPTED)
    for minor, currency, cost in ((1234, "EUR", 12.34), (1234, "JPY", 1234), (1234, "KWD", 1.234), (0, None, 0.0)):
        assert event(TransactionAnswer("t", token, minor, currency)) == {
            "idTokenInfo": {"status": "Accepted"},
            "totalCost": cost,
        }
    assert event(TransactionAnswer("t")) == {}
    with pytest.raises(TypeError):
        DIALECTS[V16].answers["Heartbeat"](Acknowledged())


NAME = VariableName("OCPPCommCtrlr", "HeartbeatInterval")


def test_what_1_6_has_no_words_for() -> None:
    for body in (StopTransaction("not-a-number"), SetVariables(()), SetVariables(((NAME, "1"), (NAME, "2")))):
        with pytest.raises(Inexpressible):
            DIALECTS[V16].expand(body)


@pytest.mark.parametrize(
    ("version", "action", "payload", "status", "accepted"),
    [
        (V16, "RemoteStartTransaction", {"status": "Accepted"}, "Accepted", True),
        (V16, "UnlockConnector", {"status": "UnlockFailed"}, "UnlockFailed", False),
        (V16, "ChangeAvailability", {"status": "Scheduled"}, "Scheduled", True),
        (V16, "ChangeConfiguration", {"status": "RebootRequired"}, "RebootRequired", True),
        (V16, "GetConfiguration", {"configurationKey": None, "unknownKey": None}, "Accepted", True),
        (V16, "GetConfiguration", {"unknownKey": ["a"]}, "UnknownKey", False),
        (V16, "Reset", {}, "", False),
        (V201, "UnlockConnector", {"status": "Unlocked"}, "Unlocked", True),
        (V201, "Reset", {"status": "Scheduled"}, "Scheduled", True),
        (V21, "GetVariables", {"getVariableResult": []}, "", False),
        (
            V201,
            "GetVariables",
            {"getVariableResult": [{"attributeStatus": "Accepted"}, {"attributeStatus": "UnknownVariable"}]},
            "UnknownVariable",
            False,
        ),
        (
            V201,
            "SetVariables",
            {"setVariableResult": [{"attributeStatus": "RebootRequired"}, {"attributeStatus": "Accepted"}]},
            "RebootRequired",
            True,
        ),
    ],
)
def test_what_a_station_s_answer_means(
    version: OcppVersion, action: str, payload: dict[str, object], status: str, accepted: bool
) -> None:
    outcome = DIALECTS[version].outcome(action, payload)
    assert (outcome.status, outcome.accepted) == (status, accepted)


def test_the_reason_of_a_refusal_is_kept() -> None:
    info = {"reasonCode": "NoCable", "additionalInfo": "plug in first"}
    outcome = DIALECTS[V201].outcome("RequestStartTransaction", {"status": "Rejected", "statusInfo": info})
    assert (outcome.reason_code, outcome.additional_info) == ("NoCable", "plug in first")
