"""Making operators: the installation's owner's business, never a caller's of the API."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.ids import Prefix, new_uuid
from app.domain.money import is_currency
from app.domain.operator import Operator
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.operations import texts
from app.operations.desk import Desk, conflict, invalid, refusing
from app.store import audit, operators

_ORGANIZATIONS_MAX = 20


def _currency(code: str) -> str:
    texts.form("currency", code, "currency")
    if not is_currency(code):
        raise invalid(f"{code} is no currency of ISO 4217. Give one such as EUR.", "currency")
    return code


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
        currency=_currency(currency),
    )
    if made is None:
        message = f"{country_code}*{party_id} is an operator already."
        raise Refused(Refusal(ErrorCode.ALREADY_REGISTERED, message, ("partyId",)))
    return made


def _organizations(names: Sequence[str]) -> tuple[str, ...]:
    if len(names) > _ORGANIZATIONS_MAX:
        raise invalid(f"Name at most {_ORGANIZATIONS_MAX} organizations.", "certificateOrganizations")
    return tuple(dict.fromkeys(texts.line(name, "certificateOrganizations") for name in names))


@refusing
async def update(
    *,
    scope: Scope,
    desk: Desk,
    if_version: int,
    name: str | None = None,
    certificate_organizations: Sequence[str] | None = None,
) -> Operator:
    """What is not named stays. Needs access:write. Refuses VERSION_CONFLICT."""
    scope.require(Permission.ACCESS_WRITE)
    async with desk.database.transaction(scope.operator_key) as connection:
        before = await operators.own(connection)
        made = await operators.update(
            connection,
            name=before.name if name is None else texts.line(name, "name"),
            certificate_organizations=before.certificate_organizations
            if certificate_organizations is None
            else _organizations(certificate_organizations),
            if_version=if_version,
        )
        if made is None:
            raise conflict(Prefix.OPERATOR, before.uuid)
        await audit.write(
            connection,
            scope,
            action="operator.updated",
            subject_kind="operator",
            subject_id=made.uuid,
            at=desk.now(),
            before=_said(before),
            after=_said(made),
        )
    return made


def _said(operator: Operator) -> dict[str, object]:
    return {"name": operator.name, "certificate_organizations": list(operator.certificate_organizations)}


async def every(*, privileged_url: str) -> list[Operator]:
    """All operators of the installation."""
    return await operators.every(privileged_url)
