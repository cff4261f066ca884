"""The home: one folder with the archive of contents, the spool, and the database or its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, text

from ledger import database
from ledger.errors import Refused
from ledger.ports import Ports
from ledger.schema import AZIENDA, OLDER, VERSION


@dataclass(frozen=True)
class Home:
    """Where one ledger lives. `begin()` gives a connection that may write, `read()` one that looks.

    `durable` are the folders of the archive that are known not to be lost: made durable since the home was opened.
    """

    path: Path
    ports: Ports
    engine: Engine
    durable: set[Path] = field(default_factory=set, compare=False, repr=False)

    @classmethod
    def create(cls, path: Path, ports: Ports, url: str = "") -> Home:
        """Make the folder and the tables, in a file or in the empty database of a server (`url`); a home that is there
        already is opened as it is.

        Raises Refused when the address is wrong (HOME-012, HOME-013), the home has its database elsewhere (HOME-014),
        or the database is another home's (HOME-015) or not in UTF-8 (HOME-016).
        """
        ports.disk.mkdir(path)
        there, kept = database.found(ports.disk, path), database.address(ports.disk, path)
        if url and there and url != kept:
            raise _elsewhere(path)
        home = cls(path, ports, database.connect(path, url or kept))
        try:
            with home.begin() as conn:
                if _version(conn) is None:
                    database.require_utf8(conn)
                    _upgrade(conn)
                    if url:
                        database.keep_address(ports, path, url)
                elif url and not there:
                    raise _another_home()
                _check_version(conn)
            for folder in (home.archive_dir, home.spool_dir):
                ports.disk.mkdir(folder)
            ports.disk.fsync_dir(path)
        except BaseException:
            home.close()
            raise
        return home

    @classmethod
    def open(cls, path: Path, ports: Ports) -> Home:
        """The home in `path`. Raises Refused when there is none (HOME-002) or it is of another version of the
        engine (HOME-003)."""
        home = cls(path, ports, _engine(path, ports))
        try:
            with home.read() as conn:
                _check_version(conn)
        except BaseException:
            home.close()
            raise
        return home

    @classmethod
    def upgrade(cls, path: Path, ports: Ports) -> tuple[str, str]:
        """Bring a home made by an older engine to this version, in one transaction; the version it was of, and is.

        Nothing is lost, and the journal gains an event. One that is already of this version is left as it is. Raises
        Refused when there is no home (HOME-002), its version is not known (HOME-003), or what is in it does not hold
        together: the journal (HOME-009) or the references between its tables (HOME-010).
        """
        # Tables are made anew under their names: references are checked at the end, all of them, not on the way.
        home = cls(path, ports, _engine(path, ports, foreign_keys=False))
        try:
            with home.begin() as conn:
                found = _version(conn)
                if found in OLDER:
                    _bring_up(conn, ports, str(found))
                _check_version(conn)
        finally:
            home.close()
        return str(found), VERSION

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @cached_property
    def archive_dir(self) -> Path:
        """Contents by their SHA-256."""
        return self.path / "archive"

    @cached_property
    def spool_dir(self) -> Path:
        """What leaves and what arrives, by company and bank."""
        return self.path / "spool"

    @cached_property
    def audit_dir(self) -> Path:
        """The key that signs checkpoints, the public keys, the checkpoints taken."""
        return self.path / "audit"

    @contextmanager
    def begin(self, *, lasting: bool = True) -> Iterator[Connection]:
        """A transaction that holds the right to write from its first instant: all of it or nothing. One that is not
        `lasting` asks nothing of the disk: it is for what need not be known once the power has gone.

        Raises Refused when another process has held it for too long (HOME-004) or the machine does not let the
        database be read or written (HOME-005 to HOME-008, HOME-011, HOME-021; on a server HOME-017 to HOME-020).
        """
        with (
            database.told(self.engine),
            self.engine.connect() as conn,
            nullcontext() if lasting else database.unsynced(conn),
            database.writing(conn),
        ):
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot to look at; what is written through it is dropped."""
        with database.told(self.engine), self.engine.connect() as conn:
            database.look(conn)
            yield conn


def _engine(path: Path, ports: Ports, *, foreign_keys: bool = True) -> Engine:
    """The engine of a home that is there; Refused (HOME-002) when there is none."""
    if not database.found(ports.disk, path):
        raise _absent(path)
    return database.connect(path, database.address(ports.disk, path), foreign_keys=foreign_keys)


def _version(conn: Connection) -> str | None:
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _check_version(conn: Connection) -> None:
    found = _version(conn)
    if found == VERSION:
        return
    hint_it = "Usare il programma che lo ha creato; se la creazione si era interrotta, ripetere init."
    hint_en = "Use the program that made it; if its creation was interrupted, run init again."
    if found in OLDER:
        hint_it = "Fatta una copia della cartella, si aggiorna con: cbi upgrade"
        hint_en = "Make a copy of the folder, then bring it up with: cbi upgrade"
    raise Refused(
        "HOME-003",
        f"L'archivio è della versione {found or 'nessuna'}, questo programma usa la {VERSION}.",
        f"The home is of version {found or 'none'}, this program uses {VERSION}.",
        hint_it=hint_it,
        hint_en=hint_en,
    )


def _bring_up(conn: Connection, ports: Ports, found: str) -> None:
    from ledger import journal

    aziende = conn.scalars(select(AZIENDA.c.id)).all()
    if any(journal.verify(conn, azienda_id) for azienda_id in aziende):
        raise _unsound("HOME-009", "il giornale è stato alterato", "the journal was altered")
    _upgrade(conn)
    if database.dangling(conn):
        raise _unsound("HOME-010", "mancano righe a cui altre si riferiscono", "rows that others refer to are missing")
    for azienda_id in aziende:
        journal.append(
            conn,
            azienda_id=azienda_id,
            tipo="archivio_aggiornato",
            soggetto="archivio",
            dati={"da": found, "a": VERSION},
            at=ports.clock.now(),
        )


def _unsound(code: str, it: str, en: str) -> Refused:
    return Refused(
        code,
        f"L'archivio non si può aggiornare: {it}. Non è cambiato nulla.",
        f"The home cannot be brought up to date: {en}. Nothing was changed.",
        hint_it="Ripristinare la cartella da una copia di sicurezza.",
        hint_en="Restore the folder from a backup.",
    )


def _upgrade(conn: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    migrations = Path(__file__).parent / "migrations"
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def _absent(path: Path) -> Refused:
    return Refused(
        "HOME-002",
        f"In {path} non c'è un archivio.",
        f"There is no home in {path}.",
        hint_it=f"Per crearlo: cbi --home {path} init ...",
        hint_en=f"To create it: cbi --home {path} init ...",
    )


def _elsewhere(path: Path) -> Refused:
    return Refused(
        "HOME-014",
        f"L'archivio in {path} ha già la sua base dati, e non è quella indicata.",
        f"The home in {path} already has its database, and it is not the one given.",
        hint_it="Per un archivio su un'altra base dati serve un'altra cartella.",
        hint_en="A home on another database needs another folder.",
    )


def _another_home() -> Refused:
    return Refused(
        "HOME-015",
        "La base dati è già di un archivio che sta in un'altra cartella.",
        "The database already belongs to a home that is in another folder.",
        hint_it="Indicare quella cartella con --home, oppure una base dati vuota.",
        hint_en="Name that folder with --home, or give an empty database.",
    )
