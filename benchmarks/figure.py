"""A measured number beside what we aim at."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` in ``unit``; ``at_most``/``at_least`` is the aim, absent for what is only reported."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.at_most is not None:
            return self.value <= self.at_most
        if self.at_least is not None:
            return self.value >= self.at_least
        return None

    def elsewhere(self, factor: float) -> str:
        """What a machine ``factor`` times as fast would show, for what is a matter of speed and has an aim."""
        if not self.aim or not self.unit.endswith(("CPU", "/s", "/s CPU")):
            return ""
        value = self.value * factor if self.at_least is not None else self.value / factor
        return f"{value:,.1f}"

    @property
    def aim(self) -> str:
        if self.at_most is not None:
            return f"≤ {self.at_most:,g}"
        return "" if self.at_least is None else f"≥ {self.at_least:,g}"


def middle(values: list[float]) -> float:
    """The median: what a shared machine's noise moves least."""
    return float(median(values))
