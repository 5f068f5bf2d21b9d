"""What `voltgraph doctor` says of the certificates that chargers are shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.main.doctor import examine
from app.main.served_chain import Link, look_at_chain
from app.main.settings import Settings
from tests.pki.making import Pair, certificate, server_certificate

NOW = datetime.now(UTC)


@pytest.fixture
def chain(tmp_path: Path) -> tuple[Pair, Pair, Pair]:
    """The server's own certificate, the one between, the root."""
    root = certificate(tmp_path, "root")
    between = certificate(tmp_path, "between", issuer=root)
    return server_certificate(tmp_path, between, "ec"), between, root


def said(tmp_path: Path, *pairs: Pair, at: datetime = NOW) -> list[Link]:
    file = tmp_path / "chain.pem"
    file.write_text("".join(pair.pem for pair in pairs))
    return list(look_at_chain(file, at=at))


def test_a_whole_chain_is_good(tmp_path: Path, chain: tuple[Pair, Pair, Pair]) -> None:
    server, between, root = chain
    (found,) = said(tmp_path, server, between, root)
    assert found.good and "CN=root" in found.message


def test_the_missing_link_is_named(tmp_path: Path, chain: tuple[Pair, Pair, Pair]) -> None:
    (found,) = said(tmp_path, chain[0])
    assert not found.good and "CN=between" in found.message and "append it to" in found.message


def test_an_intermediate_of_a_root_that_is_known_is_enough(
    tmp_path: Path, chain: tuple[Pair, Pair, Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Roots that everybody has need not be served."""
    server, between, root = chain
    monkeypatch.setattr("app.main.served_chain._known_roots", lambda: {root.certificate.subject})
    assert [found.good for found in said(tmp_path, server, between)] == [True]
    assert [found.good for found in said(tmp_path, server)] == [False]


def test_certificates_out_of_order_are_told(tmp_path: Path, chain: tuple[Pair, Pair, Pair]) -> None:
    server, between, root = chain
    (found,) = said(tmp_path, server, root, between)
    assert not found.good and "in order" in found.message


def test_what_runs_out_is_told_before_it_does(tmp_path: Path, chain: tuple[Pair, Pair, Pair]) -> None:
    found = said(tmp_path, *chain, at=NOW + timedelta(days=20))
    assert [link.good for link in found] == [False] * 3 + [True]
    assert all("renew it" in link.message for link in found[:3])


def test_what_is_no_certificate_is_told(tmp_path: Path) -> None:
    (found,) = look_at_chain(tmp_path / "nowhere.pem", at=NOW)
    assert not found.good and "nowhere.pem" in found.message


def test_the_doctor_looks_at_both_certificates(tmp_path: Path, chain: tuple[Pair, Pair, Pair]) -> None:
    server, between, root = chain
    other = server_certificate(tmp_path, root, "rsa")
    (tmp_path / "whole.pem").write_text(server.pem + between.pem + root.pem)
    settings = Settings(
        data=tmp_path / "data",
        tls_certificate=tmp_path / "whole.pem",
        tls_key=server.key_file,
        tls_second_certificate=other.chain_file,
        tls_second_key=server.key_file,
    )
    found = [(one.good, one.message) for one in examine(settings) if one.subject == "TLS certificate"]
    assert [good for good, _ in found] == [True, False]
    assert str(other.chain_file) in found[1][1]
