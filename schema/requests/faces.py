"""Every face, a block a module."""

from schema.requests import local_list
from schema.requests.face import Face

FACES: tuple[Face, ...] = (*local_list.FACES,)
