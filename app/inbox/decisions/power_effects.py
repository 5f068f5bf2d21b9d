"""What follows when a station says yes, or no, to a request about power: what it holds from now on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import orjson

from app.domain.charging import same_place
from app.domain.event import Arrival
from app.domain.local_list import bounds_said, digests
from app.domain.request import StationRequest
from app.domain.request.battery_swap import RequestBatterySwap
from app.domain.request.charging_profile import (
    ClearChargingProfile,
    GetChargingProfiles,
    NotifyAllowedEnergyTransfer,
    SetChargingProfile,
    UpdateDynamicSchedule,
    UsePriorityCharging,
)
from app.domain.request.core import GetVariables
from app.domain.request.customer import CustomerInformation
from app.domain.request.der import ClearDERControl, GetDERControl, SetDERControl
from app.domain.request.local_list import GetLocalListVersion, SendLocalList, UpdateType
from app.domain.request.reservation import CancelReservation, ReserveNow
from app.domain.request.tariff import ChangeTransactionTariff, ClearTariffs, GetTariffs, SetDefaultTariff
from app.domain.session import Session
from app.domain.station_state import CommandState, StationState
from app.domain.token import normalise_uid
from app.inbox.batch import Batch
from app.inbox.decisions.power import control_row, end_reservation, on_session, profile_row, row, supersede
from app.store.values import value_json

_OURS = "CSO"
_ASK_WAIT = timedelta(minutes=5)


def _answer(command: CommandState) -> dict[str, Any]:
    """The station's payload; what it says in a broken form it did not say."""
    try:
        found = orjson.loads(command.answer_raw or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _criteria(station: StationState, **named: object) -> dict[str, object]:
    return {"station_key": station.key, **named}


def _session(station: StationState, transaction_id: str) -> Session | None:
    return next((one for one in station.sessions.values() if one.transaction_id == transaction_id), None)


# -- charging profiles -------------------------------------------------------------------------------------------------


def _profile_set(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = cast(SetChargingProfile, command.body)
    if not command.answer_accepted:
        return
    profile = body.charging_profile
    if same_place(arrival.version):
        # 1.6 §5.16.2: a profile of the same purpose and level at the connector takes the other's place.
        twin = _criteria(
            station,
            sources=[_OURS],
            evse_number=body.evse_id,
            purpose=profile.charging_profile_purpose.value,
            stack_level=profile.stack_level,
            except_id=profile.id,
        )
        batch.keep("charging_profile.clear", ("twin", station.key, profile.id), twin)
    found = profile_row(station, _OURS, body.evse_id, profile, command_id=command.uuid, set_at=arrival.received_at)
    batch.keep("charging_profile", (station.key, _OURS, profile.id), found)
    batch.touch(station)


def _profile_cleared(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """Accepted: gone. Unknown: nothing that meets the criteria is there, so what we showed was wrong."""
    body = cast(ClearChargingProfile, command.body)
    if not command.answer_accepted and command.answer_status != "Unknown":
        return
    met = body.charging_profile_criteria
    wanted = _criteria(
        station,
        profile_ids=None if body.charging_profile_id is None else [body.charging_profile_id],
        sources=[_OURS],
        evse_number=None if met is None else met.evse_id,
        purpose=None if met is None or met.charging_profile_purpose is None else met.charging_profile_purpose.value,
        stack_level=None if met is None else met.stack_level,
    )
    batch.keep("charging_profile.clear", (station.key, command.key), wanted)
    batch.touch(station)


def _profiles_asked(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """Reports follow; what they will leave unnamed is gone. NoProfiles says so at once."""
    body = cast(GetChargingProfiles, command.body)
    if not command.answer_accepted:
        return
    met = body.charging_profile
    wanted = _criteria(
        station,
        profile_ids=list(met.charging_profile_id) or None,
        sources=list(met.charging_limit_source) or None,
        evse_number=body.evse_id,
        purpose=None if met.charging_profile_purpose is None else met.charging_profile_purpose.value,
        stack_level=met.stack_level,
        request_id=body.request_id,
    )
    deed = "charging_profile.clear" if command.answer_status == "NoProfiles" else "charging_profile.doubt"
    batch.keep(deed, (station.key, command.key), wanted)
    batch.touch(station)


def _dynamic_moved(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = cast(UpdateDynamicSchedule, command.body)
    if not command.answer_accepted:
        return
    said = {name: value for name, value in value_json(body.schedule_update).items() if value is not None}
    moved = _criteria(station, profile_id=body.charging_profile_id, dynamic=said)
    batch.keep("charging_profile.move", (station.key, body.charging_profile_id), moved)
    batch.touch(station)


def _priority_used(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = cast(UsePriorityCharging, command.body)
    session = _session(station, body.transaction_id)
    if command.answer_accepted and session is not None:
        on_session(batch, station, session, priority=body.activate, priority_at=arrival.received_at)


def _transfer_allowed(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = cast(NotifyAllowedEnergyTransfer, command.body)
    session = _session(station, body.transaction_id)
    if command.answer_accepted and session is not None:
        allowed = [mode.value for mode in body.allowed_energy_transfer]
        on_session(batch, station, session, allowed_transfer=allowed)


# -- reservations ------------------------------------------------------------------------------------------------------


def _reserved(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    session = station.sessions.get(command.session_key or 0)
    if session is not None and not command.answer_accepted:
        end_reservation(batch, station, arrival, session, command.answer_status or "REFUSED")


def _unreserved(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """Rejected means that the station knows no such reservation: it is over, either way."""
    body = cast(CancelReservation, command.body)
    code = "CANCELLED" if command.answer_accepted else "UNKNOWN_TO_STATION"
    if not command.answer_accepted and command.answer_status != "Rejected":
        return
    for session in list(station.sessions.values()):
        if session.remote_start_id == body.reservation_id:
            end_reservation(batch, station, arrival, session, code)


# -- local lists -------------------------------------------------------------------------------------------------------


def _list_sent(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """What the station holds now; after anything but a yes that is unknown, and the next list is a whole one."""
    body = cast(SendLocalList, command.body)
    batch.touch(station)
    status = command.answer_status or ""
    if not command.answer_accepted:
        batch.keep("local_list.doubt", station.key, _criteria(station, last_status=status))
        return
    held, removed = digests(body.local_authorization_list)
    said = row(
        station,
        list_version=body.version_number,
        base_version=body.version_number - 1,
        entries=held,
        removed=list(removed),
        in_step=True,
        last_status=status,
        sent_at=arrival.received_at,
    )
    whole = body.update_type is UpdateType.FULL
    batch.keep("local_list" if whole else "local_list.change", station.key, said)


def _customer_cleared(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """Whom a station forgets comes off its list, too: only we may change that (2.0.1 N10.FR.02)."""
    body = cast(CustomerInformation, command.body)
    if not command.answer_accepted or not body.clear or body.id_token is None:
        return
    at = arrival.received_at
    uid = normalise_uid(body.id_token.id_token)
    off = _criteria(station, id=batch.new_id(), uid=uid, type=body.id_token.type, at=at, deadline=at + _ASK_WAIT)
    batch.keep("local_list.forget", (station.key, command.key), off)


def _list_version(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    version = _answer(command).get("versionNumber", _answer(command).get("listVersion"))
    if isinstance(version, int):
        said = _criteria(station, list_version=version, checked_at=arrival.received_at)
        batch.keep("local_list.check", station.key, said)
        batch.touch(station)


def _bounds_read(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """A station that told how long its lists may be is not sent longer ones."""
    entries, message = bounds_said(_answer(command))
    if entries is not None or message is not None:
        batch.keep("local_list.bounds", station.key, row(station, max_entries=entries, max_message=message))
        batch.touch(station)


def ask_for_list(batch: Batch, station: StationState, arrival: Arrival) -> None:
    """Who comes back may have lost its list: it is asked once which one it holds."""
    at = arrival.received_at
    question = _criteria(station, id=batch.new_id(), at=at, deadline=at + _ASK_WAIT)
    batch.keep("local_list.ask", station.key, question)


# -- 2.1: tariffs, grid controls, batteries ----------------------------------------------------------------------------


def _tariff_set(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = cast(SetDefaultTariff, command.body)
    if not command.answer_accepted:
        return
    tariff_id = body.tariff.tariff_id
    old = _criteria(station, evse_number=body.evse_id, kind="DefaultTariff", except_id=tariff_id)
    batch.keep("station_tariff.clear", (station.key, body.evse_id), old)
    found = row(
        station,
        tariff_id=tariff_id,
        evse_number=body.evse_id,
        kind="DefaultTariff",
        tariff=value_json(body.tariff),
        set_at=arrival.received_at,
    )
    batch.keep("station_tariff", (station.key, tariff_id, body.evse_id), found)
    batch.touch(station)


def _tariff_changed(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = cast(ChangeTransactionTariff, command.body)
    session = _session(station, body.transaction_id)
    if not command.answer_accepted:
        return
    evse = 0 if session is None else session.evse_number or 0
    found = row(
        station,
        tariff_id=body.tariff.tariff_id,
        evse_number=evse,
        kind="DriverTariff",
        transaction_id=body.transaction_id,
        tariff=value_json(body.tariff),
        set_at=arrival.received_at,
    )
    batch.keep("station_tariff", (station.key, body.tariff.tariff_id, evse), found)
    if session is not None:
        on_session(batch, station, session, tariff_id=body.tariff.tariff_id)
    batch.touch(station)


def _tariffs_read(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """The answer names every tariff: what it does not name is not there."""
    body = cast(GetTariffs, command.body)
    if not command.answer_accepted:
        return
    named = [
        (str(one.get("tariffId", ""))[:60], evse, str(one.get("tariffKind", "")))
        for one in _answer(command).get("tariffAssignments", ())
        if isinstance(one, dict)
        for evse in (one.get("evseIds") or [body.evse_id])
        if isinstance(evse, int)
    ]
    if not named:
        scope = None if body.evse_id == 0 else body.evse_id
        batch.keep("station_tariff.clear", (station.key, "all"), _criteria(station, evse_number=scope))
    for tariff_id, evse, kind in named:
        found = row(station, tariff_id=tariff_id, evse_number=evse, kind=kind, reported_at=arrival.received_at)
        batch.keep("station_tariff", (station.key, tariff_id, evse), found)
    batch.touch(station)


def _tariffs_cleared(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    """Each result stands for itself; NoTariff says that there is none, either."""
    body = cast(ClearTariffs, command.body)
    for result in _answer(command).get("clearTariffsResult", ()):
        if isinstance(result, dict) and result.get("status") in ("Accepted", "NoTariff"):
            wanted = _criteria(station, tariff_id=result.get("tariffId"), evse_number=body.evse_id)
            batch.keep("station_tariff.clear", (station.key, result.get("tariffId")), wanted)
    batch.touch(station)


def _control_set(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = cast(SetDERControl, command.body)
    if not command.answer_accepted:
        return
    found = control_row(station, body, is_superseded=False, set_at=arrival.received_at)
    batch.keep("der_control", (station.key, body.control_id), found)
    superseded = _answer(command).get("supersededIds")
    supersede(batch, station, tuple(map(str, superseded)) if isinstance(superseded, list) else ())
    batch.touch(station)


def _control_cleared(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = cast(ClearDERControl, command.body)
    if not command.answer_accepted and command.answer_status != "NotFound":
        return
    wanted = _criteria(
        station,
        control_id=body.control_id,
        control_type=None if body.control_type is None else body.control_type.value,
        is_default=body.is_default,
    )
    batch.keep("der_control.clear", (station.key, command.key), wanted)
    batch.touch(station)


def _controls_asked(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = cast(GetDERControl, command.body)
    gone = command.answer_status == "NotFound"
    if not command.answer_accepted and not gone:
        return
    wanted = _criteria(
        station,
        control_id=body.control_id,
        control_type=None if body.control_type is None else body.control_type.value,
        is_default=body.is_default,
        request_id=body.request_id,
    )
    batch.keep("der_control.clear" if gone else "der_control.doubt", (station.key, command.key), wanted)
    batch.touch(station)


def _swap_requested(batch: Batch, station: StationState, arrival: Arrival, command: CommandState) -> None:
    body = cast(RequestBatterySwap, command.body)
    if not command.answer_accepted:
        return
    found = row(
        station,
        request_id=body.request_id,
        event="REQUESTED",
        token_uid=body.id_token.id_token,
        batteries=[],
        at=arrival.received_at,
    )
    batch.keep("battery_swap", (station.key, body.request_id, "REQUESTED"), found)
    batch.touch(station)


EFFECTS: dict[type[StationRequest], Callable[[Batch, StationState, Arrival, CommandState], None]] = {
    SetChargingProfile: _profile_set,
    ClearChargingProfile: _profile_cleared,
    GetChargingProfiles: _profiles_asked,
    UpdateDynamicSchedule: _dynamic_moved,
    UsePriorityCharging: _priority_used,
    NotifyAllowedEnergyTransfer: _transfer_allowed,
    ReserveNow: _reserved,
    CancelReservation: _unreserved,
    SendLocalList: _list_sent,
    GetLocalListVersion: _list_version,
    GetVariables: _bounds_read,
    CustomerInformation: _customer_cleared,
    SetDefaultTariff: _tariff_set,
    ChangeTransactionTariff: _tariff_changed,
    GetTariffs: _tariffs_read,
    ClearTariffs: _tariffs_cleared,
    SetDERControl: _control_set,
    ClearDERControl: _control_cleared,
    GetDERControl: _controls_asked,
    RequestBatterySwap: _swap_requested,
}
