"""A benchmark's installation: one operator, one location, one tariff, and as many stations as the run wants."""

import psycopg

PASSWORD = "benchmark-password"
CARD = "BENCHCARD"
API_TOKEN = "vgt_benchmark0000000000000000000000000000000000"

_WORLD = f"""
INSERT INTO operator (id, name, country_code, party_id, currency) VALUES (uuidv7(), 'Bench', 'DE', 'BEN', 'EUR');
INSERT INTO location (id, operator_key, name, address, city, country, latitude, longitude, time_zone, search_text)
    SELECT uuidv7(), key, 'Hall ' || n, '-', '-', 'DE', 50, 8, 'Europe/Berlin', 'hall' FROM operator, generate_series(1, 10) n;
INSERT INTO token (id, operator_key, uid, type, ocpp_type, search_text)
    SELECT uuidv7(), key, '{CARD}', 'RFID', 'ISO14443', 'card' FROM operator;
INSERT INTO tariff (id, operator_key, code, version_number, state, currency, tax_included, elements, valid_from)
    SELECT uuidv7(), key, 'STANDARD', 1, 'PUBLISHED', 'EUR', true,
        '[{{"components": [{{"type": "ENERGY", "price": "0.49", "stepSize": 1}}]}}]', '2020-01-01' FROM operator;
INSERT INTO api_token (id, operator_key, name, secret_digest, scopes, created_by, expires_at)
    SELECT uuidv7(), key, 'bench', sha256('{API_TOKEN}'::bytea), '{{network:read,sessions:read}}', 'bench', now() + '1 day'
    FROM operator;
INSERT INTO tariff_assignment (operator_key, code, valid_from) SELECT key, 'STANDARD', '2020-01-01' FROM operator;
"""

_STATIONS = f"""
INSERT INTO station (id, operator_key, location_key, identity, search_text, credential_salt, credential_digest)
    SELECT uuidv7(), o.key, l.key, 'BENCH-' || n, 'bench-' || n, '\\x00'::bytea,
        sha256('\\x00'::bytea || convert_to('{PASSWORD}', 'UTF8'))
    FROM operator o CROSS JOIN generate_series(0, %s) n
    JOIN LATERAL (SELECT key FROM location ORDER BY key OFFSET n %% 10 LIMIT 1) l ON true
"""

_HARDWARE = """
INSERT INTO evse (id, operator_key, station_key, number) SELECT uuidv7(), operator_key, key, 1 FROM station;
INSERT INTO connector (id, operator_key, station_key, evse_key, evse_number, number, standard, format, power_type,
    max_power_w, max_voltage_v, max_current_a)
    SELECT uuidv7(), operator_key, station_key, key, 1, 1, 'IEC_62196_T2', 'SOCKET', 'AC_3_PHASE', 22000, 400, 32 FROM evse;
ANALYZE;
"""

# What must be in the tables when so many messages were acknowledged.
ROWS = {
    "frames_inbound": "SELECT count(*) FROM frame WHERE inbound",
    "frames_outbound": "SELECT count(*) FROM frame WHERE NOT inbound",
    "meter_values": "SELECT count(*) FROM frame WHERE inbound AND action = 'MeterValues'",
    "readings": "SELECT count(*) FROM reading",
    "sessions": "SELECT count(*) FROM session",
    "completed": "SELECT count(*) FROM session WHERE status = 'COMPLETED'",
    "quarantine": "SELECT count(*) FROM quarantine",
}


def build(owner_url: str, stations: int) -> None:
    """Fills a migrated, empty database."""
    with psycopg.connect(owner_url) as connection:
        connection.execute(_WORLD.encode())
        connection.execute(_STATIONS.encode(), (stations - 1,))
        connection.execute(_HARDWARE.encode())


def row_counts(owner_url: str) -> dict[str, int]:
    """How many rows of each kind there are."""
    with psycopg.connect(owner_url) as connection:
        counts = {}
        for name, query in ROWS.items():
            row = connection.execute(query.encode()).fetchone()
            assert row is not None
            counts[name] = int(row[0])
        return counts
