"""OCPP 2.0.1 and 2.1: the model itself, translated once for both."""

from app.domain.station import OcppVersion
from gateway.dialect import Dialect
from gateway.ocpp2 import answers, device_inbound, inbound, power_inbound, trust_inbound
from gateway.ocpp2.commands import expand, outcome
from gateway.schemas import known_actions

_BLOCKS = (inbound, trust_inbound, device_inbound, power_inbound)
_INBOUND = {action: translate for block in _BLOCKS for action, translate in block.INBOUND.items()}
_ANSWERS = answers.ANSWERS | trust_inbound.ANSWERS | device_inbound.ANSWERS | power_inbound.ANSWERS


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
        sends=device_inbound.SENDS if version is OcppVersion.V21 else {},
    )


OCPP201 = _dialect(OcppVersion.V201)
OCPP21 = _dialect(OcppVersion.V21)
