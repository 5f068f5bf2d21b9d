"""How accounts stand for whoever charges on them, read at the moment of a decision by people and by the inbox alike."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.account import AccountStatus, Allowance, LimitOn, LimitPer, Standing

_COLUMNS = "n.status, n.prepaid, n.balance_minor, n.what, n.per, n.most, n.used, n.location_key, n.running"
# Of tokens: the driver's cost centre is that of today.
OF_TOKENS = f"""SELECT t.key, t.account_key, t.driver_key, m.cost_centre_key, {_COLUMNS}
FROM token t LEFT JOIN account_member m ON m.account_key = t.account_key AND m.driver_key = t.driver_key
CROSS JOIN LATERAL account_standing(t.account_key, t.driver_key, m.cost_centre_key, %s, NULL) n
WHERE t.key = ANY(%s) AND t.account_key IS NOT NULL"""  # noqa: S608 - only the column list is spliced in
# Of sessions: as it was pinned.
OF_SESSIONS = f"""SELECT s.key, s.account_key, s.driver_key, s.cost_centre_key, {_COLUMNS}
FROM session s CROSS JOIN LATERAL account_standing(s.account_key, s.driver_key, s.cost_centre_key, %s, s.key) n
WHERE s.key = ANY(%s) AND s.account_key IS NOT NULL"""  # noqa: S608
_OF_TOKEN = text(OF_TOKENS.replace("%s", ":at", 1).replace("%s", ":keys"))


def made(rows: Iterable[Any]) -> dict[int, Standing]:
    """By the first column; the rows of one key differ in their limit alone."""
    found: dict[int, Standing] = {}
    limits: dict[int, list[Allowance]] = {}
    for key, account, driver, centre, status, prepaid, balance, what, per, most, used, location, running in rows:
        costs = tuple((int(session), cost) for session, cost in (running or {}).items())
        found[key] = Standing(account, driver, centre, AccountStatus(status), prepaid, balance, running=costs)
        if what is not None:
            limits.setdefault(key, []).append(Allowance(LimitOn(what), LimitPer(per), most, used, location))
    return {
        key: replace(one, allowances=tuple(sorted(limits.get(key, ()), key=lambda limit: (limit.rule, limit.most))))
        for key, one in found.items()
    }


async def of_token(connection: AsyncConnection, token_key: int, *, at: datetime) -> Standing | None:
    """None for a token without an account."""
    return made(await connection.execute(_OF_TOKEN, {"at": at, "keys": [token_key]})).get(token_key)
