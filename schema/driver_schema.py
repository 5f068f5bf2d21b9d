"""The schema as drivers have it: what is not in this table does not exist for them, whatever is added for others.

What is in it is still filtered by `Scope` in the store: a driver reads their own sessions, tokens and accounts, and of
the network what is published.
"""

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

from schema.definition import GRAPHQL

_ERRORS_MAX = 10
_WHOLE = "*"
_PAGES = (
    "Driver",
    "Account",
    "AccountMember",
    "AccountEntry",
    "Session",
    "Token",
    "Location",
    "ChargingStation",
    "Reading",
)

# By type: its fields, or all of them.
DRIVER_FIELDS: dict[str, str] = {
    "Query": "viewer rateLimit drivers accounts sessions tokens locations",
    "Mutation": "driverCodeRequest driverSignIn tokenRefresh signOut driverTokenClaim driverTokenBlock "
    "driverExport driverErase "
    "paymentMethodCreate paymentMethodRemove paymentMethodPrefer",
    "Node": "id",
    "Viewer": "kind scopes expiresAt operator driver",
    "Operator": "id name currency",
    "RateLimit": _WHOLE,
    "Driver": _WHOLE,
    "Account": "id kind name currency prepaid status balance costCentres limits members entries version",
    "AccountLimit": "id on per most costCentre driver",
    "AccountMember": _WHOLE,
    "AccountEntry": "id kind amountMinor createdAt",
    "Money": _WHOLE,
    "Token": "id type visualNumber contractId valid blockedReason validFrom validUntil lastUsedAt uid driver account "
    "version",
    "Session": "id status origin createdAt startedAt endedAt settledAt energyWh powerW socPercent chargingState "
    "stopReason version steps readings cost location evse connector token driver account costCentre",
    "SessionStep": _WHOLE,
    "Reading": "at energyWh powerW socPercent",
    "Cost": _WHOLE,
    "CostLine": _WHOLE,
    "Price": _WHOLE,
    "Location": "id name address postalCode city country latitude longitude timeZone helpPhone stations",
    "ChargingStation": "id name evses",
    "Evse": "id evseId physicalReference status connectors",
    "Connector": "id number standard format powerType maxPowerW",
    "SignInPayload": _WHOLE,
    "SignOutPayload": _WHOLE,
    "CodePayload": _WHOLE,
    "OwnTokenPayload": _WHOLE,
    "PaymentMethod": _WHOLE,
    "PaymentMethodPayload": _WHOLE,
    "DriverPayload": _WHOLE,
    "DriverExportPayload": _WHOLE,
    "UserError": _WHOLE,
    "InvalidInput": _WHOLE,
    "Refusal": _WHOLE,
    "PageInfo": _WHOLE,
    **{f"{name}Connection": _WHOLE for name in _PAGES},
    **{f"{name}Edge": _WHOLE for name in _PAGES},
}


def _named(kind: TypeNode) -> str:
    while not isinstance(kind, NamedTypeNode):
        kind = kind.type  # type: ignore[attr-defined]
    return kind.name.value


_Shown = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode


# Filters that look at what drivers are not shown would tell it.
_ARGUMENTS_GONE = {"stations": "filter"}


def _asked_less(field: FieldDefinitionNode) -> FieldDefinitionNode:
    gone = _ARGUMENTS_GONE.get(field.name.value)
    return replace(field, arguments=tuple(one for one in field.arguments or () if one.name.value != gone))


def _cut_to_table(node: _Shown, objects: frozenset[str]) -> _Shown:
    """A type with the fields in the table whose own type a driver has, too."""
    said = DRIVER_FIELDS[node.name.value]
    fields = tuple(
        _asked_less(field)
        for field in node.fields or ()
        if (said == _WHOLE or field.name.value in said.split())
        and (_named(field.type) not in objects or _named(field.type) in DRIVER_FIELDS)
    )
    return replace(
        node, fields=fields, interfaces=tuple(one for one in node.interfaces or () if one.name.value in DRIVER_FIELDS)
    )


def _cut() -> DocumentNode:
    tree = parse(print_schema(GRAPHQL))
    shown = [node for node in tree.definitions if isinstance(node, _Shown)]
    objects = frozenset(node.name.value for node in shown)
    nodes: dict[str, TypeDefinitionNode] = {
        node.name.value: node for node in tree.definitions if isinstance(node, TypeDefinitionNode)
    }
    for node in shown:
        if node.name.value in DRIVER_FIELDS:
            nodes[node.name.value] = _cut_to_table(node, objects)
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
    waiting = ["Query", "Mutation"]
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


_TREE = _cut()
DRIVER_GRAPHQL = build_ast_schema(_TREE)


def driver_sdl() -> str:
    """The drivers' schema, sorted, with descriptions."""
    return print_schema(lexicographic_sort_schema(DRIVER_GRAPHQL)) + "\n"


def outside_driver_schema(tree: DocumentNode) -> tuple[GraphQLError, ...]:
    """What a document asks for that drivers do not have."""
    return tuple(validate(DRIVER_GRAPHQL, tree, specified_rules, max_errors=_ERRORS_MAX, hide_suggestions=True))
