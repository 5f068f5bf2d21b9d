"""Where a tariff applies, needs tariffs:write: everywhere, at a location or an EVSE, for one group of tokens or all."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.filter import TariffFilter
from app.domain.ids import Prefix
from app.domain.page import PageRequest
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.domain.tariff import (
    Tariff,
    TariffAssignment,
)
from app.operations import texts
from app.operations.desk import Desk, invalid, not_found, refusing
from app.store import audit, locations, stations, tariffs


@dataclass(frozen=True, slots=True)
class AssignmentDraft:
    """Where a code applies: an EVSE, a location, or (neither) everywhere; to one token group, or to all tokens."""

    code: str
    location_id: UUID | None = None
    evse_id: UUID | None = None
    token_group_id: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@refusing
async def assign(*, scope: Scope, desk: Desk, draft: AssignmentDraft) -> Tariff:
    """Returns the newest version of the code; what is assigned already stays as it is.

    Refuses NOT_FOUND, and FORBIDDEN outside the caller's locations.
    """
    scope.require(Permission.TARIFFS_WRITE)
    now = desk.now()
    if draft.valid_from is not None and draft.valid_from < now:
        raise invalid("A price is never changed backwards. Assign it from now on.", "from")
    if scope.location_keys is not None and draft.location_id is None and draft.evse_id is None:
        message = "Prices of the whole operator are set by callers with access to every location."
        raise Refused(Refusal(ErrorCode.FORBIDDEN, message))
    async with desk.database.transaction(scope.operator_key) as connection:
        newest = await tariffs.search(connection, TariffFilter(codes=(draft.code,)), PageRequest(first=1))
        if not newest.items:
            raise Refused(Refusal(ErrorCode.NOT_FOUND, f"No tariff has the code {draft.code!r}.", ("code",)))
        location_key = evse_key = None
        if draft.location_id is not None:
            place = (await locations.by_ids(connection, scope, (draft.location_id,))).get(draft.location_id)
            if place is None:
                raise not_found(Prefix.LOCATION, draft.location_id, "locationId")
            location_key = place.key
        if draft.evse_id is not None:
            owners = await stations.having(connection, scope, evse_ids=(draft.evse_id,))
            if not owners:
                raise not_found(Prefix.EVSE, draft.evse_id, "evseId")
            evse_key = next(evse.key for evse in owners[0].evses if evse.uuid == draft.evse_id)
            if location_key not in (None, owners[0].location_key):
                raise invalid("The EVSE is at another location. Name one of the two.", "evseId")
            location_key = owners[0].location_key
        group = texts.optional_line(draft.token_group_id, "tokenGroupId", longest=36)
        begins = draft.valid_from or now
        if draft.valid_until is not None and draft.valid_until <= begins:
            raise invalid("It ends before it begins. Choose a later end, or none.", "until")
        assignment = TariffAssignment(
            draft.code, location_key, evse_key, group, begins, draft.valid_until, uuid=desk.new_uuid()
        )
        if await tariffs.is_assigned(connection, assignment):
            return newest.items[0]
        await tariffs.assign(connection, scope.operator_key, assignment)
        await audit.write(
            connection,
            scope,
            action="tariff.assigned",
            subject_kind="tariff",
            subject_id=newest.items[0].uuid,
            at=now,
            after={
                "code": draft.code,
                "location_id": draft.location_id,
                "evse_id": draft.evse_id,
                "token_group_id": group,
                "from": begins,
                "until": draft.valid_until,
            },
            location_key=location_key,
        )
    return newest.items[0]


@refusing
async def unassign(*, scope: Scope, desk: Desk, assignment_id: UUID, until: datetime | None) -> Tariff:
    """Ends an assignment, now by default; returns its code's newest version. Refuses what has ended before then."""
    scope.require(Permission.TARIFFS_WRITE)
    now = desk.now()
    if until is not None and until < now:
        raise invalid("A price is never changed backwards. End it from now on.", "until")
    async with desk.database.transaction(scope.operator_key) as connection:
        found = await tariffs.assignment(connection, assignment_id)
        if found is None or not _within(scope, found):
            raise not_found(Prefix.TARIFF_ASSIGNMENT, assignment_id, "id")
        if not await tariffs.end_assignment(connection, assignment_id, until or now):
            raise invalid("This assignment has ended before then. There is nothing to do.", "id")
        newest = await tariffs.search(connection, TariffFilter(codes=(found.code,)), PageRequest(first=1))
        await audit.write(
            connection,
            scope,
            action="tariff.unassigned",
            subject_kind="tariff",
            subject_id=newest.items[0].uuid,
            at=now,
            before={"code": found.code, "from": found.valid_from, "until": found.valid_until},
            after={"code": found.code, "from": found.valid_from, "until": until or now},
            location_key=found.location_key,
        )
    return newest.items[0]


def _within(scope: Scope, assignment: TariffAssignment) -> bool:
    """Raises FORBIDDEN for what concerns the whole operator, which everybody may read of."""
    if scope.location_keys is None or assignment.location_key in scope.location_keys:
        return True
    if assignment.location_key is None:
        message = "Prices of the whole operator are set by callers with access to every location."
        raise Refused(Refusal(ErrorCode.FORBIDDEN, message))
    return False
