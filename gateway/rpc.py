"""OCPP-J framing without I/O: bytes in, typed frames out, for 1.6 (§4), 2.0.1 and 2.1 (Part 4, §4).

Nothing here raises for what a peer sent: a frame that cannot be used is a `Malformed` that says how to answer it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

import orjson

from app.domain.station import OcppVersion
from gateway.limits import (
    ACTION_LENGTH,
    ERROR_TEXT_BYTES,
    MESSAGE_ID_LENGTH,
    MESSAGE_ID_LENGTH_TOLERATED_16,
)
from gateway.tolerance import doubled_key, parse_json

Json = Mapping[str, object]


class MessageType(IntEnum):
    CALL = 2
    RESULT = 3
    ERROR = 4
    RESULT_ERROR = 5
    SEND = 6


class Fault(StrEnum):
    """Why a CALL is refused, before a version gives it its name."""

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL = "InternalError"
    PROTOCOL = "ProtocolError"
    SECURITY = "SecurityError"
    FORMAT = "FormatViolation"
    PROPERTY = "PropertyConstraintViolation"
    OCCURRENCE = "OccurrenceConstraintViolation"
    TYPE = "TypeConstraintViolation"
    MESSAGE_TYPE = "MessageTypeNotSupported"
    RPC = "RpcFrameworkError"
    MISSING = "MissingField"
    GENERIC = "GenericError"


# The misspellings are normative in 1.6 (OCPP-J 1.6 §4.2.3 and its errata); what 1.6 has no name for gets its nearest.
_NAMES_16 = {
    Fault.FORMAT: "FormationViolation",
    Fault.OCCURRENCE: "OccurenceConstraintViolation",
    Fault.MESSAGE_TYPE: "ProtocolError",
    Fault.RPC: "FormationViolation",
    Fault.MISSING: "ProtocolError",
}
# An absent required field: 1.6 calls it an incomplete payload, 2.x a violated occurrence constraint.
_NAMES_2 = {Fault.MISSING: "OccurrenceConstraintViolation"}


def fault_name(version: OcppVersion, fault: Fault) -> str:
    """The errorCode exactly as the version spells it (OCPP-J 1.6 §4.2.3; 2.0.1 and 2.1 Part 4 §4.3)."""
    names = _NAMES_16 if version is OcppVersion.V16 else _NAMES_2
    return names.get(fault, fault.value)


@dataclass(frozen=True, slots=True)
class Call:
    """[2, id, action, payload]; ``payload`` {} when it was null. ``numbered``: the id was written as a number."""

    message_id: str
    action: str
    payload: dict[str, object]
    problems: tuple[str, ...] = ()
    numbered: bool = False

    @property
    def reply_id(self) -> str | int:
        """The id as the station wrote it, so that it recognises its answer."""
        return int(self.message_id) if self.numbered else self.message_id


@dataclass(frozen=True, slots=True)
class CallResult:
    """[3, id, payload]."""

    message_id: str
    payload: dict[str, object]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallError:
    """[4, id, code, description, details], and 2.1's type 5 about one of our results."""

    message_id: str
    code: str
    description: str
    about_result: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """2.1's unconfirmed [6, id, action, payload]: never answered. ``payload`` is None when it is no object."""

    message_id: str
    action: str
    payload: dict[str, object] | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Malformed:
    """A frame that cannot be used.

    ``reply_id`` is the id a CALLERROR must carry; None means: say nothing. ``answers`` is the id of the call of ours
    that this frame tried to answer, when it can be told.
    """

    fault: Fault
    detail: str
    reply_id: str | int | None = None
    action: str = ""
    answers: str | None = None


Inbound = Call | CallResult | CallError | Send | Malformed

UNREADABLE_ID = "-1"
_SPLIT = re.compile(rb'\s*\[\s*([2-6])\s*,\s*"([^"\\\x00-\x1f]{1,36})"\s*,')


def read(raw: bytes, version: OcppVersion, *, mend: bool = False) -> Inbound:
    """Reads one WebSocket message; ``mend``: broken JSON may be mended."""
    value, problems = parse_json(raw, mend=mend)
    if value is None:
        return _unparsable(raw, version, problems[0])
    # bool is an int and 2.0 equals 2 in Python; neither is a message type number.
    if not isinstance(value, list) or not value or type(kind := value[0]) is not int:
        return _unreadable(version, Fault.RPC, "not an array that begins with a message type number")
    reader = _READERS.get(kind)
    if reader is None or (kind > MessageType.ERROR and version is not OcppVersion.V21):
        return _unknown_type(value, version)
    if kind == MessageType.CALL and (doubled := doubled_key(raw, value)) is not None:
        problems = (*problems, doubled)
    if kind == MessageType.CALL and len(value) > 1 and type(number := value[1]) is int and abs(number) < 2**53:
        called = _read_call(value, str(number), (*problems, "ODD_FRAMING: message id is a number"))
        if isinstance(called, Call):
            return replace(called, numbered=True)
        return replace(called, reply_id=number) if isinstance(called, Malformed) else called
    message_id = _message_id(value, version)
    if message_id is None:
        detail = "the message id is not a string of 1 to 36 characters"
        # A call that can be recognised is answered in every version, were it only to end the station's waiting.
        return Malformed(Fault.RPC, detail, reply_id=UNREADABLE_ID if kind == MessageType.CALL else None)
    if len(message_id) > MESSAGE_ID_LENGTH:
        problems = (*problems, "ODD_FRAMING: message id longer than 36 characters")
    return reader(value, message_id, problems)


def _message_id(value: list[object], version: OcppVersion) -> str | None:
    limit = MESSAGE_ID_LENGTH_TOLERATED_16 if version is OcppVersion.V16 else MESSAGE_ID_LENGTH
    message_id = value[1] if len(value) > 1 else None
    return message_id if isinstance(message_id, str) and 0 < len(message_id) <= limit else None


def _refused(kind: int, message_id: str, fault: Fault, detail: str, action: str = "") -> Malformed:
    """A frame whose type and id are readable: a CALL is answered, a failed answer of theirs ends our waiting."""
    if kind == MessageType.CALL:
        return Malformed(fault, detail, reply_id=message_id, action=action)
    if kind in (MessageType.RESULT, MessageType.ERROR):
        return Malformed(fault, detail, answers=message_id)
    return Malformed(fault, detail)


def _unreadable(version: OcppVersion, fault: Fault, detail: str) -> Malformed:
    """Without an id 1.6 has no way to answer; 2.x answers to "-1" (Part 4 §4.2.3)."""
    return Malformed(fault, detail, reply_id=None if version is OcppVersion.V16 else UNREADABLE_ID)


def _unparsable(raw: bytes, version: OcppVersion, detail: str) -> Malformed:
    """Broken JSON still often begins with a readable type and id: answering spares the station its timeout."""
    found = _SPLIT.match(raw)
    if found is None:
        return _unreadable(version, Fault.RPC, detail)
    try:
        message_id = found[2].decode()
    except UnicodeDecodeError:
        return _unreadable(version, Fault.RPC, detail)
    return _refused(int(found[1]), message_id, Fault.FORMAT, detail)


def _unknown_type(value: list[object], version: OcppVersion) -> Malformed:
    """1.6 §4.1.3 and 2.1 §4.4: ignored. 2.0.1 §4.4: answered with MessageTypeNotSupported."""
    reply_id = (_message_id(value, version) or UNREADABLE_ID) if version is OcppVersion.V201 else None
    return Malformed(Fault.MESSAGE_TYPE, "unknown message type number", reply_id=reply_id)


def _read_call(value: list[object], message_id: str, problems: tuple[str, ...]) -> Inbound:
    action = value[2] if len(value) > 2 else None
    if not isinstance(action, str) or not 0 < len(action) <= ACTION_LENGTH:
        return _refused(MessageType.CALL, message_id, Fault.PROTOCOL, "the action is not a name")
    if len(value) != 4:
        # A missing payload of an empty message, or something after it: the meaning is still plain.
        problems = (*problems, f"ODD_FRAMING: {len(value)} elements instead of 4")
    payload = value[3] if len(value) > 3 else None
    if payload is None:
        return Call(message_id, action, {}, problems)
    if not isinstance(payload, dict):
        return _refused(MessageType.CALL, message_id, Fault.FORMAT, "the payload is not an object", action)
    return Call(message_id, action, payload, problems)


def _read_result(value: list[object], message_id: str, problems: tuple[str, ...]) -> Inbound:
    payload = value[2] if len(value) > 2 else None
    if payload is None:
        return CallResult(message_id, {}, problems)
    if not isinstance(payload, dict):
        return _refused(MessageType.RESULT, message_id, Fault.FORMAT, "the payload is not an object")
    return CallResult(message_id, payload, problems)


def _read_error(value: list[object], message_id: str, _problems: tuple[str, ...]) -> Inbound:
    texts = [text if isinstance(text, str) else "" for text in (*value[2:4], "", "")]
    return CallError(
        message_id,
        texts[0][:ACTION_LENGTH] or Fault.GENERIC.value,
        texts[1][:255],
        about_result=value[0] == MessageType.RESULT_ERROR,
    )


def _read_send(value: list[object], message_id: str, problems: tuple[str, ...]) -> Inbound:
    action, payload = [*value[2:4], None, None][:2]
    return Send(
        message_id,
        action[:ACTION_LENGTH] if isinstance(action, str) else "",
        payload if isinstance(payload, dict) else None,
        problems,
    )


_READERS = {
    MessageType.CALL.value: _read_call,
    MessageType.RESULT.value: _read_result,
    MessageType.ERROR.value: _read_error,
    MessageType.RESULT_ERROR.value: _read_error,
    MessageType.SEND.value: _read_send,
}


def write_call(message_id: str, action: str, payload: Json) -> str:
    return orjson.dumps([2, message_id, action, payload]).decode()


def write_result(message_id: str | int, payload: Json) -> str:
    return orjson.dumps([3, message_id, payload]).decode()


def write_error(version: OcppVersion, message_id: str | int, fault: Fault, detail: str) -> str:
    """A CALLERROR whose description and details never carry what the station sent, at most 200 bytes of them."""
    description = detail.encode("ascii", "replace")[:ERROR_TEXT_BYTES].decode()
    return orjson.dumps([4, message_id, fault_name(version, fault), description, {}]).decode()
