"""What the lines to the banks rely on and does not last: certificates, and keys that a certificate makes good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ledger.home import Home
from spool.linee import InSftp, Linea, certificates, lines

SSH_CERTIFICATE = "-cert.pub"
"""Added to the name of a private key, where its certificate is: as ssh has it."""


class Scadenza(NamedTuple):
    """Until when (`fine`) the thing of that name (`it`, `en`) on the line to a bank (`abi`) is good."""

    abi: str
    it: str
    en: str
    fine: datetime


def expiring(home: Home, sia: str, before: datetime) -> list[Scadenza]:
    """What on the lines of a company does not last until an instant. Raises Refused as `lines` and `certificates` do,
    OSError."""
    found = (each for linea in lines(home) if linea.sia == sia for each in _of(home, linea))
    return [each for each in found if each.fine < before]


def _of(home: Home, linea: Linea) -> Iterator[Scadenza]:
    come = linea.come
    named = (
        (come.certificato, "il certificato della banca", "the certificate of the bank"),
        (come.firmatari, "un certificato di chi firma", "a certificate of who signs"),
    )
    for path, it, en in named:
        for each in certificates(home, linea, path) if path is not None else ():
            yield Scadenza(linea.abi, it, en, each.not_valid_after_utc)
    key = linea.local(f"{come.chiave}{SSH_CERTIFICATE}") if isinstance(come, InSftp) and come.chiave else None
    if key is not None and home.ports.disk.exists(key):
        for fine in _until(home, key):
            yield Scadenza(linea.abi, "il certificato della chiave SFTP", "the certificate of the SFTP key", fine)


def _until(home: Home, path: Path) -> list[datetime]:
    """When the SSH certificate in a file ends; nothing of one that never does, or cannot be read: ssh goes without."""
    from cryptography.hazmat.primitives.serialization import SSHCertificate, load_ssh_public_identity

    try:
        read = load_ssh_public_identity(home.ports.disk.read(path))
        return [datetime.fromtimestamp(read.valid_before, UTC)] if isinstance(read, SSHCertificate) else []
    except (ValueError, OverflowError):
        return []
