"""Every face, a block a module."""

from schema.requests import certificate, customer, device_model, display, firmware, local_list, log, monitoring, plain
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
)
