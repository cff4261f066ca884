"""The journal: what happened, in order, in a form that shows whether it was touched.

One chain per azienda. The hash of an event is the SHA-256 of its canonical JSON, which holds the hash of the
event before; the database itself refuses to change, delete or insert out of order (see the migration).
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, Text, bindparam, select

from ledger.canonico import canonical, is_canonical
from ledger.schema import JOURNAL, as_bytes, instant

VERSION = 1
GENESIS = "0" * 64
BODY = ("at", "azienda_id", "dati", "numero", "prima", "soggetto", "tipo")  # what a hash covers, with the version
COME = " come "  # between who acts and the user as whom they act, in the name of who did something
# Asked at every event: made once.
_HEAD = (
    select(JOURNAL.c.numero, JOURNAL.c.hash)
    .where(JOURNAL.c.azienda_id == bindparam("azienda_id"))
    .order_by(JOURNAL.c.numero.desc())
    .limit(1)
)
_APPEND = JOURNAL.insert()
Event: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Guasto:
    """The first event of a chain that does not hold: its number, and what is wrong with it.

    `motivo`: "numero", "prima", "dati" or "hash" for the event by itself and its link; "rifatto", "coda" or
    "checkpoint" for what only a checkpoint tells (see `verifica`). `dopo` is the last event before it that a
    checkpoint answers for, 0 for none.
    """

    numero: int
    motivo: str
    dopo: int = 0


@dataclass(frozen=True)
class Cammino:
    """How far a chain holds: the number of its good events, the hash of the last of them, the first bad one."""

    eventi: int
    testa: str
    guasto: Guasto | None = None


def append(
    conn: Connection,
    *,
    azienda_id: int,
    tipo: str,
    soggetto: str,
    dati: Mapping[str, Any],
    at: datetime,
) -> str:
    """Add an event to the chain of the azienda, inside the caller's write transaction; returns its hash.

    `dati` may hold whatever has a canonical form; TypeError otherwise.
    """
    last, before = head(conn, azienda_id)
    event = {
        "azienda_id": azienda_id,
        "numero": last + 1,
        "at": instant(at),
        "tipo": tipo,
        "soggetto": soggetto,
        "dati": canonical(dict(dati)),
        "prima": before,
    }
    digest = event_hash(event)
    conn.execute(_APPEND, {**event, "hash": digest})
    return digest


def event_hash(event: Event) -> str:
    """SHA-256, in hex, of an event: azienda_id, numero, at, tipo, soggetto, dati (canonical text), prima."""
    parts = (f'"{name}":{event[name] if name == "dati" else canonical(event[name])}' for name in BODY)
    return hashlib.sha256(f'{{{",".join(parts)},"v":{VERSION}}}'.encode("ascii", "backslashreplace")).hexdigest()


def login_of(chi: str) -> str:
    """The login of the user in whose name something was done, whoever acted as that user."""
    return chi.rpartition(COME)[2]


def head(conn: Connection, azienda_id: int) -> tuple[int, str]:
    """Number and hash of the last event of a company; 0 and GENESIS when there is none."""
    last = conn.execute(_HEAD, {"azienda_id": azienda_id}).one_or_none()
    return (0, GENESIS) if last is None else (last.numero, last.hash)


def events(conn: Connection, azienda_id: int, tipi: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """The events of a company as they are in the database, in order, in constant memory; only of some types, if any
    are named.

    Texts are read as bytes: one that is not UTF-8 any more is an event that does not hold, not an error.
    """
    columns = [as_bytes(column).label(column.name) if _is_text(column) else column for column in JOURNAL.c]
    query = select(*columns).where(JOURNAL.c.azienda_id == azienda_id).order_by(JOURNAL.c.numero)
    query = query.where(JOURNAL.c.tipo.in_(tipi)) if tipi else query
    for row in conn.execute(query.execution_options(yield_per=1000)):
        yield {name: _legible(value) for name, value in row._mapping.items()}


def about(conn: Connection, azienda_id: int, soggetto: str) -> Iterator[dict[str, Any]]:
    """The events of a company about one subject, in order."""
    query = select(JOURNAL).where(JOURNAL.c.azienda_id == azienda_id, JOURNAL.c.soggetto == soggetto)
    for row in conn.execute(query.order_by(JOURNAL.c.numero)):
        yield dict(row._mapping)


def walk(rows: Iterable[Event], accuse: Callable[[Event], str] = lambda _event: "") -> Cammino:
    """Walk a chain from its first event. `accuse` is asked about each event that holds by itself: what is wrong with
    it, "" for nothing."""
    good, before = 0, GENESIS
    for event in rows:
        motivo = fault(event, good + 1, before) or accuse(event)
        if motivo:
            return Cammino(good, before, Guasto(good + 1, motivo))
        good, before = good + 1, event["hash"]
    return Cammino(good, before)


def verify(conn: Connection, azienda_id: int) -> Guasto | None:
    """Walk the chain of an azienda; None when it holds, else the first bad event.

    A chain cut at its end, or made again from some event on, still holds: only a checkpoint can tell.
    """
    return walk(events(conn, azienda_id)).guasto


def fault(event: Event, numero: int, before: str) -> str:
    """What is wrong with an event that should have that number and follow that hash; "" for nothing."""
    if event["numero"] != numero:
        return "numero"
    if event["prima"] != before:
        return "prima"
    try:
        if not is_canonical(event["dati"]):
            return "dati"
    except (ValueError, TypeError, RecursionError):
        return "dati"
    return "" if event_hash(event) == event["hash"] else "hash"


def _is_text(column: Any) -> bool:
    return isinstance(column.type, Text)


def _legible(value: Any) -> Any:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
