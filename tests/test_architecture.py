"""The rules of the house that a machine can check: who imports whom, how large a module grows, what no file says."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "gateway", "schema", "simulator", "benchmarks")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LINES_MAX = 420
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc", "base"}


def test_import_contracts_hold() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "app" / "domain").glob("*.py")), ids=lambda path: path.name)
def test_the_domain_needs_only_the_standard_library(path: Path) -> None:
    assert _imports(path) <= set(sys.stdlib_module_names) | {"app"}


@pytest.mark.parametrize("path", sorted((ROOT / "app" / "domain").glob("*.py")), ids=lambda path: path.name)
def test_the_domain_asks_no_clock_and_waits_for_nothing(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\.(now|utcnow|today)\(|time\.(time|monotonic)|^\s*async def|await ", text, re.MULTILINE)


SQL_FREE = [path for path in MODULES if path.relative_to(ROOT).parts[:2] != ("app", "store")]


@pytest.mark.parametrize("path", SQL_FREE, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_store_speaks_sql(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] == "benchmarks" or path.name == "doctor.py":
        return  # they look at the tables from outside, as a person would
    assert not re.search(r"\"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM)\s+[a-z(*%]", path.read_text())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_readable(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES_MAX
    assert path.stem not in FORBIDDEN_NAMES


def test_every_module_says_what_it_claims() -> None:
    silent = [
        path for path in MODULES if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_nothing_names_a_package_index() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    wrong = []
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        if not path.is_file() or path == Path(__file__):
            continue
        text = path.read_text(errors="ignore")
        if re.search(r"https?://[^\s\"']*(/simple\b|\.whl\b|\.tgz\b|registry\.)|file:///", text):
            wrong.append(name)
    assert wrong == []
