"""Signatures of meters: right, tampered with, of another meter, of an unknown one, and no OCMF at all."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.domain.signed_meter import Verification, worst
from app.pki.signed_meter import is_key, verify
from tests.pki.metering import Meter

METER, OTHER = Meter(), Meter()
TEXT = METER.signed(1.5, "B")


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("data", [TEXT, in_base64(TEXT), TEXT.encode().hex(), f"  {TEXT}\n", in_base64(TEXT) + "\n"])
@pytest.mark.parametrize("key", [METER.public_key, METER.announced_key, METER.public_key.upper()])
def test_however_it_is_written_a_right_signature_is_right(data: str, key: str) -> None:
    assert verify(data, [key]) == (Verification.VERIFIED, key)


@pytest.mark.parametrize(
    ("data", "keys", "found"),
    [
        (TEXT.replace("1.5", "0.5"), [METER.public_key], Verification.SIGNATURE_WRONG),
        (TEXT, [OTHER.public_key], Verification.SIGNATURE_WRONG),
        # Whose word comes first is believed, also when a later key would fit.
        (TEXT, [OTHER.public_key, METER.public_key], Verification.SIGNATURE_WRONG),
        (TEXT, ["no key at all", METER.public_key], Verification.VERIFIED),
        (TEXT, [], Verification.KEY_UNKNOWN),
        (TEXT, ["no key at all"], Verification.KEY_UNKNOWN),
        ("<?xml version='1.0'?><signedMeterValue/>", [METER.public_key], Verification.FORMAT_UNKNOWN),
        ("OCMF|{}|{}", [METER.public_key], Verification.FORMAT_UNKNOWN),
        ("OCMF|", [METER.public_key], Verification.FORMAT_UNKNOWN),
        ("\x00\ufffd", [METER.public_key], Verification.FORMAT_UNKNOWN),
    ],
)
def test_what_is_not_right_says_why(data: str, keys: list[str], found: Verification) -> None:
    assert verify(data, keys)[0] is found


@pytest.mark.parametrize("tampered", [False, True])
def test_a_separator_inside_a_text_is_none(tampered: bool) -> None:
    text = METER.signed(1.5, "B", note='a|b | {"SA"} |')
    data = text.replace("a|b", "a|c") if tampered else text
    assert verify(data, [METER.public_key])[0] is (Verification.SIGNATURE_WRONG if tampered else Verification.VERIFIED)


@pytest.mark.parametrize(
    ("curve", "name"),
    [
        (ec.SECP384R1(), "secp384r1"),
        (ec.SECP521R1(), "secp521r1"),
        (ec.BrainpoolP256R1(), "brainpoolP256r1"),
        (ec.BrainpoolP256R1(), "brainpool256r1"),
        (ec.BrainpoolP384R1(), "brainpool384r1"),
        (ec.BrainpoolP384R1(), "brainpoolP384r1"),
    ],
)
def test_every_curve_of_the_format(curve: ec.EllipticCurve, name: str) -> None:
    meter = Meter(curve, name)
    text = meter.signed(1.5, "B")
    assert verify(text, [meter.public_key])[0] is Verification.VERIFIED
    assert verify(text.replace("1.5", "0.5"), [meter.public_key])[0] is Verification.SIGNATURE_WRONG
    assert verify(text, [METER.public_key])[0] is Verification.SIGNATURE_WRONG
    assert verify(METER.signed(1.5, "B"), [meter.public_key])[0] is Verification.SIGNATURE_WRONG
    assert verify(text, [meter.announced_key])[0] is Verification.VERIFIED


def test_only_keys_are_keys() -> None:
    assert is_key(METER.public_key)
    assert is_key(METER.announced_key)
    assert not is_key("")
    assert not is_key("oca:base16:asn1:zz")


def test_the_worst_finding_speaks_for_all() -> None:
    right, wrong = Verification.VERIFIED, Verification.SIGNATURE_WRONG
    assert worst([right, right]) is right
    assert worst([right, wrong, None]) is wrong
    assert worst([right, None]) is None
    assert worst([right, Verification.KEY_UNKNOWN]) is Verification.KEY_UNKNOWN
