"""Certificates of banks that are not there."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
Holder = tuple[x509.Certificate, Any]


@cache
def holder(kind: str = "ec", start: datetime = FROM, end: datetime = TO) -> Holder:
    """A certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "BANCA DI PROVA")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), start, end)
    return made.sign(key, hashes.SHA256()), key
