"""Bills: corrected on a person's word."""

from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.operations import corrections
from schema import ids
from schema.cdr import Cdr
from schema.context import Info
from schema.errors import UserError, user_error
from schema.field import mutation
from schema.mutations import OptionsArgument
from schema.payloads import outcome
from schema.scalars import Long
from schema.session import Session

_ERRORS = "Why it was not done; empty when it was."


@strawberry.type(description="A session that was billed.")
class SessionPayload:
    session: Session | None = strawberry.field(default=None, description="As it is now.")
    cdr: Cdr | None = strawberry.field(default=None, description="The record that counts now.")
    errors: list[UserError] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="Correcting bills.")
class BillMutation:
    @mutation(
        "Bills a session anew: by another tariff version of the same currency, by another energy, or, for one that "
        "awaits a review, as it is. The old record is credited; what was captured too much is repaid. "
        "Needs payments:write."
    )
    async def session_rerate(
        self,
        info: Info,
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which session.")],
        options: OptionsArgument,
        tariff_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="By this published version; else by its own.")
        ] = None,
        energy_wh: Annotated[
            Long | None, strawberry.argument(description="The energy that is right, in Wh; else what the meter says.")
        ] = None,
    ) -> SessionPayload:
        context = info.context
        made = await outcome(
            lambda: corrections.rerate(
                scope=context.scope,
                desk=context.house.desk,
                session_id=ids.read(Prefix.SESSION, id, "id"),
                tariff_id=ids.read_optional(Prefix.TARIFF, tariff_id, "tariffId"),
                energy_wh=None if energy_wh is None else int(energy_wh),
                options=options.value(),
            )
        )
        if isinstance(made, Refusal):
            return SessionPayload(errors=[user_error(made)])
        return SessionPayload(session=Session.of(made.session), cdr=None if made.cdr is None else Cdr.of(made.cdr))
