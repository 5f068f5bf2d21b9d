"""Every face, a block a module."""

from schema.requests import customer, device_model, display, local_list, monitoring
from schema.requests.face import Face

FACES: tuple[Face, ...] = (
    *local_list.FACES,
    *device_model.FACES,
    *monitoring.FACES,
    *display.FACES,
    *customer.FACES,
)
