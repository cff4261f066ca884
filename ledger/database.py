"""The database of a home: a file of its own (SQLite), or a server's (PostgreSQL).

All that differs between the two is here and in the migrations. A home on a server has the address of its database in
`database.url`, which its owner alone may read: an address may hold a password.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, OperationalError

from ledger.errors import Refused
from ledger.ports import PRIVATE, Disk, Ports, put

FILE, ADDRESS = "cbi.db", "database.url"
PATIENCE_SECONDS = 30
OUT = "connection: "
WRITER = 434249  # of the advisory lock that who writes holds; locks are counted database by database


def found(disk: Disk, home: Path) -> bool:
    """Whether a folder is a home: it has a database, or the address of one."""
    return disk.exists(home / FILE) or disk.exists(home / ADDRESS)


def address(disk: Disk, home: Path) -> str:
    """The address of the database of a home; "" when it is a file of its own."""
    return disk.read(home / ADDRESS).decode("utf-8", "replace").strip() if disk.exists(home / ADDRESS) else ""


def keep_address(ports: Ports, home: Path, url: str) -> None:
    """Write down where the database of a home is, for its owner's eyes only."""
    put(ports, home / ADDRESS, url.encode(), PRIVATE)


def connect(home: Path, url: str = "", *, foreign_keys: bool = True) -> Engine:
    """The engine of a database: at that address, or in the home's own file. Nothing is opened yet.

    Raises Refused when the address is not one (HOME-012) or the library for it is not installed (HOME-013).
    """
    if url:
        return _server(check_address(url))
    engine = create_engine(f"sqlite:///{home / FILE}", connect_args={"timeout": PATIENCE_SECONDS})
    event.listen(engine, "connect", partial(_on_connect, foreign_keys=foreign_keys))
    return engine


def check_address(url: str) -> URL:
    """The address of a database on a server; Refused (HOME-012) when it is not one."""
    try:
        read = make_url(url)
        if read.get_backend_name() in ("postgres", "postgresql") and read.database:
            return read.set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):  # the second: a port that is no number
        pass
    # What was given is not repeated: it may hold a password.
    raise Refused(
        "HOME-012",
        "L'indirizzo della base dati non è valido.",
        "The address of the database is not valid.",
        hint_it="Si scrive così: postgresql://UTENTE@SERVER:5432/BASEDATI",
        hint_en="Write it so: postgresql://USER@SERVER:5432/DATABASE",
    )


def _server(url: URL) -> Engine:
    try:
        return create_engine(
            url,
            connect_args={"client_encoding": "utf8", "connect_timeout": PATIENCE_SECONDS},
            isolation_level="REPEATABLE READ",
        )
    except ModuleNotFoundError as error:
        raise Refused(
            "HOME-013",
            "Manca la libreria per PostgreSQL.",
            "The library for PostgreSQL is missing.",
            hint_it="Si installa con: pip install 'cbi-engine[postgresql]'",
            hint_en="Install it with: pip install 'cbi-engine[postgresql]'",
        ) from error


def _on_connect(connection: SqliteConnection, _record: Any, *, foreign_keys: bool) -> None:
    connection.isolation_level = None  # the driver would begin transactions by itself, and too late
    for pragma in ("journal_mode = WAL", "synchronous = FULL", f"foreign_keys = {'ON' if foreign_keys else 'OFF'}"):
        connection.execute(f"PRAGMA {pragma}")


def look(conn: Connection) -> None:
    """Begin to look: all that is read from now on is of one instant. A server does so by itself."""
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("BEGIN")


@contextmanager
def writing(conn: Connection) -> Iterator[None]:
    """A transaction that holds the right to write from its first instant.

    On a server one lock, taken first, does what BEGIN IMMEDIATE does in a file; each statement after it then sees all
    that was committed by who held it before.
    """
    take = "BEGIN IMMEDIATE"
    if conn.dialect.name != "sqlite":
        conn.execution_options(isolation_level="READ COMMITTED")
        patience = f"SET LOCAL lock_timeout = '{PATIENCE_SECONDS * 1000:.0f}ms'"
        take = f"{patience}; SELECT pg_advisory_xact_lock({WRITER})"
    # Said here, and not by a listener of the engine: an engine that has listeners asks about them at every statement.
    with conn.begin():
        conn.exec_driver_sql(take)
        yield


@contextmanager
def unsynced(conn: Connection) -> Iterator[None]:
    """While it lasts, what is committed to a file is seen by all, and lost should the power go; a server's own commits
    are its own matter."""
    if conn.dialect.name != "sqlite":
        yield
        return
    conn.connection.cursor().execute("PRAGMA synchronous = OFF")
    try:
        yield
    finally:
        conn.connection.cursor().execute("PRAGMA synchronous = FULL")


def require_utf8(conn: Connection) -> None:
    """Refused (HOME-016) when the database of a server does not keep every letter there is."""
    if conn.dialect.name == "postgresql" and conn.exec_driver_sql("SHOW server_encoding").scalar() != "UTF8":
        raise Refused(
            "HOME-016",
            "La base dati non è in UTF-8.",
            "The database is not in UTF-8.",
            hint_it="Crearla con: createdb --template=template0 --encoding=UTF8 NOME",
            hint_en="Create it with: createdb --template=template0 --encoding=UTF8 NAME",
        )


def dangling(conn: Connection) -> bool:
    """Whether rows refer to others that are not there; only a file may have had its references unchecked."""
    return conn.dialect.name == "sqlite" and conn.exec_driver_sql("PRAGMA foreign_key_check").first() is not None


def damaged(conn: Connection, table: str) -> bool:
    """Whether the indexes of a table tell another story than its rows: SQLite reads from either. A server that keeps
    checksums of its pages watches over that by itself."""
    if conn.dialect.name != "sqlite":
        return False
    return conn.exec_driver_sql(f"PRAGMA integrity_check({table})").scalars().all() != ["ok"]


# What the database says when the machine, and not the request, is at fault: its words, then ours.
_BUSY = (
    "HOME-004",
    "L'archivio è occupato da un altro comando: riprovare fra poco.",
    "The home is in use by another command: try again shortly.",
    3,
)
_FULL = (
    "HOME-008",
    "Il disco è pieno: non è stato registrato nulla.",
    "The disk is full: nothing was recorded.",
    8,
)
_IN_A_FILE = {
    "locked": _BUSY,
    "not a database": (
        "HOME-005",
        f"Il file {FILE} non è un archivio di questo programma.",
        f"The file {FILE} is not a database of this program.",
        8,
    ),
    "unable to open": (
        "HOME-006",
        f"Il file {FILE} non si può aprire: controllare i permessi della cartella.",
        f"The file {FILE} cannot be opened: check the permissions of the folder.",
        8,
    ),
    "readonly": (
        "HOME-007",
        f"Il file {FILE} non si può scrivere: controllare i permessi.",
        f"The file {FILE} cannot be written: check its permissions.",
        8,
    ),
    "malformed": (
        "HOME-011",
        f"Il file {FILE} è rovinato: ripristinare la cartella da una copia di sicurezza.",
        f"The file {FILE} is damaged: restore the folder from a backup.",
        8,
    ),
    "is full": _FULL,
    "disk I/O": (
        "HOME-021",
        f"Il disco non legge o non scrive il file {FILE}: controllare il disco e lo spazio, poi riprovare.",
        f"The disk does not read or write the file {FILE}: check the disk and the room on it, then try again.",
        8,
    ),
}
# A server that lets one in speaks in SQLSTATEs, one that does not in words of its own language, after `OUT`.
_ON_A_SERVER = {
    "55P03": _BUSY,
    "53100": _FULL,
    "42501": (
        "HOME-017",
        "L'utente della base dati non ha i permessi che servono: deve poterne creare e scrivere le tabelle.",
        "The user of the database lacks the rights it needs: it must be able to create and write its tables.",
        8,
    ),
    "25006": (
        "HOME-018",
        "La base dati si può solo leggere: è una copia, o il server è in manutenzione.",
        "The database can only be read: it is a replica, or the server is under maintenance.",
        8,
    ),
    "fe_sendauth": (  # libpq's own words for a password that it was not given
        "HOME-019",
        "Il server della base dati vuole una password, e nell'indirizzo non c'è.",
        "The server of the database wants a password, and there is none in the address.",
        8,
    ),
    OUT: (
        "HOME-020",
        f"La base dati non risponde o non accetta il collegamento: controllare il server e l'indirizzo in {ADDRESS}.",
        f"The database does not answer or does not let us in: check the server, and the address in {ADDRESS}.",
        8,
    ),
}


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Troubles of the machine as refusals; any other error as it is."""
    try:
        yield
    except IntegrityError:
        raise
    except DatabaseError as error:
        server = engine.dialect.name == "postgresql"
        for words in (_said(each) if server else str(each.orig) for each in _first_causes(error)):
            for fragment, (code, it, en, exit_code) in (_ON_A_SERVER if server else _IN_A_FILE).items():
                if fragment in words:
                    _, _, hint = words.partition(OUT)
                    raise Refused(code, it, en, hint_it=hint, hint_en=hint, exit_code=exit_code) from error
        raise


def _first_causes(error: BaseException | None) -> Iterator[DatabaseError]:
    """An error of the database, and those during whose handling it came: who tidied up after one may have met another
    that says nothing of it."""
    while error is not None:
        if isinstance(error, DatabaseError):
            yield error
        error = error.__context__


def _said(error: DatabaseError) -> str:
    """The SQLSTATE of an error of a server; of one that does not let us in, or no longer, its words on one line."""
    sqlstate = getattr(error.orig, "sqlstate", None) or ""
    out = isinstance(error, OperationalError) and (not sqlstate or sqlstate.startswith(("08", "57P", "53300")))
    return f"{OUT}{' '.join(str(error.orig).split())}" if out else sqlstate
