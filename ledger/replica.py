"""Replay: a home made again from its archive and its journal, on another machine; or a live one checked as if it were.

What is replayed is a folder laid out as a home, with the journal as text in place of the database:

    journal.ndjson      the chains, as `cbi audit export` writes them
    archive/            the contents by digest
    audit/              the public keys and the checkpoints; it may be missing, and then nothing answers for the end

The chain of each company is walked to its end, against the checkpoints; each event that holds goes into the new journal
as it is and into the books (see `ricostruzione`). The rows of the orders are read again in the bytes that the events
name, the files that left are made again (see `partenze`) under `rifatti/SIA/ABI/NAME`. Memory is that of the books, not
of the events. The new home takes its name when all of it is there: one that stops halfway leaves no home.

What the journal does not tell is not there: passwords and second factors (nobody can sign in), accesses, diagnostics,
and what is read in the files of the banks (see `spool.rilettura`). The instant of a row is that of its event.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, StatementError

from ledger import archivio, aziende, database, journal, partenze, ricostruzione, riscrittura, sigilli, utenti, verifica
from ledger.canonico import canonical
from ledger.errors import Refused
from ledger.esporta import JOURNAL_FILE
from ledger.home import Home
from ledger.journal import Cammino, Event
from ledger.partenze import Diversa, Partenza
from ledger.ports import ROME, Ports, beside, put
from ledger.ricostruzione import Differenza, Libri, Riga
from ledger.schema import DISPOSIZIONE, ITER, JOURNAL, instant
from ledger.verifica import Testimone, Verdetto

REMADE = "rifatti"
BATCH = 1000  # events written, and orders compared, at a time
LONGEST_LINE = 64 * 1024 * 1024  # bytes of an event as text
_TEXTS, _NUMBERS = ("at", "dati", "hash", "prima", "soggetto", "tipo"), ("azienda_id", "numero")
_SIA = re.compile(r"[A-Z0-9]{5}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,119}")  # of what may be a file here, whatever a journal says
_WRONG = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError, OverflowError)
Reread = Callable[[Home, Connection, int], Iterable[Differenza]]
Moved = Callable[[str, int, int], None]  # told of the stage, and how much of how much of it is done


@dataclass(frozen=True)
class Contenuto:
    """A content that an event about `soggetto` names, and that the archive does not have as it was stored."""

    soggetto: str
    sha256: str
    perche: Refused


@dataclass(frozen=True)
class Fuori:
    """A file that left and was not made again as it was."""

    distinta_id: int
    nome_file: str
    diversa: Diversa


@dataclass(frozen=True)
class Replica:
    """What came of the replay of one company: the verdict on its chain, how many events went into the books, how many
    contents and files were looked at, and what of them does not agree."""

    verdetto: Verdetto
    eventi: int = 0
    contenuti: int = 0
    guasti: tuple[Contenuto, ...] = ()
    differenze: tuple[Differenza, ...] = ()
    partiti: int = 0
    fuori: tuple[Fuori, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the chain holds and every content is there: without, there is nothing to make again."""
        return self.verdetto.sound and not self.guasti

    @property
    def sound(self) -> bool:
        """Whether everything is as it was."""
        return self.whole and not self.differenze and not self.fuori


# --- a live home ------------------------------------------------------------------------------------------------------


def check(home: Home, moved: Moved = lambda _what, _done, _of: None) -> list[Replica]:
    """Replay every company of a home against its own tables and archive, and write nothing.

    Raises Refused as `verifica.verify` does, and when its events do not make books (REPLICA-003).
    """
    verdicts = {verdetto.sia: verdetto for verdetto in verifica.verify(home)}
    with home.read() as conn:
        mine = {azienda.sia: azienda.id for azienda in aziende.list_(conn)}
        return [_checked(home, conn, mine.get(sia), verdetto, moved) for sia, verdetto in verdicts.items()]


def _checked(home: Home, conn: Connection, azienda_id: int | None, verdetto: Verdetto, moved: Moved) -> Replica:
    if not verdetto.sound or azienda_id is None:
        return Replica(verdetto)
    with _telling(verdetto.sia):
        libri = ricostruzione.fold(conn, azienda_id)
    guasti = tuple(_contents(home, libri, moved))
    found = Replica(verdetto, verdetto.cammino.eventi, len(libri.contenuti), guasti)
    if not found.whole:
        return found
    with _telling(verdetto.sia):
        differenze = [*ricostruzione.compare(conn, azienda_id, libri), *_orders_compared(home, conn, azienda_id, libri)]
        gone = list(map(_outcome, partenze.again(libri, verdetto.sia, lambda each: archivio.load(home, each))))
    return replace(found, differenze=tuple(differenze), partiti=len(gone), fuori=tuple(filter(None, gone)))


def _outcome(partenza: Partenza) -> Fuori | None:
    if partenza.diversa is None:
        return None
    return Fuori(partenza.distinta_id, partenza.nome_file, partenza.diversa)


def _orders_compared(home: Home, conn: Connection, azienda_id: int, libri: Libri) -> Iterator[Differenza]:
    """The orders in the tables against the bytes that the journal names, each column."""
    query = DISPOSIZIONE.select().where(DISPOSIZIONE.c.azienda_id == azienda_id).order_by(DISPOSIZIONE.c.id)
    told = riscrittura.orders(home, azienda_id, libri)
    while rows := {row["id"]: row for row in islice(told, BATCH)}:
        for kept in conn.execute(query.where(DISPOSIZIONE.c.id.in_(list(rows)))):
            for column, value in rows[kept.id].items():
                if column != "stato" and kept._mapping[column] != value:  # states are compared with all the rest
                    yield Differenza("disposizione", str(kept.id), column, _said(value), _said(kept._mapping[column]))


def _said(value: Any) -> Any:
    return value.decode("latin-1") if isinstance(value, bytes) else json.loads(canonical(value))


# --- a home made again ------------------------------------------------------------------------------------------------


def replay(
    source: Path,
    into: Path,
    ports: Ports,
    *,
    until: date | None = None,
    reread: Reread = lambda _home, _conn, _azienda_id: (),
    moved: Moved = lambda _what, _done, _of: None,
) -> list[Replica]:
    """Make a home again, in a folder that is not there yet, from an archive: up to the end of day `until` in Rome, or
    all of it. `reread` is what reads the files of the banks again, company by company; `moved` is told how far it has
    come: bytes of the journal, then contents, then files that left.

    Where a chain does not hold or a content is missing, no home is made; a file that cannot be made again as it was
    leaves the home there, and is told. Raises Refused when the folder is there (REPLICA-001), the archive has no
    journal (REPLICA-002), its events do not make books (REPLICA-003), a line is no event (REPLICA-004), or as
    `verifica.verify` does for checkpoints; OSError.
    """
    if ports.disk.exists(into):
        raise _there(into)
    if not ports.disk.exists(source / JOURNAL_FILE):
        raise _no_journal(source)
    archive = Home(source, ports, database.connect(source))  # a home without its database: none is opened
    ports.disk.mkdir(into.parent)
    scratch = beside(ports, into)
    try:
        Home.create(scratch, ports).close()
        found = _replayed(archive, scratch, ports, until, reread, moved)
        if all(each.whole for each in found):
            ports.disk.sync()
            ports.disk.rename(scratch, into)
            ports.disk.fsync_dir(into.parent)
    finally:
        if ports.disk.exists(scratch):
            ports.disk.remove_tree(scratch)
    return found


@dataclass
class _Catena:
    """One chain on its way into the new home: its company, its books, the last event that went into them."""

    azienda_id: int
    sia: str
    libri: Libri = field(default_factory=Libri)
    numero: int = 0
    verdetto: Verdetto = field(default_factory=lambda: Verdetto("", Cammino(0, journal.GENESIS), 0))


def _replayed(
    archive: Home, scratch: Path, ports: Ports, until: date | None, reread: Reread, moved: Moved
) -> list[Replica]:
    # What a row refers to may come after it: references are checked at the end, all of them.
    home = Home(scratch, ports, database.connect(scratch, foreign_keys=False))
    try:
        with home.begin() as conn, ports.disk.open_read(archive.path / JOURNAL_FILE) as stream:
            size = ports.disk.size(archive.path / JOURNAL_FILE)
            read = _events(stream, lambda done: moved(JOURNAL_FILE, done, size))
            catene = _walked(archive, conn, read, _end(until))
            copied = [tuple(_contents(archive, each.libri, moved, home)) for each in catene]
            found = [
                Replica(each.verdetto, each.numero, len(each.libri.contenuti), guasti)
                for each, guasti in zip(catene, copied, strict=True)
            ]
            if all(each.whole for each in found):
                _written(archive, conn, catene, utenti.nobodys(ports))
                found = [_remade(archive, home, *each, moved) for each in zip(catene, found, strict=True)]
                found = [_reread(home, conn, *each, reread) for each in zip(catene, found, strict=True)]
                if database.dangling(conn):
                    raise _no_books("", "riferimenti a righe che non ci sono", "references to rows that are not there")
    finally:
        home.close()
    return found


def _end(until: date | None) -> str:
    """The first instant that is too late, as the journal writes instants; later than any of them for no day."""
    return "~" if until is None else instant(datetime.combine(until + timedelta(days=1), time(), ROME))


def _events(stream: BinaryIO, moved: Callable[[int], None]) -> Iterator[Event]:
    """The events of a journal as text, one a line; Refused (REPLICA-004) for a line that is none."""
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if not _is_event(event):
            raise _no_event(number)
        if number % BATCH == 0:
            moved(stream.tell())
        yield event


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or event.keys() != {*_TEXTS, *_NUMBERS}:
        return False
    numbers = all(type(event[name]) is int and 0 < event[name] < 2**31 for name in _NUMBERS)
    return numbers and all(isinstance(event[name], str) for name in _TEXTS)


def _walked(archive: Home, conn: Connection, events: Iterable[Event], end: str) -> list[_Catena]:
    """Every chain, walked to its end; those of which there is a checkpoint and no event too."""
    catene: list[_Catena] = []
    for _, mine in groupby(events, key=lambda event: event["azienda_id"]):
        catena = _walk(archive, conn, mine, end)
        if catena.sia in {each.sia for each in catene}:
            raise _not_a_company()
        catene.append(catena)
    for sia in _kept(archive):
        if sia not in {each.sia for each in catene}:
            catene.append(_Catena(0, sia, verdetto=_witness(archive, sia).hear(sia, [])))
    return catene


def _walk(archive: Home, conn: Connection, events: Iterator[Event], end: str) -> _Catena:
    first = next(events)
    sia = first["soggetto"].partition(":")[2]
    if not _SIA.fullmatch(sia):
        raise _not_a_company()
    catena = _Catena(first["azienda_id"], sia)
    with _telling(sia, catena):
        catena.verdetto = _witness(archive, sia).hear(sia, _followed(conn, catena, chain([first], events), end))
    return catena


def _kept(archive: Home) -> list[str]:
    """The names in the audit folder of an archive, if it has one, that are of companies."""
    disk = archive.ports.disk
    return [each for each in disk.listdir(archive.audit_dir) if _SIA.fullmatch(each)] if _sealed(archive) else []


def _sealed(archive: Home) -> bool:
    return archive.ports.disk.exists(archive.audit_dir / sigilli.KEYS)


def _witness(archive: Home, sia: str) -> Testimone | _Nessuno:
    return verifica.testimone(archive, sia) if _sealed(archive) else _Nessuno()


class _Nessuno:
    """The witness of an archive without keys: the chain speaks for itself."""

    def hear(self, sia: str, events: Iterable[Event]) -> Verdetto:
        return Verdetto(sia, journal.walk(events), 0)


def _followed(conn: Connection, catena: _Catena, events: Iterable[Event], end: str) -> Iterator[Event]:
    """The events as they come; each that was found good, and is not too late, goes into the journal and the books."""
    rows: list[Event] = []
    steps: list[Riga] = []
    late = False
    for event in events:
        yield event  # who walks asks for the next one when this one holds
        late = late or event["at"] >= end
        if late:
            continue
        catena.numero = event["numero"]
        dati = json.loads(event["dati"])
        ricostruzione.follow(catena.libri, event, dati)
        rows.append(event)
        steps += _step(event, dati)
        if len(rows) == BATCH:
            _flush(conn, rows, steps)
    _flush(conn, rows, steps)


def _flush(conn: Connection, rows: list[Event], steps: list[Riga]) -> None:
    for table, batch in ((JOURNAL, rows), (ITER, steps)):
        riscrittura.insert(conn, table, batch)
        batch.clear()


def _step(event: Event, dati: Riga) -> list[Riga]:
    """The line of the iter that a step is, if it is one."""
    kind, _, name = event["soggetto"].partition(":")
    if event["tipo"] not in STEPS:
        return []
    whole = kind == "distinta"
    where = {"distinta_id": int(name) if whole else dati["distinta"], "disposizione_id": None if whole else int(name)}
    said = {column: dati[column] for column in ("chi", "evento", "da", "a")}
    return [{**where, **said, "at": datetime.fromisoformat(event["at"]), "dati": canonical(dati["dati"])}]


STEPS = ("distinta_stato", "disposizione_stato")


def _contents(archive: Home, libri: Libri, moved: Moved, into: Home | None = None) -> Iterator[Contenuto]:
    """Every content that the events name: those that are not there as they were stored. Those that are go into
    another home, if there is one."""
    for done, (sha256, subject) in enumerate(libri.contenuti.items(), 1):
        moved(archive.archive_dir.name, done, len(libri.contenuti))
        try:
            if not _DIGEST.fullmatch(sha256):
                raise _no_books(subject, "un'impronta non è di un contenuto", "a digest that is of no content")
            data = archivio.load(archive, sha256)
        except Refused as refused:
            yield Contenuto(subject, sha256, refused)
            continue
        if into is not None:
            target = into.archive_dir / sha256[:2] / sha256
            if not into.ports.disk.exists(target):
                into.ports.disk.mkdir(target.parent)
                into.ports.disk.write_soon(target, data)


def _written(archive: Home, conn: Connection, catene: Iterable[_Catena], impronta: str) -> None:
    with _telling(" ".join(each.sia for each in catene)):
        libri = {(each.azienda_id, each.sia): each.libri for each in catene}
        riscrittura.write(archive, conn, libri, impronta)


def _remade(archive: Home, home: Home, catena: _Catena, found: Replica, moved: Moved) -> Replica:
    """The files that left, made again in the new home, and the checkpoints of what it holds."""
    disk, gone, fuori = home.ports.disk, 0, []
    with _telling(catena.sia):
        for partenza in partenze.again(catena.libri, catena.sia, lambda each: archivio.load(home, each)):
            gone += 1
            moved(REMADE, gone, len(catena.libri.tabelle["intento"]))
            if not (_NAME.fullmatch(partenza.nome_file) and _NAME.fullmatch(partenza.abi)):
                raise ValueError(partenza.nome_file)
            folder = home.path / REMADE / catena.sia / partenza.abi
            disk.mkdir(folder)
            if not disk.exists(folder / partenza.nome_file):  # a name is made of the bytes: refused, they left again
                disk.write_soon(folder / partenza.nome_file, partenza.data)
            fuori.append(_outcome(partenza))
    _seals(archive, home, catena)
    return replace(found, partiti=gone, fuori=tuple(each for each in fuori if each))


def _reread(home: Home, conn: Connection, catena: _Catena, found: Replica, reread: Reread) -> Replica:
    with _telling(catena.sia):
        unread = reread(home, conn, catena.azienda_id)
        return replace(found, differenze=(*ricostruzione.unknown(catena.libri), *unread))


def _seals(archive: Home, home: Home, catena: _Catena) -> None:
    """The public keys, and the checkpoints that speak of events that are there."""
    if _sealed(archive):
        home.ports.disk.mkdir(home.audit_dir)
        lines = [each.riga for each in sigilli.stored(archive, catena.sia) if each.numero <= catena.numero]
        put(home.ports, home.audit_dir / catena.sia, "".join(f"{each}\n" for each in lines).encode())
        put(home.ports, home.audit_dir / sigilli.KEYS, archive.ports.disk.read(archive.audit_dir / sigilli.KEYS))


# --- what is said -----------------------------------------------------------------------------------------------------


@contextmanager
def _telling(sia: str, catena: _Catena | None = None) -> Iterator[None]:
    """Events that hold and make no books, as a refusal (REPLICA-003): of another version, or made up."""
    try:
        yield
    except OperationalError:
        raise  # the machine, not what was written
    except (*_WRONG, StatementError, StopIteration) as error:
        where = f"{sia} {catena.numero}" if catena is not None else sia
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"
        raise _no_books(where, said, said) from error


def _no_books(where: str, it: str, en: str) -> Refused:
    return Refused(
        "REPLICA-003",
        f"Gli eventi non fanno dei libri ({where}): {it}.",
        f"The events do not make books ({where}): {en}.",
        hint_it="Il giornale è di un'altra versione del programma, o non l'ha scritto questo programma.",
        hint_en="The journal is of another version of the program, or was not written by it.",
    )


def _not_a_company() -> Refused:
    return _no_books("", "una catena non comincia con la sua azienda", "a chain does not begin with its company")


def _no_event(line: int) -> Refused:
    return Refused(
        "REPLICA-004",
        f"{JOURNAL_FILE}, riga {line}: non è un evento.",
        f"{JOURNAL_FILE}, line {line}: not an event.",
        hint_it="È il testo che scrive cbi audit export, un evento per riga: copiarlo di nuovo.",
        hint_en="It is the text that cbi audit export writes, an event a line: copy it again.",
    )


def _there(into: Path) -> Refused:
    return Refused(
        "REPLICA-001",
        f"La cartella {into} c'è già: l'archivio rifatto vuole una cartella nuova.",
        f"The folder {into} is there already: a home made again wants a new folder.",
    )


def _no_journal(source: Path) -> Refused:
    return Refused(
        "REPLICA-002",
        f"In {source} non c'è {JOURNAL_FILE}: non c'è nulla da rifare.",
        f"There is no {JOURNAL_FILE} in {source}: nothing to make again.",
        hint_it="La cartella si fa con: cbi audit export --into CARTELLA",
        hint_en="The folder is made with: cbi audit export --into FOLDER",
    )
