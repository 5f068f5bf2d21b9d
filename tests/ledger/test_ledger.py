"""What is posted, told by sessions that are settled, paid, corrected and given back."""

from app.domain.ledger import Book
from app.operations.corrections import Corrected
from tests.documents.conftest import Office
from tests.documents.test_cdrs import minutes, rerated
from tests.inbox.conftest import ended, started
from tests.ledger.books import Story, books_of, setting, uneven


async def test_a_settled_session_is_owed_and_earned_in_the_commit_that_settles_it(voice, world, office):
    station = await voice()
    await station.say(started(minutes(0), wh=1000))
    await station.say(ended(minutes(30), wh=5000, seq=1))
    (session,) = world.one("SELECT key FROM session")
    assert books_of(world, session) == {Book.RECEIVABLE: 200, Book.REVENUE: -200}
    assert world.one("SELECT p.xmin = c.xmin, p.at = c.issued_at FROM ledger_posting p, cdr c") == (True, True)
    made = await rerated(office, station.row.operator_key, energy_wh=1000)
    assert isinstance(made, Corrected)
    assert books_of(world, session) == {Book.RECEIVABLE: 50, Book.REVENUE: -50}
    assert world.one("SELECT count(*) FROM ledger_posting") == (3,)  # the record, its credit, the new one


async def prepaid(world, office: Office, voice, *, balance: int):
    station = await voice()
    operator = station.row.operator_key
    (account,) = world.one(
        "INSERT INTO account (id, operator_key, kind, name, country, time_zone, currency, prepaid, created_at) VALUES "
        "(gen_random_uuid(), %s, 'PRIVATE', 'Ann', 'DE', 'UTC', 'EUR', true, now()) RETURNING key",
        operator,
    )
    world.run("UPDATE token SET account_key = %s", account)
    world.run(
        "INSERT INTO account_entry (operator_key, account_key, kind, amount_minor, created_by, created_at) VALUES "
        "(%s, %s, 'TOP_UP', %s, 'x', now())",
        operator, account, balance,
    )  # fmt: skip
    return station


async def test_a_prepaid_balance_pays_the_corrected_bill(voice, world, office):
    station = await prepaid(world, office, voice, balance=5_000)
    await station.say(started(minutes(0), wh=0))
    await station.say(ended(minutes(60), wh=10_000, seq=1))
    assert world.one("SELECT balance_minor FROM account") == (4_500,)
    for key, energy, left in (("down", 6_000, 4_700), ("up", 12_000, 4_400)):
        await rerated(office, station.row.operator_key, key, energy_wh=energy)
        assert world.one("SELECT balance_minor FROM account") == (left,)
        await rerated(office, station.row.operator_key, key, energy_wh=energy)  # asked again, nothing more
        assert world.one("SELECT balance_minor FROM account") == (left,)
    entries = world.rows("SELECT kind, amount_minor FROM account_entry ORDER BY key")
    assert entries == [("TOP_UP", 5_000), ("CHARGE", -500), ("CORRECTION", 200), ("CORRECTION", -300)]
    (session,) = world.one("SELECT key FROM session")
    assert books_of(world, session) == {Book.PREPAID: 600, Book.REVENUE: -600}  # nothing is open
    assert uneven(world) == []


async def test_a_session_that_awaited_a_review_is_charged_once_a_person_has_looked(voice, world, office):
    station = await prepaid(world, office, voice, balance=5_000)
    await station.say(started(minutes(0), wh=1_000))
    await station.say(ended(minutes(60), wh=911_000, seq=1))
    assert world.one("SELECT balance_minor FROM account") == (5_000,)
    await rerated(office, station.row.operator_key, energy_wh=9_100)
    assert world.rows("SELECT kind, amount_minor FROM account_entry ORDER BY key")[1:] == [("CHARGE", -455)]


def test_a_refund_that_fails_after_all_is_posted_back(world):
    """Case 33: the money is the operator's again, and the driver's bill is as if nothing had been given back."""
    story = Story(world, *setting(world))
    story.bill(1_000, 190)
    story.capture(1_190, 40)
    before = books_of(world, story.session)
    story.refund(300)
    assert books_of(world, story.session)[Book.WAIVED] == 300
    story.refund_fails()
    assert books_of(world, story.session) == before
    causes = world.rows("SELECT cause, turn FROM ledger_posting WHERE cause = 'REFUND' ORDER BY key")
    assert causes == [("REFUND", 1), ("REFUND", 2)]


def test_a_refund_that_was_refused_hides_none_that_the_provider_s_own_pages_made(world):
    """The provider refused ours, and somebody gave the same amount back on its pages."""
    story = Story(world, *setting(world))
    story.bill(1_000, 0)
    story.capture(1_000, 0)
    world.run(
        "INSERT INTO refund (id, operator_key, hold_key, amount_minor, reason, created_by, created_at, status, failure) "
        "VALUES (gen_random_uuid(), %s, %s, 300, 'x', 'x', now(), 'FAILED', 'balance_insufficient')",
        story.operator.key, story.hold,
    )  # fmt: skip
    world.run("UPDATE hold SET refunded_minor = 300 WHERE key = %s", story.hold)
    assert books_of(world, story.session) == {Book.PROVIDER: 700, Book.REVENUE: -1_000, Book.WAIVED: 300}


def test_a_bill_that_shrinks_makes_a_gift_of_nothing(world):
    """What is given back because the bill was wrong is no goodwill, in whichever order the two are written."""
    place = setting(world)
    for order in ((0, 1), (1, 0)):
        story = Story(world, *place)
        story.bill(1_000, 0)
        story.capture(1_000, 0)
        deeds = (lambda told=story: told.refund(400), lambda told=story: told.bill(600, 0))
        for at in order:
            deeds[at]()
        assert books_of(world, story.session) == {Book.PROVIDER: 600, Book.REVENUE: -600}
