"""Reconciliation on demand, and its corrections."""

from datetime import date
from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.operations import mismatches, reconciliation
from schema import ids
from schema.context import Info
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.mismatch import Mismatch
from schema.mutations import OptionsArgument
from schema.payloads import outcome
from schema.scalars import Long

_ERRORS = "Why it was not done; empty when it was."


@strawberry.type(description="A day that was reconciled.")
class ReconciliationPayload:
    open: int | None = strawberry.field(default=None, description="How many mismatches of the day are open now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A mismatch that was resolved.")
class MismatchPayload:
    mismatch: Mismatch | None = strawberry.field(default=None, description="As it is now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="Reconciling.")
class MismatchMutation:
    @mutation(
        "Holds a day's sessions against records, captures, repayments, documents and books; it runs every night by "
        "itself. Needs payments:write and access to every location."
    )
    async def reconciliation_run(
        self,
        info: Info,
        day: Annotated[date, strawberry.argument(description="In the time zone of the first location.")],
    ) -> ReconciliationPayload:
        context = info.context
        made = await outcome(lambda: reconciliation.run(scope=context.scope, desk=context.house.desk, day=day))
        return (
            ReconciliationPayload(errors=[user_error(made)])
            if isinstance(made, Refusal)
            else ReconciliationPayload(open=made)
        )

    @mutation(
        "Does the one correction that a mismatch names, or accepts it as it is. What is still wrong is found again by "
        "the next run. Needs payments:write and access to every location."
    )
    async def mismatch_resolve(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which mismatch.")],
        options: OptionsArgument,
        energy_wh: Annotated[
            Long | None, strawberry.argument(description="What flowed, in Wh, where the meter cannot say.")
        ] = None,
        accept: Annotated[
            bool, strawberry.argument(description="It is right as it is; `options.reason` says why.")
        ] = False,
    ) -> MismatchPayload:
        context = info.context
        made = await outcome(
            lambda: mismatches.resolve(
                scope=context.scope,
                desk=context.house.desk,
                mismatch_id=ids.read(Prefix.MISMATCH, id, "id"),
                how=mismatches.How(None if energy_wh is None else int(energy_wh), accept),
                options=options.value(),
            )
        )
        return (
            MismatchPayload(errors=[user_error(made)])
            if isinstance(made, Refusal)
            else MismatchPayload(mismatch=Mismatch.of(made))
        )
