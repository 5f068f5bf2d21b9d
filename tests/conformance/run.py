"""Runs the suite: ``python -m tests.conformance.run FOLDER [--python PYTHON] [--only 2.0.1/B] [--report]``.

FOLDER is a clone of the suite; PYTHON an interpreter with its requirements. ``--report`` writes docs/conformance.md.
"""

import argparse
import asyncio
import contextlib
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn
from rich.progress import MofNCompleteColumn, Progress

from tests.conformance.adapter import Adapter
from tests.conformance.installation import PASSWORD, Laboratory, Running, running
from tests.conformance.report import Result, nothing_said, results_of, write_report
from tests.folders import server_folder

_BLOCKS = ("2.0.1", "1.6")
CASE_SECONDS = 150


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


def cases_of(suite: Path, targets: list[str]) -> list[Path]:
    """The suite's case files at or below the targets, in their order."""
    found = [path for target in targets for path in (suite / target, *(suite / target).rglob("*.py"))]
    return sorted({path for path in found if re.fullmatch(r"test_tc_.*\.py", path.name)})


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


async def _pytest(python: str, suite: Path, case: Path, environment: dict[str, str], output: Path) -> list[Result]:
    """The suite's own pytest for one case; its results."""
    process = await asyncio.create_subprocess_exec(
        *(python, "-m", "pytest", "-q", "-p", "no:warnings", "-p", "no:cacheprovider"),
        *(f"--junitxml={output}", str(case.relative_to(suite))),
        cwd=suite,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), CASE_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return [nothing_said(case, f"no end within {CASE_SECONDS} s")]
    return results_of(output) if output.exists() else [nothing_said(case, said.decode(errors="replace")[-200:])]


@dataclass(frozen=True)
class Bench:
    """What the cases run on: the suite, an interpreter for it, the installation and a folder for reports."""

    python: str
    suite: Path
    house: Running
    folder: Path

    async def run(self, case: Path) -> list[Result]:
        """One case, with an operator, stations and an adapter of its own; a failure names what was refused."""
        laboratory = await Laboratory.furnished(self.house, self.suite)
        adapter = Adapter(laboratory.api)
        async with served(adapter) as port:
            environment = _environment(self.suite, self.house.ocpp, port) | laboratory.stations
            found = await _pytest(self.python, self.suite, case, environment, self.folder / f"{case.stem}.xml")
        await laboratory.api.close()
        refused = "; ".join(adapter.refusals)
        return [result if result.passed else replace(result, refused=refused) for result in found]

    async def all(self, cases: list[Path], at_once: int) -> list[Result]:
        """Every case, several at once, with a bar that shows how far it is."""
        room, alone = asyncio.Semaphore(at_once), asyncio.Lock()
        results: list[Result] = []
        with Progress(*Progress.get_default_columns(), MofNCompleteColumn()) as bar:
            task = bar.add_task("cases", total=len(cases))

            async def one(case: Path) -> None:
                # Cases with a responder of their own give it a fixed port.
                async with alone if "from mock_" in case.read_text() else contextlib.nullcontext(), room:
                    found = await self.run(case)
                results.extend(found)
                bar.advance(task)
                for result in found:
                    if not result.passed:
                        bar.console.print(result.line, markup=False, highlight=False, soft_wrap=True)

            await asyncio.gather(*(one(case) for case in cases))
        return results


async def main(options: argparse.Namespace) -> int:
    suite = options.suite.resolve()
    cases = cases_of(suite, options.only or list(_BLOCKS))
    async with running(suite) as house:
        with server_folder("vgc") as folder:
            results = await Bench(options.python, suite, house, folder).all(cases, options.at_once)
    passed = sum(result.passed for result in results)
    print(f"{passed} of {len(results)} passed")
    if options.report:
        write_report(results)
    return 0 if passed == len(results) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--only", action="append", metavar="PATH", help="a block or a case, such as 2.0.1/B")
    parser.add_argument("--at-once", type=int, default=4, help="cases at the same time")
    parser.add_argument("--report", action="store_true", help="write docs/conformance.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(_options())))
