"""Reports of the device model, and the cache of authorisations."""

from app.domain.request.device_model import ClearCache, GetBaseReport, GetReport
from schema.requests.face import Face

FACES = (
    Face("baseReportGet", GetBaseReport, "Asks for a report of the device model; see the station's reports."),
    Face("reportGet", GetReport, "Asks for a report of chosen components; see the station's reports."),
    Face("cacheClear", ClearCache, "Makes a station forget the tokens it has seen."),
)
