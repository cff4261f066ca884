"""The archive: every content kept once, under the name of its SHA-256."""

import hashlib
from pathlib import Path

from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import scratch


def digest(data: bytes) -> str:
    """The name that a content has in the archive: its SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def store(home: Home, data: bytes) -> str:
    """Keep `data` durably; returns its SHA-256 in hex. Storing it again does nothing. Raises OSError."""
    sha256 = digest(data)
    disk, target = home.ports.disk, _path(home, sha256)
    if not disk.exists(target):
        disk.mkdir(target.parent)
        with scratch(home.ports, home.archive_dir) as written:
            disk.write_new(written, data)
            disk.rename(written, target)
    # Also when it was there: a crash may have come between its rename and these.
    disk.fsync_dir(target.parent)
    if target.parent not in home.durable:
        disk.fsync_dir(home.archive_dir)
        home.durable.add(target.parent)
    return sha256


def load(home: Home, sha256: str) -> bytes:
    """The content of that name, checked against it.

    Raises Refused when it is missing (ARCHIVIO-001) or is not what was stored (ARCHIVIO-002).
    """
    path = _path(home, sha256)
    if not home.ports.disk.exists(path):
        raise Refused(
            "ARCHIVIO-001",
            f"Il contenuto {sha256} non è più nell'archivio.",
            f"The content {sha256} is no longer in the archive.",
        )
    data = home.ports.disk.read(path)
    if digest(data) != sha256:
        raise Refused(
            "ARCHIVIO-002",
            f"Il contenuto {sha256} è stato alterato dopo l'archiviazione.",
            f"The content {sha256} was altered after it was stored.",
            hint_it=f"Ripristinare {path} da una copia di sicurezza.",
            hint_en=f"Restore {path} from a backup.",
        )
    return data


def _path(home: Home, sha256: str) -> Path:
    return home.archive_dir / sha256[:2] / sha256
