"""What a call of a station says, in the words of its dialect."""

from datetime import datetime

from app.domain.event import StationEvent, TransactionReported
from gateway.allowances import SPOKE_16, Allowances, adapted, sounds_like_16
from gateway.dialect import Dialect
from gateway.rpc import Call, Fault
from gateway.schemas import Direction, known_actions, validator
from gateway.tolerance import OTHER_TWICE, Problems, repair, too_deep


def understood(
    call: Call, dialect: Dialect, allowances: Allowances, at: datetime, problems: Problems
) -> StationEvent | tuple[Fault, str]:
    """The fact, or why the call is refused. A billing message never is for its content, as long as it has any."""
    action, version = call.action, dialect.version
    translate = dialect.inbound.get(action)
    if translate is None:
        _suspect_16(call, dialect, problems)
        if action in known_actions(version):
            return Fault.NOT_SUPPORTED, "this action is not served here"
        return Fault.NOT_IMPLEMENTED, "no action of this OCPP version"
    salvage = action in dialect.billing
    if OTHER_TWICE in problems and not salvage:
        return Fault.FORMAT, "a field is named twice"
    schema = validator(version, action, Direction.REQUEST)
    valid = schema.is_valid(call.payload)
    # A payload that its schema describes completely cannot be deep; orjson has refused depths beyond 1,024.
    if (not valid or action in dialect.free_form) and too_deep(call.payload):
        return Fault.FORMAT, "nested too deeply"
    if not valid:
        _suspect_16(call, dialect, problems)
        left = repair(call.payload, schema, problems, salvage=salvage)
        if not salvage and left.structural is not None:
            return Fault.TYPE, f"wrong type: {left.structural}"
        if not salvage and left.missing is not None:
            return Fault.MISSING, f"missing: {left.missing}"
    event = translate(call.payload, at, problems)
    if not valid and isinstance(event, TransactionReported) and event.says_nothing:
        return Fault.MISSING, f"missing: {left.missing or left.structural or 'what, where and who'}"
    return adapted(event, allowances.allowed, problems) if allowances.allowed else event


def _suspect_16(call: Call, dialect: Dialect, problems: Problems) -> None:
    """Notes 1.6's words on a newer socket first, where no longer list of complaints can crowd it out."""
    if sounds_like_16(dialect.version, call.action, call.payload):
        problems.note(SPOKE_16)
