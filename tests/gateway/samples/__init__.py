"""Requests that say everything each kind can say, a module a block."""

from app.domain.request import StationRequest
from tests.gateway.samples import core, device, local_list, plain, trust

SAMPLES: list[StationRequest] = [*core.SAMPLES, *local_list.SAMPLES, *trust.SAMPLES, *device.SAMPLES, *plain.SAMPLES]
