"""Reports of the device model (2.0.1 B07, B08) and the cache of authorisations (1.6 §5.4, 2.0.1 C11)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from app.domain.request.component import ComponentVariable
from app.domain.request.kind import EVERY_VERSION, Priority, StationRequest
from app.domain.station import OcppVersion


class ReportBase(StrEnum):
    """How much of the device model a report tells."""

    CONFIGURATION_INVENTORY = "ConfigurationInventory"
    FULL_INVENTORY = "FullInventory"
    SUMMARY_INVENTORY = "SummaryInventory"


class ComponentCriterion(StrEnum):
    """What a component must be to be reported."""

    ACTIVE = "Active"
    AVAILABLE = "Available"
    ENABLED = "Enabled"
    PROBLEM = "Problem"


@dataclass(frozen=True, slots=True)
class GetBaseReport(StationRequest):
    """GetBaseReport (2.0.1 B07): NotifyReport follows, in parts."""

    priority: ClassVar[Priority] = Priority.ASK

    request_id: Annotated[int, "A number of yours; the parts of the report carry it."]
    report_base: Annotated[ReportBase, "How much to report."]


@dataclass(frozen=True, slots=True)
class GetReport(StationRequest):
    """GetReport (2.0.1 B08): NotifyReport follows, in parts, unless nothing matches."""

    priority: ClassVar[Priority] = Priority.ASK

    request_id: Annotated[int, "A number of yours; the parts of the report carry it."]
    component_variable: Annotated[tuple[ComponentVariable, ...], "Only these."] = ()
    component_criteria: Annotated[tuple[ComponentCriterion, ...], "Only components that are so."] = ()


@dataclass(frozen=True, slots=True)
class ClearCache(StationRequest):
    """ClearCache (1.6 §5.4, 2.0.1 C11): the station forgets the tokens it has seen."""

    versions: ClassVar[frozenset[OcppVersion]] = EVERY_VERSION


REQUESTS: tuple[type[StationRequest], ...] = (GetBaseReport, GetReport, ClearCache)
