"""Receipts that are late: flows sent a whole banking day ago, of which the bank has said nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from cbi.validators.calendari import next_banking_day
from ledger.ports import ROME
from ledger.schema import AZIENDA, DISTINTA, ITER
from ledger.stati import Evento, Stato


@dataclass(frozen=True)
class Ritardo:
    """A distinta of company `sia` still Inoltrata: sent to bank `abi` on the day `inoltrata` of Rome, its receipt was
    due by the end of the banking day `attesa`."""

    distinta_id: int
    sia: str
    abi: str
    nome_supporto: str
    inoltrata: date
    attesa: date


def overdue(conn: Connection, oggi: date) -> list[Ritardo]:
    """The distinte whose receipt is late on a day of Rome: the first banking day after that of sending is over. Oldest
    first."""
    query = (
        select(DISTINTA.c.id, AZIENDA.c.sia, DISTINTA.c.abi, DISTINTA.c.nome_supporto, func.max(ITER.c.at).label("at"))
        .join(AZIENDA, AZIENDA.c.id == DISTINTA.c.azienda_id)
        .join(ITER, ITER.c.distinta_id == DISTINTA.c.id)
        .where(DISTINTA.c.stato == Stato.INOLTRATA, ITER.c.disposizione_id.is_(None), ITER.c.evento == Evento.INOLTRA)
        .group_by(DISTINTA.c.id, AZIENDA.c.sia, DISTINTA.c.abi, DISTINTA.c.nome_supporto)
        .order_by(func.max(ITER.c.at), DISTINTA.c.id)
    )
    found = []
    for row in conn.execute(query):
        inoltrata = row.at.astimezone(ROME).date()
        attesa = next_banking_day(inoltrata)
        if attesa < oggi:
            found.append(Ritardo(row.id, row.sia, row.abi, row.nome_supporto, inoltrata, attesa))
    return found
