"""What a tenant's charger would have left in the tables that only its own reports fill, marked as the tenant's."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from psycopg.types.json import Jsonb

from app.domain.ids import new_uuid
from app.domain.station import ChargingStation

if TYPE_CHECKING:
    from tests.world import Tenant, World


def leave_hold(world: "World", tenant: "Tenant", station: ChargingStation, session_key: int) -> None:
    """A captured hold with a refund that failed."""
    mark, operator, now = tenant.mark, tenant.operator.key, datetime.now(UTC)
    [(key,)] = world.ingest(
        "INSERT INTO hold (id, operator_key, location_key, station_key, evse_key, session_key, currency, way, status, "
        "wanted_minor, held_minor, captured_minor, account, reference, checkout_reference, checkout_url, client_secret, "
        "return_url, contact, release_wanted, failure, created_by, created_at, pay_by, capture_before) VALUES "
        "(%s, %s, %s, %s, %s, %s, 'EUR', 'CHECKOUT', 'CAPTURED', 2000, 2000, 500, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, "
        "%s, %s, %s) RETURNING key",
        new_uuid(at_ms=0), operator, station.location_key, station.key, station.evses[0].key, session_key, f"acct {mark}",
        f"pi {mark} {session_key}", f"cs {mark}", f"https://{mark}/pay", f"secret {mark}", f"https://{mark}", f"{mark}@x",
        f"Released {mark}", f"Failure {mark}", f"By {mark}", now, now, now,
    )  # fmt: skip
    world.ingest(
        "INSERT INTO refund (id, operator_key, hold_key, amount_minor, reason, status, reference, failure, created_by, "
        "created_at) VALUES (%s, %s, %s, 100, %s, 'FAILED', %s, %s, %s, %s)",
        new_uuid(at_ms=0), operator, key, f"Reason {mark}", f"re {mark}", f"Refused {mark}", f"By {mark}", now,
    )  # fmt: skip


def leave_cdr(world: "World", tenant: "Tenant", station: ChargingStation, session_key: int) -> None:
    """The record of a settled session."""
    mark, operator, now = tenant.mark, tenant.operator.key, datetime.now(UTC)
    assert tenant.tariff is not None
    world.ingest(
        "INSERT INTO cdr (id, operator_key, location_key, session_key, tariff_key, revision, reason, currency, "
        "before_taxes_minor, tax_minor, total_minor, exact_before_taxes, exact_total, energy_wh, energy_said, started_at, "
        "ended_at, issued_at, lines, note) VALUES (%s, %s, %s, %s, %s, 1, 'SETTLED', 'EUR', 100, 19, 119, '1', '119/100', "
        "1000, false, %s, %s, %s, '[]', %s)",
        new_uuid(at_ms=0), operator, station.location_key, session_key, tenant.tariff.key, now, now, now, f"Note {mark}",
    )  # fmt: skip


def leave_document(world: "World", tenant: "Tenant", station: ChargingStation, session_key: int) -> None:
    """A receipt of a session, another that waits, and what the operator said for them."""
    mark, operator, now = tenant.mark, tenant.operator.key, datetime.now(UTC)
    seller = Jsonb({"name": f"Seller {mark}", "address": f"Street {mark}", "city": f"City {mark}", "country": "DE"})
    buyer = Jsonb({"name": f"Buyer {mark}", "address": "a", "city": "c", "country": "DE"})
    world.ingest(
        "INSERT INTO document (id, operator_key, location_key, session_key, kind, series, sequence, number, issued_at, "
        "supply_from, supply_to, currency, net_minor, tax_minor, total_minor, seller, buyer, lines, taxes, notes, "
        "created_by) VALUES (%s, %s, %s, %s, 'RECEIPT', %s, %s, %s, %s, %s, %s, 'EUR', 100, 19, 119, %s, %s, '[]', '[]', "
        "%s, 'system')",
        new_uuid(at_ms=0), operator, station.location_key, session_key, f"X{mark}", session_key,
        f"X{mark}-{session_key}", now, now, now, seller, buyer, [f"Note {mark}"],
    )  # fmt: skip
    world.ingest(
        "INSERT INTO document_wait (session_key, operator_key, code, message, since) VALUES (%s, %s, 'X', %s, %s)",
        session_key, operator, f"Waits {mark}", now,
    )  # fmt: skip
    world.ingest(
        "INSERT INTO operator_legal (operator_key, data, set_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        operator, seller, now,
    )  # fmt: skip
    world.ingest(
        "INSERT INTO tax_rate (operator_key, country, region, name, percent, valid_from, set_by, set_at) "
        "VALUES (%s, 'DE', %s, 'VAT', 19, '2020-01-01', 'x', %s) ON CONFLICT DO NOTHING",
        operator, f"Region {mark}", now,
    )  # fmt: skip
    world.ingest(
        "INSERT INTO exchange_rate (operator_key, currency, own_currency, rate, day, set_by, set_at) "
        "VALUES (%s, %s, 'EUR', 1.5, '2020-01-01', 'x', %s) ON CONFLICT DO NOTHING",
        operator, mark, now,
    )  # fmt: skip


def leave_mismatch(world: "World", tenant: "Tenant", session_key: int) -> None:
    """What a reconciliation long ago found."""
    now = datetime.now(UTC)
    world.ingest(
        "INSERT INTO mismatch (id, operator_key, day, cause, session_key, currency, expected, found, found_at, "
        "last_found_at, reason) VALUES (%s, %s, '2026-01-01', 'TAX_MISSING', %s, 'EUR', 19, 0, %s, %s, %s)",
        new_uuid(at_ms=0), tenant.operator.key, session_key, now, now, f"Reason {tenant.mark}",
    )  # fmt: skip


def leave_dispute(world: "World", tenant: "Tenant") -> None:
    """A dispute of a hold, which nobody follows."""
    mark, operator, now = tenant.mark, tenant.operator.key, datetime.now(UTC)
    world.ingest(
        "INSERT INTO dispute (id, operator_key, hold_key, account, reference, currency, amount_minor, status, reason, "
        "created_at, failure) SELECT %s, operator_key, key, account, %s, currency, 100, 'CLOSED', %s, %s, %s FROM hold "
        "WHERE operator_key = %s ORDER BY key LIMIT 1",
        new_uuid(at_ms=0), f"dp {mark}", f"Reason {mark}", now, f"Failure {mark}", operator,
    )  # fmt: skip


def leave_card_reader(world: "World", tenant: "Tenant", station: ChargingStation) -> None:
    """A terminal where the station stands."""
    mark = tenant.mark
    world.ingest(
        "INSERT INTO card_reader (id, operator_key, location_key, account, reference, label, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, now())",
        new_uuid(at_ms=0), tenant.operator.key, station.location_key, f"acct {mark}", f"tmr {mark} {station.key}",
        f"Kiosk {mark}",
    )  # fmt: skip


def leave_voucher(world: "World", tenant: "Tenant") -> None:
    """A code, used once with the tenant's newest hold."""
    world.ingest(
        "WITH made AS (INSERT INTO voucher (id, operator_key, code, kind, worth, valid_from, created_at) "
        "VALUES (%s, %s, %s, 'PERCENT', 10, now() - interval '1 day', now()) RETURNING key, operator_key) "
        "INSERT INTO voucher_use (operator_key, voucher_key, hold_key, payer, used_at) SELECT m.operator_key, m.key, h.key, "
        "%s, now() FROM made m, hold h WHERE h.key = (SELECT max(key) FROM hold WHERE operator_key = m.operator_key)",
        uuid4(), tenant.operator.key, f"GIFT-{tenant.mark}", f"payer {tenant.mark}",
    )  # fmt: skip


def leave_payout(world: "World", tenant: "Tenant") -> None:
    """A payout, and a line of it that nothing of ours explains."""
    mark, operator, now = tenant.mark, tenant.operator.key, datetime.now(UTC)
    [(key,)] = world.ingest(
        "INSERT INTO payout (id, operator_key, account, reference, currency, amount_minor, status, automatic, complete, "
        "lines_read, failure, created_at, arrives_at) VALUES (%s, %s, %s, %s, 'EUR', 100, 'FAILED', true, true, true, %s, %s, "
        "%s) RETURNING key",
        new_uuid(at_ms=0), operator, f"acct {mark}", f"po {mark}", f"Failure {mark}", now, now,
    )  # fmt: skip
    world.ingest(
        "INSERT INTO payout_line (id, operator_key, account, reference, kind, currency, amount_minor, fee_minor, "
        "application_fee_minor, source, intent, at, payout_key) VALUES (%s, %s, %s, %s, 'ADJUSTMENT', 'EUR', 100, 0, 0, %s, "
        "%s, %s, %s)",
        new_uuid(at_ms=0), operator, f"acct {mark}", f"txn {mark}", f"adj {mark}", f"pi {mark}", now, key,
    )  # fmt: skip


def leave_trust(world: "World", tenant: "Tenant", station: ChargingStation, session_key: int) -> None:
    """Certificates, requests for them, security events, firmware, a log and a signed reading."""
    mark, operator, now = tenant.mark, tenant.operator.key, datetime.now(UTC)
    place = (operator, station.key)
    world.ingest(
        "INSERT INTO station_certificate (operator_key, station_key, origin, use, serial_number, fingerprint, common_name, "
        "since) VALUES (%s, %s, 'ISSUED', %s, %s, %s, %s, %s)",
        *place, f"Use {mark}", f"Serial {mark}", f"Print {mark}", f"Name {mark}", now,
    )  # fmt: skip
    world.ingest(
        "INSERT INTO certificate_signing (id, operator_key, station_key, use, csr, state, reason, asked_at) "
        "VALUES (%s, %s, %s, %s, 'csr', 'REFUSED', %s, %s)",
        new_uuid(at_ms=0), *place, f"Use {mark}", f"Reason {mark}", now,
    )  # fmt: skip
    world.ingest(
        "INSERT INTO security_event (id, operator_key, location_key, station_key, kind, critical, tech_info, occurred_at, "
        "received_at) VALUES (%s, %s, %s, %s, %s, true, %s, %s, %s)",
        new_uuid(at_ms=0), operator, station.location_key, station.key, f"Kind {mark}", f"Info {mark}", now, now,
    )  # fmt: skip
    world.ingest(
        "INSERT INTO firmware_update (id, operator_key, station_key, request_id, publishing, location, status, status_at, "
        "began_at) VALUES (%s, %s, %s, 1, false, %s, %s, %s, %s)",
        new_uuid(at_ms=0), *place, f"https://{mark}", f"Status {mark}", now, now,
    )  # fmt: skip
    world.ingest(
        "INSERT INTO station_log (id, operator_key, station_key, request_id, kind, status, status_at, asked_at, file_name, "
        "file_bytes, file_sha256, received_at) VALUES (%s, %s, %s, 1, %s, %s, %s, %s, %s, 1, %s, %s)",
        new_uuid(at_ms=0), *place, f"Kind {mark}", f"Status {mark}", now, now, f"File {mark}", f"Sum {mark}", now,
    )  # fmt: skip
    world.ingest(
        "INSERT INTO signed_reading (operator_key, station_key, session_key, at, context, measurand, format, data, "
        "public_key, received_at) VALUES (%s, %s, %s, %s, 'Transaction.Begin', 'Energy', %s, %s, %s, %s)",
        *place, session_key, now, f"Format {mark}", f"Data {mark}", f"Key {mark}", now,
    )  # fmt: skip
