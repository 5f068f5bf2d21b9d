"""The schema itself: everything described, the snapshot current, every mutation of one shape."""

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_specified_scalar_type,
)

from schema.definition import GRAPHQL
from schema.export import SNAPSHOT, difference, sdl

_OURS = [kind for name, kind in GRAPHQL.type_map.items() if not name.startswith("__")]


def test_everything_has_a_description() -> None:
    bare = []
    for kind in _OURS:
        if not is_specified_scalar_type(kind) and not kind.description:
            bare.append(kind.name)
        if isinstance(kind, GraphQLEnumType):
            bare += [f"{kind.name}.{name}" for name, value in kind.values.items() if not value.description]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                bare += [] if field.description else [f"{kind.name}.{name}"]
                bare += [f"{kind.name}.{name}({arg}:)" for arg, value in field.args.items() if not value.description]
        if isinstance(kind, GraphQLInputObjectType):
            bare += [f"{kind.name}.{name}" for name, field in kind.fields.items() if not field.description]
    assert bare == []


def test_every_mutation_returns_its_errors() -> None:
    assert GRAPHQL.mutation_type is not None
    for name, field in GRAPHQL.mutation_type.fields.items():
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLObjectType), name
        assert payload.name.endswith("Payload")
        assert str(payload.fields["errors"].type) == "[UserError!]!"


def test_energy_power_and_money_are_never_int() -> None:
    for kind in _OURS:
        if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                if name.endswith(("Wh", "W", "Minor", "Ma", "Mv")):
                    assert get_named_type(field.type).name == "Long", f"{kind.name}.{name}"


def test_hardware_types_do_not_pose_as_lists() -> None:
    for kind in _OURS:
        if kind.name.endswith("Connection"):
            assert isinstance(kind, GraphQLObjectType)
            assert {"nodes", "edges", "pageInfo", "totalCount"} <= set(kind.fields)


def test_the_snapshot_is_current() -> None:
    found = difference()
    assert found.same, f"run: python -c 'from schema.export import write; write()'  breaking: {found.breaking}"
    assert SNAPSHOT.read_text(encoding="utf-8") == sdl()
