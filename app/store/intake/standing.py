"""How accounts stand when a token is judged, and while a session runs."""

from collections.abc import Iterable
from datetime import datetime

from app.domain.account import Standing
from app.domain.station_state import StationState
from app.store.intake.connection import IngestConnection
from app.store.standings import OF_SESSIONS, OF_TOKENS, made


async def read_standings(connection: IngestConnection, stations: Iterable[StationState], at: datetime) -> None:
    """Fills each station with the accounts behind its tokens; no question is asked where no token has one.

    Where a limit has changed, also with those behind the tokens that charge there.
    """
    asking = [station for station in stations if station.tokens or station.limits_due]
    keys = {token.key for station in asking for token in station.tokens.values() if token.account_key is not None}
    charging = {
        station.key: {
            session.token_key
            for session in station.sessions.values()
            if session.token_key is not None and session.account_key is not None
        }
        for station in asking
        if station.limits_due
    }
    keys = keys.union(*charging.values())
    if not keys:
        return
    found = made(await (await connection.execute(OF_TOKENS, (at, sorted(keys)), binary=True)).fetchall())
    for station in asking:
        mine = {token.key for token in station.tokens.values()} | charging.get(station.key, set())
        station.standings = {key: found[key] for key in mine if key in found}


async def of_session(connection: IngestConnection, session_key: int, at: datetime) -> Standing | None:
    """None for a session that no account pays."""
    cursor = await connection.execute(OF_SESSIONS, (at, [session_key]), binary=True)
    return made(await cursor.fetchall()).get(session_key)
