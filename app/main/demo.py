"""The demo: an installation that seeds itself, simulated stations that live a day, and where to look at it."""

import asyncio
import shutil
import socket
import webbrowser
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import orjson
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.feed import Feed
from app.feed.relay import RemoteStations
from app.main.installation import Installation
from app.main.live import LiveOperator
from app.main.process import Process, utc_now
from app.main.run import run_until_signal
from app.main.seed import DemoWorld, Seeder, SeedRefused, StationSecret
from app.main.settings import Settings
from app.operations.desk import Desk
from app.store.database import Database
from simulator.fleet import Fleet
from simulator.spec import StationSpec

WORLD_FILE = "demo-world.json"
FACTS_FILE = "demo.json"
DEFAULT_STATIONS, DEFAULT_SEED = 24, 1
_COMMAND = (
    "voltgraph" if shutil.which("voltgraph") else ".venv/bin/voltgraph"
)  # to be copied where `make demo` was called
TIME_FACTOR = 20.0  # a simulated visit of two hours takes six minutes


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What was asked for; None: as it is already, or the default."""

    stations: int | None = None
    seed: int | None = None
    simulator: bool = True
    browser: bool = True


def run_demo(settings: Settings, place: Installation, options: DemoOptions, console: Console) -> None:
    """Serves the demo until Ctrl-C."""
    world = asyncio.run(_world(settings, place, options, console))
    process = Process(
        settings,
        place.urls,
        live_operators=tuple(LiveOperator(operator.name, operator.live_token) for operator in world.operators),
        simulate_payments=True,
    )

    async def ready(process: Process) -> Callable[[], Awaitable[None]] | None:
        _write_facts(settings.data / FACTS_FILE, process, settings, world)
        _print(console, process, settings, world, options)
        if options.browser:
            await asyncio.to_thread(
                webbrowser.open, f"http://{_shown(settings.http_address().host)}:{process.http_port}/"
            )
        return await _simulate(process, world, options) if options.simulator else None

    try:
        run_until_signal(process, ready=ready)
    finally:
        flags = f"--data {settings.data} --http {settings.http} --ocpp {settings.ocpp}"
        console.print(f"Stopped. The data stays; go on with:\n{_COMMAND} serve {flags}", soft_wrap=True)


async def _world(settings: Settings, place: Installation, options: DemoOptions, console: Console) -> DemoWorld:
    """The world of an earlier start, or a new one."""
    file = settings.data / WORLD_FILE
    if file.exists():
        return _as_asked(DemoWorld.load(file), options, settings.data)
    stations = DEFAULT_STATIONS if options.stations is None else options.stations
    database = Database(place.urls.app)
    desk = Desk(
        database,
        Feed(),
        RemoteStations(None),
        utc_now,
        settings.connect_url(settings.ocpp_address().port),
        settings.files_url(settings.http_address().port),
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Building stations", total=stations + 4)
        seed = DEFAULT_SEED if options.seed is None else options.seed
        seeder = Seeder(desk, place.require_owner(), seed=seed, progress=lambda: progress.advance(task))
        world = await seeder.world(stations)
    await database.close()
    world.save(file)
    return world


def _as_asked(world: DemoWorld, options: DemoOptions, data: Path) -> DemoWorld:
    """Raises `SeedRefused` when another world is asked for than the folder holds."""
    if options.stations in (None, world.station_count) and options.seed in (None, world.seed):
        return world
    raise SeedRefused(
        f"{data} holds a demo of {world.station_count} stations with seed {world.seed}. "
        "For another one give another folder: --data DIR. To go on with this one leave out --stations and --seed."
    )


def _spec(station: StationSecret, tokens: tuple[str, ...]) -> StationSpec:
    return StationSpec(
        station.identity,
        password=station.password,
        version=station.version,
        evses=station.evses,
        max_power_w=station.max_power_w,
        phases=1 if station.max_power_w > 50_000 else 3,
        tokens=tokens,
        model=station.model,
    )


async def _simulate(process: Process, world: DemoWorld, options: DemoOptions) -> Callable[[], Awaitable[None]]:
    specs = [
        _spec(station, operator.visitors)
        for operator, group in zip(world.operators, world.simulated, strict=True)
        for station in group
    ]
    url, memory = f"ws://127.0.0.1:{process.ocpp_port}", process.settings.data / "simulator.json"
    fleet = Fleet(url, specs, seed=world.seed, time_factor=TIME_FACTOR, memory=memory)
    task = asyncio.create_task(fleet.run(), name="simulator")

    async def stop() -> None:
        await fleet.stop()
        await asyncio.gather(task, return_exceptions=True)

    return stop


def _shown(host: str) -> str:
    """Where a browser on this machine finds a server that listens there."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound


def _urls(process: Process, settings: Settings) -> tuple[str, str]:
    http = f"http://{_shown(settings.http_address().host)}:{process.http_port}"
    return http, f"ws://{_shown(settings.ocpp_address().host)}:{process.ocpp_port}"


def _write_facts(file: Path, process: Process, settings: Settings, world: DemoWorld) -> None:
    http, ocpp = _urls(process, settings)
    facts = {
        "graphql": f"{http}/graphql",
        "ocpp": ocpp,
        "operators": [{"name": operator.name, "token": operator.token} for operator in world.operators],
        "stations": [{"identity": station.identity, "password": station.password} for station in world.spare],
        "tokens": list(world.operators[0].tokens),
    }
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_bytes(orjson.dumps(facts, option=orjson.OPT_INDENT_2))


def _sticker(world: DemoWorld) -> str:
    """The id of the first EVSE that was made, without its separators: a driver without an account can pay there."""
    first = next((station for group in world.simulated for station in group), world.spare[0])
    return f"DE{first.identity.split('-')[0]}E00001"


def _lan_address() -> str:
    """This machine's address as its neighbours see it; no packet is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "this-machine"


def _print(console: Console, process: Process, settings: Settings, world: DemoWorld, options: DemoOptions) -> None:
    http, ocpp = _urls(process, settings)
    table = Table.grid(padding=(0, 2))
    table.add_row("Live page", f"{http}/")
    table.add_row("GraphQL", f"{http}/graphql")
    table.add_row("OCPP", f"{ocpp}/<identity>  (1.6, 2.0.1, 2.1)")
    if process.payments is not None:
        table.add_row("Card payments", process.payments.says)
        table.add_row("Pay at an EVSE", f"{http}/charge/{_sticker(world)}")
    for operator in world.operators:
        table.add_row(operator.name, f"token {operator.token}")
        table.add_row("", f"sign in as {operator.member} with {operator.password}")
    for station in world.spare:
        table.add_row("Spare station", f"{station.identity}  password {station.password}")
    table.add_row("Card", world.operators[0].tokens[0])
    simulated = f"{world.station_count} stations (simulated chargers, seed {world.seed})"
    table.add_row("Simulated", simulated if options.simulator else "off")
    table.add_row("These facts", str(settings.data / FACTS_FILE))
    console.print(Panel(table, title="Voltgraph demo", subtitle="Ctrl-C stops it; the data stays", expand=False))
    flags = f"--data {settings.data} --http 0.0.0.0:{process.http_port} --ocpp 0.0.0.0:{process.ocpp_port}"
    said = (
        f"chargers connect to ws://{_lan_address()}:{process.ocpp_port}/<identity>, and the page at / asks for a token"
    )
    console.print(f'For the LAN (then {said}):\nmake demo ARGS="{flags}"', soft_wrap=True, highlight=False)
