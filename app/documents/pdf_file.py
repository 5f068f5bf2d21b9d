"""A document as a readable A4 page.

The built-in fonts know the Latin letters of western Europe; a letter they lack is shown without its accent, or as a
question mark. The CSV and the XML have every letter.
"""

import unicodedata
from datetime import datetime

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from app.documents.amounts import plain, shown
from app.domain.document import Document, DocumentKind, DocumentLine, Party, Seller

_TITLES = {
    DocumentKind.RECEIPT: "Receipt",
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.CREDIT_NOTE: "Credit note",
    DocumentKind.STATEMENT: "Statement",
}
_WIDTHS = (78, 28, 24, 16, 20, 24)  # in mm, of the columns
_HEAD = ("What", "Quantity", "Net", "Tax %", "Tax", "Total")
_SPELT = {
    "€": "EUR", "–": "-", "—": "-", "…": "...", "“": '"', "”": '"', "’": "'", "‘": "'", "ł": "l", "Ł": "L", "ı": "i",
    "đ": "d", "Đ": "D", "œ": "oe", "Œ": "OE",
}  # fmt: skip
_SPECIAL = str.maketrans(_SPELT)


def latin(text: str) -> str:
    """As the built-in fonts can show it."""
    made = []
    for letter in text.translate(_SPECIAL):
        plainer = letter if ord(letter) < 256 else unicodedata.normalize("NFKD", letter)[0]
        made.append(plainer if ord(plainer) < 256 else "?")
    return "".join(made)


class _Page(FPDF):
    def __init__(self, document: Document) -> None:
        super().__init__(format="A4")
        self.set_auto_page_break(True, margin=24)
        self.document = document
        self.set_title(document.number)
        self.set_creator("Voltgraph")
        self.set_creation_date(document.issued_at)
        self.set_lang("en")

    def footer(self) -> None:
        seller = self.document.seller
        self.set_y(-20)
        self.set_font("Helvetica", size=7)
        parts = [seller.register, f"IBAN {seller.iban}" if seller.iban else None, seller.footer]
        said = " | ".join(part.replace("\n", " ") for part in parts if part)
        self.multi_cell(0, 3.5, latin(said), align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.cell(0, 4, f"{self.document.number}, page {self.page_no()}", align="C")

    def say(self, text: str, *, size: int = 9, bold: bool = False, height: float = 4.5) -> None:
        self.set_font("Helvetica", "B" if bold else "", size)
        self.multi_cell(0, height, latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def row(self, cells: tuple[str, ...], *, bold: bool = False) -> None:
        self.set_font("Helvetica", "B" if bold else "", 8)
        for place, (text, width) in enumerate(zip(cells, _WIDTHS, strict=True)):
            self.cell(width, 5, _fitting(self, latin(text), width), align="L" if place == 0 else "R")
        self.ln(5)


def _fitting(page: FPDF, text: str, width: float) -> str:
    while text and page.get_string_width(text) > width - 2:
        text = text[:-1]
    return text


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _address(party: Party | Seller) -> str:
    place = " ".join(part for part in (party.postal_code, party.city) if part)
    numbers = [f"VAT number {party.vat_number}"] if party.vat_number else []
    if isinstance(party, Seller) and party.tax_number:
        numbers.append(f"Tax number {party.tax_number}")
    return "\n".join([party.name, party.address, f"{place}, {party.country}", *numbers])


def pdf_of(document: Document) -> bytes:
    page = _Page(document)
    page.add_page()
    page.say(_address(document.seller))
    page.ln(4)
    if document.buyer is not None:
        page.say("To", bold=True)
        page.say(_address(document.buyer))
        page.ln(4)
    page.say(f"{_TITLES[document.kind]} {document.number}", size=15, bold=True, height=8)
    page.say(f"Issued {document.issued_at:%Y-%m-%d}. Supplied {_moment(document.supply_from)} to "
             f"{_moment(document.supply_to)}. All amounts in {document.currency}.")  # fmt: skip
    page.ln(3)
    _table(page, document)
    _taxes(page, document)
    for note in document.notes:
        page.say(note)
    _explained(page, document)
    return bytes(page.output())


def _table(page: _Page, document: Document) -> None:
    page.row(_HEAD, bold=True)
    centre: str | None = None
    for line in document.lines:
        if document.kind is DocumentKind.STATEMENT and (line.cost_centre or "") != centre:
            centre = line.cost_centre or ""
            page.say(f"Cost centre {centre or '(none)'}: {_sum_of(document, centre)} {document.currency}", bold=True)
        page.row(_cells(line, document.currency))
    totals = (shown(amount, document.currency) for amount in (document.net_minor, document.tax_minor))
    net, tax = totals
    page.row(("Total", "", net, "", tax, shown(document.total_minor, document.currency)), bold=True)
    page.ln(3)


def _sum_of(document: Document, centre: str) -> str:
    total = sum(line.total_minor for line in document.lines if (line.cost_centre or "") == centre)
    return shown(total, document.currency)


def _cells(line: DocumentLine, currency: str) -> tuple[str, ...]:
    return (
        line.text,
        f"{plain(line.quantity)} {line.unit}",
        shown(line.net_minor, currency),
        plain(line.percent),
        shown(line.tax_minor, currency),
        shown(line.total_minor, currency),
    )


def _taxes(page: _Page, document: Document) -> None:
    for group in document.taxes:
        page.say(
            f"{group.name or 'No tax'} {plain(group.percent)} % on {shown(group.net_minor, document.currency)}: "
            f"{shown(group.tax_minor, document.currency)} {document.currency}"
        )
    own = document.own_tax
    if own is not None:
        page.say(
            f"Tax in {own.currency}: {shown(own.tax_minor, own.currency)} "
            f"(1 {document.currency} = {plain(own.rate)} {own.currency} on {own.day})"
        )
    page.ln(2)


def _explained(page: _Page, document: Document) -> None:
    """Every line's times, readings and rule: why it costs what it costs."""
    for line in document.lines:
        if not line.rule:
            continue
        page.say(line.text, size=7, bold=True, height=3.5)
        said = [line.rule]
        if line.start is not None and line.end is not None:
            said.append(f"{_moment(line.start)} to {_moment(line.end)}")
        if line.first_reading_at is not None and line.last_reading_at is not None:
            said.append(f"meter read {_moment(line.first_reading_at)} and {_moment(line.last_reading_at)}")
        page.say("; ".join(said), size=7, height=3.5)
