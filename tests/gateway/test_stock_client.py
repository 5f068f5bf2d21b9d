"""Stations built on the stock `ocpp` package connect and exchange every core message for real."""

import asyncio
from typing import Any

import pytest
from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call as call16
from ocpp.v16 import call_result as result16
from ocpp.v21 import ChargePoint as ChargePoint21
from ocpp.v21 import call as call21
from ocpp.v21 import call_result as result21
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.domain.event import CommandAnswered, TransactionReported
from app.domain.request import StationRequest
from app.domain.request.core import (
    ChangeAvailability,
    GetVariables,
    Reset,
    SetVariables,
    StartTransaction,
    StopTransaction,
    TriggerMessage,
    UnlockConnector,
    VariableName,
)
from app.domain.token import PresentedToken
from gateway.server import OcppServer
from tests.gateway.doubles import ScriptedIntake, command

STAMP = "2026-05-04T12:00:00Z"
NAME = VariableName("OCPPCommCtrlr", "HeartbeatInterval")
COMMANDS: list[StationRequest] = [
    StartTransaction(PresentedToken("TAG"), 1, 1),
    StopTransaction("1"),
    Reset(when_idle=True),
    UnlockConnector(1, 1),
    ChangeAvailability(operative=True),
    TriggerMessage("Heartbeat"),
    GetVariables((NAME,)),
    SetVariables(((NAME, "60"),)),
]


def stub(name: str, action: str, result: Any) -> Any:
    """A handler that answers one action with one result; the stock router finds handlers by their names."""

    async def handler(self: Any, **_payload: Any) -> Any:
        return result

    handler.__name__ = name
    return on(action)(handler)


def station(base: type, results: dict[str, Any]) -> Any:
    """A stock charge point class with one handler an action."""
    names = {f"on_{action.lower()}": (action, result) for action, result in results.items()}
    return type("Station", (base,), {name: stub(name, *pair) for name, pair in names.items()})


RESULTS16 = {
    "RemoteStartTransaction": result16.RemoteStartTransaction(status="Accepted"),
    "RemoteStopTransaction": result16.RemoteStopTransaction(status="Accepted"),
    "Reset": result16.Reset(status="Accepted"),
    "UnlockConnector": result16.UnlockConnector(status="Unlocked"),
    "ChangeAvailability": result16.ChangeAvailability(status="Scheduled"),
    "TriggerMessage": result16.TriggerMessage(status="Accepted"),
    "GetConfiguration": result16.GetConfiguration(configuration_key=[], unknown_key=[]),
    "ChangeConfiguration": result16.ChangeConfiguration(status="RebootRequired"),
}


def results2(result: Any) -> dict[str, Any]:
    named = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    accepted = {**named, "attribute_status": "Accepted"}
    return {
        "RequestStartTransaction": result.RequestStartTransaction(status="Accepted"),
        "RequestStopTransaction": result.RequestStopTransaction(status="Accepted"),
        "Reset": result.Reset(status="Scheduled"),
        "UnlockConnector": result.UnlockConnector(status="Unlocked"),
        "ChangeAvailability": result.ChangeAvailability(status="Accepted"),
        "TriggerMessage": result.TriggerMessage(status="Accepted"),
        "GetVariables": result.GetVariables(get_variable_result=[{**accepted, "attribute_value": "300"}]),
        "SetVariables": result.SetVariables(set_variable_result=[accepted]),
    }


CALLS16 = [
    call16.BootNotification(charge_point_vendor="Ada", charge_point_model="One"),
    call16.Heartbeat(),
    call16.StatusNotification(connector_id=1, error_code="NoError", status="Available"),
    call16.Authorize(id_tag="TAG"),
    call16.StartTransaction(connector_id=1, id_tag="TAG", meter_start=0, timestamp=STAMP),
    call16.MeterValues(
        connector_id=1,
        transaction_id=1,
        meter_value=[{"timestamp": STAMP, "sampled_value": [{"value": "10"}]}],
    ),
    call16.StopTransaction(transaction_id=1, meter_stop=10, timestamp=STAMP),
    call16.DataTransfer(vendor_id="v", data="x"),
]


def calls2(call: Any) -> list[Any]:
    value = [{"timestamp": STAMP, "sampled_value": [{"value": 10}]}]
    token = {"id_token": "TAG", "type": "ISO14443"}
    return [
        call.BootNotification(charging_station={"model": "One", "vendor_name": "Ada"}, reason="PowerUp"),
        call.Heartbeat(),
        call.StatusNotification(timestamp=STAMP, connector_status="Available", evse_id=1, connector_id=1),
        call.Authorize(id_token=token),
        *(
            call.TransactionEvent(
                event_type=event,
                timestamp=STAMP,
                trigger_reason="Authorized",
                seq_no=number,
                transaction_info={"transaction_id": "t"},
                id_token=token,
                meter_value=value,
            )
            for number, event in enumerate(("Started", "Updated", "Ended"))
        ),
        call.MeterValues(evse_id=1, meter_value=value),
        call.NotifyEvent(
            generated_at=STAMP,
            seq_no=0,
            event_data=[
                {
                    "event_id": 1,
                    "timestamp": STAMP,
                    "trigger": "Alerting",
                    "actual_value": "x",
                    "event_notification_type": "HardWiredMonitor",
                    "component": {"name": "Connector"},
                    "variable": {"name": "Problem"},
                }
            ],
        ),
        call.DataTransfer(vendor_id="v"),
    ]


@pytest.mark.parametrize(
    ("protocol", "kind", "calls"),
    [
        ("ocpp1.6", station(ChargePoint16, RESULTS16), CALLS16),
        ("ocpp2.0.1", station(ChargePoint201, results2(result201)), calls2(call201)),
        ("ocpp2.1", station(ChargePoint21, results2(result21)), calls2(call21)),
    ],
)
async def test_a_stock_station_in_each_version(
    server: OcppServer, intake: ScriptedIntake, protocol: str, kind: Any, calls: list[Any]
) -> None:
    url = f"ws://127.0.0.1:{server.port}/stock"
    async with connect(url, subprotocols=[Subprotocol(protocol)]) as socket:
        client = kind("stock", socket)
        reading = asyncio.create_task(client.start())
        for request in calls:
            # The stock client validates our answer against its own schemas and raises for a CALLERROR.
            assert await client.call(request, suppress=False) is not None
        for key, body in enumerate(COMMANDS):
            assert server.send(command(key, 1, body))
        answered = await intake.wait_for(CommandAnswered, len(COMMANDS))
        reading.cancel()
    assert all(event.accepted for event in answered), answered
    assert len(intake.events(TransactionReported)) == 3
