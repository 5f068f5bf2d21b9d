"""Firmware."""

from app.domain.request.firmware import PublishFirmware, UnpublishFirmware, UpdateFirmware
from schema.requests.face import Face

FACES = (
    Face("firmwareUpdate", UpdateFirmware, "Makes a station fetch and install a firmware."),
    Face("firmwarePublish", PublishFirmware, "Makes a local controller offer a firmware to its stations."),
    Face("firmwareUnpublish", UnpublishFirmware, "Makes a local controller offer a firmware no longer."),
)
