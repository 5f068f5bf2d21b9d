"""The network in a handful of numbers, counted inside the caller's scope."""

from dataclasses import dataclass

from app.domain.station import EvseStatus


@dataclass(frozen=True, slots=True)
class NetworkOverview:
    """Counts as of the reading; "today" began at 00:00 UTC. ``revenue_today`` has one amount a currency."""

    online: int
    offline: int
    never_seen: int
    evses: tuple[tuple[EvseStatus, int], ...]
    active_sessions: int
    power_w: int
    energy_today_wh: int
    revenue_today: tuple[tuple[str, int], ...]
    started_today: int
    failed_today: int
