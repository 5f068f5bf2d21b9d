"""A small installation for tests: something in every table, each text marked with its operator's canary."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from app.domain.account import Account, AccountKind, LimitOn, LimitPer, MemberRole
from app.domain.amenity import Accessibility
from app.domain.driver import Driver
from app.domain.ids import new_uuid
from app.domain.location import Location
from app.domain.operator import Operator
from app.domain.refusal import Refusal
from app.domain.request.core import Reset
from app.domain.scope import CallerKind, Permission, Role, Scope
from app.domain.station import ChargingStation
from app.domain.tariff import Tariff
from app.domain.token import Token, TokenType
from app.feed import Feed
from app.operations import (
    access,
    accounts,
    drivers,
    locations,
    members,
    operators,
    stations,
    tariff_assignments,
    tariffs,
    tokens,
)
from app.operations.desk import Desk, Options
from app.operations.tariff_assignments import AssignmentDraft
from app.queries import Database
from app.queries import stations as station_queries
from app.store.request_body import body_json
from tests.canaries import (
    leave_card_reader,
    leave_cdr,
    leave_dispute,
    leave_document,
    leave_hold,
    leave_mismatch,
    leave_payout,
    leave_trust,
    leave_voucher,
)
from tests.conftest import TestDatabase
from tests.doubles import HandClock, ScriptedStations
from tests.power_world import report_power

PASSWORD = "correct horse battery"


def made(value: object) -> object:
    """The value an operation made; a refusal fails the test."""
    assert not isinstance(value, Refusal), value
    return value


def uuid7() -> UUID:
    return new_uuid(at_ms=int(datetime.now(UTC).timestamp() * 1000))


@dataclass
class Tenant:
    """One operator with its things; ``mark`` is in every text of it."""

    mark: str
    operator: Operator
    scope: Scope
    locations: list[Location] = field(default_factory=list)
    stations: list[ChargingStation] = field(default_factory=list)
    token: Token | None = None
    tariff: Tariff | None = None
    session_ids: list[UUID] = field(default_factory=list)
    command_ids: list[UUID] = field(default_factory=list)
    api_secret: str = ""
    email: str = ""
    driver: Driver | None = None
    account: Account | None = None


class Reporter:
    """The one connection by which tests write what stations report: to dial for each statement costs ten times it."""

    def __init__(self) -> None:
        self._url = ""
        self._connection: psycopg.Connection | None = None

    def at(self, url: str) -> psycopg.Connection:
        if self._connection is None or self._connection.closed or self._url != url:
            self.hang_up()
            self._url, self._connection = url, psycopg.connect(url, autocommit=True)
        return self._connection

    def hang_up(self) -> None:
        """Before its database is copied or replaced."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


REPORTER = Reporter()


@dataclass
class World:
    database: TestDatabase
    desk: Desk
    stations: ScriptedStations
    clock: HandClock
    tenants: dict[str, Tenant] = field(default_factory=dict)

    def ingest(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """As the inbox: writes what stations report."""
        cursor = REPORTER.at(self.database.ingest_url).execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def connect(self, station_key: int) -> None:
        """The station is online from now on, by a gateway with an hour's lease."""
        gateway = uuid7()
        self.ingest(
            "INSERT INTO gateway_process (id, name, lease_until) VALUES (%s, 'test', now() + interval '1 hour')",
            gateway,
        )
        self.ingest(
            "UPDATE station SET gateway_id = %s, connected_at = now(), last_seen_at = now(), ocpp_version = 'ocpp1.6', "
            "version = version + 1 WHERE key = %s",
            gateway,
            station_key,
        )

    async def station(self, tenant: Tenant, at: int = 0) -> ChargingStation:
        """As it is now."""
        key = tenant.stations[at].key
        found = await station_queries.by_keys(scope=tenant.scope, database=self.desk.database, keys=(key,))
        return found[key]


def options(key: str, **values: object) -> Options:
    return Options(idempotency_key=key, **({"wait_s": 0} | values))  # type: ignore[arg-type]


def make_world(database: TestDatabase) -> World:
    """An installation without operators."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        for day in (-1, 0, 1):
            connection.execute("SELECT ensure_history_day(current_date + %s)", (day,))
    doubles, clock = ScriptedStations(), HandClock()
    desk = Desk(
        Database(database.app_url),
        Feed(),
        doubles,
        clock,
        "ws://chargers.example/ocpp",
        "http://chargers.example/files",
    )
    return World(database, desk, doubles, clock)


async def add_operator(world: World, mark: str, party: str) -> Tenant:
    operator = made(
        await operators.create(
            privileged_url=world.database.ingest_url,
            at=world.clock(),
            name=f"Operator {mark}",
            country_code="DE",
            party_id=party,
            currency="EUR",
        )
    )
    assert isinstance(operator, Operator)
    scope = access.system_scope(operator.key, operator.uuid)
    tenant = Tenant(mark, operator, scope)
    world.tenants[mark] = tenant
    return tenant


def location_draft(mark: str, number: int = 1) -> locations.LocationDraft:
    return locations.LocationDraft(
        name=f"Place {number} {mark}",
        address=f"Street {mark}",
        city=f"City {mark}",
        country="DE",
        latitude=52.5,
        longitude=13.4,
        time_zone="Europe/Berlin",
        postal_code=f"P{mark}"[:20],
        help_phone=f"+49 {mark}",
        accessibility=Accessibility(True, 350, 500, f"Note {mark}"),
    )


def station_draft(mark: str, location_id: UUID, number: int, party: str) -> stations.StationDraft:
    plug = stations.ConnectorDraft(1, "IEC_62196_T2", "CABLE", "AC_3_PHASE", 22_000, 230, 32)
    return stations.StationDraft(
        identity=f"CP-{mark}-{number}",
        location_id=location_id,
        name=f"Station {number} {mark}",
        evses=(
            stations.EvseDraft(1, (plug,), f"DE*{party}*E{number:04}*1", f"Bay {mark}"),
            stations.EvseDraft(2, (plug,), f"DE*{party}*E{number:04}*2", f"Bay {mark}"),
        ),
    )


async def add_place(world: World, tenant: Tenant, number: int, *, stations_: int = 1) -> Location:
    desk, mark = world.desk, tenant.mark
    place = made(
        await locations.create(
            scope=tenant.scope, desk=desk, draft=location_draft(mark, number), options=options(f"place-{number}")
        )
    )
    assert isinstance(place, Location)
    tenant.locations.append(place)
    for at in range(stations_):
        draft = station_draft(mark, place.uuid, number * 100 + at, tenant.operator.party_id)
        found = made(
            await stations.register(
                scope=tenant.scope, desk=desk, draft=draft, options=options(f"station-{number}-{at}")
            )
        )
        assert isinstance(found, stations.Credentials)
        tenant.stations.append(found.station)
    return place


async def add_tenant(world: World, mark: str, party: str) -> Tenant:
    """An operator with two locations, a station at each, and something in every table."""
    tenant = await add_operator(world, mark, party)
    desk, scope = world.desk, tenant.scope
    for number in (1, 2):
        await add_place(world, tenant, number)
    token = made(
        await tokens.create(
            scope=scope,
            desk=desk,
            draft=tokens.TokenDraft(
                uid=f"{mark}0123456789"[:20],
                type=TokenType.RFID,
                visual_number=f"V-{mark}",
                contract_id=f"C-{mark}",
                group_id=f"G-{mark}",
            ),
        )
    )
    assert isinstance(token, Token)
    tenant.token = token
    draft = made(
        await tariffs.create(
            scope=scope,
            desk=desk,
            draft=tariffs.TariffDraft(
                f"code-{mark}",
                "EUR",
                True,
                [{"components": [{"type": "ENERGY", "price": "0.50", "vatPercent": "19"}]}],
                2000,
            ),
            options=options("tariff"),
        )
    )
    assert isinstance(draft, Tariff)
    published = made(
        await tariffs.publish(scope=scope, desk=desk, tariff_id=draft.uuid, valid_from=None, options=options("publish"))
    )
    assert isinstance(published, Tariff)
    tenant.tariff = published
    await add_driver(world, tenant)
    made(await tariff_assignments.assign(scope=scope, desk=desk, draft=AssignmentDraft(f"code-{mark}")))
    world.ingest("UPDATE connector SET standard = %s WHERE operator_key = %s", f"IEC_{mark}", tenant.operator.key)
    for station in tenant.stations:
        _report(world, tenant, station)
    tenant.email = f"{mark.lower()}@example.com"
    made(await members.add(scope=scope, desk=desk, email=tenant.email, password=PASSWORD, role=Role.OWNER))
    granted = made(
        await access.create_api_token(
            scope=scope,
            desk=desk,
            name=f"Token {mark}",
            permissions=tuple(permission.value for permission in Permission),
            location_ids=None,
            expires_at=world.clock() + timedelta(days=1),
            options=options("api-token"),
        )
    )
    assert isinstance(granted, access.Granted)
    assert granted.secret is not None
    tenant.api_secret = granted.secret
    return tenant


async def add_driver(world: World, tenant: Tenant) -> None:
    """A driver in a company's account, with a limit, a balance and the tenant's token."""
    desk, scope, mark = world.desk, tenant.scope, tenant.mark
    driver = made(
        await drivers.create(
            scope=scope,
            desk=desk,
            draft=drivers.DriverDraft(f"Driver {mark}", f"driver.{mark.lower()}@example.com"),
            options=options("driver"),
        )
    )
    account = made(
        await accounts.create(
            scope=scope,
            desk=desk,
            draft=accounts.AccountDraft(
                AccountKind.COMPANY, f"Account {mark}", "DE", "EUR", legal_name=f"Legal {mark}"
            ),
            options=options("account"),
        )
    )
    assert isinstance(driver, Driver) and isinstance(account, Account) and tenant.token is not None
    made(
        await accounts.set_member(
            scope=scope,
            desk=desk,
            account_id=account.uuid,
            driver_id=driver.uuid,
            role=MemberRole.MEMBER,
            cost_centre=f"Centre {mark}",
        )
    )
    limit = accounts.LimitDraft(
        account.uuid, LimitOn.ENERGY_WH, LimitPer.MONTH, 1_000_000, cost_centre=f"Centre {mark}"
    )
    made(await accounts.set_limit(scope=scope, desk=desk, draft=limit))
    made(
        await accounts.post(
            scope=scope,
            desk=desk,
            account_id=account.uuid,
            amount_minor=1000,
            reason=f"Paid {mark}",
            correction=False,
            options=options("top-up"),
        )
    )
    world.ingest(
        "UPDATE token SET driver_key = %s, account_key = %s WHERE key = %s", driver.key, account.key, tenant.token.key
    )
    world.ingest(
        "INSERT INTO payment_method (id, operator_key, driver_key, state, return_url, offered_until, reference, url, customer, "
        "payment_method, brand, last_four, created_at, saved_at) VALUES (%s, %s, %s, 'SAVED', %s, now(), %s, %s, %s, %s, %s, "
        "%s, now(), now())",
        uuid7(), tenant.operator.key, driver.key, f"https://{mark}/back", f"cs {mark}", f"https://{mark}/card",
        f"cus {mark}", f"pm {mark}", f"Brand {mark}", mark[:4],
    )  # fmt: skip
    tenant.driver, tenant.account = driver, account


def _report(world: World, tenant: Tenant, station: ChargingStation) -> None:
    """What its charger would have said: status, a completed session, readings, frames, taps, knocks."""
    mark, operator = tenant.mark, tenant.operator.key
    now = datetime.now(UTC)
    evse = station.evses[0]
    assert tenant.token is not None
    assert tenant.tariff is not None
    world.ingest(
        "UPDATE station SET vendor = %s, model = %s, serial_number = %s, firmware_version = %s, remote_address = %s, "
        "close_reason = %s, subprotocol = %s, connected_at = now(), disconnected_at = now(), version = version + 1 "
        "WHERE key = %s",
        f"Vendor {mark}",
        f"Model {mark}",
        f"Serial {mark}",
        f"Firmware {mark}",
        f"Address {mark}",
        f"Close {mark}",
        f"sub-{mark}",
        station.key,
    )
    world.ingest(
        "UPDATE connector SET status = 'AVAILABLE', error_code = %s, vendor_error_code = %s WHERE station_key = %s",
        f"Error {mark}",
        f"Vendor error {mark}",
        station.key,
    )
    session_id, command_id = uuid7(), uuid7()
    steps = {"AUTHORISED": {"state": "DONE", "at": now.isoformat(), "code": f"c-{mark}", "message": f"m {mark}"}}
    [(session_key,)] = world.ingest(
        "INSERT INTO session (id, operator_key, location_key, station_key, evse_key, evse_number, connector_number, status, "
        "origin, transaction_id, token_key, token_uid, created_at, started_at, ended_at, stop_reason, energy_wh, power_w, "
        "meter_settled_wh, steps, flags, tariff_key, currency, cost_minor) VALUES (%s, %s, %s, %s, %s, 1, 1, 'COMPLETED', "
        "'RFID', %s, %s, %s, %s, %s, %s, %s, 10000, 0, 10000, %s, %s, %s, 'EUR', 500) RETURNING key",
        session_id,
        operator,
        station.location_key,
        station.key,
        evse.key,
        f"tx-{mark}-{station.key}",
        tenant.token.key,
        tenant.token.uid,
        now,
        now - timedelta(hours=1),
        now,
        f"Stop {mark}",
        Jsonb(steps),
        [f"FLAG_{mark}"],
        tenant.tariff.key,
    )
    tenant.session_ids.append(session_id)
    assert tenant.driver is not None and tenant.account is not None
    world.ingest(
        "UPDATE session SET driver_key = %s, account_key = %s, cost_centre_key = (SELECT cost_centre_key FROM account_member "
        "WHERE driver_key = %s) WHERE key = %s",
        tenant.driver.key,
        tenant.account.key,
        tenant.driver.key,
        session_key,
    )
    report_power(world.ingest, operator, station.key, session_key, mark)
    world.ingest(
        "INSERT INTO signed_reading (operator_key, station_key, session_key, at, context, measurand, format, data, public_key, "
        "received_at) VALUES (%s, %s, %s, now(), 'Transaction.End', 'Energy', %s, convert_to(%s, 'UTF8'), %s, now())",
        operator,
        station.key,
        session_key,
        f"OCMF {mark}",
        f"data {mark}",
        f"key {mark}",
    )
    world.ingest(
        "INSERT INTO transaction_status (session_key, operator_key, station_key, ongoing, messages_in_queue, answered_at) "
        "VALUES (%s, %s, %s, true, false, now())",
        session_key,
        operator,
        station.key,
    )
    [(command_key,)] = world.ingest(
        "INSERT INTO command (id, operator_key, station_key, evse_key, session_key, action, body, status, effect, "
        "answer_status, answer_accepted, answer_reason_code, answer_additional_info, answer_raw, requested_by, reason, "
        "created_at, deadline) VALUES (%s, %s, %s, %s, %s, 'Reset', %s, 'ANSWERED', 'AWAITED', %s, true, %s, %s, %s, %s, "
        "%s, %s, %s) RETURNING key",
        command_id,
        operator,
        station.key,
        evse.key,
        session_key,
        Jsonb(body_json(Reset(True))),
        f"Accepted {mark}",
        f"Reason {mark}",
        f"Info {mark}",
        f'{{"status": "Accepted", "note": "{mark}"}}',
        f"member:{mark}",
        f"Why {mark}",
        now,
        now + timedelta(seconds=30),
    )
    tenant.command_ids.append(command_id)
    leave_trust(world, tenant, station, session_key)
    leave_hold(world, tenant, station, session_key)
    leave_card_reader(world, tenant, station)
    leave_cdr(world, tenant, station, session_key)
    leave_document(world, tenant, station, session_key)
    leave_mismatch(world, tenant, session_key)
    if not world.ingest("SELECT key FROM payout WHERE operator_key = %s", tenant.operator.key):
        leave_payout(world, tenant)
        leave_dispute(world, tenant)
        leave_voucher(world, tenant)
    world.ingest(
        "INSERT INTO reading (received_day, operator_key, session_key, station_key, evse_number, at, received_at, energy_wh, "
        "power_w, context, suspect) SELECT current_date, %s, %s, %s, 1, now() - make_interval(secs => n * 60), now(), "
        "10000 - n * 100, 7000, %s, false FROM generate_series(0, 9) n",
        operator,
        session_key,
        station.key,
        f"Context {mark}",
    )
    world.ingest(
        "INSERT INTO frame (received_day, operator_key, station_key, session_key, command_key, at, inbound, message_id, "
        "action, raw, problems) VALUES (current_date, %s, %s, %s, %s, now(), true, %s, %s, %s, %s)",
        operator,
        station.key,
        session_key,
        command_key,
        f"m-{mark}",
        f"Action{mark}",
        f'[2,"m-{mark}","Authorize",{{"idTag":"TAG{mark}","other":"{mark}"}}]',
        [f"problem {mark}"],
    )
    world.ingest(
        "INSERT INTO authorisation (received_day, operator_key, location_key, station_key, token_key, at, presented_uid, "
        "decision, rule, source, took_ms) VALUES (current_date, %s, %s, %s, %s, now(), %s, 'Accepted', %s, %s, 3)",
        operator,
        station.location_key,
        station.key,
        tenant.token.key,
        f"UID{mark}",
        f"RULE_{mark}",
        f"SOURCE_{mark}",
    )
    world.ingest(
        "INSERT INTO connection_attempt (operator_key, station_key, at, path, identity, remote_address, offered_subprotocols, "
        "result, hint) VALUES (%s, %s, now(), %s, %s, %s, %s, 'CREDENTIALS_WRONG', %s)",
        operator,
        station.key,
        f"/ocpp/{mark}",
        station.identity,
        f"Remote {mark}",
        [f"sub-{mark}"],
        f"Hint {mark}",
    )
    _report_device(world, operator, station.key, mark)


def _report_device(world: World, operator: int, station: int, mark: str) -> None:
    """What its charger would have said of itself."""
    owned, place = "operator_key, station_key", f"'Component {mark}', 'inst {mark}', 'Variable {mark}', 'vi {mark}'"
    names = "component, component_instance, variable, instance"
    for table, columns, values in (
        ("variable", f"{names}, attribute, value, pending_value, mutability, data_type, unit, values_list, reported_at",
         f"{place}, 'At {mark}', 'Value {mark}', 'Pending {mark}', 'Mut {mark}', 'type {mark}', 'unit {mark}', 'list {mark}',"
         " now()"),
        ("station_report", "kind, request_id, restarts, answer, seen, last_seq_no, texts, asked_at, last_part_at",
         f"'CUSTOMER_INFORMATION', 1, false, 'Accepted {mark}', '{{[0,1)}}', 0, '{{\"0\": \"Customer {mark}\"}}', now(), now()"),
        ("monitor", f"{names}, monitor_id, type, value, severity, transaction, kind, reported_at",
         f"{place}, 1, 'Type {mark}', 1, 1, false, 'Kind {mark}', now()"),
        ("station_event", f"{names}, event_id, occurred_at, received_at, trigger, kind, severity, actual_value, cleared,"
         " transaction_id, tech_code, tech_info",
         f"{place}, 1, now(), now(), 'Trigger {mark}', 'Kind {mark}', 1, 'Actual {mark}', false, 'tx {mark}', 'code {mark}',"
         f" 'info {mark}'"),
        ("event_stream", "stream_id, monitor_id, interval_s, opened_at", "1, 1, 30, now()"),
        ("stream_value", "stream_id, at, value", f"1, now(), 'Stream {mark}'"),
        ("display_message", "message_id, priority, format, content, language, state, transaction_id, display, extra,"
         " reported_at",
         f"1, 'Prio {mark}', 'Format {mark}', 'Content {mark}', 'l{mark}', 'State {mark}', 'tx {mark}', 'Display {mark}',"
         f" '[[\"UTF8\", null, \"Extra {mark}\"]]', now()"),
    ):  # fmt: skip
        world.ingest(f"INSERT INTO {table} ({owned}, {columns}) VALUES (%s, %s, {values})", operator, station)


def narrowed(tenant: Tenant, *locations_: Location) -> Scope:
    """The tenant's rights at some locations only."""
    keys = frozenset(place.key for place in locations_)
    return Scope(
        tenant.operator.key,
        tenant.operator.uuid,
        CallerKind.API_TOKEN,
        f"token:narrow-{tenant.mark}",
        UUID(int=1),
        frozenset(Permission),
        keys,
    )
