"""What came back unpaid, as the banks said it and as it was applied to orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Subquery, and_, exists, func, not_, null, or_, select, union_all

from ledger.outcomes import A_MANO, APPLICATO, SCIOLTO
from ledger.schema import ABBINAMENTO, DISPOSIZIONE, ESITO, total

EFFETTI = ("unpaid", "rejected")  # of an outcome that says that nobody paid


@dataclass(frozen=True)
class Ritorno:
    """An order that came back: `giorno` is that on which the bank books it (None: it does not say), `effetto` unpaid or
    rejected; `importo` and `spese` in cents; `stato` that of the order as it is now, which may have been paid since."""

    giorno: date | None
    abi: str
    flusso: str
    distinta_id: int | None
    controparte: str
    chiave: str
    riferimento: str | None
    scadenza: date | None
    causale: str
    effetto: str
    importo: int
    spese: int | None
    stato: str


@dataclass(frozen=True)
class Somma:
    """How many, and how many cents in all."""

    numero: int
    importo: int


def returned(
    conn: Connection, azienda_id: int, dal: date | None, al: date | None, *, most: int | None = None
) -> Iterator[Ritorno]:
    """What came back to a company on those days, both included, newest first; at most so many."""
    every = _came_back(azienda_id, dal, al)
    query = select(every).order_by(every.c.giorno.desc(), every.c.esito_id.desc(), every.c.disposizione_id)
    for row in conn.execute((query if most is None else query.limit(most)).execution_options(yield_per=1000)):
        values = dict(row._mapping)
        del values["esito_id"], values["disposizione_id"]
        yield Ritorno(**values)


def counted(conn: Connection, azienda_id: int, dal: date | None, al: date | None) -> Somma:
    """How many orders came back on those days, and for how much."""
    every = _came_back(azienda_id, dal, al)
    numero, importo = conn.execute(select(func.count(), total(every.c.importo)).select_from(every)).one()
    return Somma(numero, importo)


def _came_back(azienda_id: int, dal: date | None, al: date | None) -> Subquery:
    """The orders that came back, as outcomes that hold say: those of one order, and those that speak of several or were
    matched by hand, of which the amounts are those of the orders, and the fees none's in particular."""
    here = (ABBINAMENTO.c.file_id == ESITO.c.file_id, ABBINAMENTO.c.line == ESITO.c.line)
    mark = ABBINAMENTO.alias("mark")
    undone = exists().where(
        mark.c.file_id == ESITO.c.file_id,
        mark.c.line == ESITO.c.line,
        mark.c.disposizione_id == DISPOSIZIONE.c.id,
        mark.c.classe == SCIOLTO,
    )
    by_hand = and_(ABBINAMENTO.c.classe == A_MANO, ABBINAMENTO.c.sciolto_at.is_(None))
    of_several = and_(ABBINAMENTO.c.classe.not_in((A_MANO, SCIOLTO)), not_(undone))
    mine = [ESITO.c.azienda_id == azienda_id, ESITO.c.effetto.in_(EFFETTI)]
    mine += [] if dal is None else [ESITO.c.data_creazione >= dal]
    mine += [] if al is None else [ESITO.c.data_creazione <= al]
    alone = (
        select(*_columns(ESITO.c.importo, ESITO.c.spese))
        .join(DISPOSIZIONE, DISPOSIZIONE.c.id == ESITO.c.disposizione_id)
        .where(*mine, ESITO.c.verdetto == APPLICATO, not_(undone))
    )
    linked = (
        select(*_columns(DISPOSIZIONE.c.importo, null()))
        .select_from(ESITO)
        .join(ABBINAMENTO, and_(*here))
        .join(DISPOSIZIONE, DISPOSIZIONE.c.id == ABBINAMENTO.c.disposizione_id)
        .where(*mine, or_(by_hand, of_several))
    )
    return union_all(alone, linked).subquery()


def _columns(importo: Any, spese: Any) -> list[Any]:
    same = ("abi", "flusso", "causale", "effetto", "scadenza", "chiave")
    return [
        ESITO.c.id.label("esito_id"),
        DISPOSIZIONE.c.id.label("disposizione_id"),
        ESITO.c.data_creazione.label("giorno"),
        *(ESITO.c[name] for name in same),
        importo.label("importo"),
        spese.label("spese"),
        DISPOSIZIONE.c.distinta_id,
        DISPOSIZIONE.c.riferimento,
        DISPOSIZIONE.c.stato,
        func.coalesce(func.nullif(DISPOSIZIONE.c.controparte, ""), ESITO.c.controparte).label("controparte"),
    ]
