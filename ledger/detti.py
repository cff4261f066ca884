"""What each statement says was booked: kept, and paired with what another says again (its twin)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from ledger.schema import MOVIMENTO, RAPPORTO

GIORNALIERO, PERIODICO = "RH", "EC"


def add(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the movements of a statement; each row is columns of the table."""
    if rows:  # of none SQLAlchemy would make one
        conn.execute(insert(MOVIMENTO), list(rows))


@dataclass(frozen=True, slots=True)
class Detto:
    """A movement as one statement says it, and which statement: its kind, what it covers, its name. Cents."""

    id: int
    gemello_id: int | None
    line: int
    data_valuta: date | None
    segno: str
    importo: int
    causale: str
    riferimento_banca: str | None
    descrizione: str
    tipo: str
    nome_supporto: str
    data_inizio: date | None
    data: date


def told_on(conn: Connection, scheda_id: int, giorno: date) -> Iterator[Detto]:
    """All that the statements of an account say was booked on a day."""
    of = {column.name: column for column in (*RAPPORTO.c, *MOVIMENTO.c)}  # a name of both is that of the movement
    query = (
        select(*(of[each.name] for each in fields(Detto)))
        .join(RAPPORTO, RAPPORTO.c.id == MOVIMENTO.c.rapporto_id)
        .where(MOVIMENTO.c.scheda_id == scheda_id, MOVIMENTO.c.data_contabile == giorno)
    )
    for row in conn.execute(query):
        yield Detto(*row)


def days_told(conn: Connection, scheda_id: int, tipo: str, giorni: Collection[date]) -> list[date]:
    """On which of some days a kind of statement says that something was booked, in order."""
    there = select(RAPPORTO.c.id).where(RAPPORTO.c.scheda_id == scheda_id, RAPPORTO.c.tipo == tipo)
    if conn.execute(there.where(RAPPORTO.c.data >= min(giorni)).limit(1)).first() is None:
        return []
    query = (
        select(MOVIMENTO.c.data_contabile)
        .where(MOVIMENTO.c.scheda_id == scheda_id, MOVIMENTO.c.rapporto_id.in_(there))
        .where(MOVIMENTO.c.data_contabile.between(min(giorni), max(giorni)))
        .distinct()
    )
    return sorted(set(giorni) & set(conn.scalars(query)))


def set_twins(conn: Connection, pairs: Mapping[int, int | None]) -> None:
    """Keep, of each movement, which one it says again; None for none."""
    rows = [{"this": movimento_id, "twin": gemello_id} for movimento_id, gemello_id in pairs.items()]
    if rows:
        query = update(MOVIMENTO).where(MOVIMENTO.c.id == bindparam("this"))
        conn.execute(query.values(gemello_id=bindparam("twin")), rows)


def covered() -> ColumnElement[bool]:
    """Whether a periodic statement of the account of a movement, beside which its statement is, covers the day of
    booking. Its first day is that of the balance it begins with, and may be the last of the one before."""
    covers = RAPPORTO.alias("copre")
    same = (covers.c[name] == RAPPORTO.c[name] for name in ("azienda_id", "abi", "cab", "conto", "divisa"))  # an index
    return (
        select(covers.c.id)
        .where(*same, covers.c.tipo == PERIODICO, covers.c.scheda_id == MOVIMENTO.c.scheda_id)
        .where(covers.c.data_inizio < MOVIMENTO.c.data_contabile, covers.c.data >= MOVIMENTO.c.data_contabile)
        .exists()
    )
