"""What the host of an installation does at the command line, through the same operations as the API."""

from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

from rich.console import RenderableType
from rich.table import Table

from app.domain.filter import LocationFilter, StationFilter
from app.domain.operator import Operator
from app.domain.page import PageRequest
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Role, Scope
from app.domain.station import ChargingStation, amperes
from app.feed import Feed
from app.feed.relay import Relay, RemoteStations
from app.main.installation import Installation
from app.main.process import utc_now
from app.main.settings import Settings
from app.operations import access, locations, members, operators, stations
from app.operations.desk import Desk, Options
from app.queries import locations as location_queries
from app.queries import stations as station_queries
from app.store.database import Database

T = TypeVar("T")
_MAINS_V = 230  # between a line and neutral
_FIRST_WITH_TLS = 2  # security profile
_PAGE = PageRequest(first=200)


class Office:
    """The means of the command line: the installation's owner, acting for one operator at a time."""

    def __init__(self, settings: Settings, place: Installation) -> None:
        self.place = place
        self.database = Database(place.urls.app, pool_size=2)
        self.feed = Feed()
        relay = None if settings.redis_url is None else Relay(settings.redis_url, self.feed)
        self.desk = Desk(
            self.database,
            self.feed,
            RemoteStations(relay),
            utc_now,
            settings.connect_url(settings.ocpp_address().port),
            settings.files_url(settings.http_address().port),
        )

    async def close(self) -> None:
        await self.database.close()

    async def operator(self, party: str) -> tuple[Operator, Scope]:
        """The operator of a country and party, with every right at it."""
        known = await operators.every(privileged_url=self.place.urls.ingest)
        for operator in known:
            if party.upper() in (f"{operator.country_code}*{operator.party_id}", operator.party_id):
                return operator, access.system_scope(operator.key, operator.uuid)
        names = ", ".join(f"{operator.country_code}*{operator.party_id}" for operator in known) or "none yet"
        raise Refused(
            Refusal(
                ErrorCode.NOT_FOUND, f"There is no operator {party}. Known: {names}. Make one: voltgraph operator add"
            )
        )

    def options(self) -> Options:
        return Options(idempotency_key=str(uuid4()), reason="command line")


def _done(outcome: T | Refusal) -> T:
    if isinstance(outcome, Refusal):
        raise Refused(outcome)
    return outcome


async def add_operator(office: Office, name: str, party: str, currency: str) -> list[RenderableType]:
    country, star, party_id = party.upper().partition("*")
    if not star:
        meant = f"{country[:2]}*{country[2:5]}" if len(country) >= 5 else f"DE*{country[:3]}"
        message = f"{party} names no country. Write both with a star, quoted: '{meant}'."
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, message))
    operator = _done(
        await operators.create(
            privileged_url=office.place.urls.ingest,
            at=utc_now(),
            name=name,
            country_code=country,
            party_id=party_id,
            currency=currency.upper(),
        )
    )
    token = await create_token(office, f"{country}*{party_id}", "first token", (), timedelta(days=90))
    return [f"Made the operator {operator.name} ({country}*{party_id}).", *token]


async def list_operators(office: Office) -> list[RenderableType]:
    table = Table("Party", "Name", "Currency")
    for operator in await operators.every(privileged_url=office.place.urls.ingest):
        table.add_row(f"{operator.country_code}*{operator.party_id}", operator.name, operator.currency)
    return [table]


async def add_member(office: Office, party: str, email: str, role: str, password: str) -> list[RenderableType]:
    _, scope = await office.operator(party)
    if role.upper() not in Role.__members__:
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, f"A role is one of {', '.join(Role)}."))
    _done(await members.add(scope=scope, desk=office.desk, email=email, password=password, role=Role(role.upper())))
    return [f"{email} may sign in."]


async def create_token(
    office: Office, party: str, name: str, permissions: tuple[str, ...], life: timedelta
) -> list[RenderableType]:
    _, scope = await office.operator(party)
    granted = _done(
        await access.create_api_token(
            scope=scope,
            desk=office.desk,
            name=name,
            permissions=permissions or tuple(permission.value for permission in Permission),
            location_ids=None,
            expires_at=utc_now() + life,
            options=office.options(),
        )
    )
    return [f"API token, shown once: [bold]{granted.secret}[/bold]"]


async def add_station(
    office: Office, party: str, identity: str, location: str, evses: int, power_w: int, profile: int
) -> list[RenderableType]:
    operator, scope = await office.operator(party)
    place = await location_queries.search(
        scope=scope, database=office.database, filter=LocationFilter(text=location), page=_PAGE
    )
    found = next((item for item in place.items if item.name == location), None)
    fresh = found is None
    if found is None:
        draft = locations.LocationDraft(location, "-", "-", operator.country_code, 0.0, 0.0, "UTC")
        found = _done(await locations.create(scope=scope, desk=office.desk, draft=draft, options=office.options()))
    current_a = amperes(power_w, _MAINS_V, "AC_3_PHASE")
    plug = stations.ConnectorDraft(1, "IEC_62196_T2", "SOCKET", "AC_3_PHASE", power_w, _MAINS_V, current_a)
    drafts = tuple(stations.EvseDraft(number, (plug,)) for number in range(1, evses + 1))
    made = _done(
        await stations.register(
            scope=scope,
            desk=office.desk,
            draft=stations.StationDraft(identity, found.uuid, security_profile_floor=profile, evses=drafts),
            options=office.options(),
        )
    )
    url = made.connect_url
    if profile >= _FIRST_WITH_TLS:
        url = url.replace("ws://", "wss://", 1)
    said: list[RenderableType] = [f"URL      [bold]{url}[/bold]"]
    if made.password is not None:
        said.append(f"password [bold]{made.password}[/bold] (shown once)")
    if fresh:
        said.append(f"The location {location} is new: give it an address, a time zone and a place with locationUpdate.")
    return said


async def list_stations(office: Office, party: str) -> list[RenderableType]:
    _, scope = await office.operator(party)
    table = Table("Identity", "Connection", "OCPP", "Model", "Last seen")
    page = PageRequest(first=200)
    while True:
        found = await station_queries.search(scope=scope, database=office.database, filter=StationFilter(), page=page)
        for station in found.items:
            table.add_row(*_station_row(station))
        if not found.has_next:
            return [table]
        page = PageRequest(first=200, after=found.positions[-1])


def _station_row(station: ChargingStation) -> tuple[str, ...]:
    seen = station.link.last_seen_at
    return (
        station.identity,
        station.link.state.value,
        "" if station.ocpp_version is None else station.ocpp_version.value,
        " ".join(filter(None, (station.vendor, station.model))),
        "" if seen is None else seen.isoformat(timespec="seconds"),
    )
