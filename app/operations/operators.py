"""Making operators: the installation's owner's business, never a caller's of the API."""

from datetime import datetime

from app.domain.ids import new_uuid
from app.domain.operator import Operator
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.operations import texts
from app.operations.desk import refusing
from app.store import operators


@refusing
async def create(
    *, privileged_url: str, at: datetime, name: str, country_code: str, party_id: str, currency: str
) -> Operator:
    """``privileged_url`` logs in as the owner or as voltgraph_ingest. Refuses ALREADY_REGISTERED for a known party."""
    made = await operators.create(
        privileged_url,
        uuid=new_uuid(at_ms=int(at.timestamp() * 1000)),
        name=texts.line(name, "name"),
        country_code=texts.form("country", country_code, "countryCode"),
        party_id=texts.form("party", party_id, "partyId"),
        currency=texts.form("currency", currency, "currency"),
    )
    if made is None:
        message = f"{country_code}*{party_id} is an operator already."
        raise Refused(Refusal(ErrorCode.ALREADY_REGISTERED, message, ("partyId",)))
    return made


async def every(*, privileged_url: str) -> list[Operator]:
    """All operators of the installation."""
    return await operators.every(privileged_url)
