"""The demo's world: two operators, three locations, simulated stations, and four spare ones for your own client.

Made through the same operations as everything else. What is secret is shown by them once, so it is kept in the data
folder (mode 0600) for the next start.
"""

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import orjson

from app.domain.document import Seller
from app.domain.operator import Operator
from app.domain.refusal import Refusal
from app.domain.scope import Permission, Role, Scope
from app.domain.station import amperes
from app.domain.tariff import TariffAssignment
from app.domain.token import TokenType
from app.operations import access, fiscal, locations, members, operators, stations, tariffs, tokens
from app.operations.desk import Desk, Options
from app.store import tariffs as tariff_store

T = TypeVar("T")

SPARE_STATIONS = 4
VISITORS = 30
SPARE_CARDS = 4  # of them, that no visitor carries
_READ_ONLY = (Permission.NETWORK_READ.value, Permission.SESSIONS_READ.value)
_TOKEN_LIFE = timedelta(days=365)
_PRICED_SINCE = timedelta(days=30)
_VERSIONS = ("1.6", "2.0.1", "1.6", "2.1")


@dataclass(frozen=True, slots=True)
class Place:
    """Where stations stand, and which hardware: (model, EVSEs, watts, OCPI standard, current)."""

    name: str
    address: str
    city: str
    latitude: float
    longitude: float
    code: str
    hardware: tuple[str, int, int, str, str]


@dataclass(frozen=True, slots=True)
class Company:
    name: str
    party_id: str
    price_per_kwh: str
    places: tuple[Place, ...]


_AC22 = ("AC 22", 2, 22_000, "IEC_62196_T2", "AC_3_PHASE")
_AC11 = ("AC 11", 1, 11_000, "IEC_62196_T2", "AC_3_PHASE")
_DC150 = ("DC 150", 2, 150_000, "IEC_62196_T2_COMBO", "DC")

COMPANIES = (
    Company(
        "Nordwind Laden",
        "NWL",
        "0.49",
        (
            Place("Speicherstadt Garage", "Am Sandtorkai 6", "Hamburg", 53.5436, 9.9886, "HH", _AC22),
            Place("Raststätte Heide Ost", "A7 km 84", "Bispingen", 53.0846, 9.9988, "A7", _DC150),
        ),
    ),
    Company(
        "Rheinstrom Mobil",
        "RSM",
        "0.55",
        (Place("Depot Deutz", "Siegburger Straße 120", "Köln", 50.9312, 6.9780, "K", _AC11),),
    ),
)


@dataclass(frozen=True, slots=True)
class StationSecret:
    """A station's identity and password, and for the simulator what it is."""

    identity: str
    password: str
    version: str = ""
    evses: int = 1
    max_power_w: int = 22_000
    model: str = ""


@dataclass(frozen=True, slots=True)
class OperatorSecret:
    """``token`` may do everything; ``live_token`` only reads, for the page at /.

    Nobody carries the cards ``tokens``; the simulator's visitors have ``visitors``.
    """

    name: str
    token: str
    live_token: str
    member: str
    password: str
    tokens: tuple[str, ...]
    visitors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """All that a demo needs to start again."""

    operators: tuple[OperatorSecret, ...]
    simulated: tuple[tuple[StationSecret, ...], ...]  # by operator
    spare: tuple[StationSecret, ...]
    seed: int

    def save(self, file: Path) -> None:
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_bytes(orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2))

    @classmethod
    def load(cls, file: Path) -> "DemoWorld":
        raw = orjson.loads(file.read_bytes())
        return cls(
            tuple(
                OperatorSecret(**(entry | {name: tuple(entry[name]) for name in ("tokens", "visitors")}))
                for entry in raw["operators"]
            ),
            tuple(tuple(StationSecret(**station) for station in group) for group in raw["simulated"]),
            tuple(StationSecret(**station) for station in raw["spare"]),
            raw["seed"],
        )

    @property
    def station_count(self) -> int:
        """How many the simulator drives."""
        return sum(len(group) for group in self.simulated)


class SeedRefused(Exception):
    """An operation refused to make a part of the demo; the message is the operation's own."""


def _made(outcome: T | Refusal) -> T:
    if isinstance(outcome, Refusal):
        raise SeedRefused(f"{outcome.code}: {outcome.message}")
    return outcome


class Seeder:
    """Makes a world from a seed; ``progress`` is told after every station."""

    def __init__(self, desk: Desk, owner_url: str, *, seed: int, progress: Callable[[], None]) -> None:
        self._desk = desk
        self._owner_url = owner_url
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 - a story, not a secret
        self._progress = progress
        self._deeds = 0
        self._evse_numbers = 0

    async def world(self, station_count: int) -> DemoWorld:
        uids = sorted({f"{self._random.getrandbits(32):08X}" for _ in range(VISITORS)})
        places = [(company, place) for company in COMPANIES for place in company.places]
        shares = [station_count // len(places) + (index < station_count % len(places)) for index in range(len(places))]
        secrets, groups, spare = [], [], []
        for company in COMPANIES:
            operator, scope = await self._operator(company)
            secrets.append(await self._access(operator, scope, tuple(uids[:SPARE_CARDS]), tuple(uids[SPARE_CARDS:])))
            group = []
            for place in company.places:
                location_id = await self._location(scope, place)
                count = shares[places.index((company, place))]
                group += [await self._station(scope, company, place, location_id, number) for number in range(count)]
            groups.append(tuple(group))
            for number in range(SPARE_STATIONS // len(COMPANIES)):
                spare.append(await self._spare(scope, company, company.places[0], location_id, number))
        return DemoWorld(tuple(secrets), tuple(groups), tuple(spare), self._seed)

    def _options(self) -> Options:
        self._deeds += 1
        return Options(idempotency_key=f"demo {self._deeds}", reason="demo")

    async def _operator(self, company: Company) -> tuple[Operator, Scope]:
        operator = _made(
            await operators.create(
                privileged_url=self._owner_url,
                at=self._desk.now(),
                name=company.name,
                country_code="DE",
                party_id=company.party_id,
                currency="EUR",
            )
        )
        scope = access.system_scope(operator.key, operator.uuid)
        seller = Seller(company.name, "Hauptstr. 1", "Berlin", "DE", "10115", tax_number="30/123/45678 (demo)")
        _made(await fiscal.set_legal(scope=scope, desk=self._desk, seller=seller))
        elements = [{"components": [{"type": "ENERGY", "price": company.price_per_kwh, "vatPercent": "19"}]}]
        draft = tariffs.TariffDraft("STANDARD", "EUR", True, elements)
        tariff = _made(await tariffs.create(scope=scope, desk=self._desk, draft=draft, options=self._options()))
        _made(
            await tariffs.publish(
                scope=scope, desk=self._desk, tariff_id=tariff.uuid, valid_from=None, options=self._options()
            )
        )
        # In force for long: who tries an old session finds it priced. People never change a price backwards.
        since = self._now() - _PRICED_SINCE
        assignment = TariffAssignment("STANDARD", None, None, None, since, None, self._desk.new_uuid())
        async with self._desk.database.transaction(operator.key) as connection:
            await tariff_store.in_force_since(connection, tariff.uuid, since)
            await tariff_store.assign(connection, operator.key, assignment)
        return operator, scope

    async def _access(
        self, operator: Operator, scope: Scope, spare: tuple[str, ...], visitors: tuple[str, ...]
    ) -> OperatorSecret:
        for number, uid in enumerate((*spare, *visitors)):
            draft = tokens.TokenDraft(uid, TokenType.RFID, visual_number=f"{operator.party_id}-{number + 1:04d}")
            _made(await tokens.create(scope=scope, desk=self._desk, draft=draft))
        everything = tuple(permission.value for permission in Permission)
        password = access.new_secret("")[:12]
        email = f"owner@{operator.party_id.lower()}.example"
        _made(await members.add(scope=scope, desk=self._desk, email=email, password=password, role=Role.OWNER))
        return OperatorSecret(
            operator.name,
            await self._api_token(scope, "demo", everything),
            await self._api_token(scope, "live page", _READ_ONLY),
            email,
            password,
            spare,
            visitors,
        )

    async def _api_token(self, scope: Scope, name: str, permissions: tuple[str, ...]) -> str:
        granted = _made(
            await access.create_api_token(
                scope=scope,
                desk=self._desk,
                name=name,
                permissions=permissions,
                location_ids=None,
                expires_at=self._now() + _TOKEN_LIFE,
                options=self._options(),
            )
        )
        assert granted.secret is not None
        return granted.secret

    def _now(self) -> datetime:
        return self._desk.now()

    async def _location(self, scope: Scope, place: Place) -> UUID:
        draft = locations.LocationDraft(
            place.name,
            place.address,
            place.city,
            "DE",
            place.latitude,
            place.longitude,
            "Europe/Berlin",
            published=True,
        )
        made = _made(await locations.create(scope=scope, desk=self._desk, draft=draft, options=self._options()))
        return made.uuid

    async def _station(
        self, scope: Scope, company: Company, place: Place, location_id: UUID, number: int
    ) -> StationSecret:
        identity = f"{company.party_id}-{place.code}-{number + 1:03d}"
        version = _VERSIONS[number % len(_VERSIONS)]
        return await self._register(scope, company, place, location_id, identity, f"{place.code} {number + 1}", version)

    async def _spare(
        self, scope: Scope, company: Company, place: Place, location_id: UUID, number: int
    ) -> StationSecret:
        identity = f"{company.party_id}-SPARE-{number + 1}"
        return await self._register(scope, company, place, location_id, identity, f"Spare {number + 1}", "")

    async def _register(
        self,
        scope: Scope,
        company: Company,
        place: Place,
        location_id: UUID,
        identity: str,
        name: str,
        version: str,
    ) -> StationSecret:
        model, evses, watts, standard, power_type = place.hardware
        volts = 920 if power_type == "DC" else 230
        plug = stations.ConnectorDraft(
            1,
            standard,
            "CABLE" if power_type == "DC" else "SOCKET",
            power_type,
            watts,
            volts,
            amperes(watts, volts, power_type),
        )
        drafts = []
        for number in range(1, evses + 1):
            self._evse_numbers += 1
            evse_id = f"DE*{company.party_id}*E{self._evse_numbers:05d}"
            drafts.append(stations.EvseDraft(number, (plug,), evse_id=evse_id))
        draft = stations.StationDraft(identity, location_id, name=name, evses=tuple(drafts))
        made = _made(await stations.register(scope=scope, desk=self._desk, draft=draft, options=self._options()))
        self._progress()
        return StationSecret(identity, made.password or "", version, evses, watts, model)
