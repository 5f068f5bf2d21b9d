"""What a document says, made of the records that it is about: a bill, a credit of one, a statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from app.domain.cdr import Cdr
from app.domain.document import Document, DocumentKind, DocumentLine, Draft, Party, Seller
from app.domain.money import shares
from app.domain.pricing import CostLine, LineKind
from app.domain.tax import (
    Amount,
    Rate,
    Taxed,
    TaxGroup,
    Trader,
    discounts,
    groups,
    reverse_charge,
    reverse_charged,
    taxed,
)
from app.domain.vat_rates import TaxPlace

_NAMES = {
    LineKind.ENERGY: "Energy",
    LineKind.TIME: "Charging time",
    LineKind.PARKING_TIME: "Time at the plug",
    LineKind.FLAT: "Session",
    LineKind.RESERVATION_TIME: "Reserved time",
    LineKind.RESERVATION_FLAT: "Reservation",
    LineKind.MIN_PRICE: "Up to the least price",
    LineKind.MAX_PRICE: "Down to the greatest price",
    LineKind.VOUCHER: "Voucher",
}
# The legal order (AFIR Art. 5): per kWh, per minute, per session.
_ORDER = {kind: place for place, kind in enumerate(_NAMES)}
_OF_ALL = (LineKind.MIN_PRICE, LineKind.MAX_PRICE, LineKind.VOUCHER)  # in the order in which they change the price
_Parts = tuple[tuple[str, Decimal], ...]
WAIVED = "Waived: it is less than what a card can be charged."


@dataclass(frozen=True, slots=True)
class Supply:
    """A record with where it was supplied; ``rate`` is what is in a price that states no tax."""

    cdr: Cdr
    where: str
    place: TaxPlace
    rate: Rate
    cost_centre: str | None = None
    token_group_id: str | None = None


def supplied_on(cdr: Cdr, time_zone: str) -> date:
    """The day of the supply, where it was: that of its end."""
    return cdr.ended_at.astimezone(ZoneInfo(time_zone)).date()


@dataclass(frozen=True, slots=True)
class _Item:
    supply: Supply
    line: CostLine | None  # None: a discount
    amount: Amount


def _items(supply: Supply) -> list[_Item]:
    """What changes the price as a whole leaves each rate its part of what is then to be paid, never below nothing."""
    lines = sorted(supply.cdr.lines, key=lambda line: _ORDER[line.dimension])
    sold = [line for line in lines if line.dimension not in _OF_ALL]
    made = [_Item(supply, line, Amount(line.total_minor, _stated(line) or supply.rate.parts)) for line in sold]
    bought = dict.fromkeys((item.amount.stated or () for item in made), 0) or {supply.rate.parts: 0}
    for item in made:
        bought[item.amount.stated or ()] += item.amount.gross_minor
    total, left = sum(bought.values()), bought
    for kind in _OF_ALL:
        own = [line for line in lines if line.dimension is kind]
        if not own:
            continue
        total += sum(line.total_minor for line in own)
        after = _spread(total, bought)
        made += [
            _Item(supply, own[0], Amount(after[rate] - left[rate], rate))
            for rate in bought
            if after[rate] != left[rate]
        ]
        left = after
    return made


def _stated(line: CostLine) -> _Parts:
    return tuple((tax.name, tax.percent) for tax in line.taxes)


def _spread(amount: int, bought: dict[_Parts, int]) -> dict[_Parts, int]:
    """In proportion to what was bought at each rate; all at the first where that is nothing."""
    whole = sum(bought.values())
    if not whole:
        return dict(zip(bought, [amount] + [0] * (len(bought) - 1), strict=True))
    parts = shares([Fraction(part) * amount / whole for part in bought.values()], amount)
    return dict(zip(bought, parts, strict=True))


def bill(
    kind: DocumentKind,
    supplies: Sequence[Supply],
    seller: Seller,
    buyer: Party | None = None,
    *,
    discount_minor: int = 0,
    waived: bool = False,
) -> Draft:
    """A receipt or an invoice. Tax is computed once for each rate over all of it. Raises `BadEvidence`."""
    items = [item for supply in supplies for item in _items(supply)]
    if waived:
        items += _waivers(items)
    items += _discounts(items, discount_minor)
    lines, notes = _taxed(items, seller, buyer)
    if waived:
        notes = (*notes, WAIVED)
    made = tuple(_line(item, part, discount=discount_minor > 0) for item, part in zip(items, lines, strict=True))
    return _draft(kind, supplies, made, groups(lines), buyer, notes)


def _discounts(items: Sequence[_Item], discount_minor: int) -> list[_Item]:
    """Spread over the records in proportion: each bears its own part, so that one can be credited by itself."""
    by_record: dict[int, list[_Item]] = {}
    for item in items:
        by_record.setdefault(item.supply.cdr.key, []).append(item)
    sums = [sum(item.amount.gross_minor for item in own) for own in by_record.values()]
    if not (total := sum(sums)):
        return []
    parts = shares([Fraction(part) * discount_minor / total for part in sums], discount_minor)
    return [
        _Item(own[0].supply, None, amount)
        for own, part in zip(by_record.values(), parts, strict=True)
        for amount in discounts([item.amount for item in own], part)
    ]


def _waivers(items: Sequence[_Item]) -> list[_Item]:
    return [_Item(item.supply, None, Amount(-item.amount.gross_minor, item.amount.stated)) for item in items]


def _taxed(items: Sequence[_Item], seller: Seller, buyer: Party | None) -> tuple[list[Taxed], tuple[str, ...]]:
    """With the tax taken out again where the buyer owes it, and the notes that say so."""
    parts = taxed([item.amount for item in items], Rate(()))
    notes: dict[str, None] = {}
    made = []
    for item, part in zip(items, parts, strict=True):
        owed = None if buyer is None else reverse_charge(_trader(seller), _trader(buyer), item.supply.place)
        if owed is None:
            made.append(part)
            continue
        notes[owed.note] = None
        notes[f"VAT numbers: seller {owed.seller_vat_number}, buyer {owed.buyer_vat_number}."] = None
        made += reverse_charged([part])
    return made, tuple(notes)


def _trader(party: Seller | Party) -> Trader:
    return Trader(party.country, party.vat_number, isinstance(party, Party) and party.taxable_dealer)


def _line(item: _Item, part: Taxed, *, discount: bool) -> DocumentLine:
    line, supply = item.line, item.supply
    made = DocumentLine(
        text="Discount" if discount else "Waived",
        quantity=Decimal(-1),
        unit="session",
        unit_price=None,
        net_minor=part.net_minor,
        tax_minor=part.tax_minor,
        total_minor=part.gross_minor,
        taxes=part.rate.parts,
        category=part.rate.category,
        cdr_key=supply.cdr.key,
        cost_centre=supply.cost_centre,
    )
    if line is None:
        return made
    if line.dimension is LineKind.VOUCHER:
        return replace(made, text=_NAMES[line.dimension], rule=line.rule)
    return replace(
        made,
        text=f"{_NAMES[line.dimension]}, {supply.where}",
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        rule=line.rule,
        start=line.start,
        end=line.end,
        first_reading_at=line.first_reading_at,
        last_reading_at=line.last_reading_at,
    )


def _draft(
    kind: DocumentKind,
    supplies: Sequence[Supply],
    lines: tuple[DocumentLine, ...],
    taxes: tuple[TaxGroup, ...],
    buyer: Party | None,
    notes: tuple[str, ...],
) -> Draft:
    cdrs = [supply.cdr for supply in supplies]
    places, sessions = {cdr.location_key for cdr in cdrs}, {cdr.session_key for cdr in cdrs}
    parts = tuple((cdr.key, sum(line.total_minor for line in lines if line.cdr_key == cdr.key)) for cdr in cdrs)
    return Draft(
        kind=kind,
        currency=cdrs[0].currency,
        lines=lines,
        taxes=taxes,
        supply_from=min(cdr.started_at for cdr in cdrs),
        supply_to=max(cdr.ended_at for cdr in cdrs),
        parts=parts,
        buyer=buyer,
        notes=notes,
        location_key=places.pop() if len(places) == 1 else None,
        session_key=sessions.pop() if len(sessions) == 1 else None,
    )


def credit(document: Document, cdr_key: int, amount_minor: int) -> Draft:
    """Gives back so much of what a document bills for a record: line by line when it is all, else by its tax rates."""
    own = [line for line in document.lines if line.cdr_key == cdr_key]
    lines = tuple(own) if sum(line.total_minor for line in own) == amount_minor else _share(document, own, amount_minor)
    return Draft(
        kind=DocumentKind.CREDIT_NOTE,
        currency=document.currency,
        lines=lines,
        taxes=groups(_as_taxed(lines)),
        supply_from=document.supply_from,
        supply_to=document.supply_to,
        parts=((cdr_key, amount_minor),),
        buyer=document.buyer,
        notes=(f"Credits {document.number}.",),
        session_key=document.session_key,
        hold_key=document.hold_key,
        credit_of=document.key,
    )


def _as_taxed(lines: Iterable[DocumentLine]) -> list[Taxed]:
    return [Taxed(line.net_minor, line.tax_minor, line.total_minor, Rate(line.taxes, line.category)) for line in lines]


def _share(document: Document, own: Sequence[DocumentLine], amount_minor: int) -> tuple[DocumentLine, ...]:
    kinds = list(dict.fromkeys((line.taxes, line.category) for line in own))
    sums = [sum(line.total_minor for line in own if (line.taxes, line.category) == kind) for kind in kinds]
    whole = sum(sums)
    parts = shares([Fraction(part) * amount_minor / whole for part in sums], amount_minor)
    made = taxed([Amount(part, taxes) for part, (taxes, _) in zip(parts, kinds, strict=True)], Rate(()))
    return tuple(
        DocumentLine(
            f"Refund of {document.number}", Decimal(1), "session", None, part.net_minor, part.tax_minor,
            part.gross_minor, taxes, category, own[0].cdr_key,
        )
        for part, (taxes, category) in zip(made, kinds, strict=True)
        if part.gross_minor
    )  # fmt: skip


def statement(supplies: Sequence[Supply], buyer: Party | None) -> Draft:
    """One line a session, by cost centre: it sums to the records exactly, and states no tax of its own."""
    ordered = sorted(supplies, key=lambda one: (one.cost_centre or "", one.cdr.started_at, one.cdr.key))
    lines, parts = [], []
    for supply in ordered:
        cdr = supply.cdr
        rates = dict.fromkeys((tax.name, tax.percent) for line in cdr.lines for tax in line.taxes)
        part = Taxed(cdr.before_taxes_minor, cdr.tax_minor, cdr.total_minor, Rate(tuple(rates)[:1]))
        parts.append(part)
        lines.append(
            DocumentLine(
                supply.where, Decimal(cdr.energy_wh).scaleb(-3), "kWh", None, part.net_minor, part.tax_minor,
                part.gross_minor, part.rate.parts, part.rate.category, cdr.key, start=cdr.started_at, end=cdr.ended_at,
                cost_centre=supply.cost_centre,
            )
        )  # fmt: skip
    made = _draft(DocumentKind.STATEMENT, ordered, tuple(lines), groups(parts), buyer, ())
    return replace(made, session_key=None)
