"""Forms as Stripe takes them: ``a[b][0]=1`` is a dictionary of a dictionary of a list."""

import re
from typing import Any
from urllib.parse import parse_qsl

_PART = re.compile(r"[^\[\]]+")

Form = dict[str, Any]


def parse_form(body: str) -> Form:
    """Nested dictionaries of texts; a level whose names are 0, 1, 2 … becomes a list."""
    tree: Form = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        parts = _PART.findall(name)
        level = tree
        for part in parts[:-1]:
            level = level.setdefault(part, {})
        level[parts[-1]] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    made = {name: _lists(inner) for name, inner in value.items()}
    if made and all(name.isdigit() for name in made):
        return [made[name] for name in sorted(made, key=int)]
    return made


def truth(value: object) -> bool:
    return value in ("true", "True", "1", True)
