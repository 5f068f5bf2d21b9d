"""What is known where a terminal took money: in which currency the station has its prices, and the receipt so far."""

from collections.abc import Collection

from app.domain.station_state import StationState
from app.domain.terminal import Till
from app.store.intake.connection import IngestConnection

_TILLS = """SELECT w.station_key, w.psp_ref, w.transaction_id, o.currency,
    (SELECT v.value FROM variable v WHERE v.station_key = w.station_key AND lower(v.component) = 'tariffcostctrlr'
        AND lower(v.variable) = 'currency' AND v.attribute = 'Actual' AND v.evse IS NULL LIMIT 1),
    (SELECT d.number FROM document d WHERE d.session_key = t.session_key AND d.kind = 'RECEIPT'
        ORDER BY d.key DESC LIMIT 1),
    CASE WHEN t.status = 'Settled' AND t.amount_minor IS NOT NULL THEN t.amount END
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS w(station_key, psp_ref, transaction_id)
JOIN station s ON s.key = w.station_key JOIN operator o ON o.key = s.operator_key
LEFT JOIN settlement t ON t.station_key = w.station_key AND t.psp_ref = w.psp_ref
    AND t.transaction_id IS NOT DISTINCT FROM nullif(w.transaction_id, '') AND t.problem IS DISTINCT FROM 'CONTRADICTS'"""


async def read_tills(
    connection: IngestConnection, stations: dict[int, StationState], wanted: Collection[tuple[int, str, str]]
) -> None:
    ordered = sorted(wanted)
    cursor = await connection.execute(_TILLS, tuple([one[place] for one in ordered] for place in range(3)), binary=True)
    for key, reference, transaction, own, priced_in, receipt, settled in await cursor.fetchall():
        stations[key].tills[reference, transaction] = Till(own, priced_in, receipt, settled)
