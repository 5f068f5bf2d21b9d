"""The schema as outsiders have it: cut to the fields that `schema.caller_fields` allows their kind."""

from collections.abc import Mapping
from dataclasses import replace

from graphql import (
    DocumentNode,
    FieldDefinitionNode,
    GraphQLError,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    TypeNode,
    build_ast_schema,
    lexicographic_sort_schema,
    parse,
    print_schema,
    specified_rules,
    validate,
)

from app.domain.scope import CallerKind
from schema.caller_fields import FIELDS, WHOLE
from schema.definition import GRAPHQL

_ERRORS_MAX = 10


def _named(kind: TypeNode) -> str:
    while not isinstance(kind, NamedTypeNode):
        kind = kind.type  # type: ignore[attr-defined]
    return kind.name.value


_Shown = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode


# Filters that look at what outsiders are not shown would tell it.
_ARGUMENTS_GONE = {"stations": "filter"}


def _asked_less(field: FieldDefinitionNode) -> FieldDefinitionNode:
    gone = _ARGUMENTS_GONE.get(field.name.value)
    return replace(field, arguments=tuple(one for one in field.arguments or () if one.name.value != gone))


def _cut_to_table(node: _Shown, table: Mapping[str, str], objects: frozenset[str]) -> _Shown:
    """A type with the fields in the table whose own type the caller has, too."""
    said = table[node.name.value]
    fields = tuple(
        _asked_less(field)
        for field in node.fields or ()
        if (said == WHOLE or field.name.value in said.split())
        and (_named(field.type) not in objects or _named(field.type) in table)
    )
    return replace(
        node, fields=fields, interfaces=tuple(one for one in node.interfaces or () if one.name.value in table)
    )


def _cut(table: Mapping[str, str]) -> DocumentNode:
    tree = parse(print_schema(GRAPHQL))
    shown = [node for node in tree.definitions if isinstance(node, _Shown)]
    objects = frozenset(node.name.value for node in shown)
    nodes: dict[str, TypeDefinitionNode] = {
        node.name.value: node for node in tree.definitions if isinstance(node, TypeDefinitionNode)
    }
    for node in shown:
        if node.name.value in table:
            nodes[node.name.value] = _cut_to_table(node, table, objects)
        else:
            del nodes[node.name.value]
    found = _reachable(nodes)
    kept = [node for node in tree.definitions if not isinstance(node, TypeDefinitionNode | SchemaDefinitionNode)]
    return replace(tree, definitions=(*kept, *(nodes[name] for name in sorted(found))))


def _reachable(nodes: dict[str, TypeDefinitionNode]) -> set[str]:
    """What the root types lead to: inputs and enums of fields that are gone are gone with them."""
    implementing: dict[str, list[str]] = {}
    for name, node in nodes.items():
        for interface in getattr(node, "interfaces", None) or ():
            implementing.setdefault(interface.name.value, []).append(name)
    found: set[str] = set()
    waiting = ["Query", "Mutation", "Subscription"]
    while waiting:
        name = waiting.pop()
        if name in found or name not in nodes:
            continue
        found.add(name)
        for field in getattr(nodes[name], "fields", None) or ():
            waiting.append(_named(field.type))
            waiting += [_named(argument.type) for argument in getattr(field, "arguments", None) or ()]
        waiting += [one.name.value for one in getattr(nodes[name], "interfaces", None) or ()]
        if name == "UserError":  # others are met as what they are
            waiting += implementing.get(name, ())
    return found


OUTSIDE = {kind: build_ast_schema(_cut(table)) for kind, table in FIELDS.items()}


def outside_sdl(kind: CallerKind) -> str:
    """The schema of one kind of caller, sorted, with descriptions."""
    return print_schema(lexicographic_sort_schema(OUTSIDE[kind])) + "\n"


def outside_of(kind: CallerKind, tree: DocumentNode) -> tuple[GraphQLError, ...]:
    """What a document asks for that callers of a kind do not have."""
    return tuple(validate(OUTSIDE[kind], tree, specified_rules, max_errors=_ERRORS_MAX, hide_suggestions=True))
