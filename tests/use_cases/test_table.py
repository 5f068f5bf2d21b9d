"""No use case is forgotten, and what the table points at is there."""

import ast
from pathlib import Path

from tests.use_cases import table21
from tests.use_cases.table import NOT_OURS, OPEN, SCENARIOS, SPECIFIED
from tests.use_cases.table16 import OPERATIONS

TESTS = Path(__file__).parents[1]


def functions(file: str) -> set[str]:
    found = ast.walk(ast.parse((TESTS / file).read_text()))
    return {node.name for node in found if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)}


def test_every_use_case_is_told_or_has_a_reason() -> None:
    named = [*SCENARIOS, *NOT_OURS, *OPEN]
    assert sorted(named) == sorted(SPECIFIED), set(named) ^ set(SPECIFIED)
    assert len(SPECIFIED) == 119


def test_every_use_case_of_2_1_is_told_open_or_has_a_reason() -> None:
    named = {*table21.SCENARIOS, *table21.NOT_OURS, *table21.OPEN}
    assert sorted(named) == sorted(table21.SPECIFIED), named ^ set(table21.SPECIFIED)
    assert len(table21.SPECIFIED) == 58
    assert set(table21.NOT_OURS) & {*table21.SCENARIOS, *table21.OPEN} == set()


def told_everywhere() -> set[str]:
    return {node for table in (SCENARIOS, table21.SCENARIOS) for told in table.values() for node in told}


def test_every_scenario_exists() -> None:
    nodes = told_everywhere()
    missing = [node for node in nodes if node.split("::")[1] not in functions(node.split("::")[0])]
    assert missing == []


def test_every_scenario_here_is_in_the_table() -> None:
    told = told_everywhere() | {story for _, stories in OPERATIONS.values() for story in stories}
    here = {
        f"use_cases/{file.name}::{name}"
        for file in Path(__file__).parent.glob("test_*.py")
        if file.name != Path(__file__).name
        for name in functions(f"use_cases/{file.name}")
        if name.startswith("test_")
    }
    assert here - told == set()


def test_every_operation_of_1_6_is_told() -> None:
    initiated = {f"4.{number}" for number in range(1, 11)} | {f"5.{number}" for number in range(1, 20)}
    assert initiated <= set(OPERATIONS)
    stories = {story for _, told in OPERATIONS.values() for story in told}
    fixtures = {file.name for file in (TESTS / "quirks" / "fixtures").iterdir()}
    assert {story for story in stories if "::" not in story} - fixtures == set()
    nodes = [story.split("::") for story in stories if "::" in story]
    assert [node for node in nodes if node[1] not in functions(node[0])] == []
