"""VAT numbers: whether a text can be one. Who owns it is not asked here."""

import re

# What follows the country's two letters (EU directive 2006/112 Art. 215 and the numbers' public formats).
_FORMS: dict[str, str] = {
    "AT": r"U\d{8}",
    "BE": r"[01]?\d{9}",
    "BG": r"\d{9,10}",
    "CHE": r"\d{9}(MWST|TVA|IVA)?",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "GB": r"(\d{9}|\d{12}|GD\d{3}|HA\d{3})",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"(\d{7}[A-W][A-I]?|\d[A-Z+*]\d{5}[A-W])",
    "IT": r"\d{11}",
    "LT": r"(\d{9}|\d{12})",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "NO": r"\d{9}(MVA)?",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{10}01",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"(\d{9}|\d{12}|GD\d{3}|HA\d{3})",
}
_COMPILED = {country: re.compile(form) for country, form in _FORMS.items()}


def normalised(text: str) -> str:
    """Without the spaces, dots and dashes that people write."""
    return re.sub(r"[\s.\-]", "", text).upper()


def plausible(text: str) -> bool:
    """Whether it has the form of its country; a country we know nothing of is not plausible."""
    number = normalised(text)
    return any(
        number.startswith(country) and form.fullmatch(number[len(country) :]) is not None
        for country, form in _COMPILED.items()
    )
