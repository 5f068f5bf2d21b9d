"""The device model in GraphQL: variables with their history, reports of them, and monitors."""

from datetime import datetime

import strawberry

from app.domain import device as values
from app.domain.desired import same
from app.domain.device import ReportKind, ReportState
from schema.enums import described

described(
    ReportKind,
    "What a report in parts is about.",
    "The device model.",
    "Monitors.",
    "Messages on displays.",
    "What the station knows of a customer.",
)
described(
    ReportState,
    "How far a report has come.",
    "The station agreed and has sent nothing yet.",
    "Some parts have come; more follow, or one is missing.",
    "Every part has come.",
    "Nothing matches what was asked.",
    "The station does not report it; see its answer.",
)


@strawberry.type(description="Where in the device model (OCPP 2.0.1 component and variable).")
class VariablePlace:
    component: str = strawberry.field(description="The component.")
    component_instance: str | None = strawberry.field(description="Which of several components.")
    evse: int | None = strawberry.field(description="The component's EVSE.")
    connector: int | None = strawberry.field(description="The component's connector.")
    variable: str = strawberry.field(description="The variable.")
    instance: str | None = strawberry.field(description="Which of several variables.")

    @classmethod
    def of(cls, value: values.VariablePlace) -> "VariablePlace":
        return cls(
            component=value.component,
            component_instance=value.component_instance,
            evse=value.evse,
            connector=value.connector,
            variable=value.variable,
            instance=value.instance,
        )


@strawberry.type(description="One attribute of a variable as the station reported it; 1.6 keys are variables, too.")
class Variable:
    place: VariablePlace = strawberry.field(description="Which variable.")
    attribute: str = strawberry.field(description="Actual, Target, MinSet or MaxSet.")
    value: str | None = strawberry.field(description="Its value; null for secrets and what was not told.")
    pending_value: str | None = strawberry.field(description="Set, and in effect after a restart.")
    desired: str | None = strawberry.field(description="What its operator wishes it to be; null: nothing.")
    drifted: bool = strawberry.field(description="Whether it is something else than what is wished.")
    mutability: str | None = strawberry.field(description="ReadOnly, WriteOnly or ReadWrite.")
    data_type: str | None = strawberry.field(description="OCPP data type, such as integer or OptionList.")
    unit: str | None = strawberry.field(description="Unit of the value and the limits.")
    min_limit: float | None = strawberry.field(description="Least value.")
    max_limit: float | None = strawberry.field(description="Greatest value, or length of a text.")
    max_elements: int | None = strawberry.field(description="Most entries of a list (2.1).")
    values_list: list[str] | None = strawberry.field(description="What it may be.")
    supports_monitoring: bool | None = strawberry.field(description="Whether it can be monitored.")
    persistent: bool | None = strawberry.field(description="Whether it survives a restart.")
    constant: bool | None = strawberry.field(description="Whether it never changes.")
    reported_at: datetime = strawberry.field(description="When we heard of it last.")

    @classmethod
    def of(cls, value: values.Variable) -> "Variable":
        said = value.reported
        return cls(
            place=VariablePlace.of(said.place),
            attribute=said.attribute,
            value=said.value,
            pending_value=value.pending_value,
            desired=value.desired,
            drifted=value.desired is not None and said.value is not None and not same(value.desired, said.value),
            mutability=said.mutability,
            data_type=said.data_type,
            unit=said.unit,
            min_limit=said.min_limit,
            max_limit=said.max_limit,
            max_elements=said.max_elements,
            values_list=None if said.values_list is None else said.values_list.split(","),
            supports_monitoring=said.supports_monitoring,
            persistent=said.persistent,
            constant=said.constant,
            reported_at=value.reported_at,
        )


@strawberry.type(description="A value that a variable took.")
class VariableChange:
    place: VariablePlace = strawberry.field(description="Which variable.")
    attribute: str = strawberry.field(description="Actual, Target, MinSet or MaxSet.")
    at: datetime = strawberry.field(description="When we heard of it.")
    value: str | None = strawberry.field(description="From then on.")

    @classmethod
    def of(cls, value: values.VariableChange) -> "VariableChange":
        return cls(place=VariablePlace.of(value.place), attribute=value.attribute, at=value.at, value=value.value)


@strawberry.type(description="A report that a station sends in parts.")
class StationReport:
    kind: ReportKind = strawberry.field(description="What it is about.")
    request_id: int = strawberry.field(description="The number it was asked for with.")
    state: ReportState = strawberry.field(description="How far it has come.")
    answer: str | None = strawberry.field(description="What the station said when it was asked; null: nobody asked.")
    parts: int = strawberry.field(description="Parts that have come.")
    asked_at: datetime | None = strawberry.field(description="When it was asked for.")
    last_part_at: datetime | None = strawberry.field(description="When its newest part came.")
    generated_at: datetime | None = strawberry.field(description="When the station made it.")
    text: str | None = strawberry.field(
        description="What the station knows of a customer; null without tokens:write and for other kinds."
    )

    @classmethod
    def of(cls, value: values.StationReport) -> "StationReport":
        return cls(
            kind=value.kind,
            request_id=value.request_id,
            state=value.state,
            answer=value.answer,
            parts=value.parts,
            asked_at=value.asked_at,
            last_part_at=value.last_part_at,
            generated_at=value.generated_at,
            text=value.text,
        )


@strawberry.type(description="Something a station watches.")
class Monitor:
    monitor_id: int = strawberry.field(description="Its number at the station.")
    place: VariablePlace = strawberry.field(description="Which variable.")
    type: str = strawberry.field(description="UpperThreshold, LowerThreshold, Delta, Periodic, …")
    value: float = strawberry.field(description="Threshold, difference, or seconds.")
    severity: int = strawberry.field(description="0 (danger) to 9 (debug).")
    transaction: bool = strawberry.field(description="Whether only while a transaction runs.")
    kind: str = strawberry.field(
        description="HardWiredMonitor, PreconfiguredMonitor or CustomMonitor; empty: not said."
    )
    reported_at: datetime = strawberry.field(description="When we heard of it last.")

    @classmethod
    def of(cls, value: values.Monitor) -> "Monitor":
        said = value.reported
        return cls(
            monitor_id=said.monitor_id,
            place=VariablePlace.of(said.place),
            type=said.type,
            value=said.value,
            severity=said.severity,
            transaction=said.transaction,
            kind=said.kind,
            reported_at=value.reported_at,
        )
