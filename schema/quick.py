"""Shorter ways through a strawberry schema for what needs none of its services: attributes, plain methods, enums.

Strawberry converts arguments, makes an `Info` and chains extensions for every resolver; most fields want nothing of it.
"""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLEnumType, GraphQLField, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.types.field import StrawberryField

Resolver = Callable[..., Any]


def _attribute(name: str) -> Resolver:
    def resolve(source: Any, _: object) -> Any:
        return getattr(source, name)

    return resolve


def _method(function: Callable[[Any], Any]) -> Resolver:
    def resolve(source: Any, _: object) -> Any:
        return function(source)

    return resolve


def _shorter(field: GraphQLField) -> Resolver | None:
    """The same resolver without the way there; None where strawberry is needed."""
    definition = field.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryField) or definition.extensions or definition.permission_classes:
        return None
    resolver = definition.base_resolver
    if resolver is None:
        return _attribute(definition.python_name)
    if resolver.is_async or field.args or list(resolver.signature.parameters) != ["self"]:
        return None
    return _method(resolver.wrapped_func)  # type: ignore[arg-type]


def _quick_enum(kind: GraphQLEnumType) -> None:
    shown = {value.value: name for name, value in kind.values.items()}
    usual = kind.coerce_output_value

    def coerce(value: Any) -> Any:
        # A member of a StrEnum is found by its value; anything else takes the usual way, and fails there.
        return shown.get(value) or usual(value)

    kind.coerce_output_value = coerce  # type: ignore[method-assign, assignment]


def quicken(schema: GraphQLSchema) -> GraphQLSchema:
    """Replaces resolvers and enum look-ups in place; what they answer stays the same."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLEnumType) and not kind.name.startswith("__"):
            _quick_enum(kind)
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for field in kind.fields.values():
            shorter = _shorter(field)
            if shorter is not None:
                field.resolve = shorter
    return schema
