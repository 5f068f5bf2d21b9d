"""A car's battery: how much it takes, and how it takes less as it fills."""

from dataclasses import dataclass

# Constant power until 80 %, then a straight line down to a tenth at 100 %: close to what AC and most DC cars show.
_TAPER_FROM = 0.80
_TAPER_TO = 0.10


@dataclass(slots=True)
class Battery:
    """``capacity_wh`` may be a story's fraction of a real car; ``soc`` is 0 … 1."""

    capacity_wh: float
    soc: float
    max_power_w: float

    @property
    def full(self) -> bool:
        return self.soc >= 0.9995

    def power_w(self, offered_w: float) -> float:
        """What it draws now from an EVSE that offers ``offered_w``."""
        if self.full:
            return 0.0
        limit = min(offered_w, self.max_power_w)
        if self.soc <= _TAPER_FROM:
            return limit
        share = (self.soc - _TAPER_FROM) / (1 - _TAPER_FROM)
        return limit * (1 - share * (1 - _TAPER_TO))

    def charge(self, offered_w: float, seconds: float) -> float:
        """Charges for a while and returns the energy taken in Wh, never more than fits."""
        room_wh = (1 - self.soc) * self.capacity_wh
        taken_wh = min(room_wh, self.power_w(offered_w) * max(0.0, seconds) / 3600)
        self.soc = min(1.0, self.soc + taken_wh / self.capacity_wh)
        return taken_wh
