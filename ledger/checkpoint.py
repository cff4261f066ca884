"""A checkpoint: one printable line that says how far a chain had come, signed with Ed25519 (RFC 8032).

    cbi-checkpoint-v1 SIA NUMERO TESTA ISTANTE CHIAVE FIRMA

NUMERO is that of the last event and TESTA its hash; ISTANTE is in UTC with microseconds; CHIAVE is made of the first
16 digits of the SHA-256 of the public key; FIRMA covers the line up to the blank before it. All but SIA, NUMERO and
ISTANTE are lower-case hex. A public key is told by the line `cbi-key-v1 CHIAVE PUBBLICA`.
A manifest is sealed by the line `cbi-manifest-v1 CHIAVE FIRMA`, where FIRMA covers `cbi-manifest-v1`, a blank and the
SHA-256 of the manifest in hex.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import Refused
from ledger.schema import instant

PREFIX, KEY_PREFIX, SEAL_PREFIX = "cbi-checkpoint-v1", "cbi-key-v1", "cbi-manifest-v1"
_LINE = re.compile(
    rf"({PREFIX} ([A-Z0-9]{{5}}) ([1-9][0-9]{{0,17}}) ([0-9a-f]{{64}}) "
    r"([0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z) ([0-9a-f]{16})) ([0-9a-f]{128})"
)
_KEY = re.compile(rf"{KEY_PREFIX} ([0-9a-f]{{16}}) ([0-9a-f]{{64}})")


@dataclass(frozen=True)
class Checkpoint:
    """The chain of company `sia` had `numero` events, the last with hash `testa`, at that instant; `riga` is the whole
    line, signed by the key of that id."""

    riga: str
    sia: str
    numero: int
    testa: str
    at: str
    chiave: str


def make(seed: bytes, sia: str, numero: int, testa: str, at: datetime) -> Checkpoint:
    """A checkpoint signed with the key of these 32 secret bytes."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    said = f"{PREFIX} {sia} {numero} {testa} {instant(at)} {key_id(public(seed))}"
    return read(f"{said} {key.sign(said.encode()).hex()}")


def read(line: str) -> Checkpoint:
    """A checkpoint from its line; its signature is not looked at. Refused (CHECKPOINT-001) for any other text."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise Refused(
            "CHECKPOINT-001",
            f"Non è la riga di un checkpoint: «{line[:80]}».",
            f'Not the line of a checkpoint: "{line[:80]}".',
            hint_it=f"Comincia con {PREFIX} ed è una riga sola: ricopiarla per intero, senza andare a capo.",
            hint_en=f"It begins with {PREFIX} and is one line: copy all of it, without breaks.",
        )
    _said, sia, numero, testa, at, chiave, _signature = found.groups()
    return Checkpoint(line, sia, int(numero), testa, at, chiave)


def require_signed(checkpoint: Checkpoint, keys: Mapping[str, bytes]) -> None:
    """Refused when the key is none of these, by id (CHECKPOINT-002), or the signature is not its own
    (CHECKPOINT-003)."""
    if checkpoint.chiave not in keys:
        known = ", ".join(keys) or "-"
        raise Refused(
            "CHECKPOINT-002",
            f"Il checkpoint {_name(checkpoint)} è firmato con la chiave {checkpoint.chiave}, che qui non si conosce.",
            f"Checkpoint {_name(checkpoint)} is signed with key {checkpoint.chiave}, which is not known here.",
            hint_it=f"Chiavi conosciute: {known}. È di un altro archivio, o la chiave di questo è stata sostituita.",
            hint_en=f"Keys known: {known}. It is of another home, or the key of this one was replaced.",
        )
    said, _, signature = checkpoint.riga.rpartition(" ")
    try:
        Ed25519PublicKey.from_public_bytes(keys[checkpoint.chiave]).verify(bytes.fromhex(signature), said.encode())
    except InvalidSignature as error:
        raise Refused(
            "CHECKPOINT-003",
            f"La firma del checkpoint {_name(checkpoint)} non è valida: la riga è stata cambiata.",
            f"The signature of checkpoint {_name(checkpoint)} does not hold: the line was changed.",
            hint_it="Confrontare la riga con l'originale, carattere per carattere.",
            hint_en="Compare the line with the original, character by character.",
        ) from error


def seal(seed: bytes, manifest: bytes) -> str:
    """The line that seals a manifest with the key of these 32 secret bytes."""
    said = f"{SEAL_PREFIX} {hashlib.sha256(manifest).hexdigest()}".encode()
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(said)
    return f"{SEAL_PREFIX} {key_id(public(seed))} {signature.hex()}"


def lines(text: str) -> list[Checkpoint]:
    """The checkpoints of a text, which may hold other lines. Raises Refused as `read` does, also when there is none."""
    found = [line.strip() for line in text.splitlines() if line.strip().startswith(PREFIX)]
    return [read(line) for line in found or [text.strip()]]


def public(seed: bytes) -> bytes:
    """The 32 bytes of the public key that goes with these secret ones."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def key_id(key: bytes) -> str:
    """The id of a public key of 32 bytes."""
    return hashlib.sha256(key).hexdigest()[:16]


def key_line(key: bytes) -> str:
    """The line that tells a public key of 32 bytes."""
    return f"{KEY_PREFIX} {key_id(key)} {key.hex()}"


def keys(rows: Iterable[str]) -> dict[str, bytes]:
    """Public keys by id, from lines; one whose id is not its own, or that is no such line, is left out."""
    found = [match for match in map(_KEY.fullmatch, rows) if match]
    return {match[1]: key for match in found if key_id(key := bytes.fromhex(match[2])) == match[1]}


def _name(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.sia} {checkpoint.numero}"
