"""The command line: ``voltgraph demo`` first, then what an operator's host needs day by day."""

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from app.main.settings import BadAddress, RunRole, Settings

app = typer.Typer(
    name="voltgraph",
    help="Charge point management with GraphQL as its front door. Start with: [bold]voltgraph demo[/bold]",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
operator_app = typer.Typer(help="The operators of this installation.", no_args_is_help=True)
member_app = typer.Typer(help="The people of an operator.", no_args_is_help=True)
token_app = typer.Typer(help="API tokens for programs.", no_args_is_help=True)
station_app = typer.Typer(help="Charging stations.", no_args_is_help=True)
schema_app = typer.Typer(help="The GraphQL schema as a file.", no_args_is_help=True)
for name, group in (
    ("operator", operator_app),
    ("member", member_app),
    ("token", token_app),
    ("station", station_app),
    ("schema", schema_app),
):
    app.add_typer(group, name=name)

console = Console()
errors = Console(stderr=True)

DataOption = Annotated[Path | None, typer.Option("--data", help="Folder of the embedded database. Default: ./data")]
HttpOption = Annotated[
    str | None, typer.Option("--http", help="HOST:PORT of the API and pages. Default: 127.0.0.1:8080")
]
OcppOption = Annotated[
    str | None, typer.Option("--ocpp", help="HOST:PORT where chargers connect. Default: 127.0.0.1:9000")
]
OperatorOption = Annotated[str, typer.Option("--operator", help="Country and party of the operator, such as DE*NWL.")]


def main() -> None:
    """The console script. Expected failures end in one sentence that says what to do, and exit status 2."""
    try:
        app()
    except Exception as error:
        message = _expected(error)
        if message is None:
            raise
        _fail(message)


def _expected(error: Exception) -> str | None:
    """What to tell whoever typed the command; None for a bug. What it needs is loaded only now: help is to be quick."""
    from psycopg import OperationalError

    from app.domain.refusal import Refused
    from app.main.installation import NotConfigured, NotMigrated
    from app.main.mail import BadSmtpUrl
    from app.main.process import PortTaken
    from app.main.seed import SeedRefused
    from app.main.tls import BadCertificate
    from app.store.embedded import DataFolderInUse, DataFolderUnusable
    from schema.trusted import BadDocuments

    explained = (NotConfigured, NotMigrated, PortTaken, SeedRefused, DataFolderInUse, DataFolderUnusable)
    if isinstance(error, Refused):
        return f"{error.refusal.code}: {error.refusal.message}"
    if isinstance(error, (BadAddress, BadCertificate, BadDocuments, BadSmtpUrl, *explained)):
        return str(error)
    if isinstance(error, OperationalError):
        return f"The database cannot be reached: {str(error).strip()}. Check its address, then: voltgraph doctor"
    if isinstance(error, OSError):
        said = error.strerror or error
        return f"{said}. If an address is in use, give another: --http HOST:PORT --ocpp HOST:PORT"
    return None


def _fail(message: str) -> NoReturn:
    # Never broken into lines: what it ends with is to be copied.
    errors.print(f"[bold red]voltgraph:[/bold red] {message}", highlight=False, soft_wrap=True)
    sys.exit(2)


def _settings(data: Path | None = None, http: str | None = None, ocpp: str | None = None) -> Settings:
    given = {"data": data, "http": http, "ocpp": ocpp}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    settings.http_address()
    settings.ocpp_address()
    return settings


# Named here, too: the simulator is not loaded to print a help text. A test compares them.
_PERSONAS = (
    "How they misbehave: probes-then-2.0.1, no-subprotocol, boots-forever, never-answers-ping, zombie, two-sockets, "
    "resends-same-id, local-time-as-z, clock-1970, register-resets or floods-history; with "
    "--version 1.6 also stops-with-minus-one, charging-before-start or meter-after-stop."
)


@app.command()
def demo(
    data: DataOption = None,
    http: HttpOption = None,
    ocpp: OcppOption = None,
    stations: Annotated[
        int | None, typer.Option(min=0, max=5000, help="How many stations the simulator drives. Default: 24.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same story. Default: 1.")] = None,
    simulator: Annotated[bool, typer.Option(help="Whether simulated stations live a day.")] = True,
    browser: Annotated[bool, typer.Option(help="Whether to open the live page.")] = True,
) -> None:
    """Two operators, three locations and simulated stations, live in your browser. Ctrl-C stops it; the data stays."""
    from app.main.demo import DemoOptions, run_demo
    from app.main.installation import installation
    from app.main.process import check_free
    from app.main.run import configure_logs

    configure_logs(pretty=True)
    settings = _settings(data, http, ocpp)
    check_free(settings.http_address(), settings.ocpp_address())  # before anything is built
    with installation(settings) as place:
        run_demo(settings, place, DemoOptions(stations, seed, simulator, browser), console)


@app.command()
def serve(
    data: DataOption = None,
    http: HttpOption = None,
    ocpp: OcppOption = None,
    role: Annotated[RunRole, typer.Option(help="Which doors this process has.")] = RunRole.ALL,
) -> None:
    """Serves chargers and clients until it is told to stop (SIGTERM or Ctrl-C)."""
    from app.main.installation import check_revision, installation
    from app.main.process import Process
    from app.main.run import configure_logs, run_until_signal

    configure_logs(pretty=sys.stderr.isatty())
    settings = _settings(data, http, ocpp)
    with installation(settings) as place:
        check_revision(place.urls.ingest)
        if role is not RunRole.ALL and settings.redis_url is None:
            errors.print(
                f"[yellow]voltgraph:[/yellow] --role {role.value} hears of other processes over Redis alone. "
                "Set VOLTGRAPH_REDIS_URL for all of them."
            )
        process = Process(settings, place.urls, role)

        async def ready(process: Process) -> None:
            if role.has_api:
                home = f"http://{settings.http_address().host}:{process.http_port}"
                console.print(f"Live page {home}/  GraphQL {home}/graphql")
            if role.has_gateway:
                console.print(f"Chargers connect to {settings.connect_url(process.ocpp_port)}/<identity>")

        run_until_signal(process, ready=ready)


@app.command()
def migrate(data: DataOption = None) -> None:
    """Brings the database to this version's schema, and makes its two roles."""
    from app.main.installation import owned
    from app.store import migrate as migration

    with owned(_settings(data)) as (owner_url, name):
        console.print(f"{name} is at revision {migration.migrate(owner_url)}.", soft_wrap=True)


_FAULTS = (
    "What the network does, separated by commas: latency, drop, duplicate, reorder, half-open, malformed. Each strikes "
    "by chance, between 1 (half-open) and 30 (latency) frames in a hundred; the same ones again with the same --seed."
)


@app.command()
def simulate(
    url: Annotated[str, typer.Option(help="Where chargers connect, without the identity.")] = "ws://127.0.0.1:9000",
    fleet: Annotated[
        Path | None,
        typer.Option(help='JSON file: [{"identity", "password", "version", "evses", "tokens"}]; "-" reads stdin.'),
    ] = None,
    identity: Annotated[str | None, typer.Option(help="One station, instead of a file.")] = None,
    password: Annotated[str | None, typer.Option(help="Its password.")] = None,
    version: Annotated[str, typer.Option(help="1.6, 2.0.1 or 2.1.")] = "2.0.1",
    token: Annotated[list[str] | None, typer.Option(help="Cards its visitors carry; may be repeated.")] = None,
    seed: Annotated[int, typer.Option()] = 1,
    time_factor: Annotated[float, typer.Option(min=0.1, help="Simulated seconds a second.")] = 20.0,
    persona: Annotated[str | None, typer.Option(help=_PERSONAS)] = None,
    faults: Annotated[
        str | None,
        typer.Option(help=_FAULTS),
    ] = None,
) -> None:
    """Simulated chargers against any OCPP backend. They are simulations: no car is charged."""
    from app.main.fleet import run_fleet, specs_from

    raw: list[dict[str, Any]]
    if fleet is not None:
        raw = _fleet_of(fleet)
    elif identity is not None:
        raw = [{"identity": identity, "password": password, "version": version, "tokens": token or []}]
    else:
        _fail("Name a station or a file: voltgraph simulate --identity CP-1 --password … or --fleet FILE")
    given = {"persona": persona, "faults": None if faults is None else faults.split(",")}
    raw = [entry | {name: value for name, value in given.items() if value is not None} for entry in raw]
    try:
        specs = specs_from(raw)
    except (TypeError, ValueError) as error:
        _fail(f"This is no station the simulator knows: {error}. See: voltgraph simulate --help")
    run_fleet(url, specs, seed=seed, time_factor=time_factor, console=console)


def _fleet_of(file: Path) -> list[dict[str, Any]]:
    """What the file says of stations; ends the command where it says nothing of the kind."""
    try:
        found = json.loads(sys.stdin.read() if str(file) == "-" else file.read_text())
    except OSError as error:
        _fail(f"{file} cannot be read: {error.strerror}. Give a file that is there: --fleet FILE")
    except ValueError as error:
        _fail(f"{file} is no JSON: {error}. It is a list: voltgraph simulate --help")
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        _fail(f"{file} is no list of stations: voltgraph simulate --help")
    return found


@app.command()
def doctor(data: DataOption = None) -> None:
    """Checks this machine and the installation; every finding says what to do."""
    from app.main.doctor import examine

    findings = examine(_settings(data))
    table = Table("", "Checked", "Found")
    for finding in findings:
        table.add_row("[green]ok[/green]" if finding.good else "[red]no[/red]", finding.subject, finding.message)
    console.print(table)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


@operator_app.command("add")
def operator_add(
    name: Annotated[str, typer.Argument(help="As drivers read it.")],
    party: Annotated[str, typer.Argument(help="Country and party, such as DE*NWL.")],
    currency: Annotated[str, typer.Option(help="ISO 4217.")] = "EUR",
    data: DataOption = None,
) -> None:
    """Makes an operator, and prints an API token with every right."""
    from app.main import administration as admin

    _administer(data, lambda office: admin.add_operator(office, name, party, currency), makes=True)


@operator_app.command("list")
def operator_list(data: DataOption = None) -> None:
    """All operators of the installation."""
    from app.main import administration as admin

    _administer(data, admin.list_operators)


@member_app.command("add")
def member_add(
    email: str,
    operator: OperatorOption,
    role: Annotated[str, typer.Option(help="OWNER, MANAGER, SUPPORT or VIEWER.")] = "OWNER",
    password: Annotated[
        str,
        typer.Option(prompt=True, prompt_required=True, hide_input=True, confirmation_prompt=True, show_default=False),
    ] = "",
    data: DataOption = None,
) -> None:
    """Lets a person in, with a password of 10 characters or more."""
    from app.main import administration as admin

    _administer(data, lambda office: admin.add_member(office, operator, email, role, password))


@token_app.command("create")
def token_create(
    operator: OperatorOption,
    name: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="A permission such as network:read; may be repeated. Default: all.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650)] = 90,
    data: DataOption = None,
) -> None:
    """Makes an API token; its secret is printed once."""
    from app.main import administration as admin

    life = timedelta(days=days)
    _administer(data, lambda office: admin.create_token(office, operator, name, tuple(scope or ()), life))


@station_app.command("add")
def station_add(
    identity: Annotated[str, typer.Argument(help="What the charger calls itself: the end of its URL.")],
    operator: OperatorOption,
    location: Annotated[str, typer.Option(help="Name or id of the location; one of that name is made if none exists.")],
    evses: Annotated[int, typer.Option(min=1, max=100)] = 1,
    power_kw: Annotated[float, typer.Option(min=0.1, max=10_000)] = 22.0,
    profile: Annotated[
        int, typer.Option(min=0, max=2, help="0: no password (a trusted network), 1: password, 2: also TLS.")
    ] = 1,
    data: DataOption = None,
) -> None:
    """Registers a station; its password is printed once, with the URL to enter in the charger."""
    from app.main import administration as admin

    _administer(
        data,
        lambda office: admin.add_station(office, operator, identity, location, evses, round(power_kw * 1000), profile),
    )


@station_app.command("list")
def station_list(operator: OperatorOption, data: DataOption = None) -> None:
    """An operator's stations and their connections."""
    from app.main import administration as admin

    _administer(data, lambda office: admin.list_stations(office, operator))


@schema_app.command("export")
def schema_export(
    file: Annotated[Path, typer.Option(help="Where to write it.")] = Path("frontend-contract/schema.graphql"),
) -> None:
    """Writes the schema, sorted and described, and beside it the drivers' part of it."""
    from schema.export import write

    write(file)
    console.print(f"Wrote {file}.")


@schema_app.command("check")
def schema_check(file: Annotated[Path, typer.Option()] = Path("frontend-contract/schema.graphql")) -> None:
    """Fails when the file is not this code's schema."""
    from schema.export import difference

    try:
        same = difference(file).same
    except FileNotFoundError:
        _fail(f"There is no {file}, or none for drivers: voltgraph schema export --file {file}")
    if not same:
        _fail(f"{file} is not this code's schema: voltgraph schema export --file {file}")
    console.print(f"{file} is this code's schema.")


@schema_app.command("documents")
def schema_documents(
    folder: Annotated[Path, typer.Argument(help="A client's operations: every .graphql file in it is one document.")],
    file: Annotated[Path, typer.Option(help="Where to write them.")] = Path("documents.json"),
) -> None:
    """Writes a client's documents by their ids, for VOLTGRAPH_TRUSTED_DOCUMENTS."""
    from schema.trusted import trusted

    texts = [found.read_text().strip() for found in sorted(folder.rglob("*.graphql"))]
    if not texts:
        _fail(f"There is no .graphql file in {folder}.")
    known = trusted(texts)
    file.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n")
    serve = f"VOLTGRAPH_TRUSTED_DOCUMENTS={file} voltgraph serve"
    console.print(f"Wrote {len(known)} documents to {file}. Serve them: {serve}", soft_wrap=True)


def _administer(data: Path | None, work: Callable[[Any], Any], *, makes: bool = False) -> None:
    """Opens the installation's office for one piece of work, also beside a server, and prints what it returns.

    Only work that ``makes`` something new may make the installation, too.
    """
    from app.main.administration import Office
    from app.main.installation import installation

    settings = _settings(data)
    with installation(settings, existing=not makes, beside=True) as place:

        async def run() -> None:
            office = Office(settings, place)
            try:
                for part in await work(office):
                    console.print(part)
            finally:
                await office.close()

        asyncio.run(run())


if __name__ == "__main__":
    main()
