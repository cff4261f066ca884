"""The home: one folder with the database, the archive of contents and the spool."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from ledger.errors import Refused
from ledger.ports import Ports
from ledger.schema import VERSION

DATABASE = "cbi.db"
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Home:
    """Where one ledger lives. `begin()` gives a connection that may write, `read()` one that looks."""

    path: Path
    ports: Ports
    engine: Engine

    @classmethod
    def create(cls, path: Path, ports: Ports) -> Home:
        """Make the folder and the tables; a home that is already there is opened as it is."""
        ports.disk.mkdir(path)
        home = cls(path, ports, _engine(path / DATABASE))
        try:
            with home.begin() as conn:
                if _version(conn) is None:
                    _upgrade(conn)
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
        if not ports.disk.exists(path / DATABASE):
            raise _absent(path)
        home = cls(path, ports, _engine(path / DATABASE))
        try:
            with home.read() as conn:
                _check_version(conn)
        except BaseException:
            home.close()
            raise
        return home

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @property
    def archive_dir(self) -> Path:
        """Contents by their SHA-256."""
        return self.path / "archive"

    @property
    def spool_dir(self) -> Path:
        """What leaves and what arrives, by company and bank."""
        return self.path / "spool"

    @property
    def audit_dir(self) -> Path:
        """The key that signs checkpoints, the public keys, the checkpoints taken."""
        return self.path / "audit"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that holds the right to write from its first instant: all of it or nothing.

        Raises Refused when another process has held it for too long (HOME-004) or the machine does not let the
        database be read or written (HOME-005 to HOME-008).
        """
        with _told(), self.engine.connect() as conn:
            conn.execution_options(cbi_begin="BEGIN IMMEDIATE")
            with conn.begin():
                yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot to look at; what is written through it is dropped."""
        with _told(), self.engine.connect() as conn:
            yield conn


def _engine(database: Path) -> Engine:
    engine = create_engine(f"sqlite:///{database}", connect_args={"timeout": PATIENCE_SECONDS})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: SqliteConnection, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin transactions by itself, and too late
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(conn: Connection) -> None:
    conn.exec_driver_sql(conn.get_execution_options().get("cbi_begin", "BEGIN"))


# What the database says when the machine, and not the request, is at fault: its words, then ours.
_TROUBLES = {
    "locked": (
        "HOME-004",
        "L'archivio è occupato da un altro comando: riprovare fra poco.",
        "The home is in use by another command: try again shortly.",
        3,
    ),
    "not a database": (
        "HOME-005",
        f"Il file {DATABASE} non è un archivio di questo programma.",
        f"The file {DATABASE} is not a database of this program.",
        8,
    ),
    "unable to open": (
        "HOME-006",
        f"Il file {DATABASE} non si può aprire: controllare i permessi della cartella.",
        f"The file {DATABASE} cannot be opened: check the permissions of the folder.",
        8,
    ),
    "readonly": (
        "HOME-007",
        f"Il file {DATABASE} non si può scrivere: controllare i permessi.",
        f"The file {DATABASE} cannot be written: check its permissions.",
        8,
    ),
    "malformed": (
        "HOME-011",
        f"Il file {DATABASE} è rovinato: ripristinare la cartella da una copia di sicurezza.",
        f"The file {DATABASE} is damaged: restore the folder from a backup.",
        8,
    ),
    "is full": (
        "HOME-008",
        "Il disco è pieno: non è stato registrato nulla.",
        "The disk is full: nothing was recorded.",
        8,
    ),
}


@contextmanager
def _told() -> Iterator[None]:
    """Troubles of the machine as refusals; any other error as it is."""
    try:
        yield
    except DatabaseError as error:
        words = "" if isinstance(error, IntegrityError) else str(error.orig)
        for fragment, (code, it, en, exit_code) in _TROUBLES.items():
            if fragment in words:
                raise Refused(code, it, en, exit_code=exit_code) from error
        raise


def _version(conn: Connection) -> str | None:
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _check_version(conn: Connection) -> None:
    found = _version(conn)
    if found != VERSION:
        raise Refused(
            "HOME-003",
            f"L'archivio è della versione {found or 'nessuna'}, questo programma usa la {VERSION}.",
            f"The home is of version {found or 'none'}, this program uses {VERSION}.",
            hint_it="Usare il programma che lo ha creato; se la creazione si era interrotta, ripetere init.",
            hint_en="Use the program that made it; if its creation was interrupted, run init again.",
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
