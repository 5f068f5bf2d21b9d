"""What somebody without an account sees of an EVSE, and nothing more, whoever asks."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.domain.amenity import Facility
from app.domain.ids import Prefix
from app.domain.location import Location as LocationValue
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.station import Connector
from app.operations import ad_hoc
from app.operations.ad_hoc import Availability, Offer
from schema import ids
from schema.amenity import Accessibility, OpeningTimes
from schema.context import Context, Info
from schema.enums import described
from schema.errors import unauthenticated
from schema.field import resolved
from schema.overview import Money
from schema.price_sign import PriceLine, price_sign
from schema.scalars import Long

described(
    Availability,
    "Whether a driver can charge here now.",
    "Nobody charges, pays or has reserved here.",
    "Somebody does.",
    "The operator or the charger says no.",
    "The charger does not speak with us: nothing can be started from afar.",
)


_VISITS = "Without a token nothing else may be asked for: send Authorization: Bearer <token>, a guest's too."


GUESS = 5  # visits: codes are not to be tried one by one


def guess(context: Context, who: str) -> None:
    """A code that somebody with a token names: refuses LIMIT_EXCEEDED to who tries them one by one."""
    if context.house.visits.take(f"guess:{who}", GUESS) < 0:
        message = "Too many voucher codes. Wait a minute."
        raise Refused(Refusal(ErrorCode.LIMIT_EXCEEDED, message, ("voucherCode",), retry_after_s=60))


def visit(context: Context, price: float = 1) -> None:
    """A visitor's deed: refuses UNAUTHENTICATED beside other fields, LIMIT_EXCEEDED to who asks too often."""
    if not context.is_visit:
        raise unauthenticated(f"{context.beyond_visit or ''} {_VISITS}".strip())
    if context.house.visits.take(f"visit:{context.client}", price) < 0:
        message = "Too many questions from your address. Wait a minute."
        raise Refused(Refusal(ErrorCode.LIMIT_EXCEEDED, message, retry_after_s=60))


@strawberry.type(description="A plug as everybody may know it.")
class PublicConnector:
    number: int = strawberry.field(description="Its number at the EVSE.")
    standard: str = strawberry.field(description="OCPI connector type, such as IEC_62196_T2.")
    format: str = strawberry.field(description="SOCKET or CABLE.")
    power_type: str = strawberry.field(description="AC_1_PHASE, AC_3_PHASE or DC.")
    max_power_w: Long = strawberry.field(description="Most power, in W.")

    @classmethod
    def of(cls, value: Connector) -> "PublicConnector":
        return cls(
            number=value.number,
            standard=value.standard,
            format=value.format,
            power_type=value.power_type,
            max_power_w=Long(value.max_power_w),
        )


@strawberry.type(description="A published place.")
class PublicLocation:
    name: str = strawberry.field(description="What it is called.")
    address: str = strawberry.field(description="Street and number.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    city: str = strawberry.field(description="City.")
    country: str = strawberry.field(description="ISO 3166 alpha-2.")
    latitude: float = strawberry.field(description="Degrees north.")
    longitude: float = strawberry.field(description="Degrees east.")
    time_zone: str = strawberry.field(description="IANA time zone.")
    help_phone: str | None = strawberry.field(description="Whom a driver calls.")
    opening_times: OpeningTimes | None = strawberry.field(description="When it is open; null: nobody has said.")
    facilities: list[Facility] = strawberry.field(description="What is there or near it.")
    accessibility: Accessibility | None = strawberry.field(description="Who can get in; null: nobody has said.")
    open_now: bool | None = strawberry.field(description="Whether it is open; null: nobody has said when it is.")

    @classmethod
    def of(cls, place: LocationValue, at: datetime) -> "PublicLocation":
        return cls(
            name=place.name,
            address=place.address,
            postal_code=place.postal_code,
            city=place.city,
            country=place.country,
            latitude=place.latitude,
            longitude=place.longitude,
            time_zone=place.time_zone,
            help_phone=place.help_phone,
            opening_times=OpeningTimes.of(place.opening_times),
            facilities=list(place.facilities),
            accessibility=Accessibility.of(place.accessibility),
            open_now=None if place.opening_times is None else place.opening_times.is_open(at, place.time_zone),
        )


@strawberry.type(description="A published EVSE, as its sticker promises it.")
class PublicEvse:
    id: strawberry.ID = strawberry.field(description="For quote and chargeIntentCreate.")
    evse_id: str | None = strawberry.field(description="What is on the sticker.")
    physical_reference: str | None = strawberry.field(description="What else is written on it.")
    operator_name: str = strawberry.field(description="Who sells here.")
    location: PublicLocation = strawberry.field(description="Where it stands.")
    connectors: list[PublicConnector] = strawberry.field(description="Its plugs.")
    availability: Availability = strawberry.field(description="Whether a driver can charge here now.")
    price_sign: list[PriceLine] = strawberry.field(
        description="Its prices in the legal order, taxes included; empty: nothing is for sale here."
    )
    hold_amount: Money | None = strawberry.field(
        description="What is held on a card for a usual session; null: nothing is for sale here."
    )

    @classmethod
    def of(cls, value: Offer, locale: str | None, at: datetime) -> "PublicEvse":
        place, tariff, held = value.location, value.tariff, value.hold_minor
        money = None if tariff is None or held is None else Money(amount_minor=Long(held), currency=tariff.currency)
        return cls(
            id=ids.shown(Prefix.EVSE, value.evse.uuid),
            evse_id=value.evse.evse_id,
            physical_reference=value.evse.physical_reference,
            operator_name=value.operator.name,
            location=PublicLocation.of(place, at),
            connectors=[PublicConnector.of(plug) for plug in value.evse.connectors],
            availability=value.availability,
            price_sign=[] if tariff is None else price_sign(tariff, locale),
            hold_amount=money,
        )


@strawberry.type(description="What everybody may look up.")
class VisitorQuery:
    @resolved("A published EVSE, without a token; null for all others, absent or not.")
    async def evse(
        self,
        info: Info,
        evse_id: Annotated[
            strawberry.ID, strawberry.argument(description="From the sticker, case and separators aside; or its id.")
        ],
        locale: Annotated[
            str | None, strawberry.argument(description="The reader's language, such as de; English for others.")
        ] = None,
    ) -> PublicEvse | None:
        context = info.context
        if context.caller is None:
            visit(context, 0.1)
        found = await ad_hoc.offer(desk=context.house.desk, name=evse_id)
        return None if found is None else PublicEvse.of(found, locale, context.house.desk.now())
