"""OCPP 1.6J: a dialect that ends here."""

from app.domain.station import OcppVersion
from gateway.dialect import Dialect
from gateway.ocpp16 import answers, device_requests, inbound, power_requests, trust_inbound, trust_requests
from gateway.ocpp16.commands import expand, outcome

__all__ = ["OCPP16", "device_requests", "power_requests", "trust_requests"]

OCPP16 = Dialect(
    version=OcppVersion.V16,
    inbound={**inbound.INBOUND, **trust_inbound.INBOUND},
    answers={**answers.ANSWERS, **trust_inbound.ANSWERS},
    billing=inbound.BILLING,
    free_form=frozenset(),
    expand=expand,
    outcome=outcome,
)
