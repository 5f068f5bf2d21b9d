"""The table of OCPP's actions is whole and true: no action without a row, no row that names what is not there."""

import ast
from functools import cache
from pathlib import Path

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, build_schema

from app.domain.station import OcppVersion
from app.main.action_matrix import INBOUND, OUTBOUND, Action, actions_of, inbound_of, page
from gateway.server import DIALECTS
from tests.gateway.samples import SAMPLES

ROOT = Path(__file__).parents[2]
ROWS = [(row, inbound) for rows, inbound in ((INBOUND, True), (OUTBOUND, False)) for row in rows]
SCHEMA = build_schema((ROOT / "frontend-contract" / "schema.graphql").read_text())
# Nothing but the journal shows these.
JOURNAL_ONLY = {"DataTransfer", "Get15118EVCertificate", "GetCertificateChainStatus", "GetCertificateStatus"}


@pytest.mark.parametrize("version", list(OcppVersion))
def test_every_action_of_the_schemas_has_a_row(version: OcppVersion) -> None:
    inbound = {row.name for row in INBOUND if version in row.versions(inbound=True)}
    outbound = {row.name for row in OUTBOUND if version in row.versions(inbound=False)}
    assert inbound == inbound_of(version)
    assert inbound | outbound == actions_of(version)
    assert inbound & outbound == {"DataTransfer"}


@pytest.mark.parametrize("version", list(OcppVersion))
def test_what_is_asked_has_a_translator(version: OcppVersion) -> None:
    expressed = {DIALECTS[version].expand(body)[0] for body in SAMPLES if version in body.versions}
    assert {row.name for row in OUTBOUND if version in row.versions(inbound=False)} <= expressed


def test_every_row_is_about_some_version() -> None:
    assert [row.name for row, inbound in ROWS if not row.versions(inbound=inbound)] == []


@pytest.mark.parametrize(("row", "inbound"), ROWS, ids=lambda part: getattr(part, "name", ""))
def test_a_row_names_what_is_there(row: Action, inbound: bool) -> None:
    assert row.faces
    for face in row.faces:
        kind, _, field = face.partition(".")
        found = SCHEMA.type_map[kind]
        assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
        assert field in found.fields, face
    path, _, name = row.story.partition("::")
    functions, said = module_of(path)
    assert name in functions, row.story
    mutations = [face.partition(".")[2] for face in row.faces if not inbound]
    spoken = "SAMPLES" in said or any(word in said for word in (row.name, *mutations))
    assert spoken, f"{row.story} says nothing of {row.name}"


def test_few_actions_are_shown_by_the_journal_alone() -> None:
    assert {row.name for row in INBOUND if row.faces == ("Query.frames",)} == JOURNAL_ONLY


def test_the_page_is_printed_from_the_table() -> None:
    assert (ROOT / "docs" / "ocpp.md").read_text() == page(), "python -m app.main.action_matrix > docs/ocpp.md"


@cache
def module_of(path: str) -> tuple[frozenset[str], str]:
    text = (ROOT / path).read_text()
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(node.name for node in ast.parse(text).body if isinstance(node, kinds)), text
