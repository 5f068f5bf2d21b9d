"""Messages a station says again because the backend asked for them (TriggerMessage)."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from simulator.position import Position

if TYPE_CHECKING:
    from simulator.station import Station

Again = Callable[["Station", list[Position]], Coroutine[Any, Any, None]]


async def _boot(station: "Station", _positions: list[Position]) -> None:
    await station.say(station.voice.boot(station.spec, "Triggered"))


async def _heartbeat(station: "Station", _positions: list[Position]) -> None:
    await station.say(("Heartbeat", {}))


async def _status(station: "Station", positions: list[Position]) -> None:
    for position in positions:
        await station.show(position, again=True)


async def _meter(station: "Station", positions: list[Position]) -> None:
    for position in positions:
        await station.say(station.voice.meter_values(position, position.sample(station.clock.now(), "Trigger")))


async def _transaction(station: "Station", positions: list[Position]) -> None:
    for position in positions:
        if position.transaction is not None:
            sample = position.sample(station.clock.now(), "Trigger")
            build = station.voice.updated(position, position.transaction, sample, "Trigger")
            station.report(position, position.transaction, build)


AGAIN: dict[str, Again] = {
    "BootNotification": _boot,
    "Heartbeat": _heartbeat,
    "StatusNotification": _status,
    "MeterValues": _meter,
    "TransactionEvent": _transaction,
}
