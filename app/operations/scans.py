"""A driver without an account scans the changing code of a station (2.1 C25): judged, and led to the page to pay on.

Nobody proves anything here but the code itself, which is good for a minute or so.
"""

import hashlib
from contextlib import suppress
from dataclasses import replace

from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.request.tariff import NotifyWebPaymentStarted
from app.domain.web_payment import read, scan_template
from app.operations import web_payments
from app.operations.desk import Desk, Options, refusing
from app.operations.requests import ask
from app.operations.web_payments import Scanned
from app.store import web_payments as store
from app.store.hold_shelf import payments_scope

CALLER = "visitor:scan"
LOCK_S = 180  # to read the price and pay; then the station is everybody's again


@refusing
async def scanned(*, desk: Desk, url: str) -> Scanned:
    """Whose code it is; the station shows for `LOCK_S` that somebody is about to pay (C25.FR.21), once for each code.

    Refuses NOT_FOUND for a station that is not published or makes no codes for us, TOKEN_REFUSED and LIMIT_EXCEEDED.
    """
    said = read(scan_template(desk.files_url), url) or {}
    if "%00" in url:  # a name with NUL is nobody's, and no database takes it
        said = {}
    async with desk.database.lookup() as connection:
        # By its place alone: other words of the address may be names of others' stations.
        owner = await store.owner_of(connection, [said.get("chargingstationid", "")])
    if owner is None:
        raise Refused(Refusal(ErrorCode.NOT_FOUND, "No charger here has a code like this.", ("url",)))
    scope = replace(payments_scope(*owner), caller=CALLER)
    key = hashlib.sha256("/".join(said[name] for name in sorted(said)).encode()).hexdigest()
    found = await web_payments.verify(scope=scope, desk=desk, url=url, lock_s=None, options=Options(key))
    if isinstance(found, Refusal):
        raise Refused(found)
    body = NotifyWebPaymentStarted(0 if found.evse is None else found.evse.number, LOCK_S)
    with suppress(Refused):
        # Not waited for: the driver goes on to the price, and a station that does not hear of it is told by the start.
        await ask(
            scope=scope, desk=desk, station_id=found.station.uuid, body=body, mutation="scan", options=Options(key, 0)
        )
    return found
