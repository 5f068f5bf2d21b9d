"""Every face, a block a module."""

from schema.requests import (
    battery_swap,
    certificate,
    charging_profile,
    der,
    firmware,
    local_list,
    log,
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
    *plain.FACES,
    *charging_profile.FACES,
    *reservation.FACES,
    *tariff.FACES,
    *der.FACES,
    *battery_swap.FACES,
)
