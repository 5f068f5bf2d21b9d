"""What people do about a dispute: answer it with all that is known, or give in."""

from uuid import UUID

from app.domain.dispute import Dispute, DisputeStatus, DisputeWish
from app.domain.ids import Prefix, public_id
from app.domain.refusal import ErrorCode, Refusal, Refused
from app.domain.scope import Permission, Scope
from app.operations.desk import Desk, Options, not_found, once, refusing
from app.operations.drivers import require_whole_operator
from app.store import audit, disputes

_MAY_ANSWER = frozenset({DisputeStatus.INQUIRY, DisputeStatus.NEEDS_RESPONSE})


@refusing
async def want(*, scope: Scope, desk: Desk, dispute_id: UUID, wish: DisputeWish, options: Options) -> Dispute:
    """Written down, and done at the provider within the minute. Refuses NOT_FOUND and DISPUTE_CLOSED."""
    require_whole_operator(scope, Permission.PAYMENTS_WRITE)
    mutation = "disputeAccept" if wish is DisputeWish.ACCEPT else "disputeEvidenceSubmit"
    async with desk.database.transaction(scope.operator_key) as connection:
        earlier = await once(
            connection, scope, options, mutation=mutation, values={"dispute": dispute_id}, subject_kind="dispute",
            subject_id=dispute_id,
        )  # fmt: skip
        found = await disputes.by_id(connection, dispute_id, locked=True)
        if found is None:
            raise not_found(Prefix.DISPUTE, dispute_id, "id")
        if earlier is not None:
            return found
        if found.facts.status not in _MAY_ANSWER or found.wish is DisputeWish.ACCEPT:
            message = (
                f"The dispute is {found.facts.status}: nothing more can be said. Read it again to see the outcome."
            )
            subject = public_id(Prefix.DISPUTE, dispute_id)
            raise Refused(Refusal(ErrorCode.DISPUTE_CLOSED, message, ("id",), subject))
        await disputes.wish(connection, found, wish, desk.now())
        await audit.write(
            connection, scope, action=f"dispute.{wish.value.lower()}_requested", subject_kind="dispute",
            subject_id=dispute_id, at=desk.now(), reason=options.reason,
        )  # fmt: skip
        after = await disputes.by_id(connection, dispute_id)
    assert after is not None
    return after
