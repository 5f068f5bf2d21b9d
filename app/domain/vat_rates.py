"""Standard VAT rates by country and region, dated: what holds where an operator has set no rate of its own.

The newest rate of every country is checked against `eu-vat-rates-data` by a test; that package knows no past. Rates
before 2020 are left out. Regions are found by postal code; what lies outside the VAT area has the rate 0.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_FIRST = date(2020, 1, 1)


def _dated(newest: str, **before: str) -> tuple[tuple[date, Decimal], ...]:
    """``before`` names days, as ``d20200701``, with the rate that held until then; since the last it is ``newest``."""
    rates = [_FIRST, *(date.fromisoformat(name[1:]) for name in before)]
    return tuple(zip(rates, (*map(Decimal, before.values()), Decimal(newest)), strict=True))


# (country, region) to the days from which rates hold. The value beside a day is what held until then.
RATES: dict[tuple[str, str | None], tuple[tuple[date, Decimal], ...]] = {
    **{
        (country, None): _dated(rate)
        for country, rate in {
            "AD": "4.5", "AL": "20", "AT": "20", "BA": "17", "BE": "21", "BG": "20", "CY": "19", "CZ": "21", "DK": "25",
            "ES": "21", "FR": "20", "GB": "20", "GE": "18", "GR": "24", "HR": "25", "HU": "27", "IS": "24", "IT": "22",
            "LT": "21", "LV": "21", "MC": "20", "MD": "20", "ME": "21", "MK": "18", "MT": "18", "NL": "21", "NO": "25",
            "PL": "23", "PT": "23", "RS": "20", "SE": "25", "SI": "22", "UA": "20", "XI": "20", "XK": "18",
        }.items()
    },
    ("CH", None): _dated("8.1", d20240101="7.7"),
    ("LI", None): _dated("8.1", d20240101="7.7"),
    ("DE", None): _dated("19", d20200701="19", d20210101="16"),
    ("EE", None): _dated("24", d20240101="20", d20250701="22"),
    ("FI", None): _dated("25.5", d20240901="24"),
    ("IE", None): _dated("23", d20200901="23", d20210301="21"),
    ("LU", None): _dated("17", d20230101="17", d20240101="16"),
    ("RO", None): _dated("21", d20250801="19"),
    ("SK", None): _dated("23", d20250101="20"),
    ("TR", None): _dated("20", d20230710="18"),
    ("ES", "CANARIES"): _dated("7"),
    ("ES", "CEUTA"): _dated("10"),
    ("ES", "MELILLA"): _dated("10"),
    ("PT", "MADEIRA"): _dated("22"),
    ("PT", "AZORES"): _dated("16", d20210701="18"),
    ("FR", "CORSICA"): _dated("20"),
    ("FR", "GUADELOUPE"): _dated("8.5"),
    ("FR", "MARTINIQUE"): _dated("8.5"),
    ("FR", "REUNION"): _dated("8.5"),
    ("FR", "GUIANA"): _dated("0"),
    ("FR", "MAYOTTE"): _dated("0"),
    ("AT", "JUNGHOLZ_MITTELBERG"): _dated("19"),
    ("DE", "HELGOLAND"): _dated("0"),
    ("DE", "BUESINGEN"): _dated("0"),
    ("IT", "LIVIGNO"): _dated("0"),
}  # fmt: skip
# What a tax is called where it is not called VAT.
NAMES: dict[tuple[str, str | None], str] = {
    ("ES", "CANARIES"): "IGIC",
    ("ES", "CEUTA"): "IPSI",
    ("ES", "MELILLA"): "IPSI",
}
# By the beginning of the postal code.
_BY_POSTAL_CODE: dict[str, tuple[tuple[str, str], ...]] = {
    "ES": (("35", "CANARIES"), ("38", "CANARIES"), ("51", "CEUTA"), ("52", "MELILLA")),
    "PT": (
        *((f"9{n}", "MADEIRA") for n in range(4)), *((f"94{n}", "MADEIRA") for n in range(10)),
        *((f"9{n}", "AZORES") for n in range(5, 10)),
    ),
    "FR": (
        ("20", "CORSICA"), ("971", "GUADELOUPE"), ("972", "MARTINIQUE"), ("973", "GUIANA"), ("974", "REUNION"),
        ("976", "MAYOTTE"),
    ),
    "AT": (("6691", "JUNGHOLZ_MITTELBERG"), *((f"699{n}", "JUNGHOLZ_MITTELBERG") for n in (1, 2, 3))),
    "DE": (("27498", "HELGOLAND"), ("78266", "BUESINGEN")),
    "IT": (("23041", "LIVIGNO"),),
}  # fmt: skip
EU = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "XI",
    ]
)
# OCPI writes countries with three letters, VAT numbers with two, Greece's its own way.
_TWO_LETTERS = dict(
    pair.split(":")
    for pair in [
        "AND:AD",
        "ALB:AL",
        "AUT:AT",
        "BIH:BA",
        "BEL:BE",
        "BGR:BG",
        "CHE:CH",
        "CYP:CY",
        "CZE:CZ",
        "DEU:DE",
        "DNK:DK",
        "EST:EE",
        "ESP:ES",
        "FIN:FI",
        "FRA:FR",
        "GBR:GB",
        "GEO:GE",
        "GRC:GR",
        "HRV:HR",
        "HUN:HU",
        "IRL:IE",
        "ISL:IS",
        "ITA:IT",
        "LIE:LI",
        "LTU:LT",
        "LUX:LU",
        "LVA:LV",
        "MCO:MC",
        "MDA:MD",
        "MNE:ME",
        "MKD:MK",
        "MLT:MT",
        "NLD:NL",
        "NOR:NO",
        "POL:PL",
        "PRT:PT",
        "ROU:RO",
        "SRB:RS",
        "SWE:SE",
        "SVN:SI",
        "SVK:SK",
        "TUR:TR",
        "UKR:UA",
        "XKX:XK",
        "EL:GR",
    ]
)


@dataclass(frozen=True, slots=True)
class TaxPlace:
    """Where something is supplied: an ISO 3166 alpha-2 code (XI: Northern Ireland) and a region with its own rate."""

    country: str
    region: str | None = None


def country_of(code: str) -> str:
    """Two letters for two or three."""
    upper = code.upper()
    return _TWO_LETTERS.get(upper, upper)


def place_of(country: str, postal_code: str | None) -> TaxPlace:
    two, code = country_of(country), (postal_code or "").replace(" ", "").replace("-", "").upper()
    if two == "GB" and code.startswith("BT"):
        return TaxPlace("XI")
    found = (region for beginning, region in _BY_POSTAL_CODE.get(two, ()) if code.startswith(beginning))
    return TaxPlace(two, next(found, None))


def seeded_rate(place: TaxPlace, on: date) -> Decimal | None:
    """None for a place that nobody told us of, and before 2020."""
    holding = [percent for since, percent in RATES.get((place.country, place.region), ()) if since <= on]
    return holding[-1] if holding else None
