"""What a home keeps beside the database so that the journal can be proved: the key that signs checkpoints, the public
keys, the checkpoints taken.

All of it is under `audit/`: `chiave` (the secret, 0600), `chiavi` (a line for each public key there has ever been) and
one file for each company, named by its SIA, with its checkpoints. The journal names each checkpoint and the one before,
so that who has the database and not the key cannot make the chain again from before the last of them.
"""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Connection, select

from ledger import checkpoint, journal
from ledger.aziende import Azienda
from ledger.checkpoint import Checkpoint
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import PRIVATE, PUBLIC, put
from ledger.schema import JOURNAL

TIPO = "checkpoint"
KEYS = "chiavi"  # the file of the public keys
SEED_BYTES = 32


def take(home: Home, azienda: Azienda) -> Checkpoint:
    """A checkpoint of the chain of a company as it is now, kept in the home and named by the journal.

    The key is made the first time. Raises Refused when what is kept cannot be read (CHIAVE-001, CHECKPOINT-001), and
    OSError when the disk fails: then the journal has not changed, and what was written is true all the same.
    """
    with home.begin() as conn:
        seed = _seed(home)
        kept = stored(home, azienda.sia)
        at = home.ports.clock.now()
        taken = checkpoint.make(seed, azienda.sia, *journal.head(conn, azienda.id), at)
        _write(home, home.audit_dir / azienda.sia, "".join(f"{each.riga}\n" for each in [*kept, taken]))
        dati = {"riga": taken.riga, "precedente": _named_last(conn, azienda.id)}
        journal.append(conn, azienda_id=azienda.id, tipo=TIPO, soggetto=f"azienda:{azienda.sia}", dati=dati, at=at)
    return taken


def fresh(conn: Connection, azienda_id: int) -> bool:
    """Whether nothing has happened to a company since its last checkpoint: that is the last event of its chain."""
    mine = select(JOURNAL.c.tipo).where(JOURNAL.c.azienda_id == azienda_id)
    return bool(conn.scalar(mine.order_by(JOURNAL.c.numero.desc()).limit(1)) == TIPO)


def _named_last(conn: Connection, azienda_id: int) -> str:
    """The last checkpoint that the journal names: the file may have one more, of a commit that did not come."""
    mine = select(JOURNAL.c.dati).where(JOURNAL.c.azienda_id == azienda_id, JOURNAL.c.tipo == TIPO)
    dati = conn.scalar(mine.order_by(JOURNAL.c.numero.desc()).limit(1))
    return json.loads(dati)["riga"] if dati else ""


def stored(home: Home, sia: str) -> list[Checkpoint]:
    """The checkpoints taken of a company, oldest first. Raises Refused (CHECKPOINT-001) when the file was spoilt."""
    return [checkpoint.read(line) for line in _read(home, home.audit_dir / sia)]


def public_keys(home: Home) -> dict[str, bytes]:
    """The public keys of this home by id, the one in use last."""
    return checkpoint.keys(_read(home, home.audit_dir / KEYS))


def public_key(home: Home) -> bytes:
    """The public key in use, 32 bytes; made the first time, with its secret. Raises as `take` does."""
    with home.begin():  # the right to write is what keeps two processes from making two keys
        return checkpoint.public(_seed(home))


def seal(home: Home, manifest: bytes) -> str:
    """The line that seals a manifest with the key in use. Raises as `take` does."""
    with home.begin():
        return checkpoint.seal(_seed(home), manifest)


def _seed(home: Home) -> bytes:
    path, disk = home.audit_dir / "chiave", home.ports.disk
    if disk.exists(path):
        disk.fsync_dir(path.parent)  # a crash may have come between its rename and this
    else:
        _write(home, path, home.ports.random.token() + home.ports.random.token(), PRIVATE)
    try:
        seed = bytes.fromhex(disk.read(path).decode("ascii"))
        public = checkpoint.public(seed)
    except ValueError as error:
        raise Refused(
            "CHIAVE-001",
            f"La chiave in {path} è rovinata: non si possono firmare checkpoint.",
            f"The key in {path} is spoilt: no checkpoint can be signed.",
            hint_it="Ripristinarla da una copia di sicurezza; se non c'è, spostarla altrove: se ne farà una nuova.",
            hint_en="Restore it from a backup; if there is none, move it elsewhere: a new one will be made.",
        ) from error
    line, told = checkpoint.key_line(public), home.audit_dir / KEYS
    known = [each for each in _read(home, told) if each != line]
    if _read(home, told) != [*known, line]:
        _write(home, told, "".join(f"{each}\n" for each in [*known, line]))
    return seed


def _read(home: Home, path: Path) -> list[str]:
    if not home.ports.disk.exists(path):
        return []
    return home.ports.disk.read(path).decode("utf-8", "replace").splitlines()


def _write(home: Home, path: Path, text: str, mode: int = PUBLIC) -> None:
    """Durably, in one step: a reader finds what was there before or all of `text`."""
    disk = home.ports.disk
    if not disk.exists(path.parent):
        disk.mkdir(path.parent)
        disk.fsync_dir(path.parent.parent)
    put(home.ports, path, text.encode("ascii"), mode)
