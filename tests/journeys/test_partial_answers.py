"""A station that answers for less than it was asked has not accepted the rest."""

import pytest

from tests.conftest import TestDatabase
from tests.journeys.power_house import house_of


@pytest.mark.parametrize(("answered", "accepted"), [(1, False), (2, True)])
async def test_a_variable_without_a_result_is_not_accepted(
    database: TestDatabase, answered: int, accepted: bool
) -> None:
    async with house_of(database) as house, house.dialled("ocpp2.0.1") as station:
        station.answers["SetVariables"] = lambda payload: {
            "setVariableResult": [
                {"attributeStatus": "Accepted", "component": one["component"], "variable": one["variable"]}
                for one in payload["setVariableData"][:answered]
            ]
        }
        names = """variables: [{component: "AlignedDataCtrlr", variable: "Interval", value: "90"},
            {component: "SampledDataCtrlr", variable: "TxUpdatedInterval", value: "60"}],"""
        told = await house.do("variablesSet", f'stationId: "{(await house.ids())["station"]}", {names}')
        assert told["command"]["answer"] == {"status": "Accepted", "accepted": accepted}
