"""A gateway on a free port with the scripted core behind it."""

from collections.abc import AsyncIterator

import pytest

from gateway.server import OcppServer
from tests.gateway.doubles import ScriptedIntake, checked


@pytest.fixture
def intake() -> ScriptedIntake:
    return ScriptedIntake()


@pytest.fixture
async def server(intake: ScriptedIntake) -> AsyncIterator[OcppServer]:
    running = OcppServer(checked(intake), "127.0.0.1", 0, "gw-test")
    await running.start()
    yield running
    await running.stop()
