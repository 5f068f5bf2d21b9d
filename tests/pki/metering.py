"""A meter that signs what it says, as the Open Charge Metering Format wants it."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Meter:
    """One meter with a key of its own."""

    def __init__(self, curve: ec.EllipticCurve | None = None, name: str = "secp256r1") -> None:
        self._key, self._method = ec.generate_private_key(curve or ec.SECP256R1()), f"ECDSA-{name}-SHA256"

    @property
    def public_key(self) -> str:
        """As it is printed on the meter: hex of its DER form."""
        return self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()

    @property
    def announced_key(self) -> str:
        """As a station sends it along (white paper on signed meter values, 3.2.2)."""
        return base64.b64encode(f"oca:base16:asn1:{self.public_key}".encode()).decode()

    def signed(self, kwh: float, kind: str, note: str = "") -> str:
        """The text of one reading: ``kind`` B for the beginning, E for the end."""
        payload = {
            "FV": "1.0",
            "GI": f"Test {note}".strip(),
            "GS": "1",
            "PG": "T1",
            "MV": "Test",
            "MS": "1",
            "IS": True,
            "IT": "NONE",
            "RD": [
                {
                    "TM": "2026-11-21T12:00:00,000+0000 S",
                    "TX": kind,
                    "RV": kwh,
                    "RI": "1-b:1.8.0",
                    "RU": "kWh",
                    "ST": "G",
                }
            ],
        }
        text = json.dumps(payload, separators=(",", ": "))
        signature = self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())).hex()
        return f'OCMF|{text}|{{"SA":"{self._method}","SD":"{signature}"}}'
