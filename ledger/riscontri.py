"""What a movement that names nothing may be of: a distinta, or one order, of its bank and account, of its sign and
amount, about its day.

Selects only; whether one is taken is decided in `reconcile`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from cbi.flows.proprieta import CAUSALI_DI_RICHIAMO
from ledger import outcomes
from ledger.riferimenti import about_distinta
from ledger.schema import DISPOSIZIONE, DISTINTA, MOVIMENTO
from ledger.silenzio import counts
from ledger.stati import ALLA_BANCA, GRUPPI, Stato, vita

MANY = 50  # distinte about an amount: with more than these, the fees tell nobody apart
FEES = 20  # they are at most so great a part of a total: a twentieth

_PAID_OUT = frozenset({Stato.ORDINATA, Stato.QUIETANZATA})
INCASSI = tuple(flusso for flusso in GRUPPI if counts(flusso))
PAGAMENTI = tuple(flusso for flusso in GRUPPI if vita(flusso).dette & _PAID_OUT)
"""The kinds whose distinte are credited, and those whose distinte are debited."""

DETTE: Mapping[str, tuple[Stato, ...]] = {"C": (Stato.PAGATA,), "D": (Stato.INSOLUTA, Stato.STORNATA, *_PAID_OUT)}
"""What the bank has said of an order that is credited or debited by itself, by the sign of the movement."""


@dataclass(frozen=True)
class Mossa:
    """A movement as it is looked at: company, bank and number of the account, sign (C, D), cents, day of booking; how
    many days before it what it is of was sent, or fell due, at most."""

    azienda_id: int
    abi: str
    conto: str
    segno: str
    importo: int
    giorno: date
    giorni: int

    @property
    def dal(self) -> date:
        return self.giorno - timedelta(self.giorni)


def distinte(conn: Connection, mossa: Mossa) -> list[int]:
    """The distinte sent that no movement speaks of, of the amount, or of that net of the fees that their outcomes
    tell."""
    d, sign = DISTINTA.c, -1 if mossa.segno == "C" else 1
    gross = func.abs(d.totale)
    low, high = sorted((mossa.importo, mossa.importo - sign * (mossa.importo // FEES + 1)))
    due = exists().where(DISPOSIZIONE.c.distinta_id == d.id, _in_time(DISPOSIZIONE.c.scadenza, mossa))
    recall = exists().where(DISPOSIZIONE.c.distinta_id == d.id, DISPOSIZIONE.c.causale.in_(CAUSALI_DI_RICHIAMO))
    query = select(d.id, gross.label("totale")).where(
        *_of(d, mossa),
        d.abi == mossa.abi,
        d.flusso.in_(INCASSI if mossa.segno == "C" else PAGAMENTI),
        d.stato.in_((*ALLA_BANCA, Stato.ELABORATA)),
        gross.between(low, high),
        or_(_in_time(d.data_creazione, mossa), and_(d.data_creazione <= mossa.giorno, due)),
        ~recall,
    )
    found = conn.execute(query.order_by(d.id).limit(MANY + 1)).all()
    if len(found) > MANY:
        return []
    mine = [row.id for row in found if mossa.importo in (row.totale, row.totale + sign * outcomes.fees(conn, row.id))]
    return [each for each in mine if conn.execute(about_distinta(each).limit(1)).first() is None]


def disposizioni(conn: Connection, mossa: Mossa) -> list[int]:
    """The orders of the amount that no movement of the sign is of, and of which the bank has said what a movement of
    the sign does."""
    d, of = DISPOSIZIONE.c, MOVIMENTO.alias("di")
    taken = exists().where(of.c.disposizione_id == d.id, of.c.segno == mossa.segno)
    query: Select[Any] = select(d.id).where(
        *_of(d, mossa),
        d.banca == mossa.abi,
        d.importo == mossa.importo,
        d.stato.in_(DETTE[mossa.segno]),
        d.flusso.in_(INCASSI if mossa.segno == "C" else (*INCASSI, *PAGAMENTI)),
        d.causale.not_in(CAUSALI_DI_RICHIAMO),
        _in_time(d.scadenza, mossa),
        ~taken,
    )
    return list(conn.scalars(query.order_by(d.id).limit(2)))


def _of(columns: Any, mossa: Mossa) -> list[ColumnElement[bool]]:
    account = or_(columns.nostro_conto.is_(None), columns.nostro_conto == mossa.conto)
    return [columns.azienda_id == mossa.azienda_id, account]


def _in_time(column: Any, mossa: Mossa) -> ColumnElement[bool]:
    return and_(column >= mossa.dal, column <= mossa.giorno)
