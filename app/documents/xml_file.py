"""A document as the electronic invoice of EN 16931 (CII, Factur-X profile EN 16931), checked by its schema."""

from datetime import date
from decimal import Decimal
from typing import Any

from facturx import generate_cii_xml  # type: ignore[import-untyped]

from app.documents import amounts
from app.domain.document import Document, DocumentKind, DocumentLine, Party, Seller
from app.domain.tax import TaxCategory

# UNTDID 1001: what kind of document it is. A statement bills nothing.
_TYPES = {DocumentKind.RECEIPT: "380", DocumentKind.INVOICE: "380", DocumentKind.CREDIT_NOTE: "381"}
# UN/ECE recommendation 20.
_UNITS = {"kWh": "KWH", "h": "HUR", "session": "C62"}
_PRECISION = Decimal("0.000001")


def major(amount_minor: int, currency: str) -> str:
    return f"{amounts.major(amount_minor, currency):f}"


class NoBuyer(ValueError):
    """An electronic invoice names its buyer (BR-7, BR-11), and a statement is none."""


def xml_of(document: Document) -> bytes:
    """Raises `NoBuyer`."""
    if document.buyer is None or document.kind not in _TYPES:
        raise NoBuyer(f"{document.number} names no buyer, or is no invoice")
    found = generate_cii_xml(_said(document, document.buyer), level="en16931", check_xsd=True, check_schematron=None)
    return found if isinstance(found, bytes) else str(found).encode()


def _said(document: Document, buyer: Party) -> dict[str, Any]:
    """By the standard's own names of its business terms."""
    currency, total = document.currency, document.total_minor
    said: dict[str, Any] = {
        "BT-1": document.number,
        "BT-2": document.issued_at.date(),
        "BT-3": _TYPES[document.kind],
        "BT-5": currency,
        "BT-9": document.issued_at.date(),
        "BT-72": document.supply_to.date(),
        "BT-73": document.supply_from.date(),
        "BT-74": document.supply_to.date(),
        "BT-106": major(document.net_minor, currency),
        "BT-109": major(document.net_minor, currency),
        "BT-110": major(document.tax_minor, currency),
        "BT-112": major(total, currency),
        "BT-115": major(total, currency),
        "BG-1": [{"BT-22": note} for note in document.notes],
        "BG-4": _party(document.seller),
        "BG-7": _party(buyer),
        "BG-23": [_group(document, place) for place in range(len(document.taxes))],
        "BG-25": [_line(line, place, currency) for place, line in enumerate(document.lines, 1)],
    }
    if document.credited_number is not None:
        said["BG-3"] = [{"BT-25": document.credited_number}]
    own = document.own_tax
    if own is not None:
        said |= {"BT-6": own.currency, "BT-111": major(own.tax_minor, own.currency)}
    if document.seller.iban is not None:
        said |= {"BT-81": "58", "BT-84": document.seller.iban, "BT-85": document.seller.name}
    return said


def _group(document: Document, place: int) -> dict[str, Any]:
    group = document.taxes[place]
    said: dict[str, Any] = {
        "BT-116": major(group.net_minor, document.currency),
        "BT-117": major(group.tax_minor, document.currency),
        "BT-118": group.category.value,
        "BT-119": amounts.plain(group.percent),
    }
    if group.category is TaxCategory.REVERSE_CHARGE:
        said |= {"BT-120": "Reverse charge", "BT-121": "VATEX-EU-AE"}
    return said


def _line(line: DocumentLine, place: int, currency: str) -> dict[str, Any]:
    """A price is never negative (BR-27): what lowers the total has a negative quantity."""
    net = amounts.major(line.net_minor, currency)
    quantity = abs(line.quantity) or Decimal(1)
    said: dict[str, Any] = {
        "BT-126": str(place),
        "BT-129": f"{-quantity if net < 0 else quantity:f}",
        "BT-130": _UNITS.get(line.unit, "C62"),
        "BT-131": f"{net:f}",
        "BT-146": f"{(abs(net) / quantity).quantize(_PRECISION):f}",
        "BT-151": line.category.value,
        "BT-152": amounts.plain(line.percent),
        "BT-153": line.text,
    }
    if line.rule:
        said["BT-154"] = line.rule
    if line.start is not None and line.end is not None:
        days: tuple[date, date] = (line.start.date(), line.end.date())
        said |= {"BT-134": days[0], "BT-135": days[1]}
    return said


def _party(party: Seller | Party) -> dict[str, str]:
    said = {
        "name": party.name,
        "addr_l1": party.address,
        "city": party.city,
        "country_code": party.country,
        "postcode": party.postal_code,
        "vat_identifier": party.vat_number,
        "tax_identifier": party.tax_number if isinstance(party, Seller) else None,
    }
    return {name: value for name, value in said.items() if value}
