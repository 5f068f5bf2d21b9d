"""What a document says, as JSON and back: decimals are text, moments ISO 8601."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.domain.document import DocumentLine, OwnTax
from app.domain.tax import TaxCategory, TaxGroup

_MOMENTS = ("start", "end", "first_reading_at", "last_reading_at")


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    return value


def as_json(value: Any) -> dict[str, Any]:
    """Of any of a document's dataclasses."""
    return {name: _plain(one) for name, one in asdict(value).items()}


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def parse_line(raw: dict[str, Any]) -> DocumentLine:
    moments = {name: None if raw[name] is None else datetime.fromisoformat(raw[name]) for name in _MOMENTS}
    taxes = tuple((name, Decimal(percent)) for name, percent in raw["taxes"])
    exact = {"quantity": Decimal(raw["quantity"]), "unit_price": _decimal(raw["unit_price"]), "taxes": taxes}
    return DocumentLine(**{**raw, **moments, **exact, "category": TaxCategory(raw["category"])})


def parse_group(raw: dict[str, Any]) -> TaxGroup:
    return TaxGroup(**{**raw, "percent": Decimal(raw["percent"]), "category": TaxCategory(raw["category"])})


def parse_own_tax(raw: dict[str, Any] | None) -> OwnTax | None:
    if raw is None:
        return None
    return OwnTax(raw["currency"], raw["tax_minor"], Decimal(raw["rate"]), date.fromisoformat(raw["day"]))
