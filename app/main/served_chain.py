"""Whether chargers can verify the certificates that we serve: some leave without a word where a link is missing."""

import contextlib
import ssl
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cryptography import x509

_RENEW_WITHIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Link:
    good: bool
    message: str


def look_at_chain(certificate: Path, *, at: datetime) -> Iterator[Link]:
    """What is wrong with a PEM file of the server's certificate and those above it, or that nothing is."""
    try:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
    except (OSError, ValueError) as error:
        yield Link(False, f"{certificate}: {error}. Give PEM certificates, the server's own first.")
        return
    for link in chain:
        if link.not_valid_after_utc < at + _RENEW_WITHIN or link.not_valid_before_utc > at:
            yield Link(
                False,
                f"{_name(link.subject)} is good from {link.not_valid_before_utc:%Y-%m-%d} to "
                f"{link.not_valid_after_utc:%Y-%m-%d}: renew it",
            )
    for lower, upper in pairwise(chain):
        if lower.issuer != upper.subject:
            yield Link(
                False,
                f"{_name(lower.subject)} is followed by {_name(upper.subject)}, and issued by {_name(lower.issuer)}: "
                f"put the certificates in {certificate} in order, each above its issuer",
            )
            return
    last = chain[-1]
    if last.issuer != last.subject and last.issuer not in _known_roots():
        yield Link(
            False,
            f"chargers need the certificate of {_name(last.issuer)} too, and drop the line where they have not got it: "
            f"append it to {certificate}",
        )
        return
    yield Link(True, f"{len(chain)} served, up to {_name(last.issuer)}: chargers need that root installed")


def _known_roots() -> set[x509.Name]:
    """The roots that this machine trusts; some are older than the rules that their serial numbers break."""
    found = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for der in ssl.create_default_context().get_ca_certs(binary_form=True):
            with contextlib.suppress(ValueError):
                found.add(x509.load_der_x509_certificate(der).subject)
    return found


def _name(name: x509.Name) -> str:
    return name.rfc4514_string()
