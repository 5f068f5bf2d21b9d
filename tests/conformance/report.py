"""The suite's results as a page."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

_PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
# Cases that want what the standard forbids; the page says which clause.
ARGUED = frozenset({"TC_074", "TC_088", "TC_B_58", "TC_K_02"})
_CASE = re.compile(r"test_(tc_[a-z0-9_]+?)_csms$")


@dataclass(frozen=True)
class Result:
    """One case; ``reason`` is its first line when it did not pass."""

    version: str
    case: str
    variant: str
    passed: bool
    reason: str
    refused: str = ""  # what the adapter could not do for it

    @property
    def verdict(self) -> str:
        return "passed" if self.passed else "differs on purpose" if self.case in ARGUED else "failed"

    @property
    def line(self) -> str:
        return f"{self.version} {self.case} {self.variant}: {self.reason} {self.refused}".strip()


def _names(module: str) -> tuple[str, str]:
    """Version and case of a module of the suite: 1.6's cases are numbered, 2.0.1's begin with their block's letter."""
    named = _CASE.match(module)
    return "1.6" if re.match(r"test_tc_\d", module) else "2.0.1", (named.group(1) if named else module).upper()


def nothing_said(case: Path, reason: str) -> Result:
    """A case whose run left no report."""
    version, name = _names(case.stem)
    return Result(version, name, "", False, " ".join(reason.split()))


def results_of(junit: Path) -> list[Result]:
    """Reads pytest's own report."""
    found = []
    for case in ElementTree.parse(junit).iter("testcase"):
        wrong = [child for child in case if child.tag in ("failure", "error", "skipped")]
        version, name = _names(case.get("classname", "").rsplit(".", 1)[-1])
        variant = case.get("name", "").partition("[")[2].rstrip("]")[:30]
        reason = " ".join((wrong[0].get("message") or "").split())[:160] if wrong else ""
        found.append(Result(version, name, variant, not wrong, reason))
    return found


def write_report(results: list[Result]) -> None:
    """Every case with its result; the page's words around the table stay as they are."""
    lines = []
    for version in ("2.0.1", "1.6"):
        totals = Counter(result.verdict for result in results if result.version == version)
        lines.append(f"- OCPP {version}: " + ", ".join(f"{count} {verdict}" for verdict, count in totals.most_common()))
    rows = [
        f"| {r.version} | {r.case}{f' ({r.variant})' if r.variant else ''} | {r.verdict} | "
        f"{r.reason.replace('|', '/')} |"
        for r in sorted(results, key=lambda r: (r.version, r.case, r.variant))
    ]
    table = "\n".join(["| OCPP | Case | Result | Reason |", "| --- | --- | --- | --- |", *rows])
    page = _PAGE.read_text()
    head, _, _ = page.partition("<!-- results -->")
    _PAGE.write_text(f"{head}<!-- results -->\n\n" + "\n".join(lines) + f"\n\n{table}\n")
