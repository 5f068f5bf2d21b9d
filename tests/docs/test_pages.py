"""What the pages say is true: their blocks run, their commands exist, their links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
SCHEMA = build_schema((ROOT / "frontend-contract" / "schema.graphql").read_text())


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


GRAPHQL = [(page.name, block) for page in PAGES for block in _blocks(page, "graphql")]


@pytest.mark.parametrize(("page", "block"), GRAPHQL, ids=[f"{page} {block.split()[1]}" for page, block in GRAPHQL])
def test_every_document_is_valid(page: str, block: str) -> None:
    assert validate(SCHEMA, parse(block)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


COMMANDS = sorted(
    {
        words
        for page in PAGES
        for words in re.findall(r"\bvoltgraph ((?:(?:operator|member|token|station|schema) )?[a-z]+)\b", page.read_text())
    }
    & {
        "demo", "serve", "migrate", "simulate", "doctor", "operator add", "operator list", "member add", "token create",
        "station add", "station list", "schema export", "schema check",
    }
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "app.main.cli", *command.split(), "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode == 0 and "Usage" in said.stdout


def test_every_variable_of_the_pages_is_a_setting() -> None:
    from app.main.settings import Settings

    named = {name for page in PAGES for name in re.findall(r"VOLTGRAPH_([A-Z_]+)", page.read_text())}
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_make_verb_of_the_pages_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = {verb for page in PAGES for verb in re.findall(r"`make ([a-z-]+)", page.read_text())}
    assert named and all(re.search(rf"^{verb}:", makefile, re.MULTILINE) for verb in named)
