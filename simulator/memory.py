"""What stations keep through a power cut: their registers, and the transactions that they end when they come back."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from simulator.position import Position, Transaction
from simulator.station import Station

Kept = dict[str, Any]
_KEPT = ("key", "token", "remote_start_id", "reservation", "backend_id", "seq_no", "state")


def kept_of(stations: Iterable[Station]) -> Kept:
    """By identity and EVSE: the register, and the open transaction if there is one."""
    return {
        station.spec.identity: {str(position.number): _kept(position) for position in station.positions.values()}
        for station in stations
    }


def _kept(position: Position) -> Kept:
    transaction = position.transaction
    said: Kept = {"register_wh": position.register_wh}
    if transaction is not None:
        said["transaction"] = {name: getattr(transaction, name) for name in _KEPT}
        said["transaction"]["started_at"] = transaction.started_at.isoformat()
    return said


def recall(station: Station, kept: Kept) -> None:
    """Before the station dials. What it charged when its power went is over: its end is the first thing it tells."""
    for position in station.positions.values():
        said = kept.get(str(position.number))
        if said is None:
            continue
        position.register_wh = float(said["register_wh"])
        if "transaction" in said:
            values = dict(said["transaction"])
            position.transaction = Transaction(started_at=datetime.fromisoformat(values.pop("started_at")), **values)
            station.lost_power(position)


def read(file: Path) -> Kept:
    """Nothing where nothing was written, or not to its end."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(file: Path, kept: Kept) -> None:
    """At once or not at all."""
    made = file.with_suffix(".new")
    made.write_text(json.dumps(kept))
    made.replace(file)
