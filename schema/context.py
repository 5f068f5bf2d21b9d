"""What every resolver is given: who asks, by what means, and the loaders of this execution."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import strawberry

from app.domain.scope import Permission, Scope
from app.operations.desk import Desk
from app.queries import Database
from schema.cursors import CursorSeal
from schema.errors import unauthenticated
from schema.limits import Buckets
from schema.loaders import Loaders
from schema.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class House:
    """What all executions of this process share."""

    desk: Desk
    settings: ApiSettings
    cursors: CursorSeal
    buckets: Buckets
    sign_ins: Buckets
    visits: Buckets


def make_house(desk: Desk, settings: ApiSettings) -> House:
    """The house of one process; buckets are this process's own."""
    return House(
        desk,
        settings,
        CursorSeal(settings.secret),
        Buckets(settings.bucket_size, settings.bucket_restore_per_s),
        Buckets(settings.sign_ins_per_minute, settings.sign_ins_per_minute / 60),
        Buckets(settings.visits_per_minute, settings.visits_per_minute / 60),
    )


@dataclass
class Context:
    """One execution. ``available`` is what its caller may still spend; ``plan`` takes what a subscription wants.

    ``shared`` gives the loaders of other executions with the same rights. ``beyond_visit`` is what is asked for
    that needs a token, where nobody is known to ask: empty where everybody may ask it all.
    """

    house: House
    caller: Scope | None
    trace_id: str = ""
    client: str = ""
    available: float = 0.0
    plan: list[object] = field(default_factory=list)
    shared: Callable[[], Loaders] | None = None
    beyond_visit: str | None = None

    @property
    def is_visit(self) -> bool:
        return self.beyond_visit == ""

    @property
    def scope(self) -> Scope:
        """The caller's rights; raises UNAUTHENTICATED when there is no caller."""
        if self.caller is None:
            raise unauthenticated()
        return self.caller

    @property
    def database(self) -> Database:
        return self.house.desk.database

    @cached_property
    def loaders(self) -> Loaders:
        return Loaders(self.scope, self.database) if self.shared is None else self.shared()

    def may(self, permission: Permission) -> bool:
        return self.scope.may(permission)


Info = strawberry.Info[Context, None]
