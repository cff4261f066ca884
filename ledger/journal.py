"""The journal: what happened, in order, in a form that shows whether it was touched.

One chain per azienda. The hash of an event is the SHA-256 of its canonical JSON, which holds the hash of the
event before; the database itself refuses to change, delete or insert out of order (see the migration).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from ledger.canonico import canonical
from ledger.schema import JOURNAL, instant

VERSION = 1
GENESIS = "0" * 64


@dataclass(frozen=True)
class Guasto:
    """The first event of a chain that does not hold: its number, and what is wrong with it
    ("numero", "prima", "dati" or "hash")."""

    numero: int
    motivo: str


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
    last = conn.execute(
        select(JOURNAL.c.numero, JOURNAL.c.hash)
        .where(JOURNAL.c.azienda_id == azienda_id)
        .order_by(JOURNAL.c.numero.desc())
        .limit(1)
    ).one_or_none()
    event = {
        "azienda_id": azienda_id,
        "numero": 1 if last is None else last.numero + 1,
        "at": instant(at),
        "tipo": tipo,
        "soggetto": soggetto,
        "dati": canonical(dict(dati)),
        "prima": GENESIS if last is None else last.hash,
    }
    digest = event_hash(event)
    conn.execute(JOURNAL.insert().values(**event, hash=digest))
    return digest


def event_hash(event: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of an event: azienda_id, numero, at, tipo, soggetto, dati (canonical text), prima."""
    body = {"v": VERSION, **event, "dati": json.loads(event["dati"])}
    return hashlib.sha256(canonical(body).encode("ascii")).hexdigest()


def verify(conn: Connection, azienda_id: int) -> Guasto | None:
    """Walk the chain of an azienda; None when it holds, else the first bad event.

    A chain cut at its end still holds: only a hash noted elsewhere can tell.
    """
    rows = conn.execution_options(yield_per=1000).execute(
        select(JOURNAL).where(JOURNAL.c.azienda_id == azienda_id).order_by(JOURNAL.c.numero)
    )
    before = GENESIS
    for numero, row in enumerate(rows, start=1):
        motivo = _fault(row, numero, before)
        if motivo:
            return Guasto(numero, motivo)
        before = row.hash
    return None


def _fault(row: Row[Any], numero: int, before: str) -> str:
    if row.numero != numero:
        return "numero"
    if row.prima != before:
        return "prima"
    try:
        if canonical(json.loads(row.dati)) != row.dati:
            return "dati"
    except (ValueError, TypeError):
        return "dati"
    event = {key: value for key, value in row._mapping.items() if key != "hash"}
    return "" if event_hash(event) == row.hash else "hash"
