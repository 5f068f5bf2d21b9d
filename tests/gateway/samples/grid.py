"""Requests that only OCPP 2.1 knows: tariffs, grid controls, battery swaps."""

from app.domain.request import StationRequest, battery_swap, der, tariff
from tests.gateway.samples.fullest import fullest

SAMPLES: list[StationRequest] = [fullest(kind) for kind in (*tariff.REQUESTS, *der.REQUESTS, *battery_swap.REQUESTS)]
