"""Which movements are looked for, and where a page of them ends.

One that another says again (its twin) is found as the other, and not by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Integer, Row, Select, func, literal, or_, select, tuple_

from ledger.riferimenti import about_distinta
from ledger.schema import MOVIMENTO, RAPPORTO, SCHEDA

PAGINA = 100


@dataclass(frozen=True)
class Filtro:
    """Which movements: of a company, an account, between two days of booking or of value, two amounts (cents), with a
    sign (C, D), one of some causali, a text in what they say, a supporto (that they speak of, or that brought them), a
    distinta that they speak of; `spuntati` None for all, `conti` the accounts (ABI, CAB, number) that may be seen."""

    azienda_id: int | None = None
    scheda_id: int | None = None
    contabile_dal: date | None = None
    contabile_al: date | None = None
    valuta_dal: date | None = None
    valuta_al: date | None = None
    importo_da: int | None = None
    importo_a: int | None = None
    segno: str | None = None
    causali: tuple[str, ...] = ()
    testo: str = ""
    supporto: str = ""
    distinta_id: int | None = None
    spuntati: bool | None = False
    conti: frozenset[tuple[str, str, str]] | None = None

    @property
    def order(self) -> Column[Any]:
        """What they come in order of: what is looked for by a range, so that a page is a stretch of an index."""
        if (self.importo_da, self.importo_a) != (None, None):
            return MOVIMENTO.c.importo
        if (self.valuta_dal, self.valuta_al) != (None, None):
            return MOVIMENTO.c.data_valuta
        return MOVIMENTO.c.data_contabile


class Posto(NamedTuple):
    """Where a page ends: what its last movement is in order of, as the database writes it, and its id."""

    valore: str
    id: int

    @classmethod
    def read(cls, text: str) -> Posto:
        """The inverse of `str`; ValueError for what is none."""
        valore, found, number = text.rpartition(":")
        if not found:
            raise ValueError(text)
        return cls(valore, int(number))

    def __str__(self) -> str:
        return f"{self.valore}:{self.id}"

    def beyond(self, filtro: Filtro) -> tuple[Any, int]:
        """What comes after it: the value of what a filter finds in order of, and the id."""
        return int(self.valore) if filtro.order is MOVIMENTO.c.importo else date.fromisoformat(self.valore), self.id


def narrowed(query: Any, filtro: Filtro, *, in_order: bool = False) -> Any:
    """The query of only what a filter finds; `in_order` when it is to go along the index of its order, and what else is
    looked for is looked at row by row, unless it has an index in that order."""
    m = MOVIMENTO.c
    whose = _value(m.scheda_id) if in_order else m.scheda_id
    scheda, causale = m.scheda_id, m.causale
    if in_order and (filtro.spuntati is False or filtro.order is not m.data_contabile):
        scheda, causale = _value(scheda), _value(causale)
    where: list[ColumnElement[bool]] = [m.gemello_id.is_(None)]
    for column, low, high in (
        (m.data_contabile, filtro.contabile_dal, filtro.contabile_al),
        (m.data_valuta, filtro.valuta_dal, filtro.valuta_al),
        (m.importo, filtro.importo_da, filtro.importo_a),
    ):
        where += [] if low is None else [column >= low]
        where += [] if high is None else [column <= high]
    if filtro.scheda_id is not None:
        where.append(scheda == filtro.scheda_id)
    if filtro.segno is not None:
        where.append(m.segno == filtro.segno)
    if filtro.causali:
        where.append(causale.in_(filtro.causali))
    if filtro.testo:
        words = func.coalesce(m.descrizione, "") + " " + func.coalesce(m.dettagli, "")
        where.append(func.lower(words).contains(filtro.testo.lower(), autoescape=True))
    if filtro.supporto:
        brought = select(RAPPORTO.c.id).where(RAPPORTO.c.nome_supporto == filtro.supporto)
        where.append(or_(m.riferimento == filtro.supporto, m.rapporto_id.in_(brought)))
    if filtro.distinta_id is not None:
        where.append(m.id.in_(about_distinta(filtro.distinta_id)))
    if filtro.spuntati is not None:
        where += _ticked(filtro.spuntati)
    cards = _cards(filtro)
    if cards is not None:
        where.append(whose.in_(cards))
    return query.where(*where)


def _value(column: Any) -> Any:
    """What a column says, which is in no index."""
    return column + (0 if isinstance(column.type, Integer) else "")


def _cards(filtro: Filtro) -> Select[Any] | None:
    """The accounts that a filter is of; None for all."""
    query = select(SCHEDA.c.id)
    if filtro.azienda_id is None and filtro.conti is None:
        return None
    if filtro.azienda_id is not None:
        query = query.where(SCHEDA.c.azienda_id == filtro.azienda_id)
    if filtro.conti is not None:
        query = query.where(tuple_(SCHEDA.c.abi, SCHEDA.c.cab, SCHEDA.c.conto).in_(sorted(filtro.conti)))
    return query


def _ticked(wanted: bool) -> list[ColumnElement[bool]]:
    """Whether somebody ticked a movement, or what says it again."""
    again = MOVIMENTO.alias("ancora")
    also = select(again.c.id).where(again.c.gemello_id == MOVIMENTO.c.id, again.c.spuntato_at.is_not(None)).exists()
    mine = MOVIMENTO.c.spuntato_at
    return [or_(mine.is_not(None), also)] if wanted else [mine.is_(None), ~also]


def in_order(query: Any, filtro: Filtro, after: tuple[Any, int] | None = None) -> Any:
    """The query of what a filter finds, in its order, beyond a place (a value of what they are in order of, and an id):
    a stretch of the index of that order, whatever else is looked for, so that nothing is sorted before the first."""
    order = filtro.order
    query = narrowed(query, filtro, in_order=True).order_by(order, MOVIMENTO.c.id)
    if after is None:
        return query
    valore, movimento_id = after
    return query.where(tuple_(order, MOVIMENTO.c.id) > tuple_(literal(valore, order.type), literal(movimento_id)))


def ids(conn: Connection, filtro: Filtro) -> Iterator[int]:
    """The ids of all the movements that a filter finds; they may be changed meanwhile."""
    for row in _walked(conn, select(MOVIMENTO.c.id), filtro):
        yield row.id


def _walked(conn: Connection, query: Select[Any], filtro: Filtro) -> Iterator[Row[Any]]:
    """The rows of a query on the movements that a filter finds, in its order, and what they are in order of: a stretch
    of an index after another, so that rows may be changed as they come."""
    wanted = query.add_columns(filtro.order.label("posto")).limit(10 * PAGINA)
    after: tuple[Any, int] | None = None
    while rows := conn.execute(in_order(wanted, filtro, after)).all():
        yield from rows
        after = rows[-1].posto, rows[-1].id


class Aperto(NamedTuple):
    """A movement that is not ticked, and what rules look at: bank and number of its account, cents, what it says, how
    it is marked."""

    id: int
    abi: str
    conto: str
    data_contabile: date
    segno: str
    importo: int
    causale: str
    descrizione: str
    dettagli: str | None
    spuntato_at: datetime | None
    etichetta: str | None
    contropartita: str | None
    distinta_id: int | None
    disposizione_id: int | None
    riscontrato_da: str | None

    @property
    def importo_con_segno(self) -> int:
        return self.importo if self.segno == "C" else -self.importo


def open_ones(conn: Connection, azienda_id: int) -> Iterator[Aperto]:
    """The movements of a company that are not ticked, by day of booking; they may be changed meanwhile."""
    mine = [SCHEDA.c[name] if name in ("abi", "conto") else MOVIMENTO.c[name] for name in Aperto._fields]
    query = select(*mine).join(SCHEDA, SCHEDA.c.id == MOVIMENTO.c.scheda_id)
    for row in _walked(conn, query, Filtro(azienda_id=azienda_id)):
        yield Aperto._make(row[:-1])


def finds(conn: Connection, filtro: Filtro, movimento_id: int) -> bool:
    """Whether a filter finds a movement."""
    query = narrowed(select(MOVIMENTO.c.id), filtro)
    return conn.scalar(query.where(MOVIMENTO.c.id == movimento_id)) is not None
