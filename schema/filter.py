"""Filters as inputs: AND between fields, OR inside a list, absent means any. The same input lists and watches."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import strawberry

from app.domain import filter as values
from app.domain.command import CommandStatus
from app.domain.ids import Prefix
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Role
from app.domain.session import SessionOrigin, SessionStatus, StepName
from app.domain.station import ConnectionState, ConnectorStatus, Lifecycle
from app.domain.tariff import TariffState
from app.domain.token import normalise_uid
from schema import ids as public_ids
from schema.scalars import Long

T = TypeVar("T")
_LIST_MAX = 1_000
_TEXT_MAX = 100
_OPERATORS = "Of these operators; of yours, only the one you are signed in at is looked into."


def _many(values: Sequence[T] | None, name: str) -> tuple[T, ...] | None:
    if values is not None and len(values) > _LIST_MAX:
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, f"At most {_LIST_MAX} values.", ("filter", name)))
    return None if values is None else tuple(values)


def read_ids(prefix: Prefix, texts: Sequence[str] | None, name: str) -> tuple[UUID, ...] | None:
    return public_ids.read_all(prefix, _many(texts, name), "filter", name)


def short_text(value: str | None) -> str | None:
    if value is not None and len(value) > _TEXT_MAX:
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, f"At most {_TEXT_MAX} characters.", ("filter", "text")))
    return value


def _within(chosen: tuple[UUID, ...] | None, given: tuple[UUID, ...] | None) -> tuple[UUID, ...] | None:
    if chosen is None or given is None:
        return given if chosen is None else chosen
    return tuple(one for one in chosen if one in given)


@strawberry.input(description="Moments from one to another.")
class TimeRange:
    from_: datetime | None = strawberry.field(name="from", default=None, description="Inclusive.")
    to: datetime | None = strawberry.field(default=None, description="Exclusive.")

    def value(self) -> values.TimeRange:
        return values.TimeRange(self.from_, self.to)


def time_range(given: TimeRange | None) -> values.TimeRange | None:
    return None if given is None else given.value()


@strawberry.input(description="A circle on the ground.")
class Near:
    latitude: float = strawberry.field(description="Degrees north of its middle.")
    longitude: float = strawberry.field(description="Degrees east of its middle.")
    radius_m: int = strawberry.field(description="Radius in metres.")


@strawberry.input(description="Which locations.")
class LocationFilter:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These locations.")
    near: Near | None = strawberry.field(default=None, description="Inside this circle.")
    text: str | None = strawberry.field(default=None, description="Words in name, address or city.")
    available_now: bool | None = strawberry.field(default=None, description="With a free connector, or without.")
    min_power_w: Long | None = strawberry.field(default=None, description="With a connector of at least so many W.")
    standards: list[str] | None = strawberry.field(default=None, description="With one of these connector standards.")
    operator_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=_OPERATORS)

    def value(self) -> values.LocationFilter:
        near = self.near
        return values.LocationFilter(
            ids=read_ids(Prefix.LOCATION, self.ids, "ids"),
            near=None if near is None else values.Near(near.latitude, near.longitude, near.radius_m),
            text=short_text(self.text),
            available_now=self.available_now,
            min_power_w=self.min_power_w,
            standards=_many(self.standards, "standards"),
            operator_ids=read_ids(Prefix.OPERATOR, self.operator_ids, "operatorIds"),
        )


@strawberry.input(description="Which stations.")
class StationFilter:
    location_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="At these locations.")
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These stations.")
    identities: list[str] | None = strawberry.field(default=None, description="With these OCPP identities.")
    connection: list[ConnectionState] | None = strawberry.field(default=None, description="In these states.")
    connector_status: list[ConnectorStatus] | None = strawberry.field(
        default=None, description="With a connector in one of these states."
    )
    lifecycle: list[Lifecycle] | None = strawberry.field(default=None, description="At these points of life.")
    vendors: list[str] | None = strawberry.field(default=None, description="Of these vendors, as reported at boot.")
    models: list[str] | None = strawberry.field(default=None, description="Of these models, as reported at boot.")
    firmware: list[str] | None = strawberry.field(default=None, description="With these firmware versions.")
    text: str | None = strawberry.field(
        default=None, description="Words in identity or name; refused on a subscription."
    )
    operator_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=_OPERATORS)

    def value(self, locations: tuple[UUID, ...] | None = None) -> values.StationFilter:
        """``locations`` narrows to some in addition."""
        return values.StationFilter(
            location_ids=_within(read_ids(Prefix.LOCATION, self.location_ids, "locationIds"), locations),
            ids=read_ids(Prefix.STATION, self.ids, "ids"),
            identities=_many(self.identities, "identities"),
            connection=_many(self.connection, "connection"),
            connector_status=_many(self.connector_status, "connectorStatus"),
            lifecycle=_many(self.lifecycle, "lifecycle"),
            vendors=_many(self.vendors, "vendors"),
            models=_many(self.models, "models"),
            firmware=_many(self.firmware, "firmware"),
            text=short_text(self.text),
            operator_ids=read_ids(Prefix.OPERATOR, self.operator_ids, "operatorIds"),
        )


@strawberry.input(description="Which sessions.")
class SessionFilter:
    location_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="At these locations.")
    station_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="At these stations.")
    evse_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="At these EVSEs.")
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These sessions.")
    status: list[SessionStatus] | None = strawberry.field(default=None, description="In these states.")
    origin: list[SessionOrigin] | None = strawberry.field(default=None, description="Begun in one of these ways.")
    token_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Of these tokens.")
    started_at: TimeRange | None = strawberry.field(default=None, description="Begun then.")
    ended_at: TimeRange | None = strawberry.field(default=None, description="Ended then.")
    flagged: bool | None = strawberry.field(default=None, description="With something to review, or without.")
    failed_step: list[StepName] | None = strawberry.field(default=None, description="Failed at one of these steps.")
    operator_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=_OPERATORS)
    driver_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Of these drivers.")
    account_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Paid by these accounts.")

    def value(self) -> values.SessionFilter:
        return values.SessionFilter(
            location_ids=read_ids(Prefix.LOCATION, self.location_ids, "locationIds"),
            station_ids=read_ids(Prefix.STATION, self.station_ids, "stationIds"),
            evse_ids=read_ids(Prefix.EVSE, self.evse_ids, "evseIds"),
            ids=read_ids(Prefix.SESSION, self.ids, "ids"),
            status=_many(self.status, "status"),
            origin=_many(self.origin, "origin"),
            token_ids=read_ids(Prefix.TOKEN, self.token_ids, "tokenIds"),
            started_at=time_range(self.started_at),
            ended_at=time_range(self.ended_at),
            flagged=self.flagged,
            failed_step=_many(self.failed_step, "failedStep"),
            operator_ids=read_ids(Prefix.OPERATOR, self.operator_ids, "operatorIds"),
            driver_ids=read_ids(Prefix.DRIVER, self.driver_ids, "driverIds"),
            account_ids=read_ids(Prefix.ACCOUNT, self.account_ids, "accountIds"),
        )


@strawberry.input(description="Which commands.")
class CommandFilter:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These commands.")
    station_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="To these stations.")
    session_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="About these sessions.")
    status: list[CommandStatus] | None = strawberry.field(default=None, description="In these states.")
    created_at: TimeRange | None = strawberry.field(default=None, description="Requested then.")
    operator_ids: list[strawberry.ID] | None = strawberry.field(default=None, description=_OPERATORS)

    def value(self) -> values.CommandFilter:
        return values.CommandFilter(
            ids=read_ids(Prefix.COMMAND, self.ids, "ids"),
            station_ids=read_ids(Prefix.STATION, self.station_ids, "stationIds"),
            session_ids=read_ids(Prefix.SESSION, self.session_ids, "sessionIds"),
            status=_many(self.status, "status"),
            created_at=time_range(self.created_at),
            operator_ids=read_ids(Prefix.OPERATOR, self.operator_ids, "operatorIds"),
        )


@strawberry.input(description="Which frames of one station.")
class FrameFilter:
    station_id: strawberry.ID = strawberry.field(description="Whose journal.")
    session_id: strawberry.ID | None = strawberry.field(default=None, description="About this session.")
    action: list[str] | None = strawberry.field(default=None, description="With these OCPP actions.")
    at: TimeRange | None = strawberry.field(default=None, description="Crossed the wire then.")
    only_problems: bool = strawberry.field(default=False, description="Only those that were repaired or refused.")
    text: str | None = strawberry.field(default=None, description="Containing this; needs tokens:write.")

    def value(self) -> values.FrameFilter:
        return values.FrameFilter(
            station_id=public_ids.read(Prefix.STATION, self.station_id, "filter", "stationId"),
            session_id=public_ids.read_optional(Prefix.SESSION, self.session_id, "filter", "sessionId"),
            actions=_many(self.action, "action"),
            at=time_range(self.at),
            only_problems=self.only_problems,
            text=short_text(self.text),
        )


@strawberry.input(description="Which tokens.")
class TokenFilter:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These tokens.")
    uids: list[str] | None = strawberry.field(default=None, description="With these uids, however they are written.")
    group_ids: list[str] | None = strawberry.field(default=None, description="In these groups.")
    valid: bool | None = strawberry.field(default=None, description="Valid, or blocked.")
    text: str | None = strawberry.field(default=None, description="Words in number, contract or group.")
    driver_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Of these drivers.")
    account_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Paid by these accounts.")

    def value(self) -> values.TokenFilter:
        uids = _many(self.uids, "uids")
        return values.TokenFilter(
            ids=read_ids(Prefix.TOKEN, self.ids, "ids"),
            uids=None if uids is None else tuple(normalise_uid(uid) for uid in uids),
            group_ids=_many(self.group_ids, "groupIds"),
            valid=self.valid,
            text=short_text(self.text),
            driver_ids=read_ids(Prefix.DRIVER, self.driver_ids, "driverIds"),
            account_ids=read_ids(Prefix.ACCOUNT, self.account_ids, "accountIds"),
        )


@strawberry.input(description="Which tariff versions.")
class TariffFilter:
    codes: list[str] | None = strawberry.field(default=None, description="Of these codes.")
    state: list[TariffState] | None = strawberry.field(default=None, description="In these states.")

    def value(self) -> values.TariffFilter:
        return values.TariffFilter(codes=_many(self.codes, "codes"), state=_many(self.state, "state"))


@strawberry.input(description="Which members.")
class MemberFilter:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These members.")
    roles: list[Role] | None = strawberry.field(default=None, description="In these roles.")
    disabled: bool | None = strawberry.field(default=None, description="Kept out, or not.")
    text: str | None = strawberry.field(default=None, description="Words in the address.")

    def value(self) -> values.MemberFilter:
        return values.MemberFilter(
            ids=read_ids(Prefix.MEMBER, self.ids, "ids"),
            roles=_many(self.roles, "roles"),
            disabled=self.disabled,
            text=short_text(self.text),
        )


@strawberry.input(description="Which API tokens.")
class ApiTokenFilter:
    ids: list[strawberry.ID] | None = strawberry.field(default=None, description="These API tokens.")
    revoked: bool | None = strawberry.field(default=None, description="Revoked, or not.")
    text: str | None = strawberry.field(default=None, description="Words in the name.")

    def value(self) -> values.ApiTokenFilter:
        return values.ApiTokenFilter(
            ids=read_ids(Prefix.API_TOKEN, self.ids, "ids"), revoked=self.revoked, text=short_text(self.text)
        )
