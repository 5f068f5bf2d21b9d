"""Row 25: what a station claims to measure is held against what it sends; nothing is refused for it."""

from collections.abc import AsyncIterator

import pytest

from app.domain.measurand import ENOUGH, measurands
from tests.conftest import TestDatabase
from tests.journeys.power_house import House, house_of
from tests.use_cases.scene import Transaction, meter, moment, scene_of

POWER = "Power.Active.Import"


@pytest.fixture
async def house(database: TestDatabase) -> AsyncIterator[House]:
    async with house_of(database) as made:
        yield made


async def test_what_is_claimed_and_never_sent_is_shown(house: House) -> None:
    scene = await scene_of(house, "CLAIMS")
    async with scene.connected() as station:
        claim = {
            "component": {"name": "SampledDataCtrlr"},
            "variable": {"name": "TxUpdatedMeasurands"},
            "variableAttribute": [{"value": f"Energy.Active.Import.Register, {POWER},Frequency"}],
        }
        said = {"requestId": 1, "generatedAt": moment(), "seqNo": 0, "reportData": [claim]}
        await station.say("NotifyReport", **said)
        charging = Transaction(station, "claims")
        began = moment(-90)
        await charging.tell("Started", "CablePluggedIn", at=began, meterValue=meter(0, at=began))
        for wh in range(ENOUGH):
            at = moment(wh - 60)
            await charging.tell("Updated", "MeterValuePeriodic", at=at, meterValue=meter(100 + wh, at=at))
        assert (await scene.session("status energyWh")) == {"status": "ACTIVE", "energyWh": 100 + ENOUGH - 1}
        shown = (await scene.shown("measurands { name claimed samples readings missing }"))["measurands"]
    readings = ENOUGH + 1
    assert shown == [
        {
            "name": "Energy.Active.Import.Register",
            "claimed": True,
            "samples": readings,
            "readings": readings,
            "missing": False,
        },
        {"name": "Frequency", "claimed": True, "samples": None, "readings": readings, "missing": False},
        {"name": POWER, "claimed": True, "samples": 0, "readings": readings, "missing": True},
    ]


@pytest.mark.parametrize(
    ("readings", "samples", "missing"), [(ENOUGH - 1, 0, False), (ENOUGH, 0, True), (50, 1, False)]
)
def test_a_few_readings_say_nothing(readings: int, samples: int, missing: bool) -> None:
    (found,) = measurands([POWER], readings, {"power_w": samples})
    assert (found.missing, found.samples) == (missing, samples)
