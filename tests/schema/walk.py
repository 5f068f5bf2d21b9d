"""Documents that ask for everything of a schema, so that a law can look at all that an answer may hold."""

from collections import Counter, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

_DEEP = 8
# Everywhere a type is met, all that it says of itself is asked; its relations are followed from the nearest few of
# these places. Asking every path would be thousands of times the same resolvers.
_FOLLOWED_FROM = 3


@dataclass
class _Place:
    """Where a type is met: the fields asked there, and those of them that lead on."""

    kind: GraphQLOutputType
    above: frozenset[str] = frozenset()
    fields: list[str] = field(default_factory=list)
    onward: "dict[str, _Place]" = field(default_factory=dict)

    def text(self) -> str:
        if is_leaf_type(get_named_type(self.kind)):
            return ""
        parts = [*self.fields, *(f"{name} {place.text()}" for name, place in self.onward.items())]
        return "{ __typename " + " ".join(parts) + " }"


def selection(schema: GraphQLSchema, kind: GraphQLOutputType, deep: int = _DEEP) -> str:
    """A selection of every field below one kind, its relations followed once."""
    return walks(schema, {"": kind}, deep=deep, followed_from=1)[""]


def walks(
    schema: GraphQLSchema,
    kinds: Mapping[str, GraphQLOutputType],
    last: Collection[str] = (),
    *,
    deep: int = _DEEP,
    followed_from: int = _FOLLOWED_FROM,
) -> dict[str, str]:
    """A selection of every field for each kind; what several share is followed from those that are not ``last``."""
    followed: Counter[str] = Counter()
    places = {name: _Place(kind) for name, kind in kinds.items()}
    ahead = deque(places[name] for name in sorted(places, key=lambda name: name in last))
    while ahead:
        place = ahead.popleft()
        _look(schema, place, followed, (deep, followed_from))
        ahead.extend(place.onward.values())
    return {name: place.text() for name, place in places.items()}


def _look(schema: GraphQLSchema, place: _Place, followed: Counter[str], most: tuple[int, int]) -> None:
    named = get_named_type(place.kind)
    if isinstance(named, GraphQLInterfaceType):
        place.onward = {f"... on {one.name}": _Place(one, place.above) for one in schema.get_possible_types(named)}
    if not isinstance(named, GraphQLObjectType):
        return
    follow = _follows(named, place, followed, most)
    for name, shown in named.fields.items():
        if any(is_required_argument(argument) for argument in shown.args.values()):
            continue
        # Fields of different types may share a name; in a union of everything they need different ones.
        aliased = f"{named.name}_{name}: {name}"
        if is_leaf_type(get_named_type(shown.type)):
            place.fields.append(aliased)
        elif follow:
            place.onward[aliased] = _Place(shown.type, place.above | {named.name})


def _follows(named: GraphQLObjectType, place: _Place, followed: Counter[str], most: tuple[int, int]) -> bool:
    if named.name.endswith(("Connection", "Edge")):
        return True
    if named.name in place.above or len(place.above) >= most[0] or followed[named.name] >= most[1]:
        return False
    followed[named.name] += 1
    return True
