"""What came back unpaid, as the banks said it and as it was applied to orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, func, select

from ledger.outcomes import APPLICATO
from ledger.ports import ROME
from ledger.schema import DISPOSIZIONE, ESITO, total

EFFETTI = ("unpaid", "rejected")  # of an outcome that says that nobody paid


@dataclass(frozen=True)
class Ritorno:
    """An order that came back: `giorno` is that on which the bank books it, `effetto` unpaid or rejected; `importo` and
    `spese` in cents; `stato` that of the order as it is now, which may have been paid since."""

    giorno: date
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
    same = ("abi", "flusso", "causale", "effetto", "importo", "spese", "scadenza", "chiave")
    query = (
        select(
            ESITO.c.data_creazione,
            ESITO.c.at,
            DISPOSIZIONE.c.distinta_id,
            DISPOSIZIONE.c.riferimento,
            DISPOSIZIONE.c.stato,
            func.coalesce(func.nullif(DISPOSIZIONE.c.controparte, ""), ESITO.c.controparte).label("controparte"),
            *(ESITO.c[name] for name in same),
        )
        .join(DISPOSIZIONE, DISPOSIZIONE.c.id == ESITO.c.disposizione_id)
        .where(*_came_back(azienda_id, dal, al))
        .order_by(ESITO.c.data_creazione.desc(), ESITO.c.id.desc())
    )
    for row in conn.execute((query if most is None else query.limit(most)).execution_options(yield_per=1000)):
        values = dict(row._mapping)
        giorno, at = values.pop("data_creazione"), values.pop("at")
        yield Ritorno(giorno=giorno or at.astimezone(ROME).date(), **values)


def counted(conn: Connection, azienda_id: int, dal: date | None, al: date | None) -> Somma:
    """How many orders came back on those days, and for how much."""
    query = select(func.count(ESITO.c.id), total(ESITO.c.importo)).where(*_came_back(azienda_id, dal, al))
    numero, importo = conn.execute(query).one()
    return Somma(numero, importo)


def _came_back(azienda_id: int, dal: date | None, al: date | None) -> list[ColumnElement[bool]]:
    mine = [ESITO.c.azienda_id == azienda_id, ESITO.c.effetto.in_(EFFETTI), ESITO.c.verdetto == APPLICATO]
    mine += [] if dal is None else [ESITO.c.data_creazione >= dal]
    return mine if al is None else [*mine, ESITO.c.data_creazione <= al]
