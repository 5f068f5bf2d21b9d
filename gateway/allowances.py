"""What a station is allowed beyond the standard, as far as the gateway acts on it. The core hears only flags."""

from collections.abc import Iterable
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.domain.event import Booted, StationEvent, TransactionPhase, TransactionReported
from app.domain.handshake import Admission
from app.domain.quirk import Quirk, quirk_of
from app.domain.quirk_profiles import allowed_by_profile
from app.domain.station import OcppVersion
from gateway.dialect import Payload
from gateway.limits import QUIET_S
from gateway.metrics import QUIRKS
from gateway.schemas import known_actions
from gateway.tolerance import Problems

# Fields that only 1.6 has, of actions that every version has.
_WORDS_OF_16 = frozenset({"chargePointVendor", "chargePointModel", "idTag", "connectorId", "errorCode"})
_NOT_16 = frozenset({"evseId", "evse", "chargingStation"})
SPOKE_16 = "SPEAKS_16: OCPP 1.6 on a 2.x socket; let it offer ocpp1.6, or allow SPEAKS_16"


class Allowances:
    """What one connection's station is allowed; a boot says who it is, and so may add to it."""

    __slots__ = ("_admission", "_zone", "allowed", "booted")

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._zone: ZoneInfo | None = None
        self.allowed = admission.allowances
        self.booted = False
        self._find_zone()

    def _find_zone(self) -> None:
        if Quirk.LOCAL_TIME in self.allowed:
            self._zone = zone_of(self._admission.time_zone)

    @property
    def mend(self) -> bool:
        return Quirk.REPAIR_JSON in self.allowed

    @property
    def quiet_s(self) -> float:
        """How long nothing may be asked yet."""
        return QUIET_S if Quirk.QUIET_UNTIL_BOOT in self.allowed and not self.booted else 0.0

    def let_in_with(self, version: OcppVersion) -> tuple[str, ...]:
        """What the handshake allowed itself, for the record; ``version`` is the one its frames are read in."""
        if self._admission.nothing_offered:
            return ("NO_SUBPROTOCOL: no version offered, taken for 1.6",)
        if self._admission.subprotocol is not version:
            return ("SPEAKS_16: read as 1.6, as allowed",)
        return ()

    def problems(self, noted: Iterable[str]) -> Problems:
        """What a frame's reader noted, to be continued by its translator."""
        problems = Problems(noted)
        if self._zone is not None:
            problems.zone = self._zone
        return problems

    def learn(self, event: Booted) -> None:
        """Its boot is answered: it may be asked, and its profile is known."""
        self.booted = True
        self.allowed |= allowed_by_profile(event.vendor, event.model, event.firmware_version)
        self._find_zone()


def sounds_like_16(version: OcppVersion, action: str, payload: Payload) -> bool:
    """Whether a call on a 2.x socket is one of 1.6."""
    if version is OcppVersion.V16:
        return False
    if action not in known_actions(version):
        return action in known_actions(OcppVersion.V16)
    return not _WORDS_OF_16.isdisjoint(payload) and _NOT_16.isdisjoint(payload)


def adapted(event: StationEvent, allowed: frozenset[Quirk], problems: Problems) -> StationEvent:
    """The event as the core should hear it of a station with these allowances."""
    if (
        Quirk.METER_FROM_ZERO in allowed
        and isinstance(event, TransactionReported)
        and event.phase is TransactionPhase.UPDATED
        and any(reading.energy_wh is not None for reading in event.readings)
    ):
        problems.note("METER_FROM_ZERO: registers within the transaction are not counted")
        return replace(event, readings=tuple(reading._replace(energy_wh=None) for reading in event.readings))
    return event


def zone_of(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def count(version: OcppVersion, problems: Iterable[str]) -> None:
    """Counts the quirks that problems name."""
    for problem in problems:
        quirk = quirk_of(problem)
        if quirk is not None:
            QUIRKS.labels(version.value, quirk.value).inc()
