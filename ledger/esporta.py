"""The journal as text for others to verify: one JSON object a line, one line an event; and the whole folder that a
replay wants.

What is in the database goes out as it is, `dati` as the text that was hashed and not as an object: an export that
mended something would hide that it was broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection

from ledger import archivio, aziende, journal, sigilli
from ledger.canonico import canonical
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import beside

JOURNAL_FILE = "journal.ndjson"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def ndjson(conn: Connection, aziende: Iterable[int]) -> Iterator[str]:
    """The lines of the chains of some companies, one chain after the other, in constant memory."""
    for azienda_id in aziende:
        for event in journal.events(conn, azienda_id):
            yield canonical(event)


def archive(home: Home, into: Path) -> int:
    """All that a replay wants, in a folder that is not there yet: the journal as text, every content, the public keys
    and the checkpoints; never the key that signs, nor the database. How many contents there are.

    It takes its name when all of it is there, durably. Raises Refused when the folder is there (ESPORTA-001) or a
    content is not what was stored (ARCHIVIO-002), OSError.
    """
    disk = home.ports.disk
    if disk.exists(into):
        raise Refused(
            "ESPORTA-001",
            f"La cartella {into} c'è già: ne serve una nuova.",
            f"The folder {into} is there already: a new one is needed.",
        )
    disk.mkdir(into.parent)
    scratch = beside(home.ports, into)
    try:
        # In this order: a checkpoint, and a content, are there before the journal tells of them.
        _audit(home, scratch)
        with home.read() as conn:
            lines = ndjson(conn, [azienda.id for azienda in aziende.list_(conn)])
            disk.write_parts(scratch / JOURNAL_FILE, (f"{line}\n".encode() for line in lines))
        contents = _contents(home, scratch)
        disk.fsync_dir(scratch)
        disk.rename(scratch, into)
        disk.fsync_dir(into.parent)
    finally:
        if disk.exists(scratch):
            disk.remove_tree(scratch)
    return contents


def _audit(home: Home, scratch: Path) -> None:
    with home.read() as conn:
        names = [*(azienda.sia for azienda in aziende.list_(conn)), sigilli.KEYS]
    disk = home.ports.disk
    disk.mkdir(scratch / home.audit_dir.name)
    for name in names:
        if disk.exists(home.audit_dir / name):
            disk.write_new(scratch / home.audit_dir.name / name, disk.read(home.audit_dir / name))
    disk.fsync_dir(scratch / home.audit_dir.name)


def _contents(home: Home, scratch: Path) -> int:
    """Every content of the archive, checked against its name; how many there are."""
    disk, found = home.ports.disk, 0
    disk.mkdir(scratch / home.archive_dir.name)
    for folder in disk.listdir(home.archive_dir):
        target = scratch / home.archive_dir.name / folder
        names = [] if len(folder) != 2 else [n for n in disk.listdir(home.archive_dir / folder) if _DIGEST.fullmatch(n)]
        for sha256 in names:
            disk.mkdir(target)
            disk.write_new(target / sha256, archivio.load(home, sha256))
        if names:
            disk.fsync_dir(target)
        found += len(names)
    disk.fsync_dir(scratch / home.archive_dir.name)
    return found
