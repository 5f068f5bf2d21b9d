"""Simulated stations against the real gateway, with the scripted core behind it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from gateway.server import OcppServer
from simulator.fleet import Fleet
from simulator.spec import StationSpec
from simulator.station import Station
from tests.gateway.doubles import ScriptedIntake, checked

Dial = Callable[[StationSpec], Awaitable[Station]]


@pytest.fixture
def intake() -> ScriptedIntake:
    return ScriptedIntake()


@pytest.fixture
async def server(intake: ScriptedIntake) -> AsyncIterator[OcppServer]:
    running = OcppServer(checked(intake), "127.0.0.1", 0, "gw-test")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def dial(server: OcppServer) -> AsyncIterator[Dial]:
    """Runs a station without visitors until the test ends; returns it connected and booted."""
    running: list[tuple[Fleet, asyncio.Task[None]]] = []

    async def start(spec: StationSpec) -> Station:
        fleet = Fleet(f"ws://127.0.0.1:{server.port}/ocpp", [spec], seed=7, time_factor=100)
        running.append((fleet, asyncio.create_task(fleet.run(visitors=False))))
        station = fleet[spec.identity]
        await station.wait_until(lambda one: one.link.online)
        return station

    yield start
    for fleet, task in running:
        await fleet.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await task
