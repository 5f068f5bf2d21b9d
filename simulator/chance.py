"""Seeded chance: the same seed and name always draw the same numbers, whatever else happens in the process."""

import random


def chance(*names: object) -> random.Random:
    """A source of its own for whatever ``names`` name; nothing secret is ever drawn from it."""
    return random.Random("/".join(str(name) for name in names))  # noqa: S311
