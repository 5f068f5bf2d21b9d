"""The duty to look again at a bill of which more came after it was written."""

from app.feed import Change
from app.jobs.tools import NoDesk, Tools
from app.operations import corrections
from app.store import operators
from app.store.intake.connection import IngestConnection
from app.store.intake.duties import DueDuty


async def correct_session(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change]:
    """In a transaction of its own as the operator's: done again after a crash, it finds nothing to change."""
    if tools.desk is None:
        raise NoDesk("this process corrects no bills")
    async with tools.desk.database.transaction(duty.operator_key) as own:
        scope = corrections.bills_scope(duty.operator_key, (await operators.own(own)).uuid)
    await corrections.correct(scope=scope, desk=tools.desk, session_key=duty.session_key or 0)
    return []
