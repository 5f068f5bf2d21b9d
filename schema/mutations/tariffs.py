"""Setting prices: drafted, changed, published, assigned, ended, retired."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.domain.ids import Prefix
from app.domain.refusal import Refusal
from app.domain.tariff import Tariff as TariffValue
from app.operations import tariff_assignments, tariffs
from app.operations.tariff_assignments import AssignmentDraft
from schema import ids
from schema.context import Info
from schema.errors import user_error
from schema.field import mutation
from schema.mutations import IfVersion, OptionsArgument
from schema.payloads import TariffPayload, outcome
from schema.tariff import Tariff
from schema.tariff_input import TariffInput

TariffId = Annotated[strawberry.ID, strawberry.argument(description="Which version.")]
TariffArgument = Annotated[TariffInput, strawberry.argument(description="What it is like.")]


def _payload(made: TariffValue | Refusal, *, warned: bool = False) -> TariffPayload:
    if isinstance(made, Refusal):
        return TariffPayload(errors=[user_error(made)])
    return TariffPayload(tariff=Tariff.of(made), warnings=tariffs.oddities(made) if warned else [])


@strawberry.type(description="Setting prices.")
class TariffMutation:
    @mutation("Drafts the next version of a tariff. Needs tariffs:write.")
    async def tariff_create(
        self,
        info: Info,
        input: TariffArgument,
        options: OptionsArgument,
    ) -> TariffPayload:
        context = info.context
        made = await outcome(
            lambda: tariffs.create(
                scope=context.scope, desk=context.house.desk, draft=input.value(), options=options.value()
            )
        )
        return _payload(made, warned=True)

    @mutation("Replaces what a draft says; a published version never changes. Needs tariffs:write.")
    async def tariff_update(
        self, info: Info, id: TariffId, if_version: IfVersion, input: TariffArgument
    ) -> TariffPayload:
        context = info.context
        made = await outcome(
            lambda: tariffs.update(
                scope=context.scope,
                desk=context.house.desk,
                tariff_id=ids.read(Prefix.TARIFF, id, "id"),
                if_version=if_version,
                draft=input.value(),
            )
        )
        return _payload(made, warned=True)

    @mutation("Lets no session begin with a version from now on, nor with the one before it. Needs tariffs:write.")
    async def tariff_retire(self, info: Info, id: TariffId, options: OptionsArgument) -> TariffPayload:
        context = info.context
        made = await outcome(
            lambda: tariffs.retire(
                scope=context.scope,
                desk=context.house.desk,
                tariff_id=ids.read(Prefix.TARIFF, id, "id"),
                options=options.value(),
            )
        )
        return _payload(made)

    @mutation("Makes a draft immutable and valid from a moment, now by default. Needs tariffs:write.")
    async def tariff_publish(
        self,
        info: Info,
        id: TariffId,
        options: OptionsArgument,
        valid_from: Annotated[datetime | None, strawberry.argument(description="Not in the past.")] = None,
    ) -> TariffPayload:
        context = info.context
        made = await outcome(
            lambda: tariffs.publish(
                scope=context.scope,
                desk=context.house.desk,
                tariff_id=ids.read(Prefix.TARIFF, id, "id"),
                valid_from=valid_from,
                options=options.value(),
            )
        )
        return _payload(made)

    @mutation("Lets a tariff's versions apply somewhere: an EVSE, a location, or everywhere. Needs tariffs:write.")
    async def tariff_assign(
        self,
        info: Info,
        *,
        code: Annotated[str, strawberry.argument(description="Whose versions.")],
        location_id: Annotated[strawberry.ID | None, strawberry.argument(description="At this location.")] = None,
        evse_id: Annotated[strawberry.ID | None, strawberry.argument(description="At this EVSE.")] = None,
        token_group_id: Annotated[str | None, strawberry.argument(description="For tokens of this group.")] = None,
        from_: Annotated[
            datetime | None, strawberry.argument(name="from", description="Since when, now by default.")
        ] = None,
        until: Annotated[datetime | None, strawberry.argument(description="Until when, exclusive; null: on.")] = None,
    ) -> TariffPayload:
        context = info.context
        made = await outcome(
            lambda: tariff_assignments.assign(
                scope=context.scope,
                desk=context.house.desk,
                draft=AssignmentDraft(
                    code,
                    ids.read_optional(Prefix.LOCATION, location_id, "locationId"),
                    ids.read_optional(Prefix.EVSE, evse_id, "evseId"),
                    token_group_id,
                    from_,
                    until,
                ),
            )
        )
        return _payload(made)

    @mutation("Ends an assignment, now by default; what began before keeps its price. Needs tariffs:write.")
    async def tariff_unassign(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Which assignment.")],
        until: Annotated[datetime | None, strawberry.argument(description="Until when; not in the past.")] = None,
    ) -> TariffPayload:
        context = info.context
        made = await outcome(
            lambda: tariff_assignments.unassign(
                scope=context.scope,
                desk=context.house.desk,
                assignment_id=ids.read(Prefix.TARIFF_ASSIGNMENT, id, "id"),
                until=until,
            )
        )
        return _payload(made)
