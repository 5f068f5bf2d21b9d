"""What a batch must know before it decides, read under the stations' row locks."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.errors import InvalidParameterValue

from app.domain.command import CommandEffect, CommandStatus
from app.domain.meter import Reading
from app.domain.station import ChargingState, ConnectorStatus, Registration
from app.domain.station_state import CommandState, ConnectorState, EvseState, StationState
from app.domain.tariff import Tariff, TariffAssignment, TariffElement, TariffState
from app.domain.tariff_form import parse_discount, parse_elements, parse_holidays, parse_limit
from app.domain.token import Token, TokenType
from app.store.intake import power as held
from app.store.intake.connection import IngestConnection
from app.store.intake.session_row import READ_COLUMNS, session_from_row
from app.store.request_body import body_from_json

_DOUBT_POLL_S = 0.05

_LOCK = """SELECT key, id, operator_key, location_key, identity, registration, epoch, last_seen_at, version,
    accepts_no_authorization, accepts_direct_payment, limits_due, pg_current_xact_id()::text
FROM station WHERE key = ANY(%s) ORDER BY key FOR NO KEY UPDATE SKIP LOCKED"""

_EVSES = (
    "SELECT station_key, key, number, operative, charging_state, status_since FROM evse WHERE station_key = ANY(%s)"
)

_CONNECTORS = """SELECT station_key, key, evse_number, number, status, status_since, error_code, vendor_error_code, max_power_w
FROM connector WHERE station_key = ANY(%s)"""

_SESSIONS = f"""SELECT {READ_COLUMNS} FROM session WHERE key IN (
    SELECT key FROM session WHERE station_key = ANY(%s) AND status IN ('PENDING', 'ACTIVE', 'RESERVATION')
    UNION ALL
    SELECT s.key FROM unnest(%s::bigint[], %s::text[]) AS w(station_key, transaction_id)
    JOIN session s ON s.station_key = w.station_key AND s.transaction_id = w.transaction_id
    UNION ALL
    SELECT s.key FROM unnest(%s::bigint[], %s::text[]) AS w(station_key, identity)
    JOIN session s ON s.station_key = w.station_key AND s.start_identity = w.identity
    UNION ALL
    SELECT s.key FROM unnest(%s::bigint[], %s::text[]) AS w(station_key, identity)
    JOIN session s ON s.station_key = w.station_key AND s.stop_identity = w.identity
    UNION ALL
    SELECT s.key FROM unnest(%s::bigint[], %s::integer[]) AS w(station_key, remote_start_id)
    JOIN session s ON s.station_key = w.station_key AND s.remote_start_id = w.remote_start_id
    UNION ALL
    SELECT key FROM session WHERE station_key = ANY(%s) AND started_at IS NULL AND status = 'COMPLETED'
    UNION ALL
    SELECT session_key FROM command WHERE key = ANY(%s) AND session_key IS NOT NULL
)"""  # noqa: S608 - only the column list is spliced in

_TOKENS = """SELECT w.name, t.key, t.id, t.operator_key, t.uid, t.type, t.ocpp_type, t.visual_number, t.contract_id, t.group_id, t.valid,
    t.blocked_reason, t.valid_from, t.valid_until, t.last_used_at, t.version, t.driver_key, t.account_key,
    t.aliases, t.allowed_energy_transfer
FROM unnest(%s::bigint[], %s::text[]) AS w(operator_key, name)
JOIN token_name n ON n.operator_key = w.operator_key AND n.name = w.name
JOIN token t ON t.key = n.token_key"""

_COMMANDS = """SELECT station_key, key, id, action, body, status, effect, session_key, deadline, sent_at, message_id, version
FROM command WHERE key = ANY(%s) OR (station_key = ANY(%s) AND effect = 'AWAITED')"""

# A trigger holds for as long as a command's effect is waited for.
_TRIGGERS = """SELECT DISTINCT station_key, body ->> 'message' FROM command
WHERE station_key = ANY(%s) AND action = 'TriggerMessage' AND answer_accepted IS NOT FALSE
    AND sent_at > now() - interval '2 minutes'"""

_ASSIGNMENTS = """SELECT operator_key, code, location_key, evse_key, token_group_id, valid_from, valid_until
FROM tariff_assignment
WHERE operator_key = ANY(%s) AND valid_from <= %s AND (location_key IS NULL OR location_key = ANY(%s))"""

_TARIFFS = """SELECT t.key, t.id, t.operator_key, t.code, t.version_number, t.state, t.currency, t.tax_included, t.elements,
    t.hold_amount_minor, t.valid_from, t.version, t.retired_at, t.min_price, t.max_price, t.holidays, t.discount
FROM tariff t WHERE t.state <> 'DRAFT' AND (t.key = ANY(%s)
    OR (t.operator_key, t.code) IN (SELECT * FROM unnest(%s::bigint[], %s::text[])))"""

_READINGS = (
    """SELECT session_key, at, energy_wh, power_w, soc_percent, context FROM reading WHERE session_key = ANY(%s)"""
)


@dataclass(slots=True)
class Wanted:
    """What the batch's events refer to, gathered before the first statement."""

    stations: list[int] = field(default_factory=list)
    hardware: set[int] = field(default_factory=set)
    sessions: set[int] = field(default_factory=set)
    transactions: set[tuple[int, str]] = field(default_factory=set)
    identities: set[tuple[int, str]] = field(default_factory=set)
    remote_starts: set[tuple[int, int]] = field(default_factory=set)
    starting: set[int] = field(default_factory=set)  # stations where a session may begin: tariffs and orphans
    pricing: set[int] = field(default_factory=set)  # stations that show whoever comes what it costs
    tokens: set[tuple[int, str]] = field(default_factory=set)
    commands: set[int] = field(default_factory=set)
    effects: set[int] = field(default_factory=set)
    dynamic_profiles: set[tuple[int, int]] = field(default_factory=set)
    promised: set[int] = field(default_factory=set)  # stations whose running transactions' profiles matter
    limits: set[int] = field(default_factory=set)  # 2.1 stations where a transaction begins
    streams: set[tuple[int, int]] = field(default_factory=set)  # event streams that may fall behind
    tills: set[tuple[int, str, str]] = field(default_factory=set)  # what terminals took: reference, transaction or ""
    triggers: set[int] = field(default_factory=set)  # stations not accepted yet: what they were asked to send


async def lock_stations(
    connection: IngestConnection, keys: Sequence[int]
) -> tuple[dict[int, StationState], str | None]:
    """Locks the batch's station rows in key order; a row that another writer holds is left out, not waited for.

    Also returns the transaction's id, by which an interrupted commit can be looked up later.
    """
    cursor = await connection.execute(_LOCK, (sorted(keys),), binary=True)
    rows = await cursor.fetchall()
    stations = {
        row[0]: StationState(
            key=row[0],
            uuid=row[1],
            operator_key=row[2],
            location_key=row[3],
            identity=row[4],
            registration=Registration(row[5]),
            epoch=row[6],
            last_seen_at=row[7],
            version=row[8],
            accepts_no_authorization=row[9],
            accepts_direct_payment=row[10],
            limits_due=row[11],
        )
        for row in rows
    }
    return stations, rows[0][12] if rows else None


async def was_committed(connection: IngestConnection, transaction: str) -> bool:
    """Whether a transaction whose commit was cut off did happen. Waits while the server still decides.

    After a crash the server may not remember a number whose transaction left nothing on disk ("in the future"), or give
    it to another transaction: `has_reached` tells the two apart.
    """
    while True:
        try:
            async with connection.transaction():
                row = await (await connection.execute("SELECT pg_xact_status(%s::xid8)", (transaction,))).fetchone()
        except InvalidParameterValue:
            return False
        if row is None or row[0] != "in progress":
            return row is not None and row[0] == "committed"
        await asyncio.sleep(_DOUBT_POLL_S)


async def has_reached(connection: IngestConnection, versions: Mapping[int, int]) -> bool:
    """Whether every station is at the version that a batch gave it, or past it."""
    cursor = await connection.execute(
        "SELECT count(*) FROM unnest(%s::bigint[], %s::bigint[]) AS w(key, version) "
        "JOIN station s ON s.key = w.key AND s.version >= w.version",
        (list(versions), list(versions.values())),
    )
    row = await cursor.fetchone()
    return row is not None and row[0] == len(versions)


async def read_state(connection: IngestConnection, stations: dict[int, StationState], wanted: Wanted) -> None:
    """Fills the locked stations with what hangs off them, in one round trip."""
    async with connection.pipeline():
        hardware = list(wanted.hardware & stations.keys())
        evses = await _select(connection, _EVSES, (hardware,)) if hardware else None
        connectors = await _select(connection, _CONNECTORS, (hardware,)) if hardware else None
        sessions = await _select(connection, _SESSIONS, _session_arguments(wanted)) if _needs_sessions(wanted) else None
        tokens = await _select(connection, _TOKENS, _columns(wanted.tokens)) if wanted.tokens else None
        commands = (
            await _select(connection, _COMMANDS, (list(wanted.commands), list(wanted.effects)))
            if wanted.commands or wanted.effects
            else None
        )
        profiles = await held.select_dynamic(connection, wanted.dynamic_profiles)
        promised = await held.select_promised(connection, wanted.promised)
        triggers = await _select(connection, _TRIGGERS, (list(wanted.triggers),)) if wanted.triggers else None
    if evses is not None and connectors is not None:
        _fill_hardware(stations, await evses.fetchall(), await connectors.fetchall())
    if sessions is not None:
        for row in await sessions.fetchall():
            if row[4] in stations:
                stations[row[4]].sessions[row[0]] = session_from_row(row)
    if tokens is not None:
        _fill_tokens(stations.values(), await tokens.fetchall())
    if commands is not None:
        for row in await commands.fetchall():
            if row[0] in stations:
                stations[row[0]].commands[row[1]] = _command(row)
    if profiles is not None:
        await held.fill_dynamic(stations, profiles)
    if promised is not None:
        await held.fill_promised(stations, promised)
    if triggers is not None:
        for station_key, message in await triggers.fetchall():
            stations[station_key].triggered.add(message)


async def read_histories(connection: IngestConnection, session_keys: Sequence[int]) -> dict[int, list[Reading]]:
    """All readings of sessions whose energy must be folded anew, in no order."""
    cursor = await connection.execute(_READINGS, (list(session_keys),), binary=True)
    histories: dict[int, list[Reading]] = {key: [] for key in session_keys}
    for key, at, energy, power, soc, context in await cursor.fetchall():
        histories[key].append(Reading(at, energy, power, None, None, soc, context))
    return histories


_SHOW_PRICES = """SELECT station_key, lower(variable) = 'available' AND lower(value) = 'true',
    lower(component) = 'tariffcostctrlr' AND lower(instance) = 'tariff', lower(value) = 'true' FROM variable
WHERE station_key = ANY(%s) AND attribute = 'Actual' AND (lower(component) IN ('tariffcostctrlr', 'displaymessagectrlr')
    AND lower(variable) = 'available' OR lower(component) = 'tariffcostctrlr' AND lower(variable) = 'conditionssupported')"""


async def read_displays(connection: IngestConnection, stations: dict[int, StationState], keys: Collection[int]) -> None:
    """Marks the stations among ``keys`` that said they can show prices or messages (2.0.1 I01.FR.02), or calculate."""
    cursor = await connection.execute(_SHOW_PRICES, (list(keys),), binary=True)
    for key, available, of_tariffs, yes in await cursor.fetchall():
        stations[key].shows_prices |= available
        if available and of_tariffs:
            stations[key].calculates = True
        elif of_tariffs:
            stations[key].calculates_conditions &= yes


async def read_tariffs(
    connection: IngestConnection, stations: dict[int, StationState], starting: Collection[int], at: datetime
) -> None:
    """Fills each station with the tariffs its sessions pinned and, where one may begin, with all that may apply."""
    beginning = [stations[key] for key in starting if key in stations]
    assigned: list[tuple[int, TariffAssignment]] = []
    if beginning:
        operators = list({station.operator_key for station in beginning})
        locations = list({station.location_key for station in beginning})
        cursor = await connection.execute(_ASSIGNMENTS, (operators, at, locations), binary=True)
        assigned = [(row[0], TariffAssignment(*row[1:])) for row in await cursor.fetchall()]
    pinned = {
        session.tariff_key
        for station in stations.values()
        for session in station.sessions.values()
        if session.tariff_key is not None
    }
    codes = sorted({(operator, assignment.code) for operator, assignment in assigned})
    if not pinned and not codes:
        return
    versions = await tariff_versions(connection, pinned, codes)
    for station in stations.values():
        station.tariffs = {
            key: tariff for key, tariff in versions.items() if tariff.operator_key == station.operator_key
        }
        station.assignments = tuple(a for operator, a in assigned if operator == station.operator_key)


async def tariff_versions(
    connection: IngestConnection, pinned: Collection[int], codes: Collection[tuple[int, str]] = ()
) -> dict[int, Tariff]:
    """By key: those that are named, and every version of the codes of operators."""
    cursor = await connection.execute(
        _TARIFFS, (list(pinned), [operator for operator, _ in codes], [code for _, code in codes]), binary=True
    )
    versions = {}
    for row in await cursor.fetchall():
        limits = (parse_limit(row[13]), parse_limit(row[14]), parse_holidays(row[15]), parse_discount(row[16]))
        values = (*row[:5], TariffState(row[5]), row[6], row[7], _parsed(row[1], row[8]), *row[9:13], *limits)
        versions[row[0]] = Tariff(*values)
    return versions


_PARSED_MAX = 10_000
_parsed_elements: dict[UUID, tuple[TariffElement, ...]] = {}


def _parsed(uuid: UUID, raw: object) -> tuple[TariffElement, ...]:
    """A published version never changes, so what was parsed once stays true."""
    found = _parsed_elements.get(uuid)
    if found is None:
        if len(_parsed_elements) >= _PARSED_MAX:
            _parsed_elements.clear()
        found = _parsed_elements[uuid] = parse_elements(raw)
    return found


async def reserve_keys(connection: IngestConnection, sequence: str, count: int) -> list[int]:
    """Numbers for rows that are about to be written; gaps are harmless."""
    cursor = await connection.execute("SELECT reserve_keys(%s, %s)", (sequence, count))
    return [row[0] for row in await cursor.fetchall()]


async def _select(connection: IngestConnection, query: str, arguments: tuple[object, ...]) -> Any:
    return await connection.execute(query, arguments, binary=True)


def _needs_sessions(wanted: Wanted) -> bool:
    return bool(wanted.sessions or wanted.transactions or wanted.identities or wanted.commands or wanted.remote_starts)


def _columns(pairs: Iterable[tuple[int, str]]) -> tuple[list[int], list[str]]:
    ordered = sorted(pairs)
    return [key for key, _ in ordered], [text for _, text in ordered]


def _session_arguments(wanted: Wanted) -> tuple[object, ...]:
    identities = _columns(wanted.identities)
    return (
        list(wanted.sessions),
        *_columns(wanted.transactions),
        *identities,
        *identities,
        [key for key, _ in sorted(wanted.remote_starts)],
        [number for _, number in sorted(wanted.remote_starts)],
        list(wanted.starting),
        list(wanted.commands),
    )


def _fill_hardware(
    stations: dict[int, StationState], evses: list[tuple[Any, ...]], connectors: list[tuple[Any, ...]]
) -> None:
    for station_key, key, number, operative, charging_state, since in evses:
        stations[station_key].evses[number] = EvseState(
            key, number, operative, None if charging_state is None else ChargingState(charging_state), since
        )
    for station_key, key, evse_number, number, status, since, error, vendor_error, max_power in connectors:
        station = stations[station_key]
        station.connectors[evse_number, number] = ConnectorState(
            key, evse_number, number, None if status is None else ConnectorStatus(status), since, error, vendor_error
        )
        evse = station.evses[evse_number]
        evse.max_power_w = max(evse.max_power_w, max_power)


def _fill_tokens(stations: Iterable[StationState], rows: list[tuple[Any, ...]]) -> None:
    by_operator: dict[int, dict[str, Token]] = {}
    for row in rows:
        values = (*row[1:5], TokenType(row[5]), *row[6:-2], tuple(row[-2]), tuple(row[-1]))
        by_operator.setdefault(row[3], {})[row[0]] = Token(*values)
    for station in stations:
        station.tokens = by_operator.get(station.operator_key, {})


def _command(row: tuple[Any, ...]) -> CommandState:
    _, key, uuid, action, body, status, effect, session_key, deadline, sent_at, message_id, version = row
    return CommandState(
        key,
        uuid,
        action,
        body_from_json(action, body),
        CommandStatus(status),
        CommandEffect(effect),
        session_key,
        deadline,
        sent_at,
        message_id,
        version,
    )
