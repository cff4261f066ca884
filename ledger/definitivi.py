"""The movements of an account as they count in the end: corrected by the periodic statement, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, not_, select

from ledger.detti import GIORNALIERO, covered
from ledger.schema import MOVIMENTO, RAPPORTO, Giorno, total

CONTABILE, VALUTA = "contabile", "valuta"
Periodo = tuple[date, date]


class Definitivo(NamedTuple):
    """A movement as it counts in the end, corrected by the periodic statement where there is one: the day it is looked
    at by, both its days, cents with their sign."""

    id: int
    giorno: date
    data_contabile: date
    data_valuta: date
    importo: int
    causale: str
    riferimento_banca: str | None
    descrizione: str


def settled(conn: Connection, scheda_id: int, per: str, dal: date, al: date) -> Iterator[Definitivo]:
    """The movements of an account that count, by day of booking or of value, between two days, included.

    Those that a daily statement said and no periodic one of that day confirms do not count.
    """
    first, last = MOVIMENTO, MOVIMENTO.alias("ultimo")
    amount = func.coalesce(_signed(last), _signed(first))
    said = [func.coalesce(last.c[name], first.c[name]) for name in ("causale", "riferimento_banca", "descrizione")]
    days = _days(first, last)
    query = _counting(select(first.c.id, days[per], days[CONTABILE], days[VALUTA], amount, *said), last, scheda_id)
    query = query.where(days[per].between(dal, al))
    place = (days[per], RAPPORTO.c.data, RAPPORTO.c.nome_supporto, first.c.line)
    for row in conn.execute(query.order_by(*place).execution_options(yield_per=1000)):
        yield Definitivo(*row)


def settled_sum(conn: Connection, scheda_id: int, *, contabile: Periodo, valuta: Periodo = (date.min, date.max)) -> int:
    """What the movements of an account that count, of some days of booking and of value, come to, in cents."""
    first, last = MOVIMENTO, MOVIMENTO.alias("ultimo")
    days = _days(first, last)
    query = _counting(select(total(func.coalesce(_signed(last), _signed(first)))), last, scheda_id)
    query = query.where(days[CONTABILE].between(*contabile), days[VALUTA].between(*valuta))
    return int(conn.scalar(query) or 0)


def _counting(query: Select[Any], last: Any, scheda_id: int) -> Select[Any]:
    """The query of the movements of an account that count, each beside what `last` says it again, if anything."""
    again, of = MOVIMENTO.alias("ancora"), RAPPORTO.alias("di")
    latest = (
        select(again.c.id)
        .join(of, of.c.id == again.c.rapporto_id)
        .where(again.c.gemello_id == MOVIMENTO.c.id)
        .order_by(of.c.data.desc(), of.c.nome_supporto.desc(), again.c.line.desc())
        .limit(1)
        .scalar_subquery()
    )
    alone = and_(RAPPORTO.c.tipo == GIORNALIERO, last.c.id.is_(None), covered())
    return (
        query.select_from(MOVIMENTO)
        .join(RAPPORTO, RAPPORTO.c.id == MOVIMENTO.c.rapporto_id)
        .outerjoin(last, last.c.id == latest)
        .where(MOVIMENTO.c.scheda_id == scheda_id, MOVIMENTO.c.gemello_id.is_(None), not_(alone))
    )


def _days(first: Any, last: Any) -> dict[str, Any]:
    valuta = func.coalesce(last.c.data_valuta, first.c.data_valuta, first.c.data_contabile, type_=Giorno)
    return {CONTABILE: first.c.data_contabile, VALUTA: valuta}


def _signed(table: Any) -> ColumnElement[int]:
    return case((table.c.segno == "C", table.c.importo), (table.c.segno.is_not(None), -table.c.importo))
