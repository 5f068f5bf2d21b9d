"""What people say when they set something up."""

from datetime import datetime

import strawberry

from app.domain.amenity import Facility
from app.domain.ids import Prefix
from app.domain.request.charging_profile import EnergyTransferMode
from app.domain.request.core import AttributeType
from app.domain.token import TokenType
from app.operations import desk
from app.operations.care import VariableDraft
from app.operations.locations import LocationDraft
from app.operations.stations import ConnectorDraft, EvseDraft, StationDraft
from app.operations.tokens import TokenDraft
from schema import ids
from schema.amenity import AccessibilityInput, OpeningTimesInput
from schema.enums import described
from schema.requests.inputs import published
from schema.scalars import Long

published(EnergyTransferMode)


@strawberry.input(description="How to do it.")
class Options:
    idempotency_key: str = strawberry.field(
        description="Yours, 1 to 200 characters: a repeat with the same input returns what the first call made."
    )
    wait_seconds: int = strawberry.field(default=15, description="How long to wait for the charger, 0 to 30.")
    queue_until: datetime | None = strawberry.field(
        default=None, description="Keep a command for an offline station until then; null refuses it."
    )
    reason: str | None = strawberry.field(default=None, description="Why, for the audit log.")

    def value(self) -> desk.Options:
        return desk.Options(self.idempotency_key, self.wait_seconds, self.queue_until, self.reason)


@strawberry.input(description="A location.")
class LocationInput:
    name: str = strawberry.field(description="What it is called.")
    address: str = strawberry.field(description="Street and number.")
    city: str = strawberry.field(description="City.")
    country: str = strawberry.field(description="ISO 3166 alpha-2, such as DE.")
    latitude: float = strawberry.field(description="Degrees north.")
    longitude: float = strawberry.field(description="Degrees east.")
    time_zone: str = strawberry.field(description="IANA time zone, such as Europe/Berlin.")
    postal_code: str | None = strawberry.field(default=None, description="Postal code.")
    help_phone: str | None = strawberry.field(default=None, description="Whom a driver calls.")
    published: bool = strawberry.field(default=False, description="Whether drivers and partners see it.")
    opening_times: OpeningTimesInput | None = strawberry.field(default=None, description="When it is open.")
    facilities: list[Facility] = strawberry.field(default_factory=list, description="What is there or near it.")
    accessibility: AccessibilityInput | None = strawberry.field(default=None, description="Who can get in.")

    def value(self) -> LocationDraft:
        return LocationDraft(
            name=self.name,
            address=self.address,
            city=self.city,
            country=self.country,
            latitude=self.latitude,
            longitude=self.longitude,
            time_zone=self.time_zone,
            postal_code=self.postal_code,
            help_phone=self.help_phone,
            published=self.published,
            opening_times=None if self.opening_times is None else self.opening_times.value(),
            facilities=tuple(self.facilities),
            accessibility=None if self.accessibility is None else self.accessibility.value(),
        )


@strawberry.input(description="One plug or socket.")
class ConnectorInput:
    number: int = strawberry.field(description="Its number at the EVSE, from 1.")
    standard: str = strawberry.field(description="OCPI connector standard, such as IEC_62196_T2.")
    format: str = strawberry.field(description="SOCKET or CABLE.")
    power_type: str = strawberry.field(
        description="OCPI power type: AC_1_PHASE, AC_2_PHASE, AC_2_PHASE_SPLIT, AC_3_PHASE or DC."
    )
    max_power_w: Long = strawberry.field(description="Most power, in W.")
    max_voltage_v: int = strawberry.field(description="Most voltage, in V.")
    max_current_a: int = strawberry.field(description="Most current, in A.")

    def value(self) -> ConnectorDraft:
        return ConnectorDraft(
            number=self.number,
            standard=self.standard,
            format=self.format,
            power_type=self.power_type,
            max_power_w=self.max_power_w,
            max_voltage_v=self.max_voltage_v,
            max_current_a=self.max_current_a,
        )


@strawberry.input(description="One charging position.")
class EvseInput:
    number: int = strawberry.field(description="Its number at the station, from 1; a 1.6 connector's number.")
    connectors: list[ConnectorInput] = strawberry.field(description="Its plugs.")
    evse_id: str | None = strawberry.field(default=None, description="Public id, such as DE*VGT*E0001*1.")
    physical_reference: str | None = strawberry.field(default=None, description="What is written on it.")

    def value(self) -> EvseDraft:
        return EvseDraft(
            number=self.number,
            connectors=tuple(plug.value() for plug in self.connectors),
            evse_id=self.evse_id,
            physical_reference=self.physical_reference,
        )


@strawberry.input(description="A charging station.")
class StationInput:
    identity: str = strawberry.field(description="The OCPP identity it connects with; never changes.")
    location_id: strawberry.ID = strawberry.field(description="Where it stands.")
    name: str | None = strawberry.field(default=None, description="What people call it.")
    security_profile_floor: int = strawberry.field(default=1, description="The least OCPP security profile, 0 to 3.")
    accepts_no_authorization: bool = strawberry.field(
        default=False, description="Whether anybody may charge by a start button, without a token (NoAuthorization)."
    )
    accepts_direct_payment: bool = strawberry.field(
        default=False, description="Whether whoever pays at its own terminal may charge (DirectPayment, 2.1)."
    )
    evses: list[EvseInput] | None = strawberry.field(
        default=None, description="Its charging positions; those that are not named stay as they are."
    )

    def value(self) -> StationDraft:
        return StationDraft(
            identity=self.identity,
            location_id=ids.read(Prefix.LOCATION, self.location_id, "input", "locationId"),
            name=self.name,
            security_profile_floor=self.security_profile_floor,
            accepts_no_authorization=self.accepts_no_authorization,
            accepts_direct_payment=self.accepts_direct_payment,
            evses=None if self.evses is None else tuple(evse.value() for evse in self.evses),
        )


@strawberry.input(description="A token.")
class TokenInput:
    uid: str = strawberry.field(description="What the reader reads, however it is written.")
    type: TokenType = strawberry.field(description="What kind of token.")
    ocpp_type: str | None = strawberry.field(default=None, description="OCPP IdTokenType; follows from the type.")
    visual_number: str | None = strawberry.field(default=None, description="What is printed on it.")
    contract_id: str | None = strawberry.field(default=None, description="Its contract (eMAID).")
    group_id: str | None = strawberry.field(default=None, description="Its group.")
    valid_from: datetime | None = strawberry.field(default=None, description="Not before.")
    valid_until: datetime | None = strawberry.field(default=None, description="Not from then on.")
    driver_id: strawberry.ID | None = strawberry.field(default=None, description="Whose it is. Needs drivers:write.")
    account_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who pays; the driver must be in it. Needs drivers:write."
    )
    aliases: list[str] = strawberry.field(
        default_factory=list, description="What other readers make of it, such as a number cut short; at most 8."
    )
    allowed_energy_transfer: list[EnergyTransferMode] = strawberry.field(
        default_factory=list,
        description="How energy may flow between its car and a station, told to stations of OCPP 2.1; empty: not said, "
        "which is charging alone.",
    )

    def value(self) -> TokenDraft:
        return TokenDraft(
            uid=self.uid,
            type=self.type,
            ocpp_type=self.ocpp_type,
            visual_number=self.visual_number,
            contract_id=self.contract_id,
            group_id=self.group_id,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            driver_id=ids.read_optional(Prefix.DRIVER, self.driver_id, "input", "driverId"),
            account_id=ids.read_optional(Prefix.ACCOUNT, self.account_id, "input", "accountId"),
            aliases=tuple(self.aliases),
            allowed_energy_transfer=tuple(self.allowed_energy_transfer),
        )


described(
    AttributeType,
    "Which value of a variable (OCPP 2.x).",
    "What it is.",
    "What it is to be.",
    "The least it may be set to.",
    "The most it may be set to.",
)


@strawberry.input(description="A 2.x variable, or a 1.6 configuration key by its own name or the 2.x variable's.")
class VariableInput:
    variable: str = strawberry.field(description="OCPP 2.x variable, or the 1.6 key.")
    component: str | None = strawberry.field(default=None, description="OCPP 2.x component; a 1.6 key needs none.")
    instance: str | None = strawberry.field(default=None, description="The variable's instance.")
    evse: int | None = strawberry.field(default=None, description="The component's EVSE number.")
    value: str | None = strawberry.field(default=None, description="What to set; not for reading.")
    component_instance: str | None = strawberry.field(default=None, description="The component's instance.")
    connector: int | None = strawberry.field(default=None, description="The component's connector at its EVSE.")
    attribute: AttributeType | None = strawberry.field(default=None, description="Which value; the actual one without.")

    def draft(self) -> VariableDraft:
        return VariableDraft(
            self.component,
            self.variable,
            self.instance,
            self.evse,
            self.value,
            self.component_instance,
            self.connector,
            self.attribute,
        )
