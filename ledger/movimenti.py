"""The movements of the accounts: kept, paired with what says them again, looked for, page by page.

One that another says again (its twin, of the periodic statement) is not shown by itself: it confirms the other, or
corrects it. What a movement speaks of is in its references, not stored: it does not matter which file arrived first.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from ledger.schema import (
    AZIENDA,
    DISPOSIZIONE,
    DISTINTA,
    ESITO,
    FILE,
    MOVIMENTO,
    PROMEMORIA,
    RAPPORTO,
    SCHEDA,
    Giorno,
    total,
)

PAGINA = 100
GIORNALIERO, PERIODICO = "RH", "EC"


# --- kept, and paired -------------------------------------------------------------------------------------------------


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


# --- what counts, in the end ------------------------------------------------------------------------------------------

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
    alone = and_(RAPPORTO.c.tipo == GIORNALIERO, last.c.id.is_(None), _covered())
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


def _covered() -> ColumnElement[bool]:
    """Whether a periodic statement of the account covers the day of booking. Its first day is that of the balance it
    begins with, and may be the last of the one before."""
    covers = RAPPORTO.alias("copre")
    return (
        select(covers.c.id)
        .where(covers.c.scheda_id == MOVIMENTO.c.scheda_id, covers.c.tipo == PERIODICO)
        .where(covers.c.data_inizio < MOVIMENTO.c.data_contabile, covers.c.data >= MOVIMENTO.c.data_contabile)
        .exists()
    )


# --- what is looked for -----------------------------------------------------------------------------------------------


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


@dataclass(frozen=True)
class Voce:
    """A movement and all that is known of it: what it says by the last statement that says it, the account, where it
    stands (file, 1-based line), what it speaks of, what was done with it. `stato` is a key of `STATI`; `corretti` are
    the fields that the periodic statement changed, with what they were before. `esiti` is how many it pays or takes
    back; `disposizione_id` the one order that it is of, where `riscontrato_da` said so."""

    id: int
    scheda_id: int
    sia: str
    genere: str
    abi: str
    cab: str
    conto: str
    divisa: str
    tipo: str
    nome_supporto: str
    file_id: int
    file: str
    line: int
    numero: int | None
    data_valuta: date | None
    data_contabile: date
    segno: str
    importo: int
    causale: str
    causale_interna: str | None
    riferimento_banca: str | None
    tipo_riferimento: str | None
    riferimento: str | None
    msg_id: str | None
    end_to_end: str | None
    descrizione: str
    dettagli: str | None
    distinta: int | None
    promemoria: int | None
    esiti: int
    spuntato_at: datetime | None
    spuntato_da: str | None
    etichetta: str | None
    contropartita: str | None
    disposizione_id: int | None
    riscontrato_da: str | None
    stato: str = "provvisorio"
    corretti: Mapping[str, Any] = field(default_factory=dict)

    @property
    def importo_con_segno(self) -> int:
        return self.importo if self.segno == "C" else -self.importo

    @property
    def names(self) -> str:
        """The reference by which it names a distinta, a memo or outcomes that are here; "" where it names none, or
        somebody said what it is of."""
        found = self.riscontrato_da is None and (self.distinta or self.promemoria or self.esiti)
        return next(filter(None, (self.riferimento, self.msg_id, self.end_to_end)), "") if found else ""

    @property
    def strutture(self) -> list[dict[str, str]]:
        """What its structured records say, a layout each."""
        found: list[dict[str, str]] = json.loads(self.dettagli or "[]")
        return found

    def place(self, filtro: Filtro) -> Posto:
        """Where it stands among those that a filter finds."""
        return Posto(str({**vars(self), **self.corretti}[filtro.order.name]), self.id)


STATI: Mapping[str, tuple[str, str]] = {
    "provvisorio": ("da confermare", "to be confirmed"),
    "confermato": ("confermato", "confirmed"),
    "corretto": ("corretto", "corrected"),
    "non_confermato": ("assente dall'EC", "not in the EC"),
    "aggiunto": ("solo nell'EC", "only in the EC"),
    "definitivo": ("definitivo", "final"),
}
"""What the statements together say of a movement; EC is the periodic one."""

CORREGGIBILI = (
    "data_valuta",
    "segno",
    "importo",
    "causale",
    "causale_interna",
    "riferimento_banca",
    "tipo_riferimento",
    "riferimento",
    "descrizione",
)
"""What a periodic statement may say otherwise than the daily one."""


def page(conn: Connection, filtro: Filtro, after: Posto | None = None, limit: int = PAGINA) -> list[Voce]:
    """The next movements that a filter finds, after a place; each with what confirms or corrects it."""
    query = _wanted(_voci(), filtro)
    if after is not None:
        place = after.valore
        valore = int(place) if filtro.order is MOVIMENTO.c.importo else date.fromisoformat(place)
        query = query.where(_beyond(filtro, valore, after.id))
    rows = conn.execute(query.order_by(filtro.order, MOVIMENTO.c.id).limit(limit)).all()
    said = _said_again(conn, [row.id for row in rows])
    return [_voce(row, said.get(row.id)) for row in rows]


def each(conn: Connection, filtro: Filtro) -> Iterator[Voce]:
    """Every movement that a filter finds, in constant memory."""
    after = None
    while found := page(conn, filtro, after, limit=1000):
        yield from found
        after = found[-1].place(filtro)


def ids(conn: Connection, filtro: Filtro) -> Iterator[int]:
    """The ids of all the movements that a filter finds; they may be changed meanwhile."""
    for row in _walked(conn, select(MOVIMENTO.c.id), filtro):
        yield row.id


def _walked(conn: Connection, query: Select[Any], filtro: Filtro) -> Iterator[Row[Any]]:
    """The rows of a query on the movements that a filter finds, in its order, and what they are in order of: a stretch
    of an index after another, so that rows may be changed as they come."""
    wanted = _wanted(query.add_columns(filtro.order.label("posto")), filtro)
    wanted = wanted.order_by(filtro.order, MOVIMENTO.c.id).limit(10 * PAGINA)
    after: list[ColumnElement[bool]] = []
    while rows := conn.execute(wanted.where(*after)).all():
        yield from rows
        after = [_beyond(filtro, rows[-1].posto, rows[-1].id)]


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
    query = _wanted(select(MOVIMENTO.c.id), filtro)
    return conn.scalar(query.where(MOVIMENTO.c.id == movimento_id)) is not None


def get(conn: Connection, movimento_id: int) -> Voce | None:
    """The movement of that id, or the one that it says again; None when there is none."""
    which = select(func.coalesce(MOVIMENTO.c.gemello_id, MOVIMENTO.c.id)).where(MOVIMENTO.c.id == movimento_id)
    query = _voci().where(MOVIMENTO.c.id == which.scalar_subquery())
    row = conn.execute(query).one_or_none()
    return None if row is None else _voce(row, _said_again(conn, [row.id]).get(row.id))


@dataclass(frozen=True)
class Totali:
    """How many movements, and what they come to, in cents."""

    numero: int
    avere: int
    dare: int

    @property
    def saldo(self) -> int:
        return self.avere - self.dare


def totals(conn: Connection, filtro: Filtro) -> Totali:
    """What all the movements that a filter finds come to, as they are shown."""
    credit, debit = (total(case((MOVIMENTO.c.segno == sign, MOVIMENTO.c.importo), else_=0)) for sign in "CD")
    query = _wanted(select(func.count(), credit, debit).select_from(MOVIMENTO), filtro)
    numero, avere, dare = conn.execute(query).one()
    for was, now in _corrected(conn, filtro):
        avere += (now.segno == "C") * now.importo - (was[0] == "C") * was[1]
        dare += (now.segno == "D") * now.importo - (was[0] == "D") * was[1]
    return Totali(numero, avere, dare)


def _corrected(conn: Connection, filtro: Filtro) -> Iterator[tuple[tuple[str, int], Row[Any]]]:
    """The movements that a filter finds whose amount was corrected: sign and amount, and what corrects them."""
    again = MOVIMENTO.alias("ancora")
    other = (again.c.importo != MOVIMENTO.c.importo) | (again.c.segno != MOVIMENTO.c.segno)
    query = _wanted(select(MOVIMENTO.c.id, MOVIMENTO.c.segno, MOVIMENTO.c.importo), filtro)
    rows = conn.execute(query.join(again, again.c.gemello_id == MOVIMENTO.c.id).where(other).distinct()).all()
    for start in range(0, len(rows), PAGINA):
        said = _said_again(conn, [row.id for row in rows[start : start + PAGINA]])
        for row in rows[start : start + PAGINA]:
            yield (row.segno, row.importo), said[row.id]


def _beyond(filtro: Filtro, valore: Any, movimento_id: int) -> ColumnElement[bool]:
    """What comes after a place, in the order of a filter."""
    order = filtro.order
    return tuple_(order, MOVIMENTO.c.id) > tuple_(literal(valore, order.type), literal(movimento_id))


def _wanted(query: Any, filtro: Filtro) -> Any:
    """The query of only what a filter finds."""
    m = MOVIMENTO.c
    where: list[ColumnElement[bool]] = [m.gemello_id.is_(None)]
    for column, low, high in (
        (m.data_contabile, filtro.contabile_dal, filtro.contabile_al),
        (m.data_valuta, filtro.valuta_dal, filtro.valuta_al),
        (m.importo, filtro.importo_da, filtro.importo_a),
    ):
        where += [] if low is None else [column >= low]
        where += [] if high is None else [column <= high]
    if filtro.scheda_id is not None:
        where.append(m.scheda_id == filtro.scheda_id)
    if filtro.segno is not None:
        where.append(m.segno == filtro.segno)
    if filtro.causali:
        where.append(m.causale.in_(filtro.causali))
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
        where.append(m.scheda_id.in_(cards))
    return query.where(*where)


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


# --- what a movement speaks of ----------------------------------------------------------------------------------------


def about_distinta(distinta_id: int) -> Select[Any]:
    """The ids of the movements that speak of a distinta: by its nome supporto (NROSUPCBI, MsgId), by the reference of
    the memo of the outcomes of its orders (RIFESICBI), by the name of one of its payments (EndToEndId), or because
    somebody said so of it or of one of its orders."""
    mine = select(DISTINTA.c.nome_supporto).where(DISTINTA.c.id == distinta_id)
    memos = (
        select(ESITO.c.riferimento_promemoria)
        .join(DISPOSIZIONE, DISPOSIZIONE.c.id == ESITO.c.disposizione_id)
        .where(DISPOSIZIONE.c.distinta_id == distinta_id)
    )
    payments = select(DISPOSIZIONE.c.chiave).where(
        DISPOSIZIONE.c.distinta_id == distinta_id, DISPOSIZIONE.c.flusso == PAGAMENTI
    )
    orders = select(DISPOSIZIONE.c.id).where(DISPOSIZIONE.c.distinta_id == distinta_id)
    bank = select(DISTINTA.c.azienda_id, DISTINTA.c.abi).where(DISTINTA.c.id == distinta_id)
    m = MOVIMENTO.c
    speaks = or_(
        and_(m.tipo_riferimento == "NROSUPCBI", m.riferimento.in_(mine)),
        and_(m.tipo_riferimento == "RIFESICBI", m.riferimento.in_(memos)),
        m.msg_id.in_(mine),
        m.end_to_end.in_(payments),
        m.distinta_id == distinta_id,
        m.disposizione_id.in_(orders),
    )
    of_bank = select(SCHEDA.c.id).where(tuple_(SCHEDA.c.azienda_id, SCHEDA.c.abi).in_(bank))
    return select(func.coalesce(m.gemello_id, m.id)).where(speaks, m.scheda_id.in_(of_bank))


PAGAMENTI = "PC"
"""The kind whose orders bear a name that the bank gives back: 70 71-100."""


def _links() -> list[ColumnElement[Any]]:
    """What a movement speaks of: `distinta`, by what names it, or else by who said so; `promemoria` and `esiti` (how
    many), by RIFESICBI."""
    m = MOVIMENTO.c
    of_bank = (DISTINTA.c.azienda_id == RAPPORTO.c.azienda_id, DISTINTA.c.abi == RAPPORTO.c.abi)
    name = case((m.tipo_riferimento == "NROSUPCBI", m.riferimento), else_=m.msg_id)
    by_name = select(func.max(DISTINTA.c.id)).where(*of_bank, DISTINTA.c.nome_supporto == name)
    by_payment = (
        select(func.max(DISTINTA.c.id))
        .join(DISPOSIZIONE, DISPOSIZIONE.c.distinta_id == DISTINTA.c.id)
        .where(*of_bank, DISPOSIZIONE.c.azienda_id == RAPPORTO.c.azienda_id, DISPOSIZIONE.c.flusso == PAGAMENTI)
        .where(DISPOSIZIONE.c.chiave == m.end_to_end, m.end_to_end.is_not(None))
    )
    memo = (
        select(func.min(PROMEMORIA.c.id))
        .where(PROMEMORIA.c.azienda_id == RAPPORTO.c.azienda_id, PROMEMORIA.c.abi == RAPPORTO.c.abi)
        .where(m.tipo_riferimento == "RIFESICBI")
        .where(PROMEMORIA.c.riferimento == m.riferimento, PROMEMORIA.c.importo == m.importo)
    )
    esiti = (
        select(func.count(ESITO.c.id))
        .where(ESITO.c.azienda_id == RAPPORTO.c.azienda_id, ESITO.c.abi == RAPPORTO.c.abi)
        .where(m.tipo_riferimento == "RIFESICBI", ESITO.c.riferimento_promemoria == m.riferimento)
    )
    by_order = select(DISPOSIZIONE.c.distinta_id).where(DISPOSIZIONE.c.id == m.disposizione_id)
    named = [each.scalar_subquery() for each in (by_name, by_payment)]
    return [
        func.coalesce(*named, m.distinta_id, by_order.scalar_subquery()).label("distinta"),
        memo.scalar_subquery().label("promemoria"),
        esiti.scalar_subquery().label("esiti"),
    ]


# --- as they are shown ------------------------------------------------------------------------------------------------

_OF_RAPPORTO = ("tipo", "nome_supporto", "file_id", "abi", "cab", "conto", "divisa")
_NOT_COLUMNS = ("stato", "corretti", "sia", "genere", "file", "distinta", "promemoria", "esiti", *_OF_RAPPORTO)


def _voci() -> Select[Any]:
    mine = [MOVIMENTO.c[each.name] for each in fields(Voce) if each.name not in _NOT_COLUMNS]
    theirs = [RAPPORTO.c[name] for name in _OF_RAPPORTO]
    covers = RAPPORTO.alias("copre")
    daily = (
        select(covers.c.id)
        .where(covers.c.scheda_id == MOVIMENTO.c.scheda_id, covers.c.tipo == GIORNALIERO)
        .where(covers.c.data == MOVIMENTO.c.data_contabile)
        .exists()
    )
    return (
        select(*mine, *theirs, SCHEDA.c.genere, AZIENDA.c.sia, FILE.c.nome.label("file"), *_links())
        .add_columns(_covered().label("periodico"), daily.label("giornaliero"))
        .join(RAPPORTO, RAPPORTO.c.id == MOVIMENTO.c.rapporto_id)
        .join(SCHEDA, SCHEDA.c.id == MOVIMENTO.c.scheda_id)
        .join(AZIENDA, AZIENDA.c.id == SCHEDA.c.azienda_id)
        .join(FILE, FILE.c.id == RAPPORTO.c.file_id)
    )


_MARKED = ("spuntato_at", "spuntato_da", "disposizione_id", "riscontrato_da")


def _said_again(conn: Connection, ids: Iterable[int]) -> dict[int, Row[Any]]:
    """Of some movements, by id, the last that says each again: that of the periodic statement that ends last."""
    names = ("gemello_id", "distinta_id", *_MARKED, *CORREGGIBILI, "dettagli", "msg_id", "end_to_end")
    query = (
        select(*(MOVIMENTO.c[name] for name in names))
        .join(RAPPORTO, RAPPORTO.c.id == MOVIMENTO.c.rapporto_id)
        .where(MOVIMENTO.c.gemello_id.in_(list(ids)))
        .order_by(RAPPORTO.c.data, RAPPORTO.c.nome_supporto, MOVIMENTO.c.line)
    )
    return {row.gemello_id: row for row in conn.execute(query)}


def _voce(row: Row[Any], again: Row[Any] | None) -> Voce:
    told = dict(row._mapping)
    periodic, daily = told.pop("periodico"), told.pop("giornaliero")
    if again is None:
        return Voce(**told, stato=_alone(told["tipo"], periodic, daily))
    said = {name: again._mapping[name] for name in CORREGGIBILI}
    before = {name: told[name] for name, value in said.items() if value != told[name]}
    more = {name: again._mapping[name] or told[name] for name in ("dettagli", "msg_id", "end_to_end")}
    marked = {name: told[name] or again._mapping[name] for name in _MARKED}
    marked["distinta"] = told["distinta"] or again.distinta_id
    stato = "corretto" if before else "confermato"
    return Voce(**{**told, **said, **more, **marked}, stato=stato, corretti=before)


def _alone(tipo: str, periodic: bool, daily: bool) -> str:
    """What the statements say of a movement that only one of them has."""
    if tipo == GIORNALIERO:
        return "non_confermato" if periodic else "provvisorio"
    return "aggiunto" if tipo == PERIODICO and daily else "definitivo"
