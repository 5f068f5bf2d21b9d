"""The audit log."""

from datetime import datetime

import orjson
import strawberry

from app.domain.ids import Prefix, public_id
from app.domain.operator import AuditEntry as EntryValue
from schema.scalars import JSON

_PREFIXES = {prefix.name.lower(): prefix for prefix in Prefix}


@strawberry.type(description="Who changed what.")
class AuditEntry:
    at: datetime = strawberry.field(description="When.")
    actor: str = strawberry.field(description="Who: member:mem_… or token:apt_….")
    action: str = strawberry.field(description="What was done, such as station.updated.")
    subject_id: strawberry.ID | None = strawberry.field(description="To what; see `node`.")
    before: JSON | None = strawberry.field(description="The fields that changed, as they were.")
    after: JSON | None = strawberry.field(description="The fields that changed, as they are.")
    reason: str | None = strawberry.field(description="Why, as the caller said.")

    @classmethod
    def of(cls, value: EntryValue) -> "AuditEntry":
        prefix = _PREFIXES.get(value.subject_kind or "")
        subject = None
        if prefix is not None and value.subject_id is not None:
            subject = strawberry.ID(public_id(prefix, value.subject_id))
        return cls(
            at=value.at,
            actor=value.actor,
            action=value.action,
            subject_id=subject,
            before=_json(value.before),
            after=_json(value.after),
            reason=value.reason,
        )


def _json(text: str | None) -> JSON | None:
    return None if text is None else JSON(orjson.loads(text))
