"""Setting up locations, needs network:write; a new one also needs access to every location."""

from dataclasses import asdict, dataclass
from uuid import UUID

from app.domain.amenity import Accessibility, Facility, OpeningTimes
from app.domain.ids import Prefix
from app.domain.location import Location
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.feed import Change, Noun
from app.operations import texts
from app.operations.amenities import checked_access, checked_facilities, checked_hours
from app.operations.changes import changed
from app.operations.desk import Desk, Options, conflict, invalid, not_found, once, refusing
from app.store import audit, locations
from app.store.values import value_json
from app.store.within import station_keys_at


@dataclass(frozen=True, slots=True)
class LocationDraft:
    """What a person says about a location."""

    name: str
    address: str
    city: str
    country: str
    latitude: float
    longitude: float
    time_zone: str
    postal_code: str | None = None
    help_phone: str | None = None
    published: bool = False
    opening_times: OpeningTimes | None = None
    facilities: tuple[Facility, ...] = ()
    accessibility: Accessibility | None = None


def _checked(draft: LocationDraft) -> dict[str, object]:
    if not -90 <= draft.latitude <= 90:
        raise invalid("A latitude lies between -90 and 90 degrees.", "input", "latitude")
    if not -180 <= draft.longitude <= 180:
        raise invalid("A longitude lies between -180 and 180 degrees.", "input", "longitude")
    return asdict(draft) | {
        "name": texts.line(draft.name, "input", "name"),
        "address": texts.line(draft.address, "input", "address"),
        "city": texts.line(draft.city, "input", "city"),
        "country": texts.form("country", draft.country, "input", "country"),
        "time_zone": texts.time_zone(draft.time_zone, "input", "timeZone"),
        "postal_code": texts.optional_line(draft.postal_code, "input", "postalCode", longest=20),
        "help_phone": texts.optional_line(draft.help_phone, "input", "helpPhone", longest=40),
        "opening_times": value_json(checked_hours(draft.opening_times)),
        "facilities": [facility.value for facility in checked_facilities(draft.facilities)],
        "accessibility": value_json(checked_access(draft.accessibility)),
    }


@refusing
async def create(*, scope: Scope, desk: Desk, draft: LocationDraft, options: Options) -> Location:
    scope.require(Permission.NETWORK_WRITE)
    if scope.location_keys is not None:
        raise Refused(Refusal(ErrorCode.FORBIDDEN, "New locations are made by callers with access to every location."))
    values = _checked(draft)
    uuid = desk.new_uuid()
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection,
            scope,
            options,
            mutation="locationCreate",
            values=values,
            subject_kind="location",
            subject_id=uuid,
        )
        if earlier is not None:
            return (await locations.by_ids(connection, scope, (earlier,)))[earlier]
        made = await locations.add(connection, uuid=uuid, operator_key=scope.operator_key, values=values)
        await audit.write(
            connection,
            scope,
            action="location.created",
            subject_kind="location",
            subject_id=uuid,
            at=desk.now(),
            after=values,
            reason=options.reason,
            location_key=made.key,
        )
    return made


@refusing
async def update(*, scope: Scope, desk: Desk, location_id: UUID, if_version: int, draft: LocationDraft) -> Location:
    """Replaces everything a person says about it. Refuses NOT_FOUND and VERSION_CONFLICT."""
    scope.require(Permission.NETWORK_WRITE)
    values = _checked(draft)
    async with desk.database.transaction(scope.operator_key) as connection:
        found = (await locations.by_ids(connection, scope, (location_id,))).get(location_id)
        if found is None:
            raise not_found(Prefix.LOCATION, location_id, "id")
        made = await locations.change(connection, key=found.key, if_version=if_version, values=values)
        if made is None:
            raise conflict(Prefix.LOCATION, location_id)
        before, after = changed({name: value_json(getattr(found, name)) for name in values}, values)
        await audit.write(
            connection,
            scope,
            action="location.updated",
            subject_kind="location",
            subject_id=location_id,
            at=desk.now(),
            before=before,
            after=after,
            location_key=made.key,
        )
        stations = await station_keys_at(connection, made.key)
    # What a watcher shows of a station includes its location's name.
    desk.feed.publish(
        [Change(Noun.STATION, scope.operator_key, key, version, made.key, key) for key, version in stations]
    )
    return made
