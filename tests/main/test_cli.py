"""The command line, as somebody types it: what it works on, and what it says when something is wrong."""

import socket
import sys
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from app.main.cli import app
from app.main.settings import Settings
from schema.trusted import read_trusted, trusted
from tests.conftest import TestDatabase

RUN = CliRunner()


@pytest.mark.parametrize("name", ["app_database_url", "ingest_database_url", "owner_database_url"])
def test_any_address_means_a_database_of_one_s_own(name: str) -> None:
    assert Settings(**{name: "postgresql://db/voltgraph"}).embedded is False  # type: ignore[arg-type]
    assert Settings().embedded is True


def test_the_owner_s_address_alone_is_migrated(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOLTGRAPH_OWNER_DATABASE_URL", database.owner_url)
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("DROP SCHEMA public CASCADE")
        owner.execute("DROP SCHEMA procrastinate CASCADE")
        owner.execute("CREATE SCHEMA public")
        said = RUN.invoke(app, ["migrate", "--data", str(tmp_path / "unused")])
        assert said.exit_code == 0, said.output
        assert owner.execute("SELECT count(*) FROM operator").fetchone() == (0,)
    assert database.name in said.output
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1}', "no list of stations"),
        ("[1]", "no list of stations"),
        ("not json", "is no JSON"),
        (None, "cannot be read"),
    ],
)
def test_a_fleet_that_cannot_be_read_is_explained(text: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "fleet.json"
    if text is not None:
        file.write_text(text)
    answer = RUN.invoke(app, ["simulate", "--fleet", str(file)])
    assert answer.exit_code == 2
    assert said in answer.output


def test_a_client_s_documents_are_written_by_their_ids(tmp_path: Path) -> None:
    (tmp_path / "me.graphql").write_text("query Me { viewer { kind } }\n")
    file = tmp_path / "out.json"
    said = RUN.invoke(app, ["schema", "documents", str(tmp_path), "--file", str(file)])
    assert said.exit_code == 0, said.output
    assert read_trusted(file) == trusted(["query Me { viewer { kind } }"])
    none = RUN.invoke(app, ["schema", "documents", str(tmp_path / "nowhere")])
    assert none.exit_code == 2


@pytest.mark.parametrize(("party", "meant"), [("DEMYC", "'DE*MYC'"), ("MYC", "'DE*MYC'")])
def test_a_party_without_its_star_is_shown_with_it(
    party: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from app.main.cli import main

    monkeypatch.setattr(sys, "argv", ["voltgraph", "operator", "add", "Mine", party, "--data", str(tmp_path / "d")])
    with pytest.raises(SystemExit):
        main()
    assert meant in capsys.readouterr().err


def test_a_demo_whose_port_is_taken_builds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from app.main.cli import main

    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        data = tmp_path / "data"
        monkeypatch.setattr(sys, "argv", ["voltgraph", "demo", "--ocpp", address, "--data", str(data), "--no-browser"])
        with pytest.raises(SystemExit):
            main()
    assert "cannot be used" in capsys.readouterr().err
    assert not data.exists()
