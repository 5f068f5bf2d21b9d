"""Relay connections over keyset pages; what costs extra (cursors, the count) is made only when selected."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Generic, TypeVar

import strawberry

from app.domain.page import FIRST_MAX, Page, PageRequest, Position
from app.domain.refusal import ErrorCode, Refusal, Refused
from schema.context import Context
from schema.field import resolved
from schema.scalars import Cursor

T = TypeVar("T")
V = TypeVar("V")

First = Annotated[int, strawberry.argument(description="How many, 1 to 200.")]
After = Annotated[Cursor | None, strawberry.argument(description="Continue after this place.")]


@strawberry.interface(description="Anything with an id of its own; see `node`.")
class Node:
    id: strawberry.ID = strawberry.field(description="Typed prefix and sortable body, the same at every door.")


@strawberry.type(description="Where a page begins and ends.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page began after a cursor.")
    start_cursor: Cursor | None = strawberry.field(description="The first entry's place.")
    end_cursor: Cursor | None = strawberry.field(description="The last entry's place: `after` of the next page.")


@strawberry.type(description="An entry with its place in the list.")
class Edge(Generic[T]):
    cursor: Cursor = strawberry.field(description="The entry's place.")
    node: T = strawberry.field(description="The entry.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    nodes: list[T] = strawberry.field(description="The entries.")
    positions: strawberry.Private[tuple[Position, ...]]
    has_next: strawberry.Private[bool]
    has_previous: strawberry.Private[bool]
    seal: strawberry.Private[Callable[[Position], Cursor]]
    count: strawberry.Private[Callable[[], Awaitable[int | None]]]

    @resolved("The entries with their places.")
    def edges(self) -> list[Edge[T]]:
        return [
            Edge(cursor=self.seal(place), node=node) for place, node in zip(self.positions, self.nodes, strict=True)
        ]

    @resolved("Where the page begins and ends.")
    def page_info(self) -> PageInfo:
        places = self.positions
        return PageInfo(
            has_next_page=self.has_next,
            has_previous_page=self.has_previous,
            start_cursor=self.seal(places[0]) if places else None,
            end_cursor=self.seal(places[-1]) if places else None,
        )

    @resolved("How many entries the whole list has; null above 10,000.")
    async def total_count(self) -> int | None:
        return await self.count()


async def connection(
    context: Context,
    *,
    binding: str,
    first: int,
    after: str | None,
    read: Callable[[PageRequest], Awaitable[Page[V]]],
    show: Callable[[V], T],
    most: int = FIRST_MAX,
) -> Connection[T]:
    """A page of ``read``; ``binding`` names list, filter and order. Raises INVALID_INPUT for a bad page."""
    if not 1 <= first <= most:
        raise Refused(Refusal(ErrorCode.INVALID_INPUT, f"first lies between 1 and {most}.", ("first",)))
    bound = f"{context.scope.operator_key}:{binding}"
    seal = context.house.cursors
    page = await read(PageRequest(first, None if after is None else seal.open(bound, after)))

    async def count() -> int | None:
        return (await read(PageRequest(1, with_total=True))).total

    return Connection(
        nodes=[show(item) for item in page.items],
        positions=page.positions,
        has_next=page.has_next,
        has_previous=after is not None,
        seal=lambda position: seal.seal(bound, position),
        count=count,
    )
