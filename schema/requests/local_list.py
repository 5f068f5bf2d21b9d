"""Local authorisation lists."""

from app.domain.request.local_list import GetLocalListVersion, SendLocalList
from schema.requests.face import Face

FACES = (
    Face("localListSend", SendLocalList, "Sends a local authorisation list exactly as given."),
    Face("localListVersionGet", GetLocalListVersion, "Asks which version of the local list a station holds."),
)
