"""Everything an installation may set, by environment variable (``VOLTGRAPH_…``) or by the command's options."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.domain.scope import CallerKind


class RunRole(StrEnum):
    """What a process does; ``all`` needs only PostgreSQL, several processes also share Redis."""

    ALL = "all"
    GATEWAY = "gateway"
    API = "api"
    WORKER = "worker"

    @property
    def has_gateway(self) -> bool:
        return self in (RunRole.ALL, RunRole.GATEWAY)

    @property
    def has_api(self) -> bool:
        return self in (RunRole.ALL, RunRole.API)

    @property
    def has_worker(self) -> bool:
        return self in (RunRole.ALL, RunRole.WORKER)


class Settings(BaseSettings):
    """The installation's settings. Nothing here has a secret as its default."""

    model_config = SettingsConfigDict(env_prefix="VOLTGRAPH_", extra="ignore")

    data: Path = Path("data")
    app_database_url: str | None = Field(
        None, description="libpq URL of the voltgraph_app role; unset: embedded server"
    )
    ingest_database_url: str | None = Field(None, description="libpq URL of the voltgraph_ingest role")
    owner_database_url: str | None = Field(None, description="libpq URL of the owner, for `voltgraph migrate` only")
    redis_url: str | None = Field(None, description="shared by several processes; unset: one process")
    http: str = "127.0.0.1:8080"
    ocpp: str = "127.0.0.1:9000"
    ocpp_public_url: str | None = Field(None, description="what chargers are told to connect to, if not --ocpp itself")
    http_public_url: str | None = Field(
        None, description="where stations leave logs and fetch files, if not --http itself"
    )
    tls_certificate: Path | None = Field(None, description="PEM chain for the OCPP port: security profile 2")
    tls_key: Path | None = None
    tls_second_certificate: Path | None = Field(None, description="the same in the other of RSA and ECDSA")
    tls_second_key: Path | None = None
    tls_client_authority: Path | None = Field(
        None, description="PEM roots of stations' client certificates, beside our own authority: security profile 3"
    )
    pki_provisioning_url: str | None = Field(None, description="certificate provisioning service for Plug and Charge")
    pki_private_hosts: tuple[str, ...] = Field((), description="hosts inside our network that may be asked about OCSP")
    pki_verify: bool = Field(True, description="false believes unsigned answers about certificates: laboratories only")
    stripe_key: str | None = Field(None, description="Stripe's secret key; unset: `serve` takes no payments")
    stripe_webhook_secrets: tuple[str, ...] = Field(
        (), description="secrets of /stripe/webhook, several while one is replaced; unset: there is no such address"
    )
    stripe_url: str | None = Field(None, description="another server that speaks Stripe's API, such as a double")
    smtp_url: str | None = Field(
        None, description="mail server, such as smtp+starttls://user:password@host:587; unset: nobody is written to"
    )
    mail_from: str = Field("voltgraph@localhost", description="who writes")
    secret: str | None = Field(None, description="signs sessions and cursors; unset: kept in the data folder")
    allowed_origins: tuple[str, ...] = ()
    trusted_documents: Path | None = Field(None, description='JSON of documents by id: {"sha256:…": "query …"}')
    trusted_only: tuple[CallerKind, ...] = Field((), description="kinds of callers who may ask with those alone")
    journal_days: int = Field(7, ge=1, le=3650)

    @property
    def embedded(self) -> bool:
        return (self.app_database_url, self.ingest_database_url, self.owner_database_url) == (None, None, None)

    def http_address(self) -> "Address":
        return Address.parse(self.http)

    def ocpp_address(self) -> "Address":
        return Address.parse(self.ocpp)

    def files_url(self, port: int) -> str:
        """Where stations leave files and people fetch them."""
        home = self.http_public_url or f"http://{self.http_address().host}:{port}"
        return f"{home.rstrip('/')}/files"

    def connect_url(self, port: int) -> str:
        """The address to configure in a charger; its identity is appended."""
        if self.ocpp_public_url:
            return self.ocpp_public_url.rstrip("/")
        scheme = "wss" if self.tls_certificate else "ws"
        return f"{scheme}://{self.ocpp_address().host}:{port}"

    @property
    def served_certificates(self) -> tuple[tuple[Path, Path | None], ...]:
        """(chain, key) of each certificate on the OCPP port; none without a first one."""
        first, second = self.tls_certificate, self.tls_second_certificate
        if first is None:
            return ()
        return ((first, self.tls_key), *(() if second is None else ((second, self.tls_second_key),)))


class BadAddress(ValueError):
    """Not HOST:PORT."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a port listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """``HOST:PORT``, ``[::1]:PORT``. Raises `BadAddress` with an example."""
        host, separator, port = text.rpartition(":")
        if not separator or not port.isdigit() or int(port) > 65_535:
            raise BadAddress(f"{text!r} is not HOST:PORT, such as 127.0.0.1:8080 or 0.0.0.0:9000")
        return cls(host.strip("[]") or "0.0.0.0", int(port))  # noqa: S104 - ":9000" asks for every interface


def installation_secret(settings: Settings) -> bytes:
    """The key behind sessions and cursors: given, or made once and kept in the data folder (mode 0600)."""
    if settings.secret is not None:
        return settings.secret.encode()
    file = settings.data / "secret"
    if not file.exists():
        settings.data.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32))
    return file.read_text().strip().encode()
