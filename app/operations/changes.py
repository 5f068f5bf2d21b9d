"""Which fields a change changed, for the audit log."""

from collections.abc import Mapping

Fields = dict[str, object]


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Fields, Fields]:
    """The fields that differ, as they were and as they are."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}
