"""Runs the suite: ``python -m tests.conformance.run FOLDER [--python PYTHON] [--only 2.0.1/B] [--report]``.

FOLDER is a clone of the suite; PYTHON an interpreter with its requirements. ``--report`` writes docs/conformance.md.
"""

import argparse
import asyncio
import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn

from tests.conformance.adapter import Adapter
from tests.conformance.graphql import GraphQL
from tests.conformance.installation import PASSWORD, furnish, running
from tests.conformance.report import Result, results_of, write_report

_BLOCKS = ("2.0.1", "1.6")


@contextlib.asynccontextmanager
async def served(adapter: Adapter) -> AsyncIterator[int]:
    """The adapter on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(adapter.app, log_config=None, access_log=False))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


def _environment(suite: Path, ocpp: str, trigger: int) -> dict[str, str]:
    certs = suite / "certs"
    return os.environ | {
        "CSMS_ADDRESS": ocpp,
        "CSMS_TRIGGER_ADDRESS": f"http://127.0.0.1:{trigger}",
        "BASIC_AUTH_CP_PASSWORD": PASSWORD,
        "TLS_CA_CERT": str(certs / "ca.pem"),
        "TLS_CLIENT_CERT": str(certs / "client.pem"),
        "TLS_CLIENT_KEY": str(certs / "client.key"),
        "TLS_INVALID_CLIENT_CERT": str(certs / "invalid_client.pem"),
        "TLS_INVALID_CLIENT_KEY": str(certs / "invalid_client.key"),
    }


async def _pytest(python: str, suite: Path, target: str, environment: dict[str, str], output: Path) -> list[Result]:
    """One run of the suite's own pytest; its results."""
    process = await asyncio.create_subprocess_exec(
        python,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:warnings",
        "-p",
        "no:cacheprovider",
        f"--junitxml={output}",
        target,
        cwd=suite,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if not output.exists():
        raise SystemExit(said.decode(errors="replace")[-3000:])
    return results_of(output)


async def main(options: argparse.Namespace) -> int:
    suite = options.suite.resolve()
    results: list[Result] = []
    async with running(suite) as house:
        api = GraphQL(house.graphql, house.token)
        await furnish(api, suite)
        with tempfile.TemporaryDirectory(prefix="vgc-", dir="/tmp") as folder:
            async with served(Adapter(api)) as port:
                environment = _environment(suite, house.ocpp, port)
                for number, target in enumerate(options.only or _BLOCKS):
                    output = Path(folder) / f"{number}.xml"
                    results += await _pytest(options.python, suite, target, environment, output)
        await api.close()
    passed = sum(result.passed for result in results)
    for result in results:
        if not result.passed:
            print(f"{result.version} {result.case} {result.variant}: {result.reason}")
    print(f"{passed} of {len(results)} passed")
    if options.report:
        write_report(results)
    return 0 if passed == len(results) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--only", action="append")
    parser.add_argument("--report", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(_options())))
