"""Sessions as stations tell them: in order, twice, late, without a start, without an end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.answer import Proceed, Superseded, TransactionAnswer
from app.domain.event import (
    Booted,
    CommandAnswered,
    CommandSending,
    HeartbeatSent,
    StatusReported,
    TransactionPhase,
    TransactionReported,
)
from app.domain.station import ChargingState, ConnectorStatus, OcppVersion
from app.domain.token import AuthorisationStatus, PresentedToken
from app.feed import Noun
from tests.ground import START
from tests.inbox.conftest import ended, register, started, updated


def minutes(count: float):
    return START + timedelta(minutes=count)


async def test_a_whole_session_is_metered_priced_and_settled(voice, world, clock):
    station = await voice()
    await station.say(started(minutes(0), wh=1000))
    clock.pass_time(600)
    await station.say(updated(minutes(10), wh=2000, seq=1))
    clock.pass_time(1200)
    answer = await station.say(ended(minutes(30), wh=5000, seq=2))
    assert answer.cost_minor == 200 and answer.currency == "EUR"
    row = world.one(
        "SELECT status, energy_wh, cost_minor, settled_at IS NOT NULL, started_at, ended_at, flags, seen_seq_nos::text FROM session"
    )
    assert row == ("COMPLETED", 4000, 200, True, minutes(0), minutes(30), [], "{[0,3)}")
    kinds = [kind for (kind,) in world.rows("SELECT type FROM event_log ORDER BY key")]
    assert kinds == ["station.connected", "session.started", "session.ended", "session.settled"]
    assert world.one("SELECT count(*) FROM reading") == (3,)


async def test_an_end_before_its_updates_waits_for_them(voice, world):
    station = await voice()
    await station.say(started(minutes(0)))
    await station.say(ended(minutes(30), wh=5000, seq=2))
    assert world.one("SELECT status, settled_at FROM session") == ("COMPLETED", None)
    assert world.rows("SELECT kind, state FROM duty ORDER BY kind") == [
        ("ASK_TRANSACTION_STATUS", "OWED"),
        ("SETTLE_SESSION", "OWED"),
    ]
    await station.say(updated(minutes(10), wh=2000, seq=1))
    assert world.one("SELECT energy_wh, settled_at IS NOT NULL FROM session") == (4000, True)


async def test_an_update_without_its_start_is_a_session_flagged_until_the_start_arrives(voice, world):
    station = await voice()
    await station.say(updated(minutes(10), wh=2000, seq=1))
    assert world.one("SELECT status, flags FROM session") == ("ACTIVE", ["LOST_START"])
    await station.say(started(minutes(0), wh=1000))
    assert world.one("SELECT status, flags, started_at, energy_wh FROM session") == ("ACTIVE", [], minutes(0), 1000)


async def test_the_same_message_again_changes_nothing_and_is_answered(voice, world):
    station = await voice()
    first = await station.say(started(minutes(0)))
    again = await station.say(started(minutes(0)))
    assert first == again
    await station.say(ended(minutes(30), wh=5000, seq=1))
    await station.say(ended(minutes(30), wh=5000, seq=1))
    assert world.one("SELECT count(*), min(energy_wh), min(flags::text) FROM session") == (1, 4000, "{}")
    assert world.one("SELECT count(*) FROM reading") == (2,)


async def test_the_same_key_with_other_content_is_kept_answered_and_flagged(voice, world):
    station = await voice()
    await station.say(started(minutes(0)))
    await station.say(ended(minutes(30), wh=5000, seq=1))
    answer = await station.say(ended(minutes(31), wh=9000, seq=1))
    assert isinstance(answer, TransactionAnswer)
    assert world.one("SELECT energy_wh, flags, ended_at FROM session") == (
        4000,
        ["SAME_KEY_OTHER_CONTENT"],
        minutes(30),
    )


async def test_a_1_6_start_gets_one_number_however_often_it_is_sent(voice, world):
    station = await voice(version=OcppVersion.V16)
    start = TransactionReported(
        TransactionPhase.STARTED, None, None, minutes(0), "StartTransaction", 1, 1, PresentedToken("card"),
        readings=(register(1000, minutes(0), "Transaction.Begin"),), identity="1|card|t|1000",
    )  # fmt: skip
    first = await station.say(start)
    again = await station.say(start)
    assert first.transaction_id == again.transaction_id
    assert first.token.status is AuthorisationStatus.ACCEPTED
    stop = TransactionReported(
        TransactionPhase.ENDED, first.transaction_id, None, minutes(20), "StopTransaction",
        readings=(register(3000, minutes(20), "Transaction.End"),), stop_reason="Local",
    )  # fmt: skip
    await station.say(stop)
    await station.say(stop)
    late = await station.say(start)
    assert late.transaction_id == first.transaction_id
    assert world.one("SELECT count(*), sum(energy_wh), min(status), min(cost_minor) FROM session") == (
        1,
        2000,
        "COMPLETED",
        100,
    )


async def test_what_a_1_6_plug_told_before_the_start_is_what_its_session_does(voice, world):
    station = await voice(version=OcppVersion.V16)
    await station.say(
        StatusReported(1, 1, ConnectorStatus.OCCUPIED, occurred_at=minutes(0), charging_state=ChargingState.CHARGING)
    )
    await station.say(_v16_start(minutes(1), "s"))
    assert world.one("SELECT status, charging_state FROM session") == ("ACTIVE", "CHARGING")


async def test_a_1_6_stop_with_minus_one_ends_the_only_open_transaction(voice, world):
    station = await voice(version=OcppVersion.V16)
    await station.say(
        TransactionReported(TransactionPhase.STARTED, None, None, minutes(0), "x", 1, 1, PresentedToken("CARD"),
                            readings=(register(1000, minutes(0), "Transaction.Begin"),), identity="start")
    )  # fmt: skip
    stop = TransactionReported(TransactionPhase.ENDED, None, None, minutes(20), "x", token=PresentedToken("CARD"),
                               readings=(register(3000, minutes(20), "Transaction.End"),), identity="stop")  # fmt: skip
    await station.say(stop)
    await station.say(stop)
    assert world.one("SELECT count(*), sum(energy_wh), min(status) FROM session") == (1, 2000, "COMPLETED")


async def test_a_1_6_stop_before_its_start_waits_for_it(voice, world):
    station = await voice(version=OcppVersion.V16)
    await station.say(
        TransactionReported(TransactionPhase.ENDED, None, None, minutes(20), "x", token=PresentedToken("CARD"),
                            readings=(register(3000, minutes(20), "Transaction.End"),), identity="stop")
    )  # fmt: skip
    assert world.one("SELECT status, flags, started_at FROM session") == ("COMPLETED", ["LOST_START"], None)
    await station.say(
        TransactionReported(TransactionPhase.STARTED, None, None, minutes(0), "x", 1, 1, PresentedToken("CARD"),
                            readings=(register(1000, minutes(0), "Transaction.Begin"),), identity="start")
    )  # fmt: skip
    row = world.one(
        "SELECT count(*), min(energy_wh), min(status), min(flags::text), bool_and(settled_at IS NOT NULL) FROM session"
    )
    assert row == (1, 2000, "COMPLETED", "{}", True)


async def test_a_refused_token_is_answered_recorded_and_flagged(voice, world):
    station = await voice()
    answer = await station.say(started(minutes(0), token="STRANGER"))
    assert answer.token.status is AuthorisationStatus.UNKNOWN
    assert world.one("SELECT status, flags FROM session") == ("ACTIVE", ["UNAUTHORISED_START"])
    assert world.one("SELECT decision, rule, presented_uid FROM authorisation") == (
        "Unknown",
        "NO_SUCH_TOKEN",
        "STRANGER",
    )


async def test_a_new_transaction_closes_the_one_that_never_ended(voice, world):
    station = await voice()
    await station.say(started(minutes(0), tx="old"))
    await station.say(started(minutes(60), tx="new"))
    rows = world.rows("SELECT transaction_id, status, flags, ended_at FROM session ORDER BY key")
    assert rows == [("old", "COMPLETED", ["SUPERSEDED"], minutes(60)), ("new", "ACTIVE", [], None)] or rows[::-1] == [
        ("old", "COMPLETED", ["SUPERSEDED"], minutes(60)), ("new", "ACTIVE", [], None)]  # fmt: skip
    await station.say(ended(minutes(40), wh=4000, seq=1, tx="old"))
    row = world.one("SELECT status, flags, ended_at, energy_wh FROM session WHERE transaction_id = 'old'")
    assert row == ("COMPLETED", [], minutes(40), 3000)


async def test_a_lifetime_register_is_never_billed(voice, world):
    """The 910 kWh complaint: readings restart at the meter's lifetime value in mid-session."""
    station = await voice()
    await station.say(started(minutes(0), wh=0))
    await station.say(updated(minutes(10), wh=1500, seq=1))
    await station.say(updated(minutes(20), wh=910_000, seq=2))
    await station.say(ended(minutes(30), wh=911_000, seq=3))
    row = world.one("SELECT energy_wh, flags, settled_at FROM session")
    assert row == (2500, ["ENERGY_JUMP"], None)


async def test_a_clock_that_cannot_be_true_is_replaced_by_ours_and_flagged(voice, world, clock):
    station = await voice()
    epoch_start = START.replace(year=1970)
    await station.say(started(epoch_start))
    assert world.one("SELECT started_at, flags FROM session") == (START, ["CLOCK_IMPLAUSIBLE"])


async def test_an_older_socket_is_not_heard(voice, world, inbox):
    station = await voice()
    old = station.epoch
    await station.connect()
    assert station.epoch == old + 1
    assert await station.say(started(minutes(0)), epoch=old) == Superseded()
    assert await station.say(HeartbeatSent(), epoch=old) == Superseded()
    assert world.one("SELECT count(*) FROM session") == (0,)


async def test_the_newest_status_wins_whatever_the_order(voice, world):
    station = await voice()
    await station.say(StatusReported(1, 1, ConnectorStatus.OCCUPIED, occurred_at=minutes(5)))
    await station.say(StatusReported(1, 1, ConnectorStatus.AVAILABLE, occurred_at=minutes(1)))
    assert world.one("SELECT status, status_since FROM connector WHERE evse_number = 1") == ("OCCUPIED", minutes(5))


async def test_hardware_that_nobody_described_is_kept_as_the_station_shows_it(voice, world):
    station = await voice(evses=0)
    await station.say(StatusReported(2, 1, ConnectorStatus.AVAILABLE, occurred_at=minutes(1)))
    assert world.one("SELECT e.number, c.number, c.status, c.standard FROM evse e JOIN connector c ON c.evse_key = e.key") == (
        2, 1, "AVAILABLE", "UNKNOWN")  # fmt: skip


async def test_watchers_hear_of_a_change_after_it_is_committed(voice, world, feed):
    station = await voice()

    watch = feed.watch(station.row.operator_key, (Noun.STATION, Noun.SESSION))
    await station.say(started(minutes(0)))
    changes, gap = watch.take()
    assert not gap and {change.noun for change in changes} == {Noun.STATION, Noun.SESSION}
    assert world.one("SELECT version FROM station WHERE key = %s", station.row.key) == (
        next(change.version for change in changes if change.noun is Noun.STATION),
    )


def _v16_start(at, identity: str, wh: int = 1000) -> TransactionReported:
    return TransactionReported(
        TransactionPhase.STARTED, None, None, at, "StartTransaction", 1, 1, PresentedToken("CARD"),
        readings=(register(wh, at, "Transaction.Begin"),), identity=identity,
    )  # fmt: skip


@pytest.mark.parametrize("step_back_s", [0, 2], ids=["the same second", "a clock that stepped back"])
async def test_of_two_starts_the_one_told_last_runs(voice, world, clock, step_back_s):
    station = await voice(version=OcppVersion.V16)
    first = await station.say(_v16_start(minutes(0), "a"))
    clock.pass_time(1)
    second = await station.say(_v16_start(minutes(0) - timedelta(seconds=step_back_s), "b"))
    assert int(second.transaction_id) > int(first.transaction_id)
    rows = dict(world.rows("SELECT transaction_id, status FROM session"))
    assert rows == {first.transaction_id: "COMPLETED", second.transaction_id: "ACTIVE"}


async def test_a_boot_before_a_queued_reset_was_sent_is_not_its_doing(voice, world, clock):
    station = await voice()
    (key,) = world.one(
        "INSERT INTO command (id, operator_key, station_key, action, body, status, effect, requested_by, created_at, deadline)"
        " VALUES (uuidv7(), %s, %s, 'Reset', '{\"when_idle\": true, \"evse\": null}', 'QUEUED', 'AWAITED', 'test', %s, %s)"
        " RETURNING key",
        station.row.operator_key, station.row.key, clock(), clock() + timedelta(minutes=5),
    )  # fmt: skip
    await station.say(Booted("Acme", "One"))
    assert world.one("SELECT effect FROM command") == ("AWAITED",)
    assert isinstance(await station.say(CommandSending(key)), Proceed)
    await station.say(CommandAnswered(key, "Rejected", False, None, None, "{}"))
    assert world.one("SELECT status, effect FROM command") == ("ANSWERED", "NOT_OBSERVED")


async def test_what_the_charger_agreed_to_take_out_of_service_is_shown_so(voice, world, clock):
    station = await voice()
    (key,) = world.one(
        "INSERT INTO command (id, operator_key, station_key, action, body, status, effect, requested_by, created_at, deadline)"
        " VALUES (uuidv7(), %s, %s, 'ChangeAvailability', '{\"operative\": false, \"evse\": 1, \"connector\": null}', 'SENT',"
        " 'AWAITED', 'test', %s, %s) RETURNING key",
        station.row.operator_key, station.row.key, clock(), clock() + timedelta(minutes=5),
    )  # fmt: skip
    await station.say(CommandAnswered(key, "Scheduled", True, None, None, "{}"))
    assert world.rows("SELECT number, operative FROM evse ORDER BY number") == [(1, False), (2, True)]
    await station.say(StatusReported(1, 1, ConnectorStatus.UNAVAILABLE, occurred_at=minutes(1)))
    assert world.one("SELECT effect FROM command") == ("OBSERVED",)


async def test_a_meter_that_moves_is_progress_and_a_status_is_news(voice, world, feed):
    station = await voice()
    await station.say(started(minutes(0), wh=1000))
    await station.say(updated(minutes(10), wh=2000, seq=1))
    watch = feed.watch(station.row.operator_key, (Noun.STATION, Noun.SESSION))
    await station.say(updated(minutes(20), wh=3000, seq=2))
    assert {change.progress for change in watch.take()[0]} == {True}
    await station.say(StatusReported(1, 1, ConnectorStatus.OCCUPIED, occurred_at=minutes(21)))
    assert {change.noun: change.progress for change in watch.take()[0]}[Noun.STATION] is False


@pytest.mark.parametrize("late_ms", [0, 1, 900])
async def test_what_the_end_itself_carries_counts_though_its_stamp_is_a_moment_later(voice, world, late_ms):
    station = await voice()
    await station.say(started(minutes(0), wh=1000))
    end = ended(minutes(30), wh=5000, seq=1)
    late = end.readings[0]._replace(at=minutes(30) + timedelta(milliseconds=late_ms))
    for _ in range(2):
        answer = await station.say(replace(end, readings=(late,)))
        assert answer.cost_minor == 200
    assert world.one("SELECT energy_wh, flags FROM session") == (4000, [])
    assert world.rows("SELECT energy_wh, suspect FROM reading ORDER BY energy_wh") == [(1000, False), (5000, False)]
    await station.say(updated(minutes(31), wh=9000, seq=2))
    assert world.one("SELECT energy_wh FROM session") == (4000,), "a register that runs on belongs to nobody's bill"


@pytest.mark.parametrize("late_ms", [0, 400])
async def test_an_end_stamped_as_the_last_update_is_no_end_without_a_past(voice, world, late_ms):
    station = await voice()
    await station.say(started(minutes(0), wh=1000))
    await station.say(updated(minutes(30), wh=4950, seq=1))
    end = ended(minutes(30), wh=5000, seq=2)
    late = end.readings[0]._replace(at=minutes(30) + timedelta(milliseconds=late_ms))
    await station.say(replace(end, readings=(late,)))
    assert world.one("SELECT status, energy_wh, flags FROM session") == ("COMPLETED", 4000, [])
    assert world.one("SELECT count(*) FROM quarantine") == (0,)
