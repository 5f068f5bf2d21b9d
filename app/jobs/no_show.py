"""The duty to price a reservation that nobody came for: its waiting, by the tariff agreed when it was made."""

from datetime import UTC

from app.domain.ids import new_uuid
from app.domain.session import evolve
from app.domain.settlement import priced, settled
from app.feed import Change, Noun
from app.jobs.bill import keep_bill
from app.jobs.tools import StationBusy, Tools
from app.store.intake import history, reservations
from app.store.intake.connection import IngestConnection
from app.store.intake.duties import DueDuty
from app.store.intake.read import lock_stations
from app.store.intake.write import Writes, write_batch


async def settle_reservation(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change]:
    """Once; not at all when a car came after all. What costs nothing stays without a bill."""
    at, station_key = tools.clock(), duty.station_key or 0
    stations, _ = await lock_stations(connection, [station_key])
    if station_key not in stations:
        raise StationBusy
    station = stations[station_key]
    found = await reservations.over(connection, duty.session_key or 0)
    if found is None:
        return []
    cost = priced(found.session, found.tariff, found.record, at=at)
    if cost is None or not cost.total_minor:
        return []
    closing = settled(evolve(found.session, cost_minor=cost.total_minor, version=found.session.version + 1), at=at)
    writes = Writes(changed_sessions={closing.key: closing})
    uuid = new_uuid(at_ms=int(at.timestamp() * 1000))
    keep_bill(writes, closing, found.tariff, found.record, uuid=uuid, at=at)
    writes.events.append(
        {
            "operator_key": station.operator_key,
            "location_key": station.location_key,
            "type": "session.settled",
            "subject_kind": "session",
            "subject_id": closing.uuid,
            "occurred_at": at,
            "received_at": at,
            "data": {"energyWh": 0, "costMinor": closing.cost_minor, "currency": closing.currency},
        }
    )
    day = at.astimezone(UTC).date()
    await history.ensure_day(connection, day)
    await write_batch(
        connection, [station], writes, day=day, new_id=lambda: new_uuid(at_ms=int(tools.clock().timestamp() * 1000))
    )
    return [Change(Noun.SESSION, station.operator_key, closing.key, closing.version, station.location_key, station.key)]
