"""Requests that say everything each kind can say, a module a block."""

from app.domain.request import StationRequest
from tests.gateway.samples import charging_profile, core, device, grid, local_list, plain, reservation, trust

SAMPLES: list[StationRequest] = [
    *core.SAMPLES,
    *local_list.SAMPLES,
    *trust.SAMPLES,
    *device.SAMPLES,
    *plain.SAMPLES,
    *charging_profile.SAMPLES,
    *reservation.SAMPLES,
    *grid.SAMPLES,
]
