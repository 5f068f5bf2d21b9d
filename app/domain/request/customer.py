"""What a station knows of a customer (2.0.1 N09, N10), how it reaches us (B09), what it still has to tell (E14)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from app.domain.request.kind import Priority, StationRequest
from app.domain.request.local_list import IdToken


class CustomerHashAlgorithm(StrEnum):
    """How a certificate's names were hashed."""

    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


@dataclass(frozen=True, slots=True)
class CustomerCertificate:
    """A customer's certificate by its hashes."""

    hash_algorithm: Annotated[CustomerHashAlgorithm, "How they were made."]
    issuer_name_hash: Annotated[str, "Of the issuer's name."]
    issuer_key_hash: Annotated[str, "Of the issuer's key."]
    serial_number: Annotated[str, "In hexadecimal digits, without leading zeroes."]


@dataclass(frozen=True, slots=True)
class CustomerInformation(StationRequest):
    """CustomerInformation (2.0.1 N09, N10): to report, to forget, or both. NotifyCustomerInformation follows."""

    priority: ClassVar[Priority] = Priority.ASK

    request_id: Annotated[int, "A number of yours; the parts of the answer carry it."]
    report: Annotated[bool, "Whether to tell what is known."]
    clear: Annotated[bool, "Whether to forget it."]
    customer_identifier: Annotated[str | None, "Whoever the station knows by this."] = None
    id_token: Annotated[IdToken | None, "Whoever holds this token."] = None
    customer_certificate: Annotated[CustomerCertificate | None, "Whoever holds this certificate."] = None


class OcppInterface(StrEnum):
    """Which network interface."""

    WIRED0 = "Wired0"
    WIRED1 = "Wired1"
    WIRED2 = "Wired2"
    WIRED3 = "Wired3"
    WIRELESS0 = "Wireless0"
    WIRELESS1 = "Wireless1"
    WIRELESS2 = "Wireless2"
    WIRELESS3 = "Wireless3"
    ANY = "Any"


class OcppTransport(StrEnum):
    """How frames travel."""

    JSON = "JSON"
    SOAP = "SOAP"


class ProfileOcppVersion(StrEnum):
    """Which OCPP a profile speaks."""

    OCPP12 = "OCPP12"
    OCPP15 = "OCPP15"
    OCPP16 = "OCPP16"
    OCPP20 = "OCPP20"
    OCPP201 = "OCPP201"
    OCPP21 = "OCPP21"


class ApnAuthentication(StrEnum):
    """How a modem proves itself to its access point."""

    PAP = "PAP"
    CHAP = "CHAP"
    NONE = "NONE"
    AUTO = "AUTO"


class VpnType(StrEnum):
    """Which virtual private network."""

    IKEV2 = "IKEv2"
    IPSEC = "IPSec"
    L2TP = "L2TP"
    PPTP = "PPTP"


@dataclass(frozen=True, slots=True)
class Apn:
    """A mobile network's access point."""

    apn: Annotated[str, "Its name."]
    apn_authentication: Annotated[ApnAuthentication, "How the modem proves itself."]
    apn_user_name: Annotated[str | None, "The user."] = None
    apn_password: Annotated[str | None, "The password; never shown again."] = None
    sim_pin: Annotated[int | None, "The SIM's PIN; never shown again."] = None
    preferred_network: Annotated[str | None, "MCC and MNC."] = None
    use_only_preferred_network: Annotated[bool | None, "Never roam."] = None


@dataclass(frozen=True, slots=True)
class Vpn:
    """A virtual private network."""

    server: Annotated[str, "Its address."]
    user: Annotated[str, "The user."]
    password: Annotated[str, "The password; never shown again."]
    key: Annotated[str, "The shared key; never shown again."]
    type: Annotated[VpnType, "Its kind."]
    group: Annotated[str | None, "The user's group."] = None


@dataclass(frozen=True, slots=True)
class NetworkConnectionProfile:
    """How a station reaches a backend."""

    ocpp_interface: Annotated[OcppInterface, "Over which interface."]
    ocpp_transport: Annotated[OcppTransport, "In which form."]
    message_timeout: Annotated[int, "How long to wait for an answer, in seconds."]
    ocpp_csms_url: Annotated[str, "The backend's address, without the identity."]
    security_profile: Annotated[int, "OCPP security profile, 0 to 3."]
    ocpp_version: Annotated[ProfileOcppVersion | None, "2.0.1 asks for it; 2.1 negotiates it."] = None
    identity: Annotated[str | None, "2.1: the identity to use there."] = None
    basic_auth_password: Annotated[str | None, "2.1: the password to use there; never shown again."] = None
    apn: Annotated[Apn | None, "For a modem."] = None
    vpn: Annotated[Vpn | None, "Through a VPN."] = None


@dataclass(frozen=True, slots=True)
class SetNetworkProfile(StationRequest):
    """SetNetworkProfile (2.0.1 B09): a slot holds it; OCPPCommCtrlr.NetworkConfigurationPriority makes it used."""

    configuration_slot: Annotated[int, "Which slot; one in use may be refused."]
    connection_data: Annotated[NetworkConnectionProfile, "The profile."]


@dataclass(frozen=True, slots=True)
class GetTransactionStatus(StationRequest):
    """GetTransactionStatus (2.0.1 E14): whether it runs, and whether messages about it still wait."""

    priority: ClassVar[Priority] = Priority.ASK

    transaction_id: Annotated[str | None, "Of this transaction; of all without it."] = None


REQUESTS: tuple[type[StationRequest], ...] = (CustomerInformation, SetNetworkProfile, GetTransactionStatus)
