"""Grid controls."""

from app.domain.request.der import AFRRSignal, ClearDERControl, GetDERControl, SetDERControl
from schema.requests.face import Face

FACES = (
    Face("derControlSet", SetDERControl, "Gives a station a grid control."),
    Face(
        "derControlsGet", GetDERControl, "Asks a station to report its grid controls; see derControls of the station."
    ),
    Face("derControlClear", ClearDERControl, "Takes grid controls off a station."),
    Face("afrrSignalSend", AFRRSignal, "Passes on a frequency restoration signal."),
)
