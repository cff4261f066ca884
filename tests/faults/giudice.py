"""What is looked at after a fault, from outside: the folders of the banks, the files that commands make, the sums, the
journal; and the rows of the books, which must be those of a run without faults."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from ledger import aziende, intenti, ricostruzione, verifica
from ledger.database import found
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import Ports, today
from ledger.replica import STEPS
from ledger.schema import ACCESSO, DISPOSIZIONE, DISTINTA, INTENTO, ITER, JOURNAL, LAVORO, LINEA, METADATA
from spool.stato import status
from tests.faults.case import PORTATI, collect

NOT_BOOKS = {ACCESSO.name, LAVORO.name, LINEA.name}
TOLD = {ITER.name, JOURNAL.name}  # of which there may be more, when words of the bank come in another order
AT_RANDOM = {"at", "hash", "prima", "segreto", "totp", "totp_at", "password_at", "totp_ultimo", "tentativi"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z")
AGAIN = re.compile(r"\.\d+(?= [0-9a-f]{16}$)")
SCRATCH = (".tmp", ".part")
LEFT = ("new", "sent", "confirmed", "rejected")


def look(root: Path, ports: Ports, *, banks: Iterable[str], like: dict[str, Any] | None = None) -> dict[str, Any]:
    """All that is judged, as JSON, once those banks have collected. A home that is not there is nothing, and
    when its books are not `like` others the rest is not looked at."""
    collect(root, banks)
    seen: dict[str, Any] = {"fatti": _made(root), **folders(root)}
    path = root / "home"
    if not found(ports.disk, path):
        return seen
    try:
        home = Home.open(path, ports)
    except Refused as refused:  # half made, or not yet brought up
        return {**seen, "home": refused.code}
    try:
        return {**seen, **_books(home, ports, like)}
    finally:
        home.close()


def folders(root: Path) -> dict[str, Any]:
    """What has left, wherever it is by now, and what has come in, by name and digest."""
    spool = root / "home" / "spool"
    packs = _packed(spool)
    there = _digests_of(spool.glob("*/*/*/*/*")) | _digests_of(spool.glob("*/*/archive/*/*/*/*/*"))
    left, come = _side(there | packs, "out"), _side(there | packs, "in")
    return {
        "partiti": _named({path: sha for path, sha in left.items() if path.parent.name != "tmp"}),
        "arrivati": _fetched(_named(come)),
        "alla banca": _named(_digests_of((root / "banca").glob("*/[!.]*"))),
        "compressi": _named(packs),
        "dove": sorted(str(path.relative_to(root)) for path in left),
    }


def state(root: Path, scratch: Path) -> str:
    """A digest of all that a command would find: every file, and what the database holds once SQLite has done away
    with what was not committed. Two homes with the same one go on alike; names drawn at random do not count."""
    found = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.name.startswith("cbi.db"):
            name = str(path.relative_to(root)) if path.suffix not in SCRATCH else str(path.parent.relative_to(root))
            drawn = path.parent.name == "audit"  # keys are, and so is what they sign
            held = len(path.read_bytes().splitlines()) if drawn else _digest(path)
            found.update(f"{name} {held}\n".encode())
    for base in sorted(root.rglob("cbi.db")):
        for each in base.parent.glob("cbi.db*"):
            shutil.copyfile(each, scratch / each.name)  # to open it is to change it
        found.update(_held(scratch / base.name).encode())
        for each in scratch.glob("cbi.db*"):
            each.unlink()
    return found.hexdigest()


def _held(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return INSTANT.sub("", "\n".join(f"{name} {_kept(db, name)}" for name in tables if name not in NOT_BOOKS))


def _kept(db: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    found = db.execute(
        f"SELECT * FROM {table} ORDER BY 1, 2" if table != "alembic_version" else f"SELECT * FROM {table}"
    )
    here = [n for n, column in enumerate(found.description) if column[0] not in AT_RANDOM]
    return [tuple(row[n] for n in here) for row in found]


def rubbish(root: Path) -> list[str]:
    """What was being written when the machine stopped, and is of no use to anybody."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.name.endswith(SCRATCH))


Impronte = dict[Path, str]  # the digests of files


def _digests_of(paths: Iterable[Path]) -> Impronte:
    return {path: _digest(path) for path in paths if path.is_file()}


def _packed(spool: Path) -> Impronte:
    """What is in packs, under the paths that it had."""
    return {
        pack.parent / pack.name[:2] / name: hashlib.sha256(data).hexdigest()[:16]
        for pack in spool.glob("*/*/archive/*/*.tar.xz")
        for name, data in _unpacked(pack)
    }


def _unpacked(pack: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(pack) as tar:
        for member in tar:
            if member.name != "SHA256SUMS" and (stream := tar.extractfile(member)):
                yield member.name, stream.read()


def _side(impronte: Impronte, side: str) -> Impronte:
    return {path: sha for path, sha in impronte.items() if side in path.parts[-3:-1]}


def _named(impronte: Impronte) -> list[str]:
    """A line for each file: the branch and the side it is of, its name, its digest."""
    return sorted(f"{_place(path)} {path.name} {sha}" for path, sha in impronte.items())


def _fetched(named: list[str]) -> list[str]:
    """The same, but for what lies in `in/new` under a second name, fetched twice: its bytes will be known."""
    new = {AGAIN.sub("", each) for each in named if "/in/new " in each}
    return sorted([*new, *(each for each in named if "/in/new " not in each)])


def _place(path: Path) -> str:
    parts = path.parts
    side = next((each for each in reversed(parts[:-1]) if each in ("out", "in")), parts[-2])
    folder = parts[-2] if side == "in" else ""
    return f"{parts[parts.index('spool') + 2]}/{side}/{folder}" if "spool" in parts else side.replace(PORTATI, "da-noi")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _made(root: Path) -> list[str]:
    """The files that commands make for whoever asks: whole, if they are there. What was being written is `rubbish`."""
    made = (path for path in (root / "fatti").rglob("*") if path.is_file() and not _hidden(path, root))
    made = (path for path in made if path.suffix not in SCRATCH)
    return sorted(f"{path.relative_to(root)} {_whole(path)}" for path in made)


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts) or path.name.startswith("cbi.db")


def _whole(path: Path) -> str:
    if path.suffix == ".zip":
        return str(zipfile.ZipFile(path).testzip())
    variable = path.parent.name == "audit" or path.suffix in ("", ".ndjson")
    return "" if variable else _digest(path)


def _books(home: Home, ports: Ports, like: dict[str, Any] | None) -> dict[str, Any]:
    with home.read() as conn:
        rows = {name: _rows(conn, name) for name in METADATA.tables if name not in NOT_BOOKS}
        if like is not None and rows != like.get("libri"):
            return {"libri": rows}
        uncertain = [each.distinta_id for each in intenti.uncertain(conn)]
        rebuilt = [str(each) for azienda in aziende.list_(conn) for each in ricostruzione.check(conn, azienda.id)]
        names = conn.execute(select(DISTINTA.c.nome_supporto, DISTINTA.c.stato))
        stati = sorted(" ".join(map(str, row)) for row in names)
        specie = Counter(conn.scalars(select(JOURNAL.c.tipo).where(JOURNAL.c.tipo.not_in(STEPS))))
        ordini = Counter(conn.scalars(select(DISPOSIZIONE.c.stato)))
        partite = conn.scalars(select(INTENTO.c.sha256).where(INTENTO.c.stato == intenti.COMPIUTO)).all()
    return {
        "libri": rows,
        "righe": {name: len(found) for name, found in rows.items() if name not in TOLD},
        "specie": sorted(specie.items()),
        "incerti": uncertain,
        "stati": stati,
        "ordini": sorted(ordini.items()),
        "inoltrati": sorted(each[:16] for each in partite),
        "giornale": all(each.sound for each in verifica.verify(home)),
        "rifatti": rebuilt,
        "somme": [
            f"{ramo.sia} {ramo.abi} {somma.nome}"
            for ramo in status(home, today(ports)).rami
            for somma in ramo.somme
            if not somma.torna
        ],
    }


def _rows(conn: Connection, name: str) -> list[str]:
    table = METADATA.tables[name]
    hidden = AT_RANDOM | ({"dati"} if table is JOURNAL else set())
    columns = ", ".join(column.name for column in table.columns if column.name not in hidden)
    order = ", ".join(column.name for column in table.primary_key)
    found = conn.exec_driver_sql(f"SELECT {columns} FROM {name} ORDER BY {order}")
    return [INSTANT.sub("", " ".join(map(repr, row))) for row in found]


STRICT = frozenset({"dove"})
"""After a kill nothing may be other than without it, but for where a file lies that the bank has collected."""

IN_ANOTHER_ORDER = STRICT | {"libri"}
"""After a call that failed the others went on: what was done later has a later id, and a later place in the journal."""

DECIDED = IN_ANOTHER_ORDER | {"partiti", "specie", "righe"}
"""A person has decided of an uncertain dispatch: it may have left under a second name, and the journal says why."""


def faults(seen: dict[str, Any], expected: dict[str, Any], but: frozenset[str] = STRICT) -> list[str]:
    """What is wrong with what was seen, in itself and beside a run without faults, `but` what need not be the same;
    nothing when all is well."""
    wrong = [f"{name}: {seen[name]}" for name in ("somme", "incerti") if seen.get(name)]
    wrong += [] if seen.get("giornale", True) else ["il giornale non torna"]
    wrong += [f"perso: {each}" for each in lost(seen, expected)] + [f"doppio: {each}" for each in doubled(seen)]
    return wrong + list(_differences(seen, expected, but))


def lost(seen: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """The digests that should have left, or be there, and are not."""
    missing = Counter(_digests(expected)) - Counter(_digests(seen))
    return sorted(missing)


def doubled(seen: dict[str, Any]) -> list[str]:
    """The digests that have left for one bank more than once."""
    return sorted(f"{place} {sha}" for (place, sha), n in _out(seen).items() if n > 1)


def _digests(seen: dict[str, Any]) -> list[str]:
    return [each.rpartition(" ")[2] for each in seen["partiti"]]


def _out(seen: dict[str, Any]) -> Counter[tuple[str, str]]:
    return Counter((each.split(" ")[0], each.rpartition(" ")[2]) for each in seen["partiti"])


def _differences(seen: dict[str, Any], expected: dict[str, Any], but: frozenset[str]) -> Iterator[str]:
    for name in sorted((expected.keys() | seen.keys()) - but):
        mine, other = seen.get(name), expected.get(name)
        if mine == other:
            continue
        if name == "libri" and mine is not None and other is not None:
            tables = [table for table in other if mine.get(table) != other[table]]
            yield from (f"libri {table}: {_first(mine.get(table, []), other[table])}" for table in tables)
        elif isinstance(mine, list) and isinstance(other, list):
            yield f"{name}: {_first(mine, other)}"
        else:
            yield f"{name}: {mine!r:.80} invece di {other!r:.80}"


def _first(mine: list[Any], other: list[Any]) -> str:
    extra = [each for each in mine if each not in other][:2]
    missing = [each for each in other if each not in mine][:2]
    return f"+{extra!r:.150} -{missing!r:.150} ({len(mine)} invece di {len(other)})"
