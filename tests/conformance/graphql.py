"""A GraphQL client that knows the printed schema: plain JSON in, variables of the right types out."""

import itertools
import re
from pathlib import Path
from typing import Any

import httpx
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    build_schema,
)

_SCHEMA = build_schema((Path(__file__).parents[2] / "frontend-contract" / "schema.graphql").read_text())
_KEYS = itertools.count(1)
_OCPP_WORD = re.compile(r"OCPP's (.+)\.$")


class Refused(Exception):
    """A mutation's own errors, or a document that is none."""


def _enum_name(kind: GraphQLEnumType, value: str) -> str:
    """The name of an enum value that OCPP spells otherwise: its description says how."""
    for name, entry in kind.values.items():
        word = _OCPP_WORD.search(entry.description or "")
        if value == name or (word and word.group(1) == value):
            return name
    # SecurityLog is SECURITY: the type's name says the rest.
    return value.removesuffix(kind.name.removesuffix("Type")).upper()


def typed(kind: GraphQLInputType, value: Any) -> Any:
    """OCPP's JSON as a variable of an input type; absent what is null."""
    if isinstance(kind, GraphQLNonNull):
        return typed(kind.of_type, value)
    if value is None:
        return None
    if isinstance(kind, GraphQLList):
        return [typed(kind.of_type, item) for item in value]
    if isinstance(kind, GraphQLEnumType):
        return _enum_name(kind, value)
    if isinstance(kind, GraphQLInputObjectType):
        unknown = set(value) - set(kind.fields)
        if unknown:
            raise Refused(f"{kind.name} has no {sorted(unknown)}")
        return {name: typed(kind.fields[name].type, item) for name, item in value.items() if item is not None}
    return value


class GraphQL:
    """One operator's API."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60)

    async def ask(self, query: str, **variables: object) -> dict[str, Any]:
        answer = (await self._client.post(self._url, json={"query": query, "variables": variables})).json()
        if "errors" in answer:
            raise Refused(str(answer["errors"]))
        data: dict[str, Any] = answer["data"]
        return data

    async def do(self, mutation: str, pick: str, **arguments: Any) -> dict[str, Any]:
        """A mutation whose arguments are OCPP's or our JSON; its payload. Raises `Refused` for its errors."""
        assert _SCHEMA.mutation_type is not None
        field = _SCHEMA.mutation_type.fields.get(mutation)
        if field is None:
            raise Refused(f"there is no mutation {mutation}")
        if "options" in field.args:
            arguments["options"] = {"idempotencyKey": f"conformance {next(_KEYS)}", "waitSeconds": 30}
        given = {name: typed(field.args[name].type, value) for name, value in arguments.items() if value is not None}
        declared = ", ".join(f"${name}: {field.args[name].type}" for name in given)
        passed = ", ".join(f"{name}: ${name}" for name in given)
        text = f"mutation({declared}) {{ {mutation}({passed}) {{ {pick} errors {{ code message path }} }} }}"
        payload: dict[str, Any] = (await self.ask(text, **given))[mutation]
        if payload["errors"]:
            raise Refused(str(payload["errors"]))
        return payload

    async def close(self) -> None:
        await self._client.aclose()
