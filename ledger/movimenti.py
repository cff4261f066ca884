"""The movements of the accounts as they are shown, page by page.

One that another says again (its twin, of the periodic statement) is not shown by itself: it confirms the other, or
corrects it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, select

from ledger.detti import GIORNALIERO, PERIODICO, covered
from ledger.ricerca import PAGINA, Filtro, Posto, in_order, narrowed
from ledger.riferimenti import links
from ledger.schema import AZIENDA, FILE, MOVIMENTO, RAPPORTO, SCHEDA, total


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
    place = None if after is None else after.beyond(filtro)
    ids = conn.scalars(in_order(select(MOVIMENTO.c.id), filtro, place).limit(limit)).all()
    rows = {row.id: row for row in conn.execute(_voci().where(MOVIMENTO.c.id.in_(ids)))}
    said = _said_again(conn, ids)
    return [_voce(rows[movimento_id], said.get(movimento_id)) for movimento_id in ids]


def each(conn: Connection, filtro: Filtro) -> Iterator[Voce]:
    """Every movement that a filter finds, in constant memory."""
    after = None
    while found := page(conn, filtro, after, limit=1000):
        yield from found
        after = found[-1].place(filtro)


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
    query = narrowed(select(func.count(), credit, debit).select_from(MOVIMENTO), filtro)
    numero, avere, dare = conn.execute(query).one()
    for was, now in _corrected(conn, filtro):
        avere += (now.segno == "C") * now.importo - (was[0] == "C") * was[1]
        dare += (now.segno == "D") * now.importo - (was[0] == "D") * was[1]
    return Totali(numero, avere, dare)


def _corrected(conn: Connection, filtro: Filtro) -> Iterator[tuple[tuple[str, int], Row[Any]]]:
    """The movements that a filter finds whose amount was corrected: sign and amount, and what corrects them."""
    again = MOVIMENTO.alias("ancora")
    other = (again.c.importo != MOVIMENTO.c.importo) | (again.c.segno != MOVIMENTO.c.segno)
    query = narrowed(select(MOVIMENTO.c.id, MOVIMENTO.c.segno, MOVIMENTO.c.importo), filtro)
    rows = conn.execute(query.join(again, again.c.gemello_id == MOVIMENTO.c.id).where(other).distinct()).all()
    for start in range(0, len(rows), PAGINA):
        said = _said_again(conn, [row.id for row in rows[start : start + PAGINA]])
        for row in rows[start : start + PAGINA]:
            yield (row.segno, row.importo), said[row.id]


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
        select(*mine, *theirs, SCHEDA.c.genere, AZIENDA.c.sia, FILE.c.nome.label("file"), *links())
        .add_columns(covered().label("periodico"), daily.label("giornaliero"))
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
