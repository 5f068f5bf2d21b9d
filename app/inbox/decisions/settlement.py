"""What a session costs by its pinned tariff: the one pricing function, applied to its meter and its times."""

from collections.abc import Mapping

from app.domain.pricing import Consumption, price
from app.domain.session import Session
from app.domain.tariff import Tariff


def cost_of(session: Session, tariffs: Mapping[int, Tariff]) -> int | None:
    """The total in minor units; None without a tariff or before anything began."""
    tariff = tariffs.get(session.tariff_key or 0)
    began = session.started_at or session.ended_at
    if tariff is None or began is None:
        return None
    until = session.ended_at or session.meter.last_at or began
    return price(tariff, Consumption(session.energy_wh, began, until)).total_minor
