"""What an account lets its drivers use: refused when it is used up, stopped just before."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.account import (
    LOOK_EVERY,
    AccountStatus,
    Allowance,
    LimitOn,
    LimitPer,
    Running,
    Standing,
    objection,
    watch,
)
from app.domain.driver import masked_email, masked_phone
from app.domain.hold import SessionTarget
from app.domain.token import AuthorisationStatus

HERE, ELSEWHERE = 1, 2
OPEN = Standing(1, 2, 3, AccountStatus.ACTIVE, prepaid=False, balance_minor=0)
CONTRACTOR = Allowance(LimitOn.ENERGY_WH, LimitPer.MONTH, 50_000, 0)
CHARGING = Running(7, HERE, 10_000, 500, 11_000, timedelta(hours=1))


def allowing(*allowances: Allowance) -> Standing:
    return replace(OPEN, allowances=allowances)


def test_the_fifty_first_kilowatt_hour_is_refused_by_its_rule() -> None:
    assert objection(allowing(replace(CONTRACTOR, used=49_999)), location_key=HERE) is None
    no = objection(allowing(replace(CONTRACTOR, used=50_000)), location_key=HERE)
    assert no == (AuthorisationStatus.NO_CREDIT, "LIMIT:ENERGY_WH/MONTH")


@pytest.mark.parametrize(
    ("standing", "rule"),
    [
        (None, None),
        (OPEN, None),
        (replace(OPEN, status=AccountStatus.SUSPENDED), "ACCOUNT:SUSPENDED"),
        (replace(OPEN, status=AccountStatus.CLOSED), "ACCOUNT:CLOSED"),
        (replace(OPEN, balance_minor=-5), None),
        (replace(OPEN, prepaid=True), "BALANCE:EMPTY"),
        (replace(OPEN, prepaid=True, balance_minor=1), None),
        (allowing(Allowance(LimitOn.SESSIONS, LimitPer.DAY, 2, 2)), "LIMIT:SESSIONS/DAY"),
        (allowing(Allowance(LimitOn.SESSIONS, LimitPer.DAY, 2, 2, ELSEWHERE)), None),
        (allowing(Allowance(LimitOn.AMOUNT_MINOR, LimitPer.MONTH, 100, 101, HERE)), "LIMIT:AMOUNT_MINOR/MONTH"),
        (allowing(Allowance(LimitOn.ENERGY_WH, LimitPer.SESSION, 0, 0)), "LIMIT:ENERGY_WH/SESSION"),
    ],
)
def test_what_refuses_a_start(standing: Standing | None, rule: str | None) -> None:
    no = objection(standing, location_key=HERE)
    assert (None if no is None else no[1]) == rule


def test_a_session_far_from_its_limit_is_looked_at_again() -> None:
    verdict = watch(allowing(CONTRACTOR), CHARGING)
    assert (verdict.rule, verdict.look_after) == (None, LOOK_EVERY)


def test_a_session_is_stopped_before_it_passes_its_limit() -> None:
    """At 11 kW the last 100 Wh take 33 s: looked at once more before; the last 50 Wh take 16 s: stopped now."""
    soon = watch(allowing(replace(CONTRACTOR, used=39_900)), CHARGING)
    assert soon.rule is None
    assert timedelta(seconds=10) < soon.look_after < timedelta(seconds=15)
    assert watch(allowing(replace(CONTRACTOR, used=39_950)), CHARGING).rule == "LIMIT:ENERGY_WH/MONTH"


def test_a_session_that_draws_nothing_is_stopped_only_when_all_is_used() -> None:
    idle = replace(CHARGING, power_w=0)
    assert watch(allowing(replace(CONTRACTOR, used=39_999)), idle).rule is None
    assert watch(allowing(replace(CONTRACTOR, used=40_000)), idle).rule == "LIMIT:ENERGY_WH/MONTH"


def test_a_session_s_own_limit_counts_it_alone() -> None:
    limit = Allowance(LimitOn.ENERGY_WH, LimitPer.SESSION, 10_000, 0)
    assert watch(allowing(limit), CHARGING).rule == "LIMIT:ENERGY_WH/SESSION"
    assert watch(allowing(replace(limit, most=20_000)), CHARGING).rule is None


def test_money_is_watched_at_the_pace_it_is_spent() -> None:
    """500 in an hour: 10 left lasts 72 s, 2 left lasts 14 s."""
    assert watch(replace(OPEN, prepaid=True, balance_minor=510), CHARGING).rule is None
    assert watch(replace(OPEN, prepaid=True, balance_minor=502), CHARGING).rule == "BALANCE:EMPTY"
    month = Allowance(LimitOn.AMOUNT_MINOR, LimitPer.MONTH, 1_000, 600)
    assert watch(allowing(month), CHARGING).rule == "LIMIT:AMOUNT_MINOR/MONTH"
    assert watch(allowing(replace(month, location_key=ELSEWHERE)), CHARGING).rule is None


def test_what_others_run_up_is_not_there_any_more() -> None:
    """500 of my own and 300 of somebody else's session: a balance of 800 is used up, and lets nobody begin."""
    both = replace(OPEN, prepaid=True, balance_minor=810, running=((7, 450), (8, 300)))
    assert watch(both, CHARGING).rule is None
    assert watch(replace(both, balance_minor=802), CHARGING).rule == "BALANCE:EMPTY"
    assert objection(both, location_key=HERE) is None
    assert objection(replace(both, balance_minor=750), location_key=HERE) is not None
    month = Allowance(LimitOn.AMOUNT_MINOR, LimitPer.MONTH, 1_000, used=300)
    assert watch(replace(both, prepaid=False, allowances=(month,)), CHARGING).rule is None, "500 of its own and 300"
    tight = replace(month, most=802)
    assert watch(replace(both, prepaid=False, allowances=(tight,)), CHARGING).rule == "LIMIT:AMOUNT_MINOR/MONTH"


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        (SessionTarget(energy_wh=10_000), "TARGET_ENERGY"),
        (SessionTarget(energy_wh=10_050), "TARGET_ENERGY"),  # 16 s at 11 kW
        (SessionTarget(energy_wh=20_000), None),
        (SessionTarget(cost_minor=500), "TARGET_COST"),
        (SessionTarget(soc_percent=80), "TARGET_SOC"),
        (SessionTarget(soc_percent=81), None),
        (SessionTarget(duration_s=3_615), "TARGET_TIME"),
        (SessionTarget(duration_s=7_200), None),
        (SessionTarget(), None),
    ],
)
def test_what_is_wanted_ends_a_session_that_no_account_pays(target: SessionTarget, rule: str | None) -> None:
    assert watch(None, replace(CHARGING, soc_percent=80), target).rule == rule


def test_what_is_shown_of_a_person_to_others() -> None:
    assert masked_email("ada.lovelace@example.com") == "a…@example.com"
    assert masked_phone("+4915112345678") == "…78"
