"""What is known where a terminal took money: in which currency the station has its prices, and the receipt so far."""

from collections.abc import Collection

from app.domain.station_state import StationState
from app.domain.terminal import Till
from app.store.intake.connection import IngestConnection

_TILLS = """SELECT w.station_key, w.psp_ref, o.currency,
    (SELECT v.value FROM variable v WHERE v.station_key = w.station_key AND lower(v.component) = 'tariffcostctrlr'
        AND lower(v.variable) = 'currency' AND v.attribute = 'Actual' AND v.evse IS NULL LIMIT 1),
    (SELECT d.number FROM settlement t JOIN document d ON d.session_key = t.session_key AND d.kind = 'RECEIPT'
        WHERE t.station_key = w.station_key AND t.psp_ref = w.psp_ref ORDER BY d.key DESC LIMIT 1)
FROM unnest(%s::bigint[], %s::text[]) AS w(station_key, psp_ref)
JOIN station s ON s.key = w.station_key JOIN operator o ON o.key = s.operator_key"""


async def read_tills(
    connection: IngestConnection, stations: dict[int, StationState], wanted: Collection[tuple[int, str]]
) -> None:
    ordered = sorted(wanted)
    cursor = await connection.execute(
        _TILLS, ([key for key, _ in ordered], [reference for _, reference in ordered]), binary=True
    )
    for key, reference, own, priced_in, receipt in await cursor.fetchall():
        stations[key].tills[reference] = Till(own, priced_in, receipt)
