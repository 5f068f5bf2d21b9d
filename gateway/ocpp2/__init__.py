"""OCPP 2.0.1 and 2.1: the model itself, translated once for both."""

from dataclasses import replace

from app.domain.station import OcppVersion
from gateway.dialect import Dialect
from gateway.ocpp2 import device_inbound
from gateway.ocpp2.answers import ANSWERS
from gateway.ocpp2.commands import expand, outcome
from gateway.ocpp2.inbound import BILLING, INBOUND

OCPP201 = Dialect(
    version=OcppVersion.V201,
    inbound={**INBOUND, **device_inbound.INBOUND},
    answers={**ANSWERS, **device_inbound.ANSWERS},
    billing=BILLING,
    free_form=frozenset({"DataTransfer"}),
    expand=expand,
    outcome=outcome,
)
OCPP21 = replace(
    OCPP201,
    version=OcppVersion.V21,
    inbound={**OCPP201.inbound, **device_inbound.STREAMS_INBOUND},
    answers={**OCPP201.answers, **device_inbound.STREAMS_ANSWERS},
    sends=device_inbound.SENDS,
)
