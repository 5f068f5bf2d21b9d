"""The duty to issue the documents that a session owes."""

from datetime import timedelta

from app.domain.document import Waits
from app.feed import Change
from app.jobs.tools import NoDesk, NotYet, Tools
from app.operations import corrections, papers
from app.store import operators
from app.store.intake.connection import IngestConnection
from app.store.intake.duties import DueDuty

_PATIENCE = timedelta(hours=1)  # who says what is missing wakes it at once


async def issue_document(connection: IngestConnection, duty: DueDuty, tools: Tools) -> list[Change]:
    """In a transaction of its own as the operator's: done again after a crash, it finds nothing owed."""
    if tools.desk is None:
        raise NoDesk("this process issues no documents")
    async with tools.desk.database.transaction(duty.operator_key) as own:
        scope = corrections.bills_scope(duty.operator_key, (await operators.own(own)).uuid)
    try:
        await papers.issue_owed(scope=scope, desk=tools.desk, session_key=duty.session_key or 0)
    except Waits:
        raise NotYet(tools.clock() + _PATIENCE) from None
    return []
