"""OCPP 2.0.1 and 2.1: the model itself, translated once for both."""

from app.domain.station import OcppVersion
from gateway.dialect import Dialect
from gateway.ocpp2 import answers, inbound, power_inbound, trust_inbound
from gateway.ocpp2.commands import expand, outcome
from gateway.schemas import known_actions

_INBOUND = {**inbound.INBOUND, **trust_inbound.INBOUND, **power_inbound.INBOUND}
_ANSWERS = {**answers.ANSWERS, **trust_inbound.ANSWERS, **power_inbound.ANSWERS}


def _dialect(version: OcppVersion) -> Dialect:
    """What this version has of the actions that both are served with."""
    known = known_actions(version)
    return Dialect(
        version=version,
        inbound={action: translate for action, translate in _INBOUND.items() if action in known},
        answers={action: render for action, render in _ANSWERS.items() if action in known},
        billing=inbound.BILLING,
        free_form=frozenset({"DataTransfer"}),
        expand=expand,
        outcome=outcome,
    )


OCPP201 = _dialect(OcppVersion.V201)
OCPP21 = _dialect(OcppVersion.V21)
