"""Signing requests that wait for a certificate."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.domain.certificate import SigningUse
from app.domain.request.certificate import CertificateSigned
from app.ports.pki import Issued
from app.store.intake import own_command
from app.store.intake.connection import IngestConnection

_ANSWER_WAIT = timedelta(minutes=5)  # a station may write its key store slowly
_QUEUE_FOR = timedelta(days=1)  # a station that went away gets its certificate when it returns


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    key: int
    operator_key: int
    station_key: int
    location_key: int
    use: SigningUse
    request_id: int | None
    csr: str
    names: frozenset[str]  # what its subject may be called: the station's identity or its serial number


async def waiting_requests(connection: IngestConnection, station_key: int) -> list[WaitingRequest]:
    """The station's requests nobody has signed yet, oldest first."""
    cursor = await connection.execute(
        "SELECT r.key, r.operator_key, r.station_key, s.location_key, r.use, r.request_id, r.csr, s.identity, "
        "s.serial_number FROM certificate_signing r JOIN station s ON s.key = r.station_key "
        "WHERE r.station_key = %s AND r.state = 'ASKED' ORDER BY r.key FOR UPDATE OF r",
        (station_key,),
    )
    return [
        WaitingRequest(
            row[0], row[1], row[2], row[3], SigningUse(row[4]), row[5], row[6], frozenset(filter(None, row[7:]))
        )
        for row in await cursor.fetchall()
    ]


async def refuse(connection: IngestConnection, key: int, *, reason: str, at: datetime) -> None:
    await connection.execute(
        "UPDATE certificate_signing SET state = 'REFUSED', reason = %s, ended_at = %s WHERE key = %s", (reason, at, key)
    )


async def deliver(
    connection: IngestConnection, request: WaitingRequest, issued: Issued, *, command_id: UUID, at: datetime
) -> int:
    """The certificate is known as the station's and on its way; returns the key of the command that carries it."""
    await connection.execute(
        "INSERT INTO station_certificate (operator_key, station_key, origin, use, serial_number, fingerprint, common_name, "
        "not_before, not_after, since) VALUES (%s, %s, 'ISSUED', %s, %s, %s, %s, %s, %s, %s)",
        (
            request.operator_key,
            request.station_key,
            request.use.value,
            issued.serial_number,
            issued.fingerprint,
            issued.common_name,
            issued.not_before,
            issued.not_after,
            at,
        ),
    )
    await connection.execute(
        "UPDATE certificate_signing SET state = 'SIGNED', fingerprint = %s WHERE key = %s",
        (issued.fingerprint, request.key),
    )
    body = CertificateSigned(issued.chain, request.use, request.request_id)
    return await own_command.queue(
        connection,
        body,
        uuid=command_id,
        operator_key=request.operator_key,
        station_key=request.station_key,
        reason="The station asked for this certificate.",
        at=at,
        keep_for=_QUEUE_FOR,
        answer_wait=_ANSWER_WAIT,
    )
