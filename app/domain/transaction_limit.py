"""What a transaction may cost, take or last at most, as a 2.1 station itself keeps to it (2.1 E16)."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class TransactionLimit:
    """Where a transaction ends at the latest; null is no limit."""

    max_cost: Annotated[float | None, "The most it may cost, taxes included, in the currency of its tariff."] = None
    max_energy: Annotated[float | None, "The most energy, in Wh."] = None
    max_time: Annotated[int | None, "The longest it may last, in seconds from its start."] = None
    max_so_c: Annotated[int | None, "The battery's charge at which it ends, in percent."] = None

    @property
    def says_something(self) -> bool:
        return any(value is not None for value in asdict(self).values())


# As TxCtrlr.SupportedLimits writes them. The standard names the fields; stations differ in how they spell them.
_WORDS = {"maxcost": "max_cost", "maxenergy": "max_energy", "maxtime": "max_time", "maxsoc": "max_so_c"}
SUPPORTED = ("TxCtrlr", "SupportedLimits")


def supported_limits(value: str | None) -> frozenset[str]:
    """The fields of `TransactionLimit` that a station's SupportedLimits name; none when it has no such variable."""
    words = (value or "").replace(";", ",").split(",")
    return frozenset(_WORDS[word] for word in (one.strip().lower() for one in words) if word in _WORDS)


def least(*limits: TransactionLimit) -> TransactionLimit:
    """Of each kind the lowest."""
    found = {}
    for name in _WORDS.values():
        values = [value for one in limits if (value := getattr(one, name)) is not None]
        found[name] = min(values, default=None)
    return TransactionLimit(**found)


def to_tell(
    wanted: TransactionLimit,
    *,
    supported: Collection[str],
    told: TransactionLimit | None,
    said: TransactionLimit | None,
) -> TransactionLimit | None:
    """What a station must hear; None when it knows everything already.

    Only what it can keep to (E16.FR.12), only what differs from what it was ``told`` (E16.FR.02: once), and nothing
    that its own limit is as low as already (E16.FR.08). What it repeats of ours is no limit of its own (E16.FR.03).
    """
    fresh = {}
    for name in supported:
        value, before = getattr(wanted, name), None if told is None else getattr(told, name)
        own = None if said is None else getattr(said, name)
        if value is not None and value != before and (own in (None, before) or own > value):
            fresh[name] = value
    return TransactionLimit(**fresh) if fresh else None
