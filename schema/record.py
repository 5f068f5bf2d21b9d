"""A session's record: what the station itself says of it."""

from typing import TYPE_CHECKING, Any

import strawberry

from app.domain import record, signed_meter
from schema.context import Info
from schema.field import resolved
from schema.requests.outputs import output_type

# A published type shows the domain's own values: to the type checker they are the same.
if TYPE_CHECKING:
    from app.domain.record import TransactionStatus
    from app.domain.signed_meter import SignedMeter
else:
    TransactionStatus = output_type(record.TransactionStatus)
    SignedMeter = output_type(signed_meter.SignedMeter)


@strawberry.type(description="The record of a session.")
class SessionRecordFields:
    value: strawberry.Private[Any]

    @resolved("What the station said when it was last asked about the transaction; null when it never was.")
    async def transaction_status(self, info: Info) -> TransactionStatus | None:
        return await info.context.loaders.transaction_status.load(self.value.key)

    @resolved("What its meter signed; null when it signed nothing.")
    async def signed_meter(self, info: Info) -> SignedMeter | None:
        return await info.context.loaders.signed_meter.load(self.value.key)
