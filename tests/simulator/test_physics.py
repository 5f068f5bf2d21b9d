"""Batteries and meters: power, time and energy agree."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.battery import Battery
from simulator.chance import chance
from simulator.clock import Clock
from simulator.day import visits
from simulator.fleet import Fleet
from simulator.position import Position, Transaction
from simulator.settings import Settings
from simulator.spec import StationSpec

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def test_a_battery_takes_less_above_eighty_percent_and_never_more_than_fits() -> None:
    battery = Battery(50_000, 0.5, 11_000)
    assert battery.power_w(22_000) == 11_000
    assert battery.charge(7_000, 3600) == 7_000
    battery.soc = 0.9
    assert 1_000 < battery.power_w(22_000) < 11_000
    taken = sum(battery.charge(22_000, 600) for _ in range(200))
    assert taken == pytest.approx(5_000, rel=0.01)
    assert battery.full
    assert battery.power_w(22_000) == 0


def test_the_register_gains_what_the_power_says() -> None:
    position = Position(1, 22_000, 3, 1_000_000.0, battery=Battery(60_000, 0.2, 11_000))
    position.transaction = Transaction("t", "TAG", NOON, state="Charging")
    position.measured_at = NOON
    before = position.register_wh
    for minute in range(1, 121):
        register = position.register_wh
        sample = position.sample(NOON + timedelta(minutes=minute), "Sample.Periodic")
        assert sample.power_w == pytest.approx((position.register_wh - register) * 60, abs=1)
        assert sample.current_a == pytest.approx(sample.power_w / 690, abs=0.01)
    assert position.register_wh - before == pytest.approx(22_000)
    assert sample.soc_percent == pytest.approx(57, abs=1)


def test_nothing_flows_without_a_charging_transaction_or_backwards_in_time() -> None:
    position = Position(1, 22_000, 1, 5.0, battery=Battery(60_000, 0.2, 11_000), measured_at=NOON)
    assert position.sample(NOON + timedelta(hours=1), "Trigger").register_wh == 5
    position.transaction = Transaction("t", "TAG", NOON, state="Charging")
    assert position.sample(NOON, "Trigger").register_wh == 5


def test_the_same_seed_tells_the_same_story() -> None:
    def story(seed: int) -> list[object]:
        day = visits(chance(seed, "CP1", 1), ("A", "B"))
        return [next(day) for _ in range(50)]

    assert story(1) == story(1)
    assert story(1) != story(2)


def test_settings_answer_in_the_words_both_versions_share() -> None:
    settings = Settings(evses=2, meter_interval_s=10, connection_timeout_s=60)
    heartbeat = settings.by_key("heartbeatinterval")
    assert heartbeat is settings.by_variable("OCPPCommCtrlr", "HeartbeatInterval")
    assert heartbeat is not None
    assert settings.change(heartbeat, "sixty") == "Rejected"
    assert settings.change(heartbeat, "60") == "Accepted"
    assert settings.whole("HeartbeatInterval") == 60
    count = settings.by_key("NumberOfConnectors")
    priority = settings.by_key("NetworkConfigurationPriority")
    assert count is not None
    assert priority is not None
    assert settings.change(count, "9") == "Rejected"
    assert settings.change(priority, "1") == "RebootRequired"
    assert settings.by_key("nothing") is None


def test_impossible_stations_are_refused() -> None:
    wrong_ones: list[dict[str, Any]] = [{"version": "1.5"}, {"evses": 0}, {"phases": 2}]
    for wrong in wrong_ones:
        with pytest.raises(ValueError):
            StationSpec("CP1", **wrong)
    with pytest.raises(ValueError):
        Fleet("ws://x", [StationSpec("A"), StationSpec("A")])
    with pytest.raises(ValueError):
        Clock(0)
