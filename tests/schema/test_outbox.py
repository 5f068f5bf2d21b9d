"""What waits for a slow reader: updates may be dropped together, answers never, and neither without bound."""

import pytest

from schema.transport.outbox import Outbox, Overflow


def everything(outbox: Outbox) -> list[str]:
    found = []
    while (message := outbox.take()) is not None:
        found.append(message)
    return found


def fill(outbox: Outbox, message: str, times: int) -> None:
    for _ in range(times):
        outbox.put_control(message)


def test_an_answer_that_waits_among_updates_outlives_their_overflow() -> None:
    outbox = Outbox(most=2)
    assert outbox.put("<", "one", ">")
    outbox.put_control("the answer to a mutation")
    assert outbox.put("<", "two", ">")
    assert not outbox.put("<", "three", ">")
    assert everything(outbox) == ["the answer to a mutation"]
    assert outbox.put("<", "four", ">")
    assert everything(outbox) == ["<four>"]


def test_answers_keep_their_place_among_updates() -> None:
    outbox = Outbox(most=2)
    outbox.put("<", "one", ">")
    outbox.put_control("complete")
    outbox.put("<", "two", ">")
    assert everything(outbox) == ["<one>", "complete", "<two>"]


@pytest.mark.parametrize("behind_updates", [False, True])
def test_who_asks_without_reading_is_stopped(behind_updates: bool) -> None:
    outbox = Outbox(most=2)
    if behind_updates:
        outbox.put("<", "one", ">")
    with pytest.raises(Overflow):
        fill(outbox, "pong", 2_000)


def test_large_answers_that_nobody_reads_are_bounded_by_their_size() -> None:
    outbox = Outbox(most=2)
    with pytest.raises(Overflow):
        fill(outbox, "x" * 1_000_000, 100)


def test_reading_makes_room_again() -> None:
    outbox = Outbox(most=2)
    for _ in range(5):
        outbox.put("<", "one", ">")
        fill(outbox, "x" * 5_000, 900)
        assert len(everything(outbox)) == 901
