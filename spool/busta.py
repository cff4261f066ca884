"""The sealed envelope of what leaves: CMS enveloped data (RFC 5652), AES-256, which the bank alone can open."""

from __future__ import annotations

from datetime import datetime

from ledger.errors import Refused

SUFFIX = ".p7m"


def seal(data: bytes, pem: bytes, at: datetime) -> bytes:
    """The envelope, in DER, of these bytes for the holder of a certificate (PEM, RSA). Never twice the same.

    Raises Refused (LINEA-010) when the certificate cannot be used at that instant.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

    try:
        holder = x509.load_pem_x509_certificate(pem)
        builder = PKCS7EnvelopeBuilder().set_data(data).add_recipient(holder).set_content_encryption_algorithm(AES256)
    except (ValueError, TypeError) as error:
        raise _unusable(str(error), str(error)) from error
    start, end = holder.not_valid_before_utc, holder.not_valid_after_utc
    if not start <= at <= end:
        valid = f"{start:%d/%m/%Y} - {end:%d/%m/%Y}"
        raise _unusable(f"vale {valid}", f"it is valid {valid}")
    return builder.encrypt(Encoding.DER, [PKCS7Options.Binary])


def _unusable(it: str, en: str) -> Refused:
    return Refused(
        "LINEA-010",
        f"Il certificato della banca non si può usare: {it}.",
        f"The certificate of the bank cannot be used: {en}.",
        hint_it="Chiedere alla banca quello in uso, e indicarlo in linee.toml. Nulla parte in chiaro nel frattempo.",
        hint_en="Ask the bank for the one in use, and name it in linee.toml. Nothing leaves in clear meanwhile.",
    )
