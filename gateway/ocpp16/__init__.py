"""OCPP 1.6J: a dialect that ends here."""

from app.domain.station import OcppVersion
from gateway.dialect import Dialect
from gateway.ocpp16 import device_requests  # noqa: F401 - registers how they are said
from gateway.ocpp16.answers import ANSWERS
from gateway.ocpp16.commands import expand, outcome
from gateway.ocpp16.inbound import BILLING, INBOUND

OCPP16 = Dialect(
    version=OcppVersion.V16,
    inbound=INBOUND,
    answers=ANSWERS,
    billing=BILLING,
    free_form=frozenset(),
    expand=expand,
    outcome=outcome,
)
