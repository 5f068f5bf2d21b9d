"""The law of the books (I3, I4, I7): whatever happens to a session's money, every posting and every currency sums to

zero, the books say what the facts say, and what is open is what nobody has paid.
"""

import itertools

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.dispute import DisputeStatus
from app.domain.ledger import Book, Cause, DisputeFact, PayoutFact, lines_of
from app.domain.payout import PayoutLineKind, PayoutStatus
from tests.ground import World
from tests.ledger.books import Story, books_of, dispute, fact_books, send_payout, setting, uneven, uneven_postings

_AMOUNT = st.integers(0, 3_000)
_DEED = st.one_of(
    st.tuples(st.just("bill"), _AMOUNT, st.integers(0, 600)),
    st.tuples(st.just("capture"), st.integers(1, 3_000), st.integers(0, 200)),
    st.tuples(st.just("waive"), st.integers(0, 60)),
    st.tuples(st.just("refund"), st.integers(1, 3_000)),
    st.tuples(st.just("refund_fails")),
    st.tuples(st.just("charge"), _AMOUNT),
    st.tuples(st.just("settle"), st.integers(0, 3_000), st.booleans()),
    st.tuples(st.just("write_off"), st.integers(-300, 300)),
    st.tuples(
        st.just("line"),
        st.sampled_from(PayoutLineKind),
        st.integers(-3_000, 3_000),
        st.integers(0, 200),
        st.integers(0, 200),
    ),
)
_STORIES = st.lists(_DEED, min_size=1, max_size=9)


def told(world: World, deeds: list[tuple], place: tuple) -> Story:
    story = Story(world, *place)
    for name, *amounts in deeds:
        getattr(story, name)(*amounts)
    return story


def obeyed(story: Story) -> None:
    books = books_of(story.world, story.session)
    assert books == story.said()
    assert uneven_postings(story.world, story.session) == []
    given = sum(refund.amount_minor for refund in story.refunds.values() if refund.succeeded)
    assert given <= story.captured
    assert all(sum(lines_of(fact).values()) == 0 for fact in story.facts())
    if story.standing is not None and not story.entries and not story.written_off:
        billed = story.standing[1].before_taxes_minor + story.standing[1].tax_minor
        assert -books.get(Book.REVENUE, 0) - books.get(Book.TAX, 0) == billed
        # What was given back beyond the bill is a gift, not a debt.
        assert books.get(Book.RECEIVABLE, 0) <= max(billed - story.captured - story.waived, billed - story.captured, 0)


def _law(world: World, examples: int) -> None:
    place = setting(world)

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(_STORIES)
    def law(deeds: list[tuple]) -> None:
        obeyed(told(world, deeds, place))

    law()
    assert uneven(world) == []


def test_the_books_say_what_the_facts_say(world: World) -> None:
    _law(world, 150)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_books_say_what_the_facts_say_ten_thousand_times(world: World) -> None:
    _law(world, 10_000)


def test_the_law_notices_a_line_that_is_gone(world: World) -> None:
    """The negative control: with one line taken out behind the triggers' back, the law fails."""
    story = told(world, [("bill", 1_000, 190), ("capture", 1_190, 50)], setting(world))
    obeyed(story)
    world.run("ALTER TABLE ledger_line DISABLE TRIGGER ledger_line_is_kept")
    world.run("DELETE FROM ledger_line WHERE book = 'TAX'")
    with pytest.raises(AssertionError):
        obeyed(story)
    assert uneven(world)


def test_nobody_edits_the_books_and_nothing_uneven_is_committed(world: World, database) -> None:
    story = told(world, [("bill", 1_000, 190)], setting(world))
    for deed in ("UPDATE ledger_line SET amount_minor = 1", "DELETE FROM ledger_line", "DELETE FROM ledger_posting"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            world.run(deed)  # even the owner of the database
        for url in (database.app_url, database.ingest_url):
            with psycopg.connect(url) as role, pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute(deed)
    one_sided = """WITH made AS (INSERT INTO ledger_posting (operator_key, currency, cause, cause_key, turn, at)
        VALUES (%s, 'EUR', 'CDR', 999, 1, now()) RETURNING key)
        INSERT INTO ledger_line SELECT %s, key, 'BANK', 5 FROM made"""
    with pytest.raises(psycopg.errors.CheckViolation):
        world.run(one_sided, story.operator.key, story.operator.key)
    for url in (database.app_url, database.ingest_url):
        with psycopg.connect(url) as role, pytest.raises(psycopg.errors.InsufficientPrivilege):
            role.execute("SELECT book_fact(1, NULL, 'EUR', 'CDR', 1, now(), '{}')")


def test_a_payout_is_in_the_books_while_it_is_paid(world: World) -> None:
    """Whatever becomes of it, in whichever order, negative ones too."""
    operator = world.operator()
    for amount in (4_321, -70):
        for statuses in itertools.permutations(PayoutStatus, 3):
            key = send_payout(world, operator, amount, statuses[0])
            for status in statuses:
                world.run("UPDATE payout SET status = %s WHERE key = %s", status, key)
                assert fact_books(world, Cause.PAYOUT, key) == lines_of(PayoutFact(amount, status))
    assert uneven(world) == []


def test_a_dispute_is_in_the_books_as_far_as_it_is_decided(world: World) -> None:
    story = Story(world, *setting(world))
    story.capture(2_000, 0)
    for statuses in itertools.permutations(DisputeStatus, 2):
        key = dispute(story, 1_500, statuses[0])
        for status in statuses:
            world.run("UPDATE dispute SET status = %s WHERE key = %s", status, key)
            assert fact_books(world, Cause.DISPUTE, key) == lines_of(DisputeFact(1_500, status))
    assert uneven_postings(world, story.session) == []
