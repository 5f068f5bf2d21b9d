"""Who holds the station's socket, what it says about itself, and what we only write down."""

from typing import cast

from app.domain.answer import (
    Acknowledged,
    Answer,
    BootAnswer,
    ConnectedAnswer,
    DataTransferAnswer,
    HeartbeatAnswer,
)
from app.domain.command import CommandEffect, CommandStatus
from app.domain.event import Arrival, Booted, Connected, Disconnected
from app.domain.station import Registration
from app.domain.station_state import StationState
from app.inbox.batch import Batch
from app.inbox.decisions import security_profile
from app.inbox.decisions.desired import look_after_boot
from app.inbox.decisions.effect import observe
from app.inbox.decisions.power_effects import ask_for_list

HEARTBEAT_INTERVAL_S = 300
BOOT_RETRY_S = 30  # an operator who accepts a station is looking at it
_RESETS = frozenset({"Reset", "ResetAndResume"})
_INTERVAL_SPREAD_S = 60  # never the same interval for all: ten thousand stations must not beat together


def heartbeat_interval_s(station_key: int) -> int:
    """A station's own interval, stable over reconnects."""
    return HEARTBEAT_INTERVAL_S - _INTERVAL_SPREAD_S // 2 + station_key * 7919 % _INTERVAL_SPREAD_S


def connected(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """The newest authenticated socket owns the station: its epoch is larger than any before."""
    event = cast(Connected, arrival.event)
    station.epoch += 1
    station.last_seen_at = arrival.received_at
    station.link |= {
        "epoch": station.epoch,
        "gateway_id": event.gateway_id,
        "connected_at": arrival.received_at,
        "disconnected_at": None,
        "subprotocol": event.subprotocol,
        "security_profile": event.security_profile,
        "remote_address": event.remote_address,
        "close_reason": None,
        "ocpp_version": arrival.version.value,
    }
    station.link_changed = True
    batch.touch(station)
    batch.connected.append(station.key)
    ask_for_list(batch, station, arrival)
    security_profile.reached(batch, station, event.security_profile)
    batch.log(station, arrival, "station.connected", ("station", station.uuid), subprotocol=event.subprotocol)
    return ConnectedAnswer(station.epoch)


def disconnected(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """The station's own socket is gone; an older one's end never gets here."""
    event = cast(Disconnected, arrival.event)
    station.link |= {"gateway_id": None, "disconnected_at": arrival.received_at, "close_reason": event.reason[:200]}
    station.link_changed = True
    batch.touch(station)
    batch.log(station, arrival, "station.disconnected", ("station", station.uuid), reason=event.reason[:200])
    return Acknowledged()


def booted(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """BootNotification: idempotent, however often it comes (1.6 §4.2, 2.0.1 B01)."""
    event = cast(Booted, arrival.event)
    station.last_seen_at = arrival.received_at
    station.link |= {
        "vendor": event.vendor[:100],
        "model": event.model[:100],
        "serial_number": event.serial_number,
        "firmware_version": event.firmware_version,
        "boot_reason": event.reason,
        "booted_at": arrival.received_at,
    }
    station.link_changed = True
    batch.touch(station)
    batch.log(
        station,
        arrival,
        "station.booted",
        ("station", station.uuid),
        firmware=event.firmware_version,
        reason=event.reason,
    )
    for command in station.commands.values():
        # A boot before the command was sent is not its doing.
        sent = command.status is not CommandStatus.QUEUED
        if sent and command.action in _RESETS and command.effect is CommandEffect.AWAITED:
            observe(batch, station, command)
    look_after_boot(batch, station, arrival)
    batch.journal(arrival)
    waiting = station.registration is not Registration.ACCEPTED
    interval = BOOT_RETRY_S if waiting else heartbeat_interval_s(station.key)
    return BootAnswer(station.registration, arrival.received_at, interval)


def heartbeat(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """Only the minute's first heartbeat comes this far: it writes last-seen."""
    station.last_seen_at = arrival.received_at
    batch.touch(station, news=False)
    return HeartbeatAnswer(arrival.received_at)


def data_transferred(batch: Batch, station: StationState, arrival: Arrival) -> Answer:
    """DataTransfer: journalled; no vendor extension is understood yet, and we say so."""
    batch.journal(arrival)
    return DataTransferAnswer("UnknownVendorId")
