"""Nothing a peer sends ends a read loop, and every readable CALL gets exactly one reply.

The connection is driven through a socket in memory, so that a hundred thousand frames take seconds.
"""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.station import OcppVersion
from gateway.server import DIALECTS
from tests.gateway.mutated import SEEDS, corpus, fault, faults_of


async def run_through(version: OcppVersion, frames: list[bytes]) -> None:
    """Feeds a connection and checks the two promises for each frame."""
    assert await faults_of(version, frames) == []


@pytest.mark.parametrize(
    ("asked", "replies"),
    [
        ("a", []),
        ("a", ['[3,"a",{}]', '[3,"a",{}]']),
        ("a", ['[3,"b",{}]']),
        ("a", ['[4,"a","InternalError","",{}]']),
        (None, ['[3,"a",{}]']),
    ],
)
def test_the_check_sees_a_broken_promise(asked: str | None, replies: list[str]) -> None:
    assert fault(asked, replies) is not None
    assert fault("a", ['[3,"a",{}]']) is None


@pytest.mark.parametrize("version", list(OcppVersion))
async def test_mutated_frames(version: OcppVersion) -> None:
    await run_through(version, corpus(version, 1500, seed=1))


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("version", list(OcppVersion))
async def test_a_hundred_thousand_mutated_frames(version: OcppVersion) -> None:
    for seed in range(40):
        await run_through(version, corpus(version, 1000, seed=100 + seed))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
ACTIONS = sorted({action for dialect in DIALECTS.values() for action in dialect.inbound})


def _bytes(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        return repr(value).encode("utf-8", "replace")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(list(OcppVersion)),
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            JSON.map(_bytes),
            st.tuples(st.just(2), st.text(max_size=40), st.sampled_from(ACTIONS), JSON).map(_bytes),
            st.tuples(st.integers(0, 9), JSON, JSON, JSON).map(_bytes),
        ),
        max_size=12,
    ),
)
async def test_any_frames(version: OcppVersion, frames: list[bytes]) -> None:
    await run_through(version, frames)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(OcppVersion)), st.data())
async def test_any_value_in_any_field(version: OcppVersion, data: st.DataObject) -> None:
    frame = orjson.loads(data.draw(st.sampled_from(SEEDS[version])))
    if len(frame) == 4 and isinstance(frame[3], dict) and frame[3]:
        frame[3][data.draw(st.sampled_from(sorted(frame[3])))] = data.draw(JSON)
    await run_through(version, [_bytes(frame)])
