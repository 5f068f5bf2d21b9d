"""Every face, a block a module."""

from schema.requests import (
    battery_swap,
    certificate,
    charging_profile,
    customer,
    der,
    device_model,
    display,
    firmware,
    local_list,
    log,
    monitoring,
    plain,
    reservation,
    tariff,
)
from schema.requests.face import Face

FACES: tuple[Face, ...] = (
    *local_list.FACES,
    *certificate.FACES,
    *firmware.FACES,
    *log.FACES,
    *device_model.FACES,
    *monitoring.FACES,
    *display.FACES,
    *customer.FACES,
    *plain.FACES,
    *charging_profile.FACES,
    *reservation.FACES,
    *tariff.FACES,
    *der.FACES,
    *battery_swap.FACES,
)
