"""The audit log."""

import re
from datetime import datetime
from uuid import UUID

import orjson
import strawberry

from app.domain.ids import Prefix, public_id
from app.domain.operator import AuditEntry as EntryValue
from schema.scalars import JSON

_PREFIXES = {prefix.name.lower(): prefix for prefix in Prefix}
_REFERENCES = {kind: _PREFIXES[kind] for kind in ("location", "station", "evse", "connector", "session", "member")}


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


# What the field is called in the schema, where that is not its own name in another spelling.
_CALLED = {"disabled": "disabledAt", "permissions": "scopes", "locations": "locationIds"}
_WORD = re.compile(r"_([a-z0-9])")


def _name(name: str) -> str:
    return _CALLED.get(name) or _WORD.sub(lambda found: found.group(1).upper(), name)


def _shown(value: object, kind: str | None = None) -> object:
    """With the names of the schema, however deep; a row's internal key is nobody's business."""
    if isinstance(value, dict):
        return {
            _name(name): _shown(inner, name) for name, inner in value.items() if name != "key" and name[-4:] != "_key"
        }
    if isinstance(value, list):
        return [_shown(inner, kind) for inner in value]
    return _public(value, kind)


def _public(value: object, name: str | None) -> object:
    """Things are named by their public ids."""
    prefix = None if name is None else _REFERENCES.get(name.removesuffix("s").removesuffix("_id"))
    if prefix is None or not isinstance(value, str):
        return value
    try:
        return public_id(prefix, UUID(value))
    except ValueError:
        return value


def _json(text: str | None) -> JSON | None:
    return None if text is None else JSON(_shown(orjson.loads(text)))
