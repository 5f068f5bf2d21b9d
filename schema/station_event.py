"""What stations noticed, and the values that their streams send."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import device as values
from app.domain.ids import Prefix
from app.domain.refusal import ErrorCode, Refusal, Refused
from schema import ids
from schema.context import Info
from schema.device_model import VariablePlace
from schema.field import resolved
from schema.filter import TimeRange, time_range

if TYPE_CHECKING:
    from schema.station import ChargingStation

_NAMES_MAX = 100


@strawberry.type(description="Something a station noticed (OCPP NotifyEvent).")
class StationEvent:
    value: strawberry.Private[values.StationEventRow]
    event_id: int = strawberry.field(description="Its number at the station.")
    occurred_at: datetime = strawberry.field(description="When, by the station's clock.")
    received_at: datetime = strawberry.field(description="When we heard of it.")
    place: VariablePlace = strawberry.field(description="Which variable.")
    trigger: str = strawberry.field(description="Alerting, Delta or Periodic.")
    kind: str = strawberry.field(
        description="HardWiredNotification, HardWiredMonitor, PreconfiguredMonitor or CustomMonitor."
    )
    severity: int | None = strawberry.field(description="0 (danger) to 9 (debug); null when nobody said.")
    actual_value: str = strawberry.field(description="The variable's value then.")
    cleared: bool = strawberry.field(description="Whether it is over.")
    cause: int | None = strawberry.field(description="The event that caused it.")
    monitor_id: int | None = strawberry.field(description="The monitor that noticed it.")
    transaction_id: str | None = strawberry.field(description="The transaction it belongs to.")
    tech_code: str | None = strawberry.field(description="The vendor's code.")
    tech_info: str | None = strawberry.field(description="The vendor's words.")

    @classmethod
    def of(cls, value: values.StationEventRow) -> "StationEvent":
        return cls(
            value=value,
            event_id=value.event_id,
            occurred_at=value.occurred_at,
            received_at=value.received_at,
            place=VariablePlace.of(value.place),
            trigger=value.trigger,
            kind=value.kind,
            severity=value.severity,
            actual_value=value.actual_value,
            cleared=value.cleared,
            cause=value.cause,
            monitor_id=value.monitor_id,
            transaction_id=value.transaction_id,
            tech_code=value.tech_code,
            tech_info=value.tech_info,
        )

    @resolved("Which station.")
    async def station(self, info: Info) -> Annotated["ChargingStation", strawberry.lazy("schema.station")] | None:
        from schema.station import ChargingStation  # noqa: PLC0415 - stations know their events, too

        found = await info.context.loaders.station.load(self.value.station_key)
        return None if found is None else ChargingStation.of(found)


@strawberry.type(description="Values that a station sends without being answered (2.1 periodic event stream).")
class EventStream:
    stream_id: int = strawberry.field(description="Its number at the station.")
    monitor_id: int | None = strawberry.field(description="The monitor it belongs to.")
    interval_s: int | None = strawberry.field(description="It sends at the latest after so many seconds.")
    max_values: int | None = strawberry.field(description="It sends at the latest after so many values.")
    pending: int = strawberry.field(description="Values that still waited when it sent last.")
    opened_at: datetime | None = strawberry.field(description="Since when it is open.")
    closed_at: datetime | None = strawberry.field(description="Since when it is closed; null while open.")
    last_at: datetime | None = strawberry.field(description="When it sent last.")

    @classmethod
    def of(cls, value: values.EventStream) -> "EventStream":
        return cls(
            stream_id=value.stream_id,
            monitor_id=value.monitor_id,
            interval_s=value.interval_s,
            max_values=value.max_values,
            pending=value.pending,
            opened_at=value.opened_at,
            closed_at=value.closed_at,
            last_at=value.last_at,
        )


@strawberry.type(description="One value of an event stream.")
class StreamValue:
    stream_id: int = strawberry.field(description="Of which stream.")
    at: datetime = strawberry.field(description="When it was measured.")
    value: str = strawberry.field(description="The value.")

    @classmethod
    def of(cls, value: values.StreamValue) -> "StreamValue":
        return cls(stream_id=value.stream_id, at=value.at, value=value.value)


@strawberry.input(description="Which station events.")
class StationEventFilter:
    station_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Of these stations.")
    max_severity: int | None = strawberry.field(default=None, description="0 (danger) to this severity.")
    components: list[str] | None = strawberry.field(default=None, description="Of these components.")
    variables: list[str] | None = strawberry.field(default=None, description="Of these variables.")
    at: TimeRange | None = strawberry.field(default=None, description="Occurred then.")

    def value(self) -> values.StationEventFilter:
        for name in ("station_ids", "components", "variables"):
            if len(getattr(self, name) or ()) > _NAMES_MAX:
                raise Refused(Refusal(ErrorCode.INVALID_INPUT, f"At most {_NAMES_MAX} values.", ("filter", name)))
        stations_ = None if self.station_ids is None else tuple(self.station_ids)
        return values.StationEventFilter(
            station_ids=ids.read_all(Prefix.STATION, stations_, "filter", "stationIds"),
            max_severity=self.max_severity,
            components=None if self.components is None else tuple(self.components),
            variables=None if self.variables is None else tuple(self.variables),
            at=time_range(self.at),
        )
