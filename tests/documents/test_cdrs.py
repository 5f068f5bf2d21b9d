"""What a session cost is written in the commit that settles it, never changed, and taken back where it was wrong."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import orjson
import psycopg
import pytest

from app.domain.cdr import Cdr
from app.domain.refusal import ErrorCode, Refusal
from app.operations import corrections
from app.operations.corrections import Corrected
from app.queries import cdrs
from tests.documents.conftest import Office
from tests.ground import START
from tests.inbox.conftest import ended, started, updated
from tests.world import options

OWED = "SELECT sum(total_minor)::bigint, count(*) FROM cdr"
HALF_HOURS = [
    {"components": [{"type": "ENERGY", "price": "0.10"}], "restrictions": {"maxDuration": 1800}},
    {"components": [{"type": "ENERGY", "price": "1.00"}]},
]


def minutes(count: float):
    return START + timedelta(minutes=count)


async def standing(office: Office, operator_key: int) -> Cdr:
    (key,) = office.world.one("SELECT key FROM session")
    found = await cdrs.of_sessions(scope=office.scope(operator_key), database=office.desk.database, keys=(key,))
    return found[key]


async def rerated(office: Office, operator_key: int, key: str = "k", **how: object) -> Corrected | Refusal:
    (uuid,) = office.world.one("SELECT id FROM session")
    said = {"session_id": uuid, "tariff_id": None, "energy_wh": None} | how
    return await corrections.rerate(
        scope=office.scope(operator_key), desk=office.desk, options=options(key, reason="the meter ran on"), **said
    )


async def test_the_record_is_written_with_the_settlement_and_says_what_the_session_says(voice, world, office):
    station = await voice()
    await station.say(started(minutes(0), wh=1000))
    await station.say(ended(minutes(30), wh=5000, seq=1))
    record = await standing(office, station.row.operator_key)
    assert (record.total_minor, record.currency, record.energy_wh, record.revision) == (200, "EUR", 4000, 1)
    assert (record.started_at, record.ended_at) == (minutes(0), minutes(30))
    (line,) = record.lines
    assert (line.quantity, line.total_minor, line.first_reading_at) == (4, 200, minutes(0))
    assert record.exact_total == 2
    # Written by the batch that settled: one transaction made both.
    assert world.one("SELECT c.xmin = s.xmin FROM cdr c JOIN session s ON s.key = c.session_key") == (True,)


async def test_a_session_that_awaits_its_record_has_no_bill_until_the_grace_ends(voice, world, office):
    station = await voice()
    await station.say(started(minutes(0), wh=1000))
    await station.say(ended(minutes(30), wh=5000, seq=2))
    assert world.one(OWED) == (None, 0)
    assert await office.work("SETTLE_SESSION") == 1
    assert world.one(OWED) == (200, 1)
    assert world.one("SELECT c.xmin = s.xmin FROM cdr c JOIN session s ON s.key = c.session_key") == (True,)


async def test_nobody_changes_a_record(voice, world, office):
    station = await voice()
    await station.say(started(minutes(0), wh=1000))
    await station.say(ended(minutes(30), wh=5000, seq=1))
    for deed in ("UPDATE cdr SET total_minor = 1, before_taxes_minor = 1", "DELETE FROM cdr"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            world.run(deed)  # even the owner of the database
        for url in (office.database.app_url, office.database.ingest_url):
            with psycopg.connect(url) as role, pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute(deed)


async def test_a_second_record_needs_the_first_to_be_taken_back(voice, world):
    station = await voice()
    await station.say(started(minutes(0), wh=1000))
    await station.say(ended(minutes(30), wh=5000, seq=1))
    again = """INSERT INTO cdr (id, operator_key, location_key, session_key, tariff_key, revision, reason, currency,
        before_taxes_minor, tax_minor, total_minor, exact_before_taxes, exact_total, energy_wh, energy_said, started_at,
        ended_at, issued_at, lines) SELECT gen_random_uuid(), operator_key, location_key, session_key, tariff_key, %s, reason,
        currency, before_taxes_minor, tax_minor, total_minor, exact_before_taxes, exact_total, energy_wh, energy_said,
        started_at, ended_at, issued_at, lines FROM cdr"""
    with pytest.raises(psycopg.errors.UniqueViolation):
        world.run(again, 1)
    with pytest.raises(psycopg.errors.RestrictViolation):
        world.run(again, 2)


async def test_what_comes_after_the_settlement_is_a_credit_and_a_new_record(voice, world, office):
    """The price rests on when energy flowed: a reading that comes late moves energy into the dear half hour."""
    station = await voice()
    world.run("UPDATE tariff SET elements = %s", orjson.dumps(HALF_HOURS).decode())
    await station.say(started(minutes(0), wh=0))
    await station.say(ended(minutes(60), wh=10_000, seq=2))
    await office.work("SETTLE_SESSION")
    assert world.one(OWED) == (550, 1)
    await station.say(updated(minutes(30), wh=2_000, seq=1))
    assert await office.work("CORRECT_SESSION") == 1
    record = await standing(office, station.row.operator_key)
    assert (record.total_minor, record.revision, record.reason) == (820, 2, "LATE_RECORD")
    assert world.rows("SELECT revision, credit_of IS NOT NULL, total_minor FROM cdr ORDER BY key") == [
        (1, False, 550), (1, True, -550), (2, False, 820),
    ]  # fmt: skip
    assert world.one("SELECT cost_minor FROM session") == (820,)
    # A credit repeats the lines of what it takes back.
    assert world.one("SELECT count(DISTINCT lines::text) FROM cdr WHERE revision = 1") == (1,)


async def test_any_order_of_delivery_leaves_the_same_amount_owed(voice, world, office):
    station = await voice()
    world.run("UPDATE tariff SET elements = %s", orjson.dumps(HALF_HOURS).decode())
    for number, order in enumerate(permutations((0, 1, 2))):
        tx, at = f"tx-{number}", minutes(number * 120 - 800)
        story = (
            started(at, wh=0, tx=tx),
            updated(at + timedelta(minutes=30), wh=2_000, seq=1, tx=tx),
            ended(at + timedelta(minutes=60), wh=10_000, seq=2, tx=tx),
        )
        for index in order:
            await station.say(story[index])
            await station.say(story[index])  # every message twice
            await office.work("SETTLE_SESSION")  # and the grace may be over at any moment
            await office.work("CORRECT_SESSION")
    settled = world.rows(
        "SELECT s.transaction_id, sum(c.total_minor)::bigint FROM cdr c JOIN session s ON s.key = c.session_key "
        "GROUP BY 1 ORDER BY 1"
    )
    waiting = world.rows("SELECT transaction_id FROM session WHERE settled_at IS NULL ORDER BY 1")
    assert {owed for _, owed in settled} == {820}
    assert len(settled) + len(waiting) == 6
    assert len(settled) >= 4


async def test_a_late_message_that_changes_nothing_credits_nothing(voice, world, office):
    station = await voice()
    await station.say(started(minutes(0), wh=0))
    await station.say(ended(minutes(60), wh=10_000, seq=2))
    await office.work("SETTLE_SESSION")
    await station.say(updated(minutes(30), wh=2_000, seq=1))
    assert await office.work("CORRECT_SESSION") == 1
    assert world.one(OWED) == (500, 1)


async def test_a_person_says_the_energy_and_no_late_message_overrules_it(voice, world, office):
    station = await voice()
    await station.say(started(minutes(0), wh=0))
    await station.say(ended(minutes(60), wh=10_000, seq=2))
    await office.work("SETTLE_SESSION")
    operator = station.row.operator_key
    made = await rerated(office, operator, energy_wh=4_000)
    assert isinstance(made, Corrected) and made.cdr is not None
    assert (made.cdr.total_minor, made.cdr.reason, made.cdr.note) == (200, "RERATED", "the meter ran on")
    assert (made.session.energy_wh, made.session.cost_minor) == (4_000, 200)
    assert await rerated(office, operator, energy_wh=4_000) == made  # a repeat of the same wish
    await station.say(updated(minutes(30), wh=2_000, seq=1))
    await office.work("CORRECT_SESSION")
    assert world.one(OWED) == (200, 3)
    assert world.one("SELECT energy_wh FROM session") == (4_000,)


async def test_another_tariff_of_the_same_currency(voice, world, office):
    station = await voice()
    operator = station.row.operator_key
    await station.say(started(minutes(0), wh=0))
    await station.say(ended(minutes(60), wh=10_000, seq=1))

    def version(number: int, currency: str, state: str = "PUBLISHED") -> UUID:
        return world.one(
            "INSERT INTO tariff (id, operator_key, code, version_number, state, currency, tax_included, elements, "
            "valid_from) SELECT gen_random_uuid(), operator_key, code, %s, %s, %s, true, "
            """'[{"components": [{"type": "ENERGY", "price": "0.30"}]}]', valid_from FROM tariff LIMIT 1 RETURNING id""",
            number, state, currency,
        )[0]  # fmt: skip

    foreign = await rerated(office, operator, "a", tariff_id=version(2, "DKK"))
    assert isinstance(foreign, Refusal) and foreign.code is ErrorCode.CURRENCY_MISMATCH
    draft = await rerated(office, operator, "b", tariff_id=version(3, "EUR", "DRAFT"))
    assert isinstance(draft, Refusal) and draft.code is ErrorCode.INVALID_INPUT
    made = await rerated(office, operator, "c", tariff_id=version(4, "EUR"))
    assert isinstance(made, Corrected) and made.cdr is not None
    assert (made.cdr.total_minor, made.session.tariff_key) == (300, made.cdr.tariff_key)


async def test_a_session_that_awaits_a_review_is_billed_by_who_looked(voice, world, office):
    """The register leapt to a lifetime value: nothing is billed until a person says what flowed."""
    station = await voice()
    await station.say(started(minutes(0), wh=1_000))
    running = await rerated(office, station.row.operator_key, "early", energy_wh=1)
    assert isinstance(running, Refusal) and running.code is ErrorCode.SESSION_NOT_SETTLEABLE
    await station.say(ended(minutes(60), wh=911_000, seq=1))
    assert world.one("SELECT settled_at, (SELECT count(*) FROM cdr) FROM session") == (None, 0)
    made = await rerated(office, station.row.operator_key, energy_wh=9_100)
    assert isinstance(made, Corrected) and made.cdr is not None
    assert (made.session.settled_at, made.cdr.total_minor, made.session.flags) == (START, 455, ())
