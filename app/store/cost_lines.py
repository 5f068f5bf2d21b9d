"""The lines of a cost as JSON, exact: decimals are text, moments ISO 8601."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.domain.pricing import CostLine, LineKind, TaxShare


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def lines_json(lines: Iterable[CostLine]) -> list[dict[str, object]]:
    return [
        {
            "dimension": line.dimension.value,
            "quantity": f"{line.quantity:f}",
            "unit": line.unit,
            "unit_price": f"{line.unit_price:f}",
            "before_taxes_minor": line.before_taxes_minor,
            "tax_minor": line.tax_minor,
            "total_minor": line.total_minor,
            "taxes": [
                {"name": tax.name, "percent": f"{tax.percent:f}", "amount_minor": tax.amount_minor}
                for tax in line.taxes
            ],
            "element": line.element,
            "rule": line.rule,
            "start": _text(line.start),
            "end": _text(line.end),
            "first_reading_at": _text(line.first_reading_at),
            "last_reading_at": _text(line.last_reading_at),
        }
        for line in lines
    ]


def parse_lines(raw: Iterable[dict[str, Any]]) -> tuple[CostLine, ...]:
    return tuple(
        CostLine(
            dimension=LineKind(line["dimension"]),
            quantity=Decimal(line["quantity"]),
            unit=line["unit"],
            unit_price=Decimal(line["unit_price"]),
            before_taxes_minor=line["before_taxes_minor"],
            tax_minor=line["tax_minor"],
            total_minor=line["total_minor"],
            taxes=tuple(TaxShare(tax["name"], Decimal(tax["percent"]), tax["amount_minor"]) for tax in line["taxes"]),
            element=line["element"],
            rule=line["rule"],
            start=_moment(line["start"]),
            end=_moment(line["end"]),
            first_reading_at=_moment(line["first_reading_at"]),
            last_reading_at=_moment(line["last_reading_at"]),
        )
        for line in raw
    )
