"""What a driver wants at most of a session, within bounds."""

from app.domain.hold import SessionTarget
from app.domain.quote import ENERGY_MAX_WH
from app.operations.desk import invalid

_COST_MAX = 99_999_999  # what a provider takes at once
_DURATION_MAX_S = 7 * 86_400


def check_target(target: SessionTarget) -> None:
    """Refuses INVALID_INPUT."""
    if target.energy_wh is not None and not 0 < target.energy_wh <= ENERGY_MAX_WH:
        raise invalid(f"energyWh lies between 1 and {ENERGY_MAX_WH:,}.", "target", "energyWh")
    if target.cost_minor is not None and not 0 < target.cost_minor <= _COST_MAX:
        raise invalid(f"costLimitMinor lies between 1 and {_COST_MAX:,}.", "target", "costLimitMinor")
    if target.soc_percent is not None and not 1 <= target.soc_percent <= 100:
        raise invalid("socPercent lies between 1 and 100.", "target", "socPercent")
    if target.duration_s is not None and not 0 < target.duration_s <= _DURATION_MAX_S:
        raise invalid(f"durationS lies between 1 and {_DURATION_MAX_S:,}.", "target", "durationS")
