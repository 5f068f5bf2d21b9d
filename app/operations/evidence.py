"""What is known of a disputed session is gathered from every noun that has a part in it."""

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.evidence import Evidence, Proof, evidence_of
from app.domain.scope import Scope
from app.domain.session import Session
from app.store import cdrs, costs, documents, holds, locations, quotes, sessions, signed_meters, stations, tariffs


async def gathered(connection: AsyncConnection, scope: Scope, hold_key: int) -> Evidence | None:
    """None for a hold whose session nobody knows: then there is nothing to say."""
    hold = (await holds.by_keys(connection, scope, (hold_key,)))[hold_key]
    if hold.session_key is None:
        return None
    key = hold.session_key
    session = (await sessions.everywhere(connection, (key,)))[key]
    station = (await stations.everywhere(connection, (session.station_key,)))[session.station_key]
    record = (await costs.records(connection, scope, (key,))).get(key)
    issued = (await documents.by_sessions(connection, scope, (key,))).get(key, [])
    bill = (await cdrs.standing(connection, scope, (key,))).get(key)
    quote = None
    if hold.quote_key is not None:
        quote = await quotes.by_id(connection, await quotes.id_of(connection, hold.quote_key))
    proof = Proof(
        hold=hold,
        session=session,
        location=(await locations.by_keys(connection, scope, (hold.location_key,)))[hold.location_key],
        evse_id=next((evse.evse_id for evse in station.evses if evse.key == hold.evse_key), None),
        station=station.name or station.identity,
        readings=() if record is None else record.readings,
        signed=(await signed_meters.of_sessions(connection, scope, (key,))).get(key),
        tariff=await _tariff(connection, session),
        quoted_minor=None if quote is None else quote.hold_minor,
        quoted_at=None if quote is None else quote.created_at,
        billed_minor=None if bill is None else bill.total_minor,
        documents=tuple(one.number for one in issued),
    )
    return evidence_of(proof)


async def _tariff(connection: AsyncConnection, session: Session) -> str | None:
    if session.tariff_key is None:
        return None
    found = (await tariffs.by_keys(connection, (session.tariff_key,)))[session.tariff_key]
    return f"{found.code}, version {found.version_number}"
