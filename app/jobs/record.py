"""The duty to ask a station about a transaction whose record has a gap."""

from datetime import timedelta

from app.domain.ids import new_uuid
from app.domain.request.customer import GetTransactionStatus
from app.feed import Change, Noun
from app.jobs.tools import StationBusy, Tools
from app.store.intake import own_command, record
from app.store.intake.connection import IngestConnection
from app.store.intake.duties import DueDuty
from app.store.intake.read import lock_stations

_KEEP_FOR = timedelta(minutes=5)  # as long as the bill waits for the messages themselves
_ANSWER_WAIT = timedelta(seconds=30)


async def ask_transaction_status(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change]:
    """Once; not at all when what was missing has come meanwhile."""
    at, station_key, session_key = tools.clock(), duty.station_key or 0, duty.session_key or 0
    stations, _ = await lock_stations(connection, [station_key])
    if station_key not in stations:
        raise StationBusy
    transaction = await record.unsettled(connection, session_key)
    if transaction is None:
        return []
    key = await own_command.queue(
        connection,
        GetTransactionStatus(transaction.transaction_id),
        uuid=new_uuid(at_ms=int(at.timestamp() * 1000)),
        operator_key=duty.operator_key,
        station_key=station_key,
        evse_key=transaction.evse_key,
        session_key=session_key,
        reason="The record of this transaction has a gap.",
        at=at,
        keep_for=_KEEP_FOR,
        answer_wait=_ANSWER_WAIT,
    )
    return [Change(Noun.COMMAND, duty.operator_key, key, 1, transaction.location_key, station_key)]
