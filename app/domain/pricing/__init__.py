"""The one pricing function: quote, running cost and final cost come from here, and every cent says why."""

from app.domain.pricing.cost import CostLine, LineKind, Price, TaxShare
from app.domain.pricing.price import price
from app.domain.pricing.record import SessionRecord, needs_record
from app.domain.pricing.usage import Activity, Period, ReservationUse, Usage, flat_usage

__all__ = [
    "Activity",
    "CostLine",
    "LineKind",
    "Period",
    "Price",
    "ReservationUse",
    "SessionRecord",
    "TaxShare",
    "Usage",
    "flat_usage",
    "needs_record",
    "price",
]
