"""Framing: bytes in, typed frames out, and the words of every refusal."""

import orjson
import pytest

from app.domain.station import OcppVersion
from gateway.rpc import Call, CallError, CallResult, Fault, Malformed, Send, fault_name, read, write_error, write_result

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21


@pytest.mark.parametrize("version", list(OcppVersion))
def test_the_three_frames_of_every_version(version: OcppVersion) -> None:
    assert read(b'[2,"a","Heartbeat",{}]', version) == Call("a", "Heartbeat", {})
    assert read(b'[3,"a",{"status":"Accepted"}]', version) == CallResult("a", {"status": "Accepted"})
    assert read(b'[4,"a","GenericError","why",{}]', version) == CallError("a", "GenericError", "why")


def test_null_and_missing_payloads_are_empty_ones() -> None:
    assert read(b'[2,"a","Heartbeat",null]', V16) == Call("a", "Heartbeat", {})
    assert read(b'[2,"a","Heartbeat"]', V16) == Call("a", "Heartbeat", {}, ("ODD_FRAMING: 3 elements instead of 4",))
    assert read(b'[3,"a",null]', V201) == CallResult("a", {})
    assert read(b'[4,"a"]', V201) == CallError("a", "GenericError", "")


def test_the_frames_only_2_1_has() -> None:
    assert read(b'[6,"a","NotifyPeriodicEventStream",{}]', V21) == Send("a", "NotifyPeriodicEventStream", {})
    assert read(b'[5,"a","FormatViolation","",{}]', V21) == CallError("a", "FormatViolation", "", about_result=True)


@pytest.mark.parametrize(("version", "reply_id"), [(V16, None), (V201, "a"), (V21, None)])
def test_unknown_message_types_are_answered_only_by_2_0_1(version: OcppVersion, reply_id: str | None) -> None:
    frame = read(b'[9,"a"]', version)
    assert isinstance(frame, Malformed)
    assert (frame.fault, frame.reply_id) == (Fault.MESSAGE_TYPE, reply_id)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"{}",
        b"[]",
        b"[true]",
        b'[2.0,"a","Heartbeat",{}]',
        b'["2","a","Heartbeat",{}]',
        b"[" * 100_000,
        b"\xff\xfe",
        b"NaN",
    ],
)
def test_what_has_no_readable_id_is_answered_to_minus_one_in_2_x_and_ignored_in_1_6(raw: bytes) -> None:
    for version, reply_id in ((V16, None), (V201, "-1"), (V21, "-1")):
        frame = read(raw, version)
        assert isinstance(frame, Malformed)
        assert (frame.reply_id, frame.answers) == (reply_id, None)


@pytest.mark.parametrize("version", [V16, V201, V21])
@pytest.mark.parametrize(
    "raw",
    [
        b'[2,{},"Heartbeat",{}]',
        b'[2,null,"Heartbeat",{}]',
        b'[2,"","Heartbeat",{}]',
        b'[2,"' + b"x" * 5000 + b'","Heartbeat",{}]',
    ],
)
def test_a_call_whose_id_is_no_id_is_answered_to_minus_one_in_every_version(raw: bytes, version: OcppVersion) -> None:
    frame = read(raw, version)
    assert isinstance(frame, Malformed)
    assert (frame.reply_id, frame.answers) == ("-1", None)


@pytest.mark.parametrize("version", [V16, V201, V21])
def test_an_id_that_is_a_number_comes_back_as_that_number(version: OcppVersion) -> None:
    frame = read(b'[2,7,"Heartbeat",{}]', version)
    assert isinstance(frame, Call)
    assert (frame.message_id, frame.reply_id) == ("7", 7)
    assert write_result(frame.reply_id, {}) == "[3,7,{}]"
    assert frame.problems == ("ODD_FRAMING: message id is a number",)
    bad = read(b'[2,7,"Heartbeat",[]]', version)
    assert isinstance(bad, Malformed)
    assert bad.reply_id == 7


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b'[2,"a","Heartbeat",{"x":[}]', Fault.FORMAT),
        (b'[2,"a","StartTransaction",{"meterStart":' + b"9" * 5000 + b"}]", Fault.FORMAT),
        (b'[2,"a","DataTransfer",{"data":' + b"[" * 2000 + b"]" * 2000 + b"}]", Fault.FORMAT),
        (b'[2,"a",{"x":1},{}]', Fault.PROTOCOL),
        (b'[2,"a",[],{}]', Fault.PROTOCOL),
        (b'[2,"a"]', Fault.PROTOCOL),
        (b'[2,"a","Heartbeat",[]]', Fault.FORMAT),
        (b'[2,"a","Heartbeat","text"]', Fault.FORMAT),
    ],
)
def test_a_readable_id_is_answered_whatever_follows(raw: bytes, fault: Fault) -> None:
    for version in OcppVersion:
        frame = read(raw, version)
        assert isinstance(frame, Malformed)
        assert (frame.fault, frame.reply_id) == (fault, "a")


def test_a_broken_answer_is_told_apart_from_a_broken_call() -> None:
    frame = read(b'[3,"a",{"status":', V16)
    assert isinstance(frame, Malformed)
    assert (frame.answers, frame.reply_id) == ("a", None)


def test_a_long_id_is_tolerated_where_refusing_it_would_silence_the_station() -> None:
    raw = orjson.dumps([2, "x" * 40, "Heartbeat", {}])
    assert read(raw, V16) == Call("x" * 40, "Heartbeat", {}, ("ODD_FRAMING: message id longer than 36 characters",))
    assert isinstance(read(raw, V201), Malformed)


def test_characters_that_no_database_stores_are_removed_and_named() -> None:
    frame = read(b'[2,"a","Authorize",{"idTag":"AB\\u0000\\u0007C"}]', V16)
    assert frame == Call("a", "Authorize", {"idTag": "ABC"}, ("BAD_CHARACTERS: control characters removed",))
    frame = read(b'\xef\xbb\xbf[2,"a","Authorize",{"idTag":"A\x00\xff\\ud800B"}]', V16)
    assert isinstance(frame, Call)
    assert frame.payload["idTag"] == "A \ufffd\ufffdB"
    assert frame.problems == ("BAD_CHARACTERS: invalid characters replaced",)
    assert read('[2,"a","Authorize",{"idTag":"ü\\u00fc\\ud83d\\ude00"}]'.encode(), V16) == Call(
        "a", "Authorize", {"idTag": "üü😀"}
    )


def test_what_is_too_deep_to_clean_is_refused_rather_than_passed_on() -> None:
    deep = b"[" * 200 + b"]" * 200
    frame = read(b'[2,"a","Authorize",{"idToken":{"idToken":"A\\u0000"},"customData":' + deep + b"}]", V201)
    assert isinstance(frame, Malformed)
    assert frame.reply_id == "a"


def test_error_names_are_spelt_as_each_version_spells_them() -> None:
    assert fault_name(V16, Fault.FORMAT) == "FormationViolation"
    assert fault_name(V16, Fault.OCCURRENCE) == "OccurenceConstraintViolation"
    assert fault_name(V201, Fault.FORMAT) == "FormatViolation"
    assert fault_name(V21, Fault.OCCURRENCE) == "OccurrenceConstraintViolation"
    names = {version: {fault_name(version, fault) for fault in Fault} for version in OcppVersion}
    assert names[V16] == {
        "NotImplemented",
        "NotSupported",
        "InternalError",
        "ProtocolError",
        "SecurityError",
        "FormationViolation",
        "PropertyConstraintViolation",
        "OccurenceConstraintViolation",
        "TypeConstraintViolation",
        "GenericError",
    }
    assert names[V201] == names[V21] == {fault.value for fault in Fault if fault is not Fault.MISSING}


def test_an_error_is_short_whatever_caused_it() -> None:
    text = write_error(V201, "a", Fault.FORMAT, "é" * 5000)
    assert len(text) < 300
    assert orjson.loads(text)[4] == {}
