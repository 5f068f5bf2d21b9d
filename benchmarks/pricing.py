"""How many typical sessions one core prices in a second: a day and a night price, parking, steps, thirty readings."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.domain.meter import Reading, fold
from app.domain.pricing import SessionRecord
from app.domain.session import Session, SessionOrigin, SessionStatus
from app.domain.settlement import priced
from app.domain.station import ChargingState
from app.domain.tariff import Tariff, TariffState
from app.domain.tariff_form import parse_elements
from benchmarks.figure import Figure, middle

_ROUNDS, _SESSIONS = 5, 1000
_AIM = 2000.0
_START = datetime(2026, 11, 21, 17, tzinfo=UTC)
_ELEMENTS = [
    {
        "components": [{"type": "ENERGY", "price": "0.39", "vatPercent": "19"}],
        "restrictions": {"startTime": "22:00", "endTime": "06:00"},
    },
    {
        "components": [
            {"type": "FLAT", "price": "0.50", "vatPercent": "19"},
            {"type": "ENERGY", "price": "0.49", "vatPercent": "19"},
        ]
    },
    {
        "components": [{"type": "PARKING_TIME", "price": "6", "stepSize": 60, "vatPercent": "19"}],
        "restrictions": {"minParkingDuration": 900},
    },
]


def _typical(number: int) -> tuple[Session, SessionRecord]:
    """Each another one, so that nothing can be remembered from the one before."""
    start = _START + timedelta(minutes=number)
    readings = [Reading(start + timedelta(minutes=10 * n), 1000 + 1800 * min(n, 26)) for n in range(31)]
    meter, _, _ = fold(readings, max_power_w=0)
    states = (
        (start, ChargingState.CHARGING),
        (start + timedelta(minutes=260), ChargingState.SUSPENDED_EV),
    )
    session = Session(
        1, UUID(int=1), 1, 1, 1, 1, 1, 1, SessionStatus.COMPLETED, SessionOrigin.OPERATOR, "t", None, None, None, None,
        None, start, None, start, start + timedelta(minutes=300), None, None, None, meter,
    )  # fmt: skip
    return session, SessionRecord(tuple(readings), states, "Europe/Berlin")


def measure() -> list[Figure]:
    tariff = Tariff(
        1, UUID(int=1), 1, "DAY", 1, TariffState.PUBLISHED, "EUR", True, parse_elements(_ELEMENTS), None, None, 1
    )
    sessions = [_typical(number) for number in range(_SESSIONS)]
    rounds = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for session, record in sessions:
            assert priced(session, tariff, record) is not None
        rounds.append(_SESSIONS / (time.process_time() - began))
    note = "from readings to lines; 31 readings, two states, three elements"
    return [Figure("typical sessions priced on one core", middle(rounds), "sessions/s CPU", at_least=_AIM, note=note)]
