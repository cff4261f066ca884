"""What arrives signed: CMS signed data (RFC 5652, section 5) in DER, the file inside it and who signed it.

A signature counts when it is of a certificate that the line names: there is no chain to follow and nobody else to
trust. Signatures are RSA (PKCS #1 v1.5) or ECDSA, with SHA-256 or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ObjectIdentifier

from spool.lettura import Hostile

CONTENT_TYPE, MESSAGE_DIGEST = (ObjectIdentifier(f"1.2.840.113549.1.9.{n}") for n in (3, 4))
HASHES = {
    ObjectIdentifier("2.16.840.1.101.3.4.2.1"): hashes.SHA256(),
    ObjectIdentifier("2.16.840.1.101.3.4.2.2"): hashes.SHA384(),
    ObjectIdentifier("2.16.840.1.101.3.4.2.3"): hashes.SHA512(),
}


@asn1.sequence
class _ContentInfo:
    content_type: ObjectIdentifier
    content: Annotated[asn1.TLV, asn1.Explicit(0)]


@asn1.sequence
class _Encapsulated:
    content_type: ObjectIdentifier
    content: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class _Algorithm:
    oid: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Attribute:
    oid: ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _Signer:
    version: int
    sid: asn1.TLV
    digest: _Algorithm
    attributes: Annotated[asn1.SetOf[_Attribute] | None, asn1.Implicit(0)]
    algorithm: asn1.TLV
    signature: bytes
    unsigned: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class _Signed:
    version: int
    digests: asn1.SetOf[asn1.TLV]
    inside: _Encapsulated
    certificates: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    revoked: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[_Signer]


def content(data: bytes) -> bytes:
    """The file inside, whoever signed it. Raises Hostile when there is none."""
    return _read(data)[1]


def require(data: bytes, holders: Sequence[x509.Certificate], at: datetime) -> None:
    """Raises Hostile unless a signature is sound and of one of those certificates, in force at that instant."""
    signed, inside = _read(data)
    in_force = [each for each in holders if each.not_valid_before_utc <= at <= each.not_valid_after_utc]
    if not any(_is_of(holder, signed, signer, inside) for holder in in_force for signer in signed.signers.as_list()):
        raise Hostile(
            "nessuna firma valida di un certificato in vigore fra quelli di «firmatari»",
            'no sound signature of a certificate in force among those of "firmatari"',
        )


def _read(data: bytes) -> tuple[_Signed, bytes]:
    try:
        signed = asn1.decode_der(_ContentInfo, data).content.parse(_Signed)
    except ValueError:
        raise Hostile("busta firmata (CMS) che non si legge", "a signed envelope (CMS) that cannot be read") from None
    if signed.inside.content is None:
        raise Hostile("firma senza il file firmato", "a signature without the file it is of")
    return signed, signed.inside.content


def _is_of(holder: x509.Certificate, signed: _Signed, signer: _Signer, inside: bytes) -> bool:
    """Whether a signature is sound and of a certificate: of the file, or of attributes that say its digest."""
    algorithm = HASHES.get(signer.digest.oid)
    if algorithm is None:
        return False
    if signer.attributes is None:
        return _verifies(holder, signer.signature, inside, algorithm)
    digest = hashes.Hash(algorithm)
    digest.update(inside)
    due = {CONTENT_TYPE: signed.inside.content_type, MESSAGE_DIGEST: digest.finalize()}
    if any(_told(signer.attributes, oid) != [asn1.encode_der(value)] for oid, value in due.items()):
        return False
    return _verifies(holder, signer.signature, asn1.encode_der(signer.attributes), algorithm)


def _told(attributes: asn1.SetOf[_Attribute], oid: ObjectIdentifier) -> list[bytes]:
    """The values of an attribute, each in DER."""
    found = [each for each in attributes.as_list() if each.oid == oid]
    return [asn1.encode_der(value) for each in found for value in each.values.as_list()]


def _verifies(holder: x509.Certificate, signature: bytes, message: bytes, algorithm: hashes.HashAlgorithm) -> bool:
    key = holder.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True
