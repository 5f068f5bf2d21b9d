"""OCPP 2.0.1 and 2.1: the model itself, translated once for both."""

from dataclasses import replace

from app.domain.station import OcppVersion
from gateway.dialect import Dialect
from gateway.ocpp2.answers import ANSWERS
from gateway.ocpp2.commands import expand, outcome
from gateway.ocpp2.inbound import BILLING, INBOUND

OCPP201 = Dialect(
    version=OcppVersion.V201,
    inbound=INBOUND,
    answers=ANSWERS,
    billing=BILLING,
    free_form=frozenset({"DataTransfer"}),
    expand=expand,
    outcome=outcome,
)
OCPP21 = replace(OCPP201, version=OcppVersion.V21)
