"""The built-in PKI behind the port."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import orjson
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.domain.certificate import OcspRequest, SigningUse
from app.pki import asking, contract
from app.pki.authority import Authority, complaint
from app.pki.revocation import ResponderPolicy, ask_responder
from app.pki.revocation_list import look_up
from app.ports.pki import EvReply, Issued, ListReply, OcspReply, Unanswered

_PROVISIONING_TIMEOUT_S = 20.0  # an EV waits for its certificate at most a minute, ISO 15118-2 table 109
_EXI_MAX = 17_000
_PROVISIONING_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True)
class PkiSettings:
    """``folder`` holds the authority's root and, in ``roots/``, the trusted V2G and mobility operator roots.

    ``provisioning_url``: a certificate provisioning service that takes
    ``{"stationId"?, "request": {"action", "iso15118SchemaVersion", "exiRequest"}}`` and answers
    ``{"status", "exiResponse"}``; None: contract certificates are not installed through us.
    """

    folder: Path
    provisioning_url: str | None = None
    policy: ResponderPolicy = field(default_factory=ResponderPolicy)


class BuiltInPki:
    """Implements `app.ports.pki.Pki`."""

    def __init__(self, settings: PkiSettings) -> None:
        self._settings = settings
        self.authority = Authority(settings.folder, "Voltgraph development authority", ExtendedKeyUsageOID.CLIENT_AUTH)
        # A root of its own: what a station shows to cars must not let it in at our door.
        self._v2g = Authority(
            settings.folder / "v2g", "Voltgraph development V2G authority", ExtendedKeyUsageOID.SERVER_AUTH
        )
        self._roots = contract.roots_in(settings.folder / "roots")
        self._client = httpx.AsyncClient()

    async def close(self) -> None:
        await self._client.aclose()

    def complaint(self, csr: str) -> str | None:
        return complaint(csr)

    async def sign(self, csr: str, use: SigningUse, names: frozenset[str], *, at: datetime) -> Issued:
        authority = self.authority if use is SigningUse.CHARGING_STATION else self._v2g
        return await asyncio.to_thread(authority.sign, csr, names, at=at)

    async def revocation(self, request: OcspRequest) -> OcspReply:
        return await ask_responder(self._client, request, self._roots, self._settings.policy)

    async def listed(self, request: OcspRequest) -> ListReply:
        return await look_up(self._client, request, self._roots, self._settings.policy)

    async def ev_certificate(self, *, schema_version: str, action: str, exi_request: str) -> EvReply:
        url = self._settings.provisioning_url
        if url is None:
            raise Unanswered("no provisioning service is configured; set VOLTGRAPH_PKI_PROVISIONING_URL")
        body = {"request": {"action": action, "iso15118SchemaVersion": schema_version, "exiRequest": exi_request}}
        answer = await asking.asked(
            self._client,
            url,
            orjson.dumps(body),
            "application/json",
            within_s=_PROVISIONING_TIMEOUT_S,
            bytes_max=_PROVISIONING_BYTES_MAX,
        )
        try:
            said = orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            raise Unanswered("the provisioning service's answer is not readable") from error
        exi = said.get("exiResponse") if isinstance(said, dict) else None
        if not isinstance(exi, str) or said.get("status") != "Accepted" or not 0 < len(exi) <= _EXI_MAX:
            raise Unanswered("the provisioning service refused")
        remaining = said.get("remainingContracts")
        return EvReply(exi, remaining if isinstance(remaining, int) else None)

    def examine_contract(self, chain: str, *, at: datetime) -> tuple[str, tuple[OcspRequest, ...]]:
        return contract.examine(chain, self._roots, at=at, verify=self._settings.policy.verify)
