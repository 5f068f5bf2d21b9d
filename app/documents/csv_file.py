"""A document as CSV (RFC 4180): one row a line, in UTF-8, safe to open in a spreadsheet."""

import csv
import io

from app.documents.amounts import major, plain
from app.domain.document import Document

_HEAD = (
    "number", "kind", "issued_at", "line", "text", "cost_centre", "from", "to", "quantity", "unit", "unit_price",
    "net", "tax_percent", "tax", "total", "currency", "first_reading_at", "last_reading_at", "rule",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _safe(text: str) -> str:
    """A text that a spreadsheet would take for a formula is quoted by an apostrophe (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_of(document: Document) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEAD)
    for place, line in enumerate(document.lines, 1):
        writer.writerow(
            (
                document.number, document.kind.value, document.issued_at.isoformat(), place, _safe(line.text),
                _safe(line.cost_centre or ""), line.start.isoformat() if line.start else "",
                line.end.isoformat() if line.end else "", plain(line.quantity), _safe(line.unit),
                "" if line.unit_price is None else plain(line.unit_price), major(line.net_minor, document.currency),
                plain(line.percent), major(line.tax_minor, document.currency),
                major(line.total_minor, document.currency), document.currency,
                line.first_reading_at.isoformat() if line.first_reading_at else "",
                line.last_reading_at.isoformat() if line.last_reading_at else "", _safe(line.rule),
            )
        )  # fmt: skip
    return out.getvalue().encode("utf-8")
