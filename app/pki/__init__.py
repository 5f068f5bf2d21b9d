"""The built-in public key infrastructure: a development authority, OCSP, and a way to a provisioning service."""

from app.pki.service import BuiltInPki, PkiSettings

__all__ = ["BuiltInPki", "PkiSettings"]
