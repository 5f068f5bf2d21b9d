"""What a station claims to measure against what its data hold. Some accept every measurand and send a few."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Measurands whose values are kept with a session; the others are in the frames only, and nobody is blamed for them.
KEPT = {
    "Energy.Active.Import.Register": "energy_wh",
    "Power.Active.Import": "power_w",
    "Current.Import": "current_ma",
    "Voltage": "voltage_mv",
    "SoC": "soc_percent",
}
# (component, variable) in lower case: what a station is set to sample (1.6 keys have these names, too).
CLAIMS = (
    ("sampleddatactrlr", "txupdatedmeasurands"),
    ("sampleddatactrlr", "txendedmeasurands"),
    ("aligneddatactrlr", "measurands"),
)
SESSIONS = 20  # newest sessions whose readings are looked at
ENOUGH = 10  # readings; fewer say nothing about what is missing


@dataclass(frozen=True, slots=True)
class Measurand:
    """``samples`` of ``readings`` hold it, None: kept in frames only. ``missing``: claimed and never sent."""

    name: str
    claimed: bool
    samples: int | None
    readings: int
    missing: bool


def measurands(claims: Iterable[str], readings: int, held: Mapping[str, int]) -> list[Measurand]:
    """``claims`` are values of variables: lists with commas. ``held`` counts readings by the columns of `KEPT`."""
    claimed = {part.strip() for value in claims for part in value.split(",") if part.strip()}
    sent = {name for name, column in KEPT.items() if held.get(column, 0)}
    found = []
    for name in sorted(claimed | sent):
        column = KEPT.get(name)
        samples = None if column is None else held.get(column, 0)
        missing = name in claimed and samples == 0 and readings >= ENOUGH
        found.append(Measurand(name, name in claimed, samples, readings, missing))
    return found
