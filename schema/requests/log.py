"""Logs, sent to an address of the caller's; `logFetch` has them sent here."""

from app.domain.request.log import GetDiagnostics, GetLog
from schema.requests.face import Face

FACES = (
    Face("logSend", GetLog, "Makes a station upload a log to an address you give."),
    Face("diagnosticsSend", GetDiagnostics, "Makes a 1.6 station upload its diagnostics to an address you give."),
)
