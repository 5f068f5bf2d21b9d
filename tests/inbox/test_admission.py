"""Who may come in: each result with its hint, passwords in every form, and guesses that end."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from app.domain.handshake import HINTS, HTTP_STATUS, Admission, AttemptResult, Handshake, Rejection
from app.domain.station import OcppVersion
from app.inbox.admission import FAILURES_MAX
from app.inbox.committer import is_away
from tests.ground import START

KNOCK = Handshake(
    at=START, path="/ocpp/CP-1", identity="CP-1", remote_address="192.0.2.1", offered_subprotocols=("ocpp2.0.1",),
    username="CP-1", password=b"secret",
)  # fmt: skip

TABLE: list[tuple[Handshake, AttemptResult]] = [
    (KNOCK, AttemptResult.ACCEPTED),
    (replace(KNOCK, identity="CP-9", username="CP-9"), AttemptResult.UNKNOWN_IDENTITY),
    (replace(KNOCK, identity="RETIRED", username="RETIRED"), AttemptResult.UNKNOWN_IDENTITY),
    (replace(KNOCK, identity="", path="/"), AttemptResult.NO_IDENTITY),
    (replace(KNOCK, username=None, password=None), AttemptResult.CREDENTIALS_MISSING),
    (replace(KNOCK, password=b"wrong"), AttemptResult.CREDENTIALS_WRONG),
    (replace(KNOCK, username="CP-2"), AttemptResult.USERNAME_MISMATCH),
    (replace(KNOCK, offered_subprotocols=("ocpp1.5", "mqtt")), AttemptResult.NO_COMMON_SUBPROTOCOL),
    (replace(KNOCK, identity="TLS-1", username="TLS-1"), AttemptResult.INSECURE_TRANSPORT),
    (replace(KNOCK, identity="TLS-1", username="TLS-1", secure=True), AttemptResult.ACCEPTED),
]


@pytest.fixture
def stations(world):
    operator = world.operator()
    world.station(operator, "CP-1")
    retired, strict = world.station(operator, "RETIRED"), world.station(operator, "TLS-1")
    world.run("UPDATE station SET lifecycle = 'RETIRED' WHERE key = %s", retired.key)
    world.run("UPDATE station SET security_profile_floor = 2 WHERE key = %s", strict.key)
    return operator


@pytest.mark.parametrize(("knock", "result"), TABLE, ids=lambda value: getattr(value, "name", None))
async def test_each_result_is_answered_and_recorded_with_its_hint(inbox, world, stations, knock, result) -> None:
    verdict = await inbox.admit(knock)
    if result in (AttemptResult.ACCEPTED, AttemptResult.NO_COMMON_SUBPROTOCOL):
        assert isinstance(verdict, Admission)
        assert verdict.subprotocol == (OcppVersion.V201 if result is AttemptResult.ACCEPTED else None)
        assert verdict.security_profile == (2 if knock.secure else 1)
    else:
        assert verdict == Rejection(result)
        assert HTTP_STATUS[result] in (401, 403, 404)
    assert world.rows("SELECT result, hint, identity FROM connection_attempt") == [
        (result.value, HINTS[result], knock.identity)
    ]


def test_every_result_has_a_hint_and_every_refusal_a_status() -> None:
    assert set(HINTS) == set(AttemptResult)
    completed = {AttemptResult.ACCEPTED, AttemptResult.NO_COMMON_SUBPROTOCOL}
    assert set(HTTP_STATUS) == set(AttemptResult) - completed


@pytest.mark.parametrize(
    ("kept", "presented", "enters"),
    [
        (b"secret", b"secret", True),
        (b"secret", b"Secret", False),
        (bytes.fromhex("c0ffee00"), b"c0ffee00", True),  # stored raw, sent as hex text
        (bytes.fromhex("c0ffee00"), b"C0FFEE00", True),
        (b"C0FFEE00", bytes.fromhex("c0ffee00"), True),  # stored as text, sent as the bytes it spells
        (b"c0ffee00", b"C0FFEE00", True),
        (b"\xff\xfe\x00\x01", b"\xff\xfe\x00\x01", True),
        (b"secret", b"", False),
    ],
)
@pytest.mark.usefixtures("stations")
async def test_a_password_is_known_as_text_hex_and_raw_bytes(inbox, world, kept, presented, enters) -> None:
    salt = b"salt"
    world.run(
        "UPDATE station SET credential_salt = %s, credential_digest = %s WHERE identity = 'CP-1'",
        salt, hashlib.sha256(salt + kept).digest(),
    )  # fmt: skip
    verdict = await inbox.admit(replace(KNOCK, password=presented))
    assert isinstance(verdict, Admission) is enters


async def test_guessing_ends_in_429_and_may_begin_again_after_a_minute(inbox, world, stations) -> None:
    wrong = replace(KNOCK, password=b"guess")
    for _ in range(FAILURES_MAX):
        assert await inbox.admit(wrong) == Rejection(AttemptResult.CREDENTIALS_WRONG)
    refused = await inbox.admit(wrong)
    assert isinstance(refused, Rejection)
    assert (refused.result, HTTP_STATUS[refused.result]) == (AttemptResult.TOO_MANY_ATTEMPTS, 429)
    assert refused.retry_after_s
    assert isinstance(await inbox.admit(replace(KNOCK, at=START + timedelta(seconds=61))), Admission)


async def test_a_strangers_guesses_do_not_lock_the_charger_out(inbox, world, stations) -> None:
    stranger = replace(KNOCK, password=b"guess", remote_address="203.0.113.9")
    for _ in range(FAILURES_MAX + 1):
        await inbox.admit(stranger)
    assert isinstance(await inbox.admit(KNOCK), Admission)


async def test_an_unknown_identity_belongs_to_nobody_until_it_is_claimed(inbox, world, database) -> None:
    await inbox.admit(replace(KNOCK, identity="NEW-1", username="NEW-1"))
    assert world.one("SELECT operator_key, station_key FROM connection_attempt") == (None, None)
    operator, rival = world.operator(), world.operator("Rival")
    with psycopg.connect(database.app_url) as people:

        def seen_by(key: int) -> int:
            people.execute("SELECT set_config('voltgraph.operator', %s, true)", (str(key),))
            row = people.execute("SELECT count(*) FROM connection_attempt").fetchone()
            assert row is not None
            return int(row[0])

        assert (seen_by(operator.key), seen_by(rival.key)) == (0, 0)
        world.station(operator, "NEW-1")
        for key in (rival.key, operator.key):
            people.execute("SELECT set_config('voltgraph.operator', %s, true)", (str(key),))
            people.execute("SELECT claim_attempts('NEW-1')")
        assert (seen_by(operator.key), seen_by(rival.key)) == (1, 0)


async def test_text_that_cannot_be_stored_spoils_no_other_handshake(inbox, world, stations) -> None:
    odd = replace(KNOCK, path="/ocpp/\udc80\x00", offered_subprotocols=("\ud800", "ocpp2.0.1"))
    assert isinstance(await inbox.admit(odd), Admission)
    assert world.one("SELECT count(*) FROM connection_attempt") == (1,)


def test_only_failures_of_the_database_count_as_its_absence() -> None:
    assert is_away(psycopg.OperationalError("server closed the connection"))
    assert is_away(psycopg.errors.AdminShutdown())
    assert is_away(psycopg.InterfaceError("the connection is closed"))
    assert not is_away(psycopg.errors.ProgramLimitExceeded())
    assert not is_away(psycopg.errors.CheckViolation())
    assert not is_away(ZeroDivisionError())


async def test_a_rush_from_one_address_is_one_line_with_its_count(inbox, world, stations) -> None:
    inbox.turned_away(replace(KNOCK, username=None, password=None), 250)
    assert isinstance(await inbox.admit(KNOCK), Admission)
    rows = world.rows("SELECT result, operator_key, identity, hint FROM connection_attempt ORDER BY key")
    assert [row[:3] for row in rows] == [
        ("TOO_MANY_ATTEMPTS", stations.key, "CP-1"),
        ("ACCEPTED", stations.key, "CP-1"),
    ]
    assert "250 times" in rows[0][3] and "times" not in rows[1][3]
