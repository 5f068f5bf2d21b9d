"""Who may connect: a station's credentials by its identity, and every attempt with its hint."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from app.domain.certificate import ClientCertificate
from app.domain.handshake import HINTS, AttemptResult, Handshake
from app.domain.quirk import Quirk, known_quirks
from app.domain.quirk_profiles import allowed_by_profile
from app.store.intake.connection import IngestConnection

_PATH_MAX = 300

# Not COPY, which PostgreSQL refuses on a table with row security.
_RECORD = """INSERT INTO connection_attempt (operator_key, station_key, at, path, identity, remote_address,
    offered_subprotocols, result, hint)
SELECT * FROM json_to_recordset(%s::json) AS x(operator_key bigint, station_key bigint, at timestamptz, path text,
    identity text, remote_address text, offered_subprotocols text[], result text, hint text)"""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a handshake is judged by.

    ``passwords`` are (salt, digest): the one in use, then the next one while it is under way; none means security
    profile 0. ``fingerprints`` are those of certificates made for the station or trusted by its operator, revoked ones
    in ``revoked``; ``organizations`` own the certificates that its name alone makes good, none: anybody whose chain is
    trusted. The three are read only for handshakes that show a certificate. ``allowances`` are those of its profile
    and those its operator pinned.
    """

    station_key: int
    operator_key: int
    lifecycle: str
    profile_floor: int
    identity: str
    serial_number: str | None
    passwords: tuple[tuple[bytes, bytes], ...]
    fingerprints: frozenset[str] = frozenset()
    revoked: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    allowances: frozenset[Quirk] = frozenset()
    time_zone: str = "UTC"

    def recognises(self, certificate: ClientCertificate) -> bool:
        """Known by its fingerprint, or the operator's and named after the station; not revoked (A00.FR.404, FR.405)."""
        if certificate.fingerprint in self.revoked:
            return False
        named = certificate.common_name in (self.identity, self.serial_number) and certificate.common_name != ""
        owned = not self.organizations or bool(self.organizations & certificate.organizations)
        return (named and owned) or certificate.fingerprint in self.fingerprints

    def serial_of(self, certificate: ClientCertificate) -> str | None:
        """The serial number that the certificate is named after; None where the identity or a person vouches for it."""
        if certificate.common_name == self.identity or certificate.fingerprint in self.fingerprints:
            return None
        return certificate.common_name or None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One handshake and how it ended; or the last of so many from one address that were turned away unread."""

    handshake: Handshake
    result: AttemptResult
    operator_key: int | None = None
    station_key: int | None = None
    times: int = 1


async def credentials_of(
    connection: IngestConnection, identities: Sequence[str], *, with_certificates: bool = False
) -> dict[str, Credentials]:
    """The credentials of the stations with these identities."""
    cursor = await connection.execute(
        "SELECT s.identity, s.key, s.operator_key, s.lifecycle, s.security_profile_floor, s.serial_number, s.vendor, "
        "s.model, s.firmware_version, ARRAY(SELECT q.code FROM station_quirk q WHERE q.station_key = s.key AND "
        "q.pinned_at IS NOT NULL), l.time_zone, s.credential_salt, s.credential_digest, s.credential_next_salt, "
        "s.credential_next_digest FROM station s JOIN location l ON l.key = s.location_key WHERE s.identity = ANY(%s)",
        (list(identities),),
        binary=True,
    )
    found = {}
    for identity, key, operator_key, lifecycle, floor, serial, *rest in await cursor.fetchall():
        vendor, model, firmware, pinned, time_zone, *secrets = rest
        pairs = ((secrets[0], secrets[1]), (secrets[2], secrets[3]))
        passwords = tuple((salt, digest) for salt, digest in pairs if salt is not None and digest is not None)
        found[identity] = Credentials(
            key,
            operator_key,
            lifecycle,
            floor,
            identity,
            serial,
            passwords,
            allowances=allowed_by_profile(vendor, model, firmware) | known_quirks(pinned),
            time_zone=time_zone,
        )
    return await _with_certificates(connection, found) if with_certificates else found


async def _with_certificates(connection: IngestConnection, known: dict[str, Credentials]) -> dict[str, Credentials]:
    cursor = await connection.execute(
        "SELECT station_key, fingerprint, revoked_at IS NOT NULL FROM station_certificate "
        "WHERE station_key = ANY(%s) AND origin IN ('ISSUED', 'TRUSTED')",
        ([credentials.station_key for credentials in known.values()],),
    )
    rows = await cursor.fetchall()
    cursor = await connection.execute(
        "SELECT key, certificate_organizations FROM operator WHERE key = ANY(%s)",
        ([credentials.operator_key for credentials in known.values()],),
    )
    owners: dict[int, list[str]] = dict(await cursor.fetchall())
    return {
        identity: replace(
            credentials,
            organizations=frozenset(owners[credentials.operator_key]),
            fingerprints=frozenset(print_ for key, print_, gone in rows if key == credentials.station_key and not gone),
            revoked=frozenset(print_ for key, print_, gone in rows if key == credentials.station_key and gone),
        )
        for identity, credentials in known.items()
    }


async def promote_passwords(connection: IngestConnection, station_keys: Sequence[int]) -> None:
    """These stations have come with their next password: the one before it is worth nothing from now on."""
    await connection.execute(
        "UPDATE station SET credential_salt = credential_next_salt, credential_digest = credential_next_digest, "
        "credential_next_salt = NULL, credential_next_digest = NULL "
        "WHERE key = ANY(%s) AND credential_next_digest IS NOT NULL",
        (list(station_keys),),
    )


async def record_attempts(connection: IngestConnection, attempts: Sequence[Attempt]) -> None:
    """Appends attempts; text that PostgreSQL cannot store is escaped, all of it is bounded."""
    rows = [
        {
            "operator_key": attempt.operator_key,
            "station_key": attempt.station_key,
            "at": attempt.handshake.at,
            "path": _clean(attempt.handshake.path),
            "identity": _clean(attempt.handshake.identity)[:48],
            "remote_address": attempt.handshake.remote_address,
            "offered_subprotocols": [_clean(name)[:40] for name in attempt.handshake.offered_subprotocols[:8]],
            "result": attempt.result,
            "hint": _hint(attempt),
        }
        for attempt in attempts
    ]
    await connection.execute(_RECORD, (orjson.dumps(rows).decode(),))


async def forget_attempts(connection: IngestConnection, before: datetime) -> None:
    """Drops what nobody will look at any more."""
    await connection.execute("DELETE FROM connection_attempt WHERE at < %s", (before,))


def _hint(attempt: Attempt) -> str:
    hint = HINTS[attempt.result]
    return hint if attempt.times == 1 else f"{hint} This address was turned away {attempt.times} times in a minute."


def _clean(text: str) -> str:
    return (
        text[:_PATH_MAX].encode("unicode_escape", "replace").decode("ascii")
        if not text.isprintable()
        else text[:_PATH_MAX]
    )
