"""What every OCPP version must offer the connection: pure functions from its payloads to the core's words and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.answer import Answer
from app.domain.event import StationEvent
from app.domain.request import StationRequest
from app.domain.station import OcppVersion
from gateway.tolerance import Problems

Payload = Mapping[str, object]


class Inexpressible(Exception):
    """The version has no words for this command; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A station's answer to a command, read: ``status`` in its own words."""

    status: str
    accepted: bool
    reason_code: str | None = None
    additional_info: str | None = None


# (payload whose present fields have their schema's types, our clock, problems) -> event
Translate = Callable[[Payload, datetime, Problems], StationEvent]
# answer -> CALLRESULT payload. Raises TypeError for an answer that is none to this action (our bug).
Render = Callable[[Answer], Payload]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One OCPP version.

    ``inbound`` and ``answers`` have the same keys: the actions served. ``billing`` are those answered whatever their
    content (1.6 §4.7, §4.8, §4.10; 2.0.1 E03). ``free_form`` are those with a field that is passed on and may nest as
    its sender likes. ``expand`` raises `Inexpressible`. ``sends`` are the messages that are never answered (2.1 SEND).
    """

    version: OcppVersion
    inbound: Mapping[str, Translate]
    answers: Mapping[str, Render]
    billing: frozenset[str]
    free_form: frozenset[str]
    expand: Callable[[StationRequest], tuple[str, Payload]]
    outcome: Callable[[str, Payload], Outcome]
    sends: Mapping[str, Translate] = field(default_factory=dict)
