"""What an operator says for its documents: who sells, what tax there is, what currencies are worth."""

from datetime import date
from decimal import Decimal

from app.domain import vat
from app.domain.document import Seller
from app.domain.money import is_currency
from app.domain.scope import Permission, Scope
from app.domain.tax import OwnRate
from app.operations.desk import Desk, invalid, refusing
from app.store import audit, fiscal, operators
from app.store.fiscal import ExchangeRate

_LINE_MAX = 200
_FOOTER_MAX = 2_000
_REQUIRED = frozenset({"name", "address", "city", "country"})
_RATE_MAX = Decimal(10) ** 9


def _check(seller: Seller) -> None:
    for name in Seller.__dataclass_fields__:
        value = getattr(seller, name)
        most = _FOOTER_MAX if name == "footer" else _LINE_MAX
        if name in _REQUIRED and not value.strip():
            raise invalid(f"{name} is on every document. Give it.", "input", name)
        if value is not None and (len(value) > most or any(ord(one) < 32 and one != "\n" for one in value)):
            raise invalid(f"{name} has at most {most:,} printable characters.", "input", name)
    if len(seller.country) != 2 or not seller.country.isalpha():
        raise invalid("country is an ISO 3166 code of two letters, such as DE.", "input", "country")
    if seller.vat_number is not None and not vat.plausible(seller.vat_number):
        raise invalid(
            "This cannot be a VAT number. Write it with its country, such as DE123456789.", "input", "vatNumber"
        )
    if seller.vat_number is None and seller.tax_number is None:
        raise invalid("A document needs a VAT number or a tax number. Give one.", "input", "vatNumber")


@refusing
async def set_legal(*, scope: Scope, desk: Desk, seller: Seller) -> Seller:
    """Who sells, on every document from now on. Needs access:write. Refuses INVALID_INPUT."""
    scope.require(Permission.ACCESS_WRITE)
    _check(seller)
    at = desk.now()
    async with desk.database.transaction(scope.operator_key) as connection:
        before = await fiscal.legal(connection)
        await fiscal.set_legal(connection, scope.operator_key, seller, at)
        await fiscal.wake_documents(connection, at)
        await audit.write(
            connection, scope, action="operator.legal_set", subject_kind="operator", subject_id=scope.operator_id,
            at=at,
            before=None if before is None else {"name": before.name, "vatNumber": before.vat_number},
            after={"name": seller.name, "vatNumber": seller.vat_number},
        )  # fmt: skip
    return seller


@refusing
async def set_tax_rate(*, scope: Scope, desk: Desk, rate: OwnRate) -> OwnRate:
    """A place's standard rate from a day on, needs tariffs:write: it wins over what is known. Refuses INVALID_INPUT."""
    scope.require(Permission.TARIFFS_WRITE)
    if len(rate.country) != 2 or not rate.country.isalpha() or not rate.country.isupper():
        raise invalid("country is an ISO 3166 code of two letters, such as DE.", "country")
    if rate.region is not None and not 1 <= len(rate.region) <= 50:
        raise invalid("region has 1 to 50 characters.", "region")
    if not 1 <= len(rate.name) <= 20:
        raise invalid("name has 1 to 20 characters, such as VAT.", "name")
    if not 0 <= rate.percent <= 100 or rate.percent != round(rate.percent, 4):
        raise invalid("percent lies between 0 and 100, with at most four decimals.", "percent")
    at = desk.now()
    async with desk.database.transaction(scope.operator_key) as connection:
        await fiscal.set_rate(connection, scope.operator_key, rate, by=scope.caller, at=at)
        await fiscal.wake_documents(connection, at)
        await audit.write(
            connection, scope, action="tax_rate.set", subject_kind="operator", subject_id=scope.operator_id, at=at,
            after={"country": rate.country, "region": rate.region, "percent": str(rate.percent),
                   "validFrom": rate.valid_from.isoformat()},
        )  # fmt: skip
    return rate


@refusing
async def set_exchange_rate(*, scope: Scope, desk: Desk, currency: str, rate: Decimal, day: date) -> ExchangeRate:
    """What one of a currency is worth in the operator's own, from a day on. Needs payments:write.

    Refuses INVALID_INPUT. It is used on documents for tax alone, never for what a card is charged.
    """
    scope.require(Permission.PAYMENTS_WRITE)
    if not is_currency(currency):
        raise invalid(f"{currency} is no currency of ISO 4217.", "currency")
    if not 0 < rate < _RATE_MAX or rate != round(rate, 12):
        raise invalid("rate is greater than 0, with at most twelve decimals.", "rate")
    at = desk.now()
    async with desk.database.transaction(scope.operator_key) as connection:
        own = (await operators.own(connection)).currency
        if own == currency:
            raise invalid(f"{currency} is the operator's own currency.", "currency")
        made = ExchangeRate(currency, own, rate, day)
        await fiscal.set_exchange_rate(connection, scope.operator_key, made, by=scope.caller, at=at)
        await fiscal.wake_documents(connection, at)
        await audit.write(
            connection, scope, action="exchange_rate.set", subject_kind="operator", subject_id=scope.operator_id, at=at,
            after={"currency": currency, "rate": str(rate), "day": day.isoformat()},
        )  # fmt: skip
    return made
