"""Frames without an event wait for the database, but not without bound: nobody's fact is among them."""

from app.domain.event import Frame
from app.inbox import Inbox
from app.inbox.inbox import FRAMES_MAX
from app.inbox.waiting_frames import LET_GO, WAITING_CHARACTERS, WAITING_MAX, WaitingFrames
from tests.ground import START
from tests.inbox.conftest import GATEWAY


def noise(text: str = "x", *, station_key: int = 1, operator_key: int = 1) -> Frame:
    return Frame(station_key, operator_key, START, True, "m", "Nonsense", text)


async def test_what_piled_up_while_the_database_was_away_is_written_up_to_the_bound(
    voice, world, clock, feed, database
) -> None:
    station = (await voice()).row
    before = LET_GO._value.get()
    late = Inbox(database.ingest_url, feed, gateway_id=GATEWAY, clock=clock)
    for _ in range(WAITING_MAX + 500):
        late.record((noise(station_key=station.key, operator_key=station.operator_key),))
    await late.start()
    await late.stop()
    assert world.one("SELECT count(*) FROM frame WHERE action = 'Nonsense'") == (WAITING_MAX,)
    assert LET_GO._value.get() - before == 500


def test_large_frames_are_bounded_by_their_size_and_taking_makes_room() -> None:
    waiting = WaitingFrames()
    large = "x" * 2_000_000
    for _ in range(100):
        waiting.add(noise(large))
    kept = len(waiting)
    assert kept == WAITING_CHARACTERS // len(large)
    assert len(waiting.take(FRAMES_MAX)) == kept
    waiting.add(noise(large))
    assert len(waiting) == 1
