"""What to look for: AND between fields, OR inside a tuple, None means any. One filter serves a list and its watch."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.command import CommandStatus
from app.domain.hold import HoldStatus
from app.domain.ledger import Book
from app.domain.scope import Role
from app.domain.session import SessionOrigin, SessionStatus, StepName
from app.domain.station import ConnectionState, ConnectorStatus, Lifecycle
from app.domain.tariff import TariffState


@dataclass(frozen=True, slots=True)
class TimeRange:
    """``start`` inclusive, ``end`` exclusive, as in OCPI."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """A circle on the ground."""

    latitude: float
    longitude: float
    radius_m: int


@dataclass(frozen=True, slots=True)
class LocationFilter:
    ids: tuple[UUID, ...] | None = None
    near: Near | None = None
    text: str | None = None
    available_now: bool | None = None
    min_power_w: int | None = None
    standards: tuple[str, ...] | None = None
    operator_ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class StationFilter:
    location_ids: tuple[UUID, ...] | None = None
    ids: tuple[UUID, ...] | None = None
    identities: tuple[str, ...] | None = None
    connection: tuple[ConnectionState, ...] | None = None
    connector_status: tuple[ConnectorStatus, ...] | None = None
    lifecycle: tuple[Lifecycle, ...] | None = None
    vendors: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    firmware: tuple[str, ...] | None = None
    text: str | None = None
    operator_ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class SessionFilter:
    location_ids: tuple[UUID, ...] | None = None
    station_ids: tuple[UUID, ...] | None = None
    evse_ids: tuple[UUID, ...] | None = None
    ids: tuple[UUID, ...] | None = None
    status: tuple[SessionStatus, ...] | None = None
    origin: tuple[SessionOrigin, ...] | None = None
    token_ids: tuple[UUID, ...] | None = None
    started_at: TimeRange | None = None
    ended_at: TimeRange | None = None
    flagged: bool | None = None
    failed_step: tuple[StepName, ...] | None = None
    operator_ids: tuple[UUID, ...] | None = None
    driver_ids: tuple[UUID, ...] | None = None
    account_ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class HoldFilter:
    status: tuple[HoldStatus, ...] | None = None
    capture_before: TimeRange | None = None
    location_ids: tuple[UUID, ...] | None = None


class SessionOrder(StrEnum):
    """Only orders that an index serves; the key breaks ties."""

    STARTED_AT_DESC = "STARTED_AT_DESC"
    STARTED_AT_ASC = "STARTED_AT_ASC"
    ENDED_AT_DESC = "ENDED_AT_DESC"
    ENERGY_DESC = "ENERGY_DESC"


@dataclass(frozen=True, slots=True)
class CommandFilter:
    ids: tuple[UUID, ...] | None = None
    station_ids: tuple[UUID, ...] | None = None
    session_ids: tuple[UUID, ...] | None = None
    status: tuple[CommandStatus, ...] | None = None
    created_at: TimeRange | None = None
    operator_ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class FrameFilter:
    """A journal is read by station; nothing else is indexed well enough."""

    station_id: UUID
    session_id: UUID | None = None
    actions: tuple[str, ...] | None = None
    at: TimeRange | None = None
    only_problems: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True)
class TokenFilter:
    ids: tuple[UUID, ...] | None = None
    uids: tuple[str, ...] | None = None
    group_ids: tuple[str, ...] | None = None
    valid: bool | None = None
    text: str | None = None
    driver_ids: tuple[UUID, ...] | None = None
    account_ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class DriverFilter:
    text: str | None = None
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AccountFilter:
    text: str | None = None
    driver_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MemberFilter:
    ids: tuple[UUID, ...] | None = None
    roles: tuple[Role, ...] | None = None
    disabled: bool | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ApiTokenFilter:
    ids: tuple[UUID, ...] | None = None
    revoked: bool | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class TariffFilter:
    codes: tuple[str, ...] | None = None
    state: tuple[TariffState, ...] | None = None


@dataclass(frozen=True, slots=True)
class AuthorisationFilter:
    station_id: UUID | None = None
    token_id: UUID | None = None
    at: TimeRange | None = None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    subject_id: UUID | None = None
    actor: str | None = None
    at: TimeRange | None = None


@dataclass(frozen=True, slots=True)
class CdrFilter:
    """``standing``: only those that count now, or only credits and what they took back."""

    session_ids: tuple[UUID, ...] | None = None
    location_ids: tuple[UUID, ...] | None = None
    account_ids: tuple[UUID, ...] | None = None
    issued_at: TimeRange | None = None
    standing: bool | None = None


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Postings of a time, of sessions, or those that touch a book."""

    at: TimeRange | None = None
    book: Book | None = None
    session_ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """``kinds`` are DocumentKind's."""

    kinds: tuple[str, ...] | None = None
    session_ids: tuple[UUID, ...] | None = None
    account_ids: tuple[UUID, ...] | None = None
    issued_at: TimeRange | None = None
