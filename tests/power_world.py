"""What a charger holds and has told about power, each text marked with its operator's canary."""

from collections.abc import Callable
from dataclasses import replace

from psycopg.types.json import Jsonb

from app.domain.battery import BatteryData
from app.domain.charging_needs import ChargingNeeds
from app.domain.postal import Address
from app.domain.request.charging_profile import ChargingProfile, ChargingSchedule
from app.domain.request.der import SetDERControl
from app.domain.request.tariff import ChargerTariff
from app.domain.station_cost import CostDetails
from app.store.values import value_json
from tests.gateway.samples.fullest import fullest

Ingest = Callable[..., list[tuple[object, ...]]]


def report_power(ingest: Ingest, operator: int, station: int, session: object, mark: str) -> None:
    who = (operator, station)
    profile = replace(fullest(ChargingProfile), transaction_id=None, price_schedule_signature=f"sig {mark}")
    ingest(
        "INSERT INTO charging_profile (operator_key, station_key, source, profile_id, evse_number, purpose, stack_level, "
        "profile, set_at) VALUES (%s, %s, %s, 1, 1, 'TxDefaultProfile', 0, %s, now())",
        *who, f"CSO {mark}", Jsonb(value_json(profile)),
    )  # fmt: skip
    schedule = replace(fullest(ChargingSchedule), digest_value=f"digest {mark}")
    ingest(
        "INSERT INTO charging_limit (operator_key, station_key, evse_number, source, schedules, notified_at) "
        "VALUES (%s, %s, 1, %s, %s, now())",
        *who, f"SO {mark}", Jsonb(value_json((schedule,))),
    )  # fmt: skip
    ingest(
        "INSERT INTO session_power (session_key, operator_key, station_key, needs, ev_schedule, tariff_id) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        session, *who, Jsonb(value_json(fullest(ChargingNeeds))), Jsonb(value_json(schedule)), f"T {mark}",
    )  # fmt: skip
    said = replace(fullest(CostDetails), failure_reason=f"reason {mark}")
    ingest(
        "INSERT INTO station_cost (session_key, operator_key, station_key, details, said_at) VALUES (%s, %s, %s, %s, now())",
        session, *who, Jsonb(value_json(said)),
    )  # fmt: skip
    ingest(
        "INSERT INTO local_list (operator_key, station_key, list_version, entries, last_status) "
        "VALUES (%s, %s, 3, %s, %s)",
        *who, Jsonb({f"UID{mark}": "x"}), f"Status {mark}",
    )  # fmt: skip
    ingest(
        "INSERT INTO station_tariff (operator_key, station_key, tariff_id, evse_number, kind, tariff) "
        "VALUES (%s, %s, %s, 0, 'DefaultTariff', %s)",
        *who, f"T {mark}", Jsonb(value_json(fullest(ChargerTariff))),
    )  # fmt: skip
    control = replace(fullest(SetDERControl), control_id=f"control {mark}")
    ingest(
        "INSERT INTO der_control (operator_key, station_key, control_id, control_type, is_default, control) "
        "VALUES (%s, %s, %s, 'EnterService', true, %s)",
        *who, f"control {mark}", Jsonb(value_json(control)),
    )  # fmt: skip
    ingest(
        "INSERT INTO der_alarm (operator_key, station_key, control_type, info, since) VALUES (%s, %s, %s, %s, now())",
        *who, f"Type {mark}", f"Alarm {mark}",
    )  # fmt: skip
    ingest(
        "INSERT INTO settlement (operator_key, station_key, psp_ref, amount, info, vat_company, settled_at, session_key) "
        "VALUES (%s, %s, %s, 12.5, %s, %s, now(), %s)",
        *who, f"psp {mark}", f"info {mark}", Jsonb(value_json(fullest(Address))), session,
    )  # fmt: skip
    ingest(
        "INSERT INTO vat_check (operator_key, station_key, vat_number, plausible, checked_at) "
        "VALUES (%s, %s, %s, true, now())",
        *who, f"DE {mark}",
    )  # fmt: skip
    battery = replace(fullest(BatteryData), serial_number=f"serial {mark}")
    ingest(
        "INSERT INTO battery_swap (operator_key, station_key, request_id, event, token_uid, batteries, at) "
        "VALUES (%s, %s, 1, 'BatteryIn', %s, %s, now())",
        *who, f"UID{mark}", Jsonb(value_json((battery,))),
    )  # fmt: skip
