"""Displays."""

from app.domain.request.display import ClearDisplayMessage, CostUpdated, GetDisplayMessages, SetDisplayMessage
from schema.requests.face import Face

FACES = (
    Face("displayMessageSet", SetDisplayMessage, "Shows a message on a station's display."),
    Face("displayMessagesGet", GetDisplayMessages, "Asks for the messages a station holds; see its displayMessages."),
    Face("displayMessageClear", ClearDisplayMessage, "Takes a message off a station's display."),
    Face("displayedCostUpdate", CostUpdated, "Tells a station what a running transaction costs so far."),
)
