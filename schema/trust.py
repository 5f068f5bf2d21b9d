"""Certificates, security events, firmware, logs and signed meter values."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.domain import trust as values
from app.domain.ids import Prefix
from app.domain.scope import Permission
from app.domain.station import ChargingStation as StationValue
from app.domain.trust import CertificateOrigin, SigningState
from schema import ids
from schema.context import Info
from schema.enums import described
from schema.field import resolved
from schema.scalars import Long, Url

if TYPE_CHECKING:
    from schema.station import ChargingStation

described(
    CertificateOrigin,
    "How we know of a certificate.",
    "Our authority made it for the station.",
    "The operator lets the station use it.",
    "The station says that it holds it.",
)
described(
    SigningState,
    "How far a request for a certificate has come.",
    "The station has asked.",
    "Signed, and on its way.",
    "The station has taken it.",
    "Not signed, or not taken; the reason says why.",
)


@strawberry.type(description="A certificate of a station, or a root it holds.")
class StationCertificate:
    use: str = strawberry.field(description="What it is for, in OCPP's words.")
    origin: CertificateOrigin = strawberry.field(description="How we know of it.")
    serial_number: str = strawberry.field(description="In hexadecimal.")
    issuer_name_hash: str = strawberry.field(description="As the station reported it; empty when we made it.")
    issuer_key_hash: str = strawberry.field(description="As the station reported it; empty when we made it.")
    hash_algorithm: str | None = strawberry.field(description="Of the two hashes.")
    subject: str | None = strawberry.field(description="Common name; null when only its hashes are known.")
    fingerprint: str | None = strawberry.field(description="SHA-256; null when only its hashes are known.")
    not_before: datetime | None = strawberry.field(description="Valid from.")
    not_after: datetime | None = strawberry.field(description="Valid until.")
    since: datetime = strawberry.field(description="When we first knew of it.")
    revoked_at: datetime | None = strawberry.field(description="Since when the station is not let in with it.")

    @classmethod
    def of(cls, value: values.StationCertificate) -> "StationCertificate":
        return cls(
            use=value.use,
            origin=value.origin,
            serial_number=value.serial_number,
            issuer_name_hash=value.issuer_name_hash,
            issuer_key_hash=value.issuer_key_hash,
            hash_algorithm=value.hash_algorithm,
            subject=value.common_name,
            fingerprint=value.fingerprint,
            not_before=value.not_before,
            not_after=value.not_after,
            since=value.since,
            revoked_at=value.revoked_at,
        )


@strawberry.type(description="A station's request for a certificate of its own.")
class CertificateSigning:
    use: str = strawberry.field(description="What for, in OCPP's words.")
    state: SigningState = strawberry.field(description="How far it has come.")
    reason: str | None = strawberry.field(description="Why it was refused.")
    asked_at: datetime = strawberry.field(description="When the station asked.")
    ended_at: datetime | None = strawberry.field(description="When it was taken or refused.")

    @classmethod
    def of(cls, value: values.CertificateSigning) -> "CertificateSigning":
        return cls(
            use=value.use, state=value.state, reason=value.reason, asked_at=value.asked_at, ended_at=value.ended_at
        )


@strawberry.type(description="A firmware on its way into a station.")
class FirmwareCampaign:
    request_id: int = strawberry.field(description="Its number; 0 when the station names none (OCPP 1.6).")
    publishing: bool = strawberry.field(description="Offered to others by a local controller, not installed.")
    location: str | None = strawberry.field(description="Where it is fetched from.")
    status: str = strawberry.field(description="In the station's own words, such as Downloading.")
    status_at: datetime = strawberry.field(description="When the station said so.")
    began_at: datetime = strawberry.field(description="When it was first heard of.")
    published_at: list[str] = strawberry.field(description="Where a local controller offers it.")

    @classmethod
    def of(cls, value: values.FirmwareCampaign) -> "FirmwareCampaign":
        return cls(
            request_id=value.request_id,
            publishing=value.publishing,
            location=value.location,
            status=value.status,
            status_at=value.status_at,
            began_at=value.began_at,
            published_at=list(value.published_at),
        )


@strawberry.type(description="A log a station was asked for.")
class StationLog:
    value: strawberry.Private[values.StationLog]
    kind: str = strawberry.field(description="Which log, such as DiagnosticsLog.")
    request_id: int = strawberry.field(description="Its number; 0 when the station names none (OCPP 1.6).")
    status: str = strawberry.field(description="In the station's own words, such as Uploaded.")
    status_at: datetime = strawberry.field(description="When the station said so.")
    asked_at: datetime = strawberry.field(description="When it was asked.")
    file_name: str | None = strawberry.field(description="As the station named it; null until the file is here.")
    file_bytes: Long | None = strawberry.field(description="Its size.")
    file_sha256: str | None = strawberry.field(description="Its SHA-256.")
    received_at: datetime | None = strawberry.field(description="When the file came.")

    @classmethod
    def of(cls, value: values.StationLog) -> "StationLog":
        return cls(
            value=value,
            kind=value.kind,
            request_id=value.request_id,
            status=value.status,
            status_at=value.status_at,
            asked_at=value.asked_at,
            file_name=value.file_name,
            file_bytes=None if value.file_bytes is None else Long(value.file_bytes),
            file_sha256=value.file_sha256,
            received_at=value.received_at,
        )

    @resolved("Where to fetch the file, with the Authorization of here; null before it is here. Needs journal:read.")
    def url(self, info: Info) -> Url | None:
        if self.value.received_at is None or not info.context.may(Permission.JOURNAL_READ):
            return None
        return Url(f"{info.context.house.desk.files_url}/logs/{ids.shown(Prefix.LOG, self.value.uuid)}")


@strawberry.type(description="Something a station reported about its own security.")
class SecurityEvent:
    value: strawberry.Private[values.SecurityEvent]
    kind: str = strawberry.field(description="In OCPP's words, such as TamperDetectionActivated.")
    critical: bool = strawberry.field(description="Whether OCPP calls it critical.")
    tech_info: str | None = strawberry.field(description="What the station adds.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    received_at: datetime = strawberry.field(description="When we heard of it.")

    @classmethod
    def of(cls, value: values.SecurityEvent) -> "SecurityEvent":
        return cls(
            value=value,
            kind=value.kind,
            critical=value.critical,
            tech_info=value.tech_info,
            occurred_at=value.occurred_at,
            received_at=value.received_at,
        )

    @resolved("Which station.")
    async def station(self, info: Info) -> Annotated["ChargingStation", strawberry.lazy("schema.station")] | None:
        from schema.station import ChargingStation  # noqa: PLC0415 - stations know their trust, too

        found = await info.context.loaders.station.load(self.value.station_key)
        return None if found is None else ChargingStation.of(found)


@strawberry.type(description="What a station is trusted by, and what it hands over.")
class TrustFields:
    value: strawberry.Private[StationValue]

    @resolved("Its certificates and the roots it holds, newest first.")
    async def certificates(self, info: Info) -> list[StationCertificate]:
        return [
            StationCertificate.of(one) for one in await info.context.loaders.certificates.load(self.value.key) or ()
        ]

    @resolved("Its requests for certificates, newest first.")
    async def certificate_signings(self, info: Info) -> list[CertificateSigning]:
        return [CertificateSigning.of(one) for one in await info.context.loaders.signings.load(self.value.key) or ()]

    @resolved("Its firmware updates, newest first.")
    async def firmware_updates(self, info: Info) -> list[FirmwareCampaign]:
        return [FirmwareCampaign.of(one) for one in await info.context.loaders.campaigns.load(self.value.key) or ()]

    @resolved("The logs it was asked for, newest first.")
    async def logs(self, info: Info) -> list[StationLog]:
        return [StationLog.of(one) for one in await info.context.loaders.logs.load(self.value.key) or ()]
