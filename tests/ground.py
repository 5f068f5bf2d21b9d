"""A small world for tests: operators with places, stations, tokens and prices, written straight into the database."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import orjson
import psycopg

from app.domain.ids import new_uuid

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass
class StationRow:
    key: int
    identity: str
    password: str
    operator_key: int
    location_key: int


@dataclass
class OperatorRow:
    key: int
    name: str
    location_key: int
    stations: list[StationRow] = field(default_factory=list)


def _uuid() -> str:
    return str(new_uuid(at_ms=1_780_000_000_000))


class World:
    """Writes as the owner of the database; every method returns internal keys."""

    def __init__(self, owner_url: str) -> None:
        self._connection = psycopg.connect(owner_url, autocommit=True)
        self._parties = 0

    def close(self) -> None:
        self._connection.close()

    def one(self, statement: str, *arguments: object) -> tuple:
        row = self._connection.execute(statement, arguments).fetchone()
        assert row is not None
        return row

    def rows(self, statement: str, *arguments: object) -> list[tuple]:
        return self._connection.execute(statement, arguments).fetchall()

    def run(self, statement: str, *arguments: object) -> None:
        self._connection.execute(statement, arguments)

    def operator(self, name: str = "Alpha") -> OperatorRow:
        self._parties += 1
        (key,) = self.one(
            "INSERT INTO operator (id, name, country_code, party_id, currency) VALUES (%s, %s, 'DE', %s, 'EUR') RETURNING key",
            _uuid(), name, f"V{self._parties:02d}",
        )  # fmt: skip
        (location,) = self.one(
            "INSERT INTO location (id, operator_key, name, address, city, country, latitude, longitude, time_zone, search_text)"
            " VALUES (%s, %s, %s, 'Street 1', 'Berlin', 'DEU', 52.5, 13.4, 'Europe/Berlin', 'x') RETURNING key",
            _uuid(), key, f"{name} garage",
        )  # fmt: skip
        return OperatorRow(key, name, location)

    def station(
        self,
        operator: OperatorRow,
        identity: str,
        *,
        evses: int = 2,
        password: str = "secret",
        max_power_w: int = 22_000,
    ) -> StationRow:
        salt = b"0123456789abcdef"
        (key,) = self.one(
            "INSERT INTO station (id, operator_key, location_key, identity, search_text, credential_salt, credential_digest)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING key",
            _uuid(), operator.key, operator.location_key, identity, identity.lower(), salt,
            hashlib.sha256(salt + password.encode()).digest(),
        )  # fmt: skip
        for number in range(1, evses + 1):
            (evse,) = self.one(
                "INSERT INTO evse (id, operator_key, station_key, number) VALUES (%s, %s, %s, %s) RETURNING key",
                _uuid(), operator.key, key, number,
            )  # fmt: skip
            self.run(
                "INSERT INTO connector (id, operator_key, station_key, evse_key, evse_number, number, standard, format,"
                " power_type, max_power_w, max_voltage_v, max_current_a)"
                " VALUES (%s, %s, %s, %s, %s, 1, 'IEC_62196_T2', 'SOCKET', 'AC_3_PHASE', %s, 230, 32)",
                _uuid(), operator.key, key, evse, number, max_power_w,
            )  # fmt: skip
        row = StationRow(key, identity, password, operator.key, operator.location_key)
        operator.stations.append(row)
        return row

    def token(self, operator: OperatorRow, uid: str, *, valid: bool = True, group: str | None = None) -> int:
        (key,) = self.one(
            "INSERT INTO token (id, operator_key, uid, type, ocpp_type, valid, group_id, search_text)"
            " VALUES (%s, %s, %s, 'RFID', 'ISO14443', %s, %s, %s) RETURNING key",
            _uuid(), operator.key, uid.upper(), valid, group, uid.lower(),
        )  # fmt: skip
        return key

    def tariff(
        self, operator: OperatorRow, *, per_kwh: Decimal = Decimal("0.50"), per_hour: Decimal | None = None
    ) -> int:
        components = [{"type": "ENERGY", "price": str(per_kwh), "stepSize": 1}]
        if per_hour is not None:
            components.append({"type": "TIME", "price": str(per_hour), "stepSize": 1})
        (key,) = self.one(
            "INSERT INTO tariff (id, operator_key, code, version_number, state, currency, tax_included, elements, valid_from)"
            " VALUES (%s, %s, 'STANDARD', 1, 'PUBLISHED', 'EUR', true, %s, '2020-01-01') RETURNING key",
            _uuid(), operator.key, orjson.dumps([{"components": components}]).decode(),
        )  # fmt: skip
        self.run(
            "INSERT INTO tariff_assignment (operator_key, code, valid_from) VALUES (%s, 'STANDARD', '2020-01-01')",
            operator.key,
        )
        return key
