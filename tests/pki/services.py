"""Doubles of those whom a backend asks about certificates: each says that it is one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tests.pki.making import Pair

_STATUSES = {
    "good": ocsp.OCSPCertStatus.GOOD,
    "revoked": ocsp.OCSPCertStatus.REVOKED,
    "unknown": ocsp.OCSPCertStatus.UNKNOWN,
}


class Web:
    """A small web server that answers everybody by a function; ``gate`` shut keeps those who ask waiting."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self.asked: list[bytes] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Web"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        lengths = (int(line.split(":")[1]) for line in head.split("\r\n") if line.startswith("content-length"))
        length = next(lengths, 0)  # a GET has none
        body = await reader.readexactly(length)
        self.asked.append(body)
        await self.gate.wait()
        said = self._answer(body)
        with contextlib.suppress(ConnectionError):
            writer.write(
                b"HTTP/1.1 200 OK\r\nServer: test-double\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(said)
            )
            writer.write(said)
            await writer.drain()
        writer.close()


def responder(leaf: Pair, issuer: Pair, verdict: str, *, signer: Pair | None = None) -> Web:
    """An OCSP responder that knows one certificate; ``large`` answers more than anybody should read."""
    by = signer or issuer

    def answer(body: bytes) -> bytes:
        if verdict == "large":
            return b"\x30" * 1_000_000
        now = datetime.now(UTC).replace(tzinfo=None)
        asked = ocsp.load_der_ocsp_request(body)
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=SHA256(),
            cert_status=_STATUSES[verdict],
            this_update=now,
            next_update=now + timedelta(hours=1),
            revocation_time=now if verdict == "revoked" else None,
            revocation_reason=x509.ReasonFlags.key_compromise if verdict == "revoked" else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, by.certificate)
        if signer is not None:
            builder = builder.certificates([signer.certificate])
        return builder.sign(by.key, SHA256()).public_bytes(Encoding.DER)

    return Web(answer)


def list_of(issuer: Pair, *revoked: Pair, days: int = 1, signer: Pair | None = None) -> Web:
    """A certificate revocation list that an issuer publishes; ``days`` until the next, ``signer`` signs in its name."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now - timedelta(days=2))
        .next_update(now + timedelta(days=days))
    )
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number).revocation_date(now)
        builder = builder.add_revoked_certificate(entry.build())
    der = builder.sign((signer or issuer).key, SHA256()).public_bytes(Encoding.DER)
    return Web(lambda _: der)


def provisioning(exi: str = "RXhpIG9mIGEgdGVzdCBkb3VibGU=") -> Web:
    """A contract certificate provisioning service; its EXI says in base64 that it comes from a test double."""

    def answer(body: bytes) -> bytes:
        assert orjson.loads(body)["request"]["exiRequest"]
        return orjson.dumps({"status": "Accepted", "exiResponse": exi, "remainingContracts": 1})

    return Web(answer)
