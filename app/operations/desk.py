"""What every operation works with, and the two promises all of them make: one deed a key, and refusals as values."""

import functools
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ParamSpec, TypeVar
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.ids import Prefix, new_uuid, public_id
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Scope
from app.feed import Feed
from app.ports.gateway import Stations
from app.store import idempotency
from app.store.database import Database

P = ParamSpec("P")
T = TypeVar("T")


# Whether a reader (its name at the provider) belongs to an account there (None: the installation's own).
KnowsReader = Callable[[str | None, str], Awaitable[bool]]


def _no_hurry() -> None:
    """Where no worker is at hand."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The means of an operation.

    ``ocpp_url`` is where chargers connect, without the identity; ``files_url`` where they fetch and leave files.
    """

    database: Database
    feed: Feed
    stations: Stations
    clock: Callable[[], datetime]
    ocpp_url: str
    files_url: str
    takes_payments: bool = False
    sends_messages: bool = False
    page_origins: tuple[str, ...] = ()  # besides our own: whose pages drivers may return to after paying
    knows_reader: KnowsReader | None = None  # None without a payment provider; asked while no transaction is open
    hurry: Callable[[], None] = _no_hurry  # a duty is due that somebody waits for; without it the next sweep finds it

    def now(self) -> datetime:
        return self.clock()

    def new_uuid(self) -> UUID:
        return new_uuid(at_ms=int(self.clock().timestamp() * 1000))


@dataclass(frozen=True, slots=True)
class Options:
    """How to do it: under which key, how long to wait for the charger (0 to 30 s), until when to queue, and why."""

    idempotency_key: str
    wait_s: int = 15
    queue_until: datetime | None = None
    reason: str | None = None


def not_found(prefix: Prefix, uuid: UUID, *path: str) -> Refused:
    """The same for what is absent and for what is somebody else's."""
    subject = public_id(prefix, uuid)
    return Refused(Refusal(ErrorCode.NOT_FOUND, f"There is no {subject}. Check the id.", path, subject))


def invalid(message: str, *path: str) -> Refused:
    return Refused(Refusal(ErrorCode.INVALID_INPUT, message, path))


def conflict(prefix: Prefix, uuid: UUID) -> Refused:
    message = "Somebody changed this in the meantime. Read it again, then repeat with its new version."
    return Refused(Refusal(ErrorCode.VERSION_CONFLICT, message, ("ifVersion",), public_id(prefix, uuid)))


def refusing(operation: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T | Refusal]]:
    """Returns an operation's refusals. A missing permission is no outcome of the deed and is raised on."""

    @functools.wraps(operation)
    async def answered(*args: P.args, **kwargs: P.kwargs) -> T | Refusal:
        try:
            return await operation(*args, **kwargs)
        except Refused as refused:
            if refused.refusal.code is ErrorCode.FORBIDDEN:
                raise
            return refused.refusal

    return answered


def _digest(values: Mapping[str, object]) -> bytes:
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS, default=str)).digest()


async def once(
    connection: AsyncConnection,
    scope: Scope,
    options: Options,
    *,
    mutation: str,
    values: Mapping[str, object],
    subject_kind: str,
    subject_id: UUID,
) -> UUID | None:
    """Claims the idempotency key for this deed; the id of what an earlier call made, None for the first.

    Two calls at once take turns: the second waits for the first to commit. Raises IDEMPOTENCY_KEY_REUSED for
    other input, INVALID_INPUT for a key that is empty or longer than 200 characters.
    """
    key = options.idempotency_key
    if not 1 <= len(key) <= 200:
        raise invalid("An idempotency key has 1 to 200 characters.", "options", "idempotencyKey")
    deed = idempotency.Deed(mutation, _digest(values), subject_id)
    if await idempotency.claim(connection, scope, key, deed, subject_kind):
        return None
    earlier = await idempotency.find(connection, scope, key)
    if earlier is None or earlier.mutation != mutation or earlier.input_digest != deed.input_digest:
        message = "This idempotency key was used for something else. Use a new key for a new deed."
        raise Refused(Refusal(ErrorCode.IDEMPOTENCY_KEY_REUSED, message, ("options", "idempotencyKey")))
    return earlier.subject_id
