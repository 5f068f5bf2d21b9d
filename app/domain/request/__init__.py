"""Requests to stations, a module a functional block; `REQUESTS` lists them all."""

from app.domain.request import (
    battery_swap,
    certificate,
    charging_profile,
    core,
    customer,
    der,
    device_model,
    display,
    firmware,
    local_list,
    log,
    monitoring,
    password,
    plain,
    reservation,
    tariff,
)
from app.domain.request.kind import Priority, StationRequest

__all__ = ["REQUESTS", "Priority", "StationRequest"]

_BLOCKS: tuple[tuple[type[StationRequest], ...], ...] = (
    core.REQUESTS,
    local_list.REQUESTS,
    certificate.REQUESTS,
    firmware.REQUESTS,
    log.REQUESTS,
    password.REQUESTS,
    device_model.REQUESTS,
    monitoring.REQUESTS,
    display.REQUESTS,
    customer.REQUESTS,
    plain.REQUESTS,
    charging_profile.REQUESTS,
    reservation.REQUESTS,
    tariff.REQUESTS,
    der.REQUESTS,
    battery_swap.REQUESTS,
)
REQUESTS: dict[str, type[StationRequest]] = {kind.__name__: kind for block in _BLOCKS for kind in block}
