"""Every face, a block a module."""

from schema.requests import certificate, firmware, local_list, log, plain
from schema.requests.face import Face

FACES: tuple[Face, ...] = (*local_list.FACES, *certificate.FACES, *firmware.FACES, *log.FACES, *plain.FACES)
