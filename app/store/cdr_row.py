"""A charge detail record as a row: one list of columns, for the inbox and for people's operations."""

from typing import Any

from app.domain.cdr import Cdr
from app.store.cost_lines import lines_json


def cdr_row(record: Cdr) -> dict[str, Any]:
    """The columns of `cdr` without its key."""
    return {
        "id": record.uuid,
        "operator_key": record.operator_key,
        "location_key": record.location_key,
        "session_key": record.session_key,
        "tariff_key": record.tariff_key,
        "revision": record.revision,
        "reason": record.reason.value,
        "credit_of": record.credit_of,
        "currency": record.currency,
        "before_taxes_minor": record.before_taxes_minor,
        "tax_minor": record.tax_minor,
        "total_minor": record.total_minor,
        "exact_before_taxes": str(record.exact_before_taxes),
        "exact_total": str(record.exact_total),
        "energy_wh": record.energy_wh,
        "energy_said": record.energy_said,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "issued_at": record.issued_at,
        "lines": lines_json(record.lines),
        "note": record.note,
    }
