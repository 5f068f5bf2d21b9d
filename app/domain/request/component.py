"""What a request about the device model points at (2.0.1 Part 1 §4): a component, a variable, both."""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class EVSE:
    """A charging position, or one of its connectors."""

    id: Annotated[int, "Its number, from 1."]
    connector_id: Annotated[int | None, "A connector's number."] = None


@dataclass(frozen=True, slots=True)
class Component:
    """A component of the device model."""

    name: Annotated[str, "Such as OCPPCommCtrlr."]
    instance: Annotated[str | None, "Which of several."] = None
    evse: Annotated[EVSE | None, "Where, when not at the station itself."] = None


@dataclass(frozen=True, slots=True)
class NamedVariable:
    """A variable of a component."""

    name: Annotated[str, "Such as HeartbeatInterval."]
    instance: Annotated[str | None, "Which of several."] = None


@dataclass(frozen=True, slots=True)
class ComponentVariable:
    """A component with one of its variables, or all of them."""

    component: Annotated[Component, "Which component."]
    variable: Annotated[NamedVariable | None, "Which variable; all of the component's without it."] = None
