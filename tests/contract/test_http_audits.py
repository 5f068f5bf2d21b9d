"""The published audit suite of GraphQL over HTTP: every case, by node; a missing node fails."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from schema.api import Api
from tests.schema.conftest import serving

_HERE = Path(__file__).parent
_CASES = 61


@pytest.fixture(scope="session")
def audits() -> Path:
    """The suite, installed from the lock file."""
    if not (_HERE / "node_modules" / "graphql-http").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=_HERE, check=True, capture_output=True)
    return _HERE / "audits.mjs"


def test_the_lock_file_names_no_registry() -> None:
    assert "resolved" not in (_HERE / "package-lock.json").read_text()


async def test_every_audit_passes(api: Api, audits: Path) -> None:
    async with serving(api) as host:
        process = await asyncio.create_subprocess_exec(
            "node",
            str(audits),
            f"http://{host}/graphql",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await process.communicate()
    assert process.returncode == 0, error.decode()
    results = [json.loads(line) for line in out.decode().splitlines()]
    failed = [
        f"{result['id']} {result['name']}: {result['status']} {result['reason']}"
        for result in results
        if result["status"] != "ok"
    ]
    assert failed == []
    assert len(results) == _CASES
