"""Who may come in: judges handshakes in groups, and records every attempt before it is answered."""

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from app.domain.handshake import (
    HINTS,
    Admission,
    AttemptResult,
    Handshake,
    Rejection,
    agreed_version,
    password_forms,
)
from app.domain.quirk import Quirk
from app.inbox.committer import is_away
from app.store.intake.admission import Attempt, Credentials, credentials_of, promote_passwords, record_attempts
from app.store.intake.connection import IngestConnection, connect

log = structlog.get_logger(__name__)

GROUP_MAX = 200
FAILURES_MAX = 10  # wrong passwords for one identity from one address within the window before it must wait
FAILURE_WINDOW_S = 60.0
_FAILURES_KEPT = 10_000
_AWAY_RETRY_S = 10

_Waiting = tuple[Handshake, asyncio.Future[Admission | Rejection], int]  # how often it was turned away unread


def digest_of(salt: bytes, password: bytes) -> bytes:
    """How a station's password is stored: it is long and random, so one hash is enough."""
    return hashlib.sha256(salt + password).digest()


def judge(handshake: Handshake, known: Credentials | None) -> tuple[AttemptResult, int]:
    """The result of a handshake and the security profile it proves (0 to 3)."""
    if not handshake.identity:
        return AttemptResult.NO_IDENTITY, 0
    if known is None or known.lifecycle == "RETIRED":
        return AttemptResult.UNKNOWN_IDENTITY, 0
    if known.profile_floor >= 2 and not handshake.secure:
        return AttemptResult.INSECURE_TRANSPORT, 0
    objection, profile = _proof(handshake, known)
    if objection is not None:
        return objection, 0
    if profile < known.profile_floor:
        return AttemptResult.PROFILE_TOO_LOW, 0
    if agreed_version(handshake.offered_subprotocols, known.allowances) is None:
        return AttemptResult.NO_COMMON_SUBPROTOCOL, profile
    return AttemptResult.ACCEPTED, profile


def _proof(handshake: Handshake, known: Credentials) -> tuple[AttemptResult | None, int]:
    """By its certificate, else by its password; a station that must show a certificate may not fall back."""
    certificate = handshake.certificate
    if certificate is not None and known.recognises(certificate):
        return None, 3
    if known.profile_floor >= 3:
        return AttemptResult.CERTIFICATE_MISSING if certificate is None else AttemptResult.CERTIFICATE_WRONG, 0
    if not known.passwords:
        return None, 0
    if handshake.username is None or handshake.password is None:
        return AttemptResult.CREDENTIALS_MISSING, 0
    if handshake.username != handshake.identity:
        return AttemptResult.USERNAME_MISMATCH, 0
    if matching_password(handshake, known) is None:
        return AttemptResult.CREDENTIALS_WRONG, 0
    return None, 2 if handshake.secure else 1


def matching_password(handshake: Handshake, known: Credentials) -> int | None:
    """Which of the station's passwords was shown (0: the one in use, 1: the next); None: neither."""
    forms = password_forms(handshake.password or b"")
    for index, (salt, digest) in enumerate(known.passwords):
        if any(hmac.compare_digest(digest_of(salt, form), digest) for form in forms):
            return index
    return None


class AdmissionDesk:
    """Takes what has knocked since the last look, in one read and one write."""

    def __init__(self, ingest_url: str) -> None:
        self._ingest_url = ingest_url
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._failures: OrderedDict[tuple[str, str], list[float]] = OrderedDict()
        self._said: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None
        self._connection: IngestConnection | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="admission desk")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._disconnect()

    async def admit(self, handshake: Handshake) -> Admission | Rejection:
        future: asyncio.Future[Admission | Rejection] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((handshake, future, 0))
        return await future

    def turned_away(self, handshake: Handshake, times: int) -> None:
        """Recorded with the next group, under the operator of its identity."""
        self._waiting.put_nowait((handshake, asyncio.get_running_loop().create_future(), times))

    async def _run(self) -> None:
        while True:
            group = [await self._waiting.get()]
            while len(group) < GROUP_MAX and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            try:
                verdicts = await self._judge([(handshake, times) for handshake, _, times in group])
            except Exception as error:
                if not is_away(error):
                    log.exception("admission.failed")
                await self._disconnect()
                verdicts = [Rejection(AttemptResult.NOT_READY, retry_after_s=_AWAY_RETRY_S)] * len(group)
            for (_, future, _), verdict in zip(group, verdicts, strict=True):
                if not future.done():
                    future.set_result(verdict)

    async def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _judge(self, knocks: Sequence[tuple[Handshake, int]]) -> list[Admission | Rejection]:
        handshakes = [handshake for handshake, _ in knocks]
        if self._connection is None or self._connection.closed:
            self._connection = await connect(self._ingest_url, autocommit=True)
        known = await credentials_of(
            self._connection,
            list({identity for one in handshakes for identity in (one.identity, *one.other_identities)}),
            with_certificates=any(handshake.certificate is not None for handshake in handshakes),
        )
        verdicts: list[Admission | Rejection] = []
        attempts = []
        promoted = []
        for handshake, turned_away in ((_named(one, known), unread) for one, unread in knocks):
            station = known.get(handshake.identity)
            guessing = turned_away > 0 or self._is_guessing(handshake)
            result, profile = (AttemptResult.TOO_MANY_ATTEMPTS, 0) if guessing else judge(handshake, station)
            self._remember(handshake, result)
            operator, key = (None, None) if station is None else (station.operator_key, station.station_key)
            attempts.append(Attempt(handshake, result, operator, key, max(1, turned_away)))
            if result is not AttemptResult.ACCEPTED:
                self._say(handshake, result)
            elif station is not None and profile in (1, 2) and matching_password(handshake, station) == 1:
                promoted.append(station.station_key)
            verdicts.append(_verdict(handshake, station, result, profile))
        await record_attempts(self._connection, attempts)
        if promoted:
            await promote_passwords(self._connection, promoted)
        return verdicts

    def _say(self, handshake: Handshake, result: AttemptResult) -> None:
        """An identity that nobody registered belongs to no operator: whoever runs the server reads of it here."""
        now = handshake.at.timestamp()
        if now - self._said.get(handshake.identity, 0.0) < FAILURE_WINDOW_S:
            return
        if len(self._said) >= _FAILURES_KEPT:
            self._said.clear()
        self._said[handshake.identity] = now
        log.warning(
            "charger.refused",
            identity=handshake.identity,
            path=handshake.path,
            remote=handshake.remote_address,
            result=result.value,
            hint=HINTS[result],
        )

    def _is_guessing(self, handshake: Handshake) -> bool:
        since = handshake.at.timestamp() - FAILURE_WINDOW_S
        return sum(at > since for at in self._failures.get(_guesser(handshake), ())) >= FAILURES_MAX

    def _remember(self, handshake: Handshake, result: AttemptResult) -> None:
        if result is AttemptResult.ACCEPTED:
            self._failures.pop(_guesser(handshake), None)
        elif result is AttemptResult.CREDENTIALS_WRONG:
            recent = self._failures.setdefault(_guesser(handshake), [])
            recent.append(handshake.at.timestamp())
            del recent[:-FAILURES_MAX]
            if len(self._failures) > _FAILURES_KEPT:
                self._failures.popitem(last=False)


def _guesser(handshake: Handshake) -> tuple[str, str]:
    """Whose wrong passwords count together: a stranger's guesses must not lock the charger itself out."""
    return handshake.identity, handshake.remote_address


def _verdict(
    handshake: Handshake, station: Credentials | None, result: AttemptResult, profile: int
) -> Admission | Rejection:
    if station is None or result not in (AttemptResult.ACCEPTED, AttemptResult.NO_COMMON_SUBPROTOCOL):
        late = result is AttemptResult.TOO_MANY_ATTEMPTS
        return Rejection(result, retry_after_s=int(FAILURE_WINDOW_S) if late else None)
    allowances = station.allowances
    return Admission(
        station.station_key,
        station.operator_key,
        handshake.identity,
        profile,
        agreed_version(handshake.offered_subprotocols, allowances),
        allowances,
        station.time_zone,
        nothing_offered=not handshake.offered_subprotocols,
        serial_number=None if handshake.certificate is None else station.serial_of(handshake.certificate),
    )


def _named(handshake: Handshake, known: Mapping[str, Credentials]) -> Handshake:
    """The handshake under the identity that is meant: the last part of the path, or an earlier one that may be."""
    if handshake.identity in known:
        return handshake
    for identity in handshake.other_identities:
        station = known.get(identity)
        if station is not None and Quirk.IDENTITY_INSIDE_PATH in station.allowances:
            return replace(handshake, identity=identity)
    return handshake
