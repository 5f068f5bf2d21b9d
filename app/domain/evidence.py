"""What speaks for us in a dispute: everything that is known of the session, each thing with its proof, as text."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.hold import Hold
from app.domain.location import Location
from app.domain.meter import Reading
from app.domain.session import Session
from app.domain.signed_meter import SignedMeter

_READINGS_MAX = 40
_DATA_MAX = 1_500
_TEXT_MAX = 20_000  # of one field at the provider


@dataclass(frozen=True, slots=True)
class Proof:
    """What the pack is made of. ``quoted_minor`` None: no quote was named, and the published tariff applied."""

    hold: Hold
    session: Session
    location: Location
    evse_id: str | None
    station: str
    readings: tuple[Reading, ...] = ()
    signed: SignedMeter | None = None
    tariff: str | None = None
    quoted_minor: int | None = None
    quoted_at: datetime | None = None
    billed_minor: int | None = None
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The pack: a paragraph on the service, the log of what happened, and all of it as titled sections."""

    service: str
    access_log: str
    served_on: str | None
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def text(self) -> str:
        parts = ("\n".join((title, *lines)) for title, lines in self.sections)
        return "\n\n".join(parts)[:_TEXT_MAX]


def evidence_of(proof: Proof) -> Evidence:
    """The same for the same session, whoever asks and whenever."""
    steps = tuple(_steps(proof.session))
    sections = (
        ("Service", tuple(_service(proof))),
        ("What happened", steps),
        ("Price that was shown and agreed", tuple(_price(proof))),
        ("Meter", tuple(_meter(proof))),
        ("Signed meter values", tuple(_signed(proof.signed))),
        ("Payment and documents", tuple(_payment(proof))),
    )
    served = proof.session.started_at or proof.session.created_at
    return Evidence(" ".join(sections[0][1]), "\n".join(steps)[:_TEXT_MAX], f"{served:%Y-%m-%d}", sections)


def _at(moment: datetime | None) -> str:
    return "not known" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _money(minor: int | None, currency: str) -> str:
    return "not known" if minor is None else f"{minor} minor units of {currency}"


def _service(proof: Proof) -> Iterable[str]:
    place, session = proof.location, proof.session
    yield "Electricity for an electric vehicle, delivered at a public charging station."
    yield f"Charging point {proof.evse_id or 'without a public id'} of station {proof.station}."
    yield f"Place: {place.name}, {place.address}, {place.postal_code or ''} {place.city}, {place.country}."
    yield f"From {_at(session.started_at)} to {_at(session.ended_at)}: {session.energy_wh} Wh."


def _steps(session: Session) -> Iterable[str]:
    yield f"Asked for at {_at(session.created_at)}, started by {session.origin.value}."
    for name, mark in session.steps.items():
        yield f"{_at(mark.at)}: {name} {mark.state.value}" + (f" ({mark.message})" if mark.message else "")
    if session.transaction_id is not None:
        yield f"The station's own name of the transaction: {session.transaction_id}."
    yield f"Ended at {_at(session.ended_at)}, reason: {session.stop_reason or 'not said by the station'}."


def _price(proof: Proof) -> Iterable[str]:
    currency = proof.hold.currency
    yield f"Tariff: {proof.tariff or 'not known'}."
    if proof.quoted_at is not None:
        shown = _money(proof.quoted_minor, currency)
        yield f"A quote was shown at {_at(proof.quoted_at)}, before the payment: {shown} would be held."
    else:
        yield "The price was published before the start; the version that applied then was charged."
    yield f"The driver had {_money(proof.hold.wanted_minor, currency)} held at {_at(proof.hold.held_at)}."


def _meter(proof: Proof) -> Iterable[str]:
    shown = proof.readings
    if len(shown) > _READINGS_MAX:
        step = len(shown) / _READINGS_MAX
        shown = (*(shown[int(number * step)] for number in range(_READINGS_MAX - 1)), shown[-1])
    yield f"{len(proof.readings)} readings were taken; {len(shown)} of them:"
    for reading in shown:
        yield f"{_at(reading.at)}: register {reading.energy_wh} Wh, power {reading.power_w} W"


def _signed(signed: SignedMeter | None) -> Iterable[str]:
    if signed is None:
        yield "This meter signs nothing."
        return
    yield f"Format {signed.format}; verification: {signed.verification or 'not checked'}."
    yield f"Public key: {signed.public_key or 'not known'}"
    yield f"First value: {signed.start_data[:_DATA_MAX]}"
    yield f"Last value: {signed.stop_data[:_DATA_MAX]}"


def _payment(proof: Proof) -> Iterable[str]:
    hold, currency = proof.hold, proof.hold.currency
    yield f"Billed: {_money(proof.billed_minor, currency)}; captured: {_money(hold.captured_minor, currency)}."
    yield f"Given back: {_money(hold.refunded_minor, currency)}."
    yield f"Documents: {', '.join(proof.documents) or 'none'}."
