"""Whether what changed is somebody's to see, and what they asked for: a filter and a scope, decided without a database.

Watchers of one operator share one read of what changed, so these functions, not SQL, keep rows from those who have no
right to them. They deny by default, and a property test holds them against the SQL of `app.store`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from app.domain.command import Command
from app.domain.filter import CommandFilter, SessionFilter, StationFilter, TimeRange
from app.domain.scope import Permission, Scope
from app.domain.session import Session, StepState
from app.domain.station import ChargingStation


@dataclass(frozen=True, slots=True)
class Keys:
    """The rows that a filter's public ids stand for, looked up once; None where the filter names none."""

    own: frozenset[int] | None = None
    locations: frozenset[int] | None = None
    stations: frozenset[int] | None = None
    evses: frozenset[int] | None = None
    tokens: frozenset[int] | None = None
    sessions: frozenset[int] | None = None
    drivers: frozenset[int] | None = None
    accounts: frozenset[int] | None = None


def _one_of(value: object, wanted: Collection[object] | None) -> bool:
    """As in SQL: None wants anything, but a value that is missing is none of those wanted."""
    return wanted is None or (value is not None and value in wanted)


def _during(moment: datetime | None, moments: TimeRange | None) -> bool:
    if moments is None or (moments.start is None and moments.end is None):
        return True
    if moment is None or (moments.start is not None and moment < moments.start):
        return False
    return moments.end is None or moment < moments.end


def may_see(scope: Scope, permission: Permission, operator_key: int, location_key: int) -> bool:
    """Whether a row at a location is the caller's to see at all."""
    if operator_key != scope.operator_key or permission not in scope.permissions or scope.is_outside:
        return False
    return scope.location_keys is None or location_key in scope.location_keys


def station_matches(filter: StationFilter, keys: Keys, scope: Scope, station: ChargingStation) -> bool:
    """Texts cannot be matched here, so a filter with one matches nothing."""
    if filter.text is not None or not may_see(
        scope, Permission.NETWORK_READ, station.operator_key, station.location_key
    ):
        return False
    return (
        _one_of(scope.operator_id, filter.operator_ids)
        and _referred(station.location_key, filter.location_ids, keys.locations)
        and _referred(station.key, filter.ids, keys.own)
        and _one_of(station.identity, filter.identities)
        and _one_of(station.link.state, filter.connection)
        and _one_of(station.lifecycle, filter.lifecycle)
        and _one_of(station.vendor, filter.vendors)
        and _one_of(station.model, filter.models)
        and _one_of(station.firmware_version, filter.firmware)
        and _has_connector(station, filter.connector_status)
    )


def _referred(key: int | None, ids: object, keys: frozenset[int] | None) -> bool:
    """A reference by public ids that was never looked up matches nothing."""
    return ids is None or (keys is not None and key in keys)


def _has_connector(station: ChargingStation, wanted: Collection[object] | None) -> bool:
    return wanted is None or any(
        plug.status is not None and plug.status in wanted for evse in station.evses for plug in evse.connectors
    )


def _may_see_session(scope: Scope, session: Session) -> bool:
    """A driver sees their own, wherever they charged; a guest the one they pay."""
    if scope.hold_key is not None:
        return session.operator_key == scope.operator_key and session.key == scope.session_key
    if scope.driver_key is not None:
        return session.operator_key == scope.operator_key and session.driver_key == scope.driver_key
    return may_see(scope, Permission.SESSIONS_READ, session.operator_key, session.location_key)


def session_matches(filter: SessionFilter, keys: Keys, scope: Scope, session: Session) -> bool:
    if not _may_see_session(scope, session):
        return False
    return (
        _one_of(scope.operator_id, filter.operator_ids)
        and _referred(session.location_key, filter.location_ids, keys.locations)
        and _referred(session.station_key, filter.station_ids, keys.stations)
        and _referred(session.evse_key, filter.evse_ids, keys.evses)
        and _referred(session.token_key, filter.token_ids, keys.tokens)
        and _referred(session.driver_key, filter.driver_ids, keys.drivers)
        and _referred(session.account_key, filter.account_ids, keys.accounts)
        and _referred(session.key, filter.ids, keys.own)
        and _one_of(session.status, filter.status)
        and _one_of(session.origin, filter.origin)
        and _during(session.started_at, filter.started_at)
        and _during(session.ended_at, filter.ended_at)
        and (filter.flagged is None or filter.flagged == bool(session.flags))
        and (filter.failed_step is None or any(_failed(session, name) for name in filter.failed_step))
    )


def _failed(session: Session, step: str) -> bool:
    mark = session.steps.get(step)
    return mark is not None and mark.state is StepState.FAILED


def command_matches(filter: CommandFilter, keys: Keys, scope: Scope, command: Command, location_key: int) -> bool:
    """``location_key`` is where the command's station stands."""
    if not may_see(scope, Permission.COMMANDS_READ, command.operator_key, location_key):
        return False
    return (
        _one_of(scope.operator_id, filter.operator_ids)
        and _referred(command.key, filter.ids, keys.own)
        and _referred(command.station_key, filter.station_ids, keys.stations)
        and _referred(command.session_key, filter.session_ids, keys.sessions)
        and _one_of(command.status, filter.status)
        and _during(command.created_at, filter.created_at)
    )
