"""The duty to pay a driver's tap by the saved card that they prefer."""

from app.feed import Change
from app.jobs.tools import Again, NoDesk, Tools
from app.operations import card_taps
from app.store import operators
from app.store.hold_shelf import payments_scope
from app.store.intake.connection import IngestConnection
from app.store.intake.duties import DueDuty


async def pay_by_card(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change] | Again:
    """In transactions of its own as the operator's: done again after a crash, it finds the hold that it asked for."""
    if tools.desk is None:
        raise NoDesk("this process asks for no holds")
    if not tools.desk.takes_payments:
        return []
    async with tools.desk.database.transaction(duty.operator_key) as own:
        scope = payments_scope(duty.operator_key, (await operators.own(own)).uuid)
    due_at = await card_taps.pay(scope=scope, desk=tools.desk, session_key=duty.session_key or 0)
    return [] if due_at is None else Again([], due_at)
