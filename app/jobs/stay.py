"""The first look at a car that stays after its transaction: until when it is billed, said on its steps."""

from datetime import UTC, datetime, timedelta

from app.domain.ids import new_uuid
from app.domain.pricing import SessionRecord
from app.domain.session import Session, evolve
from app.domain.station_state import StationState
from app.domain.stay import Cover, stay_limit, staying_until
from app.feed import Change, Noun
from app.jobs.tools import Again
from app.store.intake import history
from app.store.intake.connection import IngestConnection
from app.store.intake.duties import cover_of
from app.store.intake.write import Writes, write_batch

STAY_LOOK = timedelta(minutes=1)  # the sweep that ends a stay is a little late at times


async def limit_stay(
    connection: IngestConnection, station: StationState, session: Session, record: SessionRecord, at: datetime
) -> Again:
    """Written once a stay, under the station's lock; the bill is looked at again when the limit has passed."""
    held = await cover_of(connection, session.key)
    last, why = stay_limit(session, station.tariffs[session.tariff_key or 0], record, held or Cover())
    limited = evolve(staying_until(session, last, why), version=session.version + 1)
    station.changed, station.version = True, station.version + 1
    day = at.astimezone(UTC).date()
    await history.ensure_day(connection, day)
    await write_batch(
        connection, [station], Writes(changed_sessions={limited.key: limited}), day=day,
        new_id=lambda: new_uuid(at_ms=int(at.timestamp() * 1000)),
    )  # fmt: skip
    place = (station.location_key, station.key)
    changes = [
        Change(Noun.SESSION, station.operator_key, limited.key, limited.version, *place),
        Change(Noun.STATION, station.operator_key, station.key, station.version, *place),
    ]
    return Again(changes, max(last, at) + STAY_LOOK)
