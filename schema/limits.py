"""Limits on what one document may ask and one caller may spend: depth, aliases, tokens, and a cost known beforehand.

A field of objects costs one, a list its multiplier times what is below, so the cost is an upper bound of the objects
that may be made. It is compiled once a document; variables are put in once a request.
"""

import time
from collections import Counter, OrderedDict
from dataclasses import dataclass

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
)
from graphql.type import GraphQLNonNull

from schema.scalars import Long
from schema.settings import ApiSettings

# Lists without a `first`: what is usual, not what is possible.
_LIST_SIZE = {"evses": 3, "connectors": 2, "components": 3, "elements": 2, "steps": 6}
_OTHER_LIST = 10
_ENTRIES = frozenset({"nodes", "edges"})
_UPDATE_LISTS = frozenset({"stations", "sessions", "commands"})
_MUTATION_COST = 20  # a transaction with its audit entry
_SIGN_IN_COST = 500  # argon2
_SIGN_INS = frozenset({"memberSignIn", "invitationAccept"})
_FIRST_WHEN_UNKNOWN = 200

# How many entries a list has: a number or a variable's name, and what the variable is by default.
Many = tuple[int | str, int]
# A compiled cost: a fixed part, then (multiplier or variable name, its default, cost below).
Cost = tuple[int, tuple[tuple[int | str, int, "Cost"], ...]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document's operations ask: depth and aliases of the worst, and the cost of each by name."""

    depth: int
    aliases: int
    costs: dict[str | None, Cost]


class TooManySelections(Exception):
    """With its fragments put in, the document selects more than anybody reads."""


class _Walk:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode, most: int) -> None:
        self.schema = schema
        self.most = most
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self.aliases = 0
        self.deepest = 0
        self.visited = 0
        self.defaults: dict[str, int] = {}

    def operation(self, node: OperationDefinitionNode) -> Cost:
        self.defaults = {
            definition.variable.name.value: int(definition.default_value.value)
            for definition in node.variable_definitions or ()
            if isinstance(definition.default_value, IntValueNode)
        }
        root = self.schema.get_root_type(node.operation)
        assert root is not None  # validation has seen to it
        fixed, below = self.selections(node.selection_set, root, 1)
        if node.operation is OperationType.MUTATION:
            for field in node.selection_set.selections:
                sign_in = isinstance(field, FieldNode) and field.name.value in _SIGN_INS
                fixed += _SIGN_IN_COST if sign_in else _MUTATION_COST
        return fixed, below

    def selections(self, chosen: SelectionSetNode, parent: object, depth: int, many: Many | None = None) -> Cost:
        fixed = 0
        below: list[tuple[int | str, int, Cost]] = []
        self.visited += len(chosen.selections)
        if self.visited > self.most:
            raise TooManySelections
        for node in chosen.selections:
            if isinstance(node, FieldNode):
                cost = self.field(node, parent, depth, many)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                inner: object = self.schema.get_type(fragment.type_condition.name.value)
                cost = self.selections(fragment.selection_set, inner, depth, many)
            else:
                assert isinstance(node, InlineFragmentNode)
                condition = node.type_condition
                inner = parent if condition is None else self.schema.get_type(condition.name.value)
                cost = self.selections(node.selection_set, inner, depth, many)
            fixed += cost[0]
            below += cost[1]
        return fixed, tuple(below)

    def field(self, node: FieldNode, parent: object, depth: int, many: Many | None) -> Cost:
        """``many`` is how many entries the connection has whose field this is."""
        if node.alias is not None:
            self.aliases += 1
        name = node.name.value
        if name.startswith("__") or not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return 0, ()  # introspection has its own shape, and the schema is no secret
        self.deepest = max(self.deepest, depth)
        if node.selection_set is None:
            return 0, ()
        definition = parent.fields[name]
        below: Many | None = None
        if "first" in definition.args:
            default = definition.args["first"].default_value
            below = self.first(node, default if isinstance(default, int) else 50)
        inner = self.selections(node.selection_set, get_named_type(definition.type), depth + 1, below)
        if many is not None and name in _ENTRIES:
            return 0, ((*many, _plus_one(inner)),)
        kind = definition.type.of_type if isinstance(definition.type, GraphQLNonNull) else definition.type
        if is_list_type(kind):
            size = 1 if name in _UPDATE_LISTS and parent.name.endswith("Updates") else _LIST_SIZE.get(name, _OTHER_LIST)
            return 0, ((size, size, _plus_one(inner)),)
        return 1 + inner[0], inner[1]

    def first(self, node: FieldNode, default: int) -> Many:
        given = next((argument.value for argument in node.arguments or () if argument.name.value == "first"), None)
        if isinstance(given, IntValueNode):
            return int(given.value), default
        if isinstance(given, VariableNode):
            name = given.name.value
            return name, self.defaults.get(name, default)
        return default, default


def crowding(document: DocumentNode) -> tuple[int, int]:
    """Fragments and their uses, and pairs of selections with one name in one place; in linear time."""
    fragments = repeats = 0
    sets: list[SelectionSetNode] = []
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            fragments += 1
        if isinstance(definition, FragmentDefinitionNode | OperationDefinitionNode):
            sets.append(definition.selection_set)
    while sets:
        names: Counter[str] = Counter()
        for selection in sets.pop().selections:
            if isinstance(selection, FieldNode):
                names[(selection.alias or selection.name).value] += 1
            else:
                fragments += 1
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set is not None:
                sets.append(selection.selection_set)
        repeats += sum(count * (count - 1) // 2 for count in names.values())
    return fragments, repeats


def _plus_one(cost: Cost) -> Cost:
    return cost[0] + 1, cost[1]


def shape(schema: GraphQLSchema, document: DocumentNode, selections_max: int) -> Shape:
    """Of a document that has been validated: no fragment cycles, every field exists. Raises `TooManySelections`."""
    walk = _Walk(schema, document, selections_max)
    costs: dict[str | None, Cost] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            costs[None if node.name is None else node.name.value] = walk.operation(node)
    return Shape(walk.deepest, walk.aliases, costs)


def cost_of(cost: Cost, variables: dict[str, object]) -> int:
    """The compiled cost with this request's variables."""
    total = cost[0]
    for multiplier, default, below in cost[1]:
        many: object = multiplier
        if isinstance(multiplier, str):
            many = variables.get(multiplier, default)
        size = many if isinstance(many, int) and many >= 0 else _FIRST_WHEN_UNKNOWN
        total += size * cost_of(below, variables)
    return total


class Buckets:
    """Leaky buckets by caller; at most ``most`` callers are remembered, the longest silent forgotten first."""

    def __init__(self, size: float, restore_per_s: float, *, most: int = 20_000) -> None:
        self._size, self._restore, self._most = size, restore_per_s, most
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def available(self, caller: str) -> float:
        level, at = self._levels.get(caller, (self._size, 0.0))
        return min(self._size, level + (time.monotonic() - at) * self._restore) if at else self._size

    def take(self, caller: str, cost: float) -> float:
        """What is left after taking; negative when it was too much, and then nothing is taken."""
        left = self.available(caller) - cost
        if left >= 0:
            self._levels[caller] = (left, time.monotonic())
            self._levels.move_to_end(caller)
            if len(self._levels) > self._most:
                self._levels.popitem(last=False)
        return left

    def wait_for(self, missing: float) -> float:
        """Seconds until so much more is there."""
        return missing / self._restore


@strawberry.type(description="What you may ask: a bucket that every request drains by its cost and time refills.")
class RateLimit:
    cost_max: Long = strawberry.field(description="The most one request may cost.")
    available: Long = strawberry.field(description="What is in the bucket after this request.")
    bucket_size: Long = strawberry.field(description="What the bucket holds.")
    restore_rate: Long = strawberry.field(description="What comes back each second.")

    @classmethod
    def of(cls, settings: ApiSettings, available: float) -> "RateLimit":
        return cls(
            cost_max=Long(settings.cost_max),
            available=Long(int(available)),
            bucket_size=Long(settings.bucket_size),
            restore_rate=Long(settings.bucket_restore_per_s),
        )
