"""The orders that esiti speak of: where to look for them when the keys find nothing, and the matches that are kept.

An esito applied to one order names it in its own row. Here are those of an esito that speaks of several, and what
people matched or undid: rows that are closed (`sciolto_at`), never deleted. Inserts, updates and selects only; what is
matched with what is decided in `reconcile`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, or_, select

from ledger.errors import Refused
from ledger.outcomes import A_MANO, ECCEZIONE_, SCIOLTO, Candidata, as_candidate, candidate_orders
from ledger.schema import ABBINAMENTO, DISPOSIZIONE, DISTINTA, ESITO, ITER

MANY = 50  # orders of one amount: with more than these, the amount tells nobody apart


@dataclass(frozen=True)
class Dove:
    """Where to look for the order of an esito: the company, the bank it comes from, the kinds it may speak of, the day
    on which it was made (none: not known). No esito speaks of an order made after it."""

    azienda_id: int
    abi: str
    flussi: tuple[str, ...]
    creato: date | None


def of_amount(conn: Connection, dove: Dove, importi: Sequence[int], scadenze: Sequence[date]) -> list[Candidata] | None:
    """The orders of one of these amounts (cents): all of them, or those of one of these due dates where they are too
    many; None where they are too many all the same."""
    asked = {"importi": list(importi), "scadenze": list(scadenze)}
    for query in (_OF_AMOUNT, _OF_AMOUNT_AND_DAY):
        found = _some(conn, dove, query, MANY, asked)
        if len(found) <= MANY:
            return found
    return None


def of_debtor(
    conn: Connection, dove: Dove, codice_fiscale: str, scadenze: Sequence[date], most: int
) -> list[Candidata]:
    """The orders of a debtor that fall due on one of these days; none where there are more than `most`."""
    found = _some(conn, dove, _OF_DEBTOR, most, {"codice_fiscale": codice_fiscale, "scadenze": list(scadenze)})
    return found if len(found) <= most else []


def _some(conn: Connection, dove: Dove, query: Select[Any], most: int, asked: Mapping[str, Any]) -> list[Candidata]:
    """The orders that a query finds, oldest first; one more than `most` where there are more."""
    where = {
        "azienda": dove.azienda_id,
        "flussi": list(dove.flussi),
        "banca": dove.abi,
        "creato": dove.creato or date.max,
    }
    # Put in order here: asked for in order, all the orders of an amount would be read, however few are wanted.
    rows = conn.execute(query, {**where, **asked, "most": most + 1})
    return sorted((as_candidate(row) for row in rows), key=lambda each: each.id)


def _asked(*which: Any) -> Select[Any]:
    made = or_(DISTINTA.c.data_creazione.is_(None), DISTINTA.c.data_creazione <= bindparam("creato"))
    return (
        candidate_orders()
        .where(
            DISPOSIZIONE.c.azienda_id == bindparam("azienda"),
            DISTINTA.c.flusso.in_(
                bindparam("flussi", expanding=True)
            ),  # asked of the order it would lead to all of them
            DISTINTA.c.abi == bindparam("banca"),
            *which,
            made,
        )
        .order_by(None)
        .limit(bindparam("most"))
    )


# Asked at every esito whose keys find nothing: made once.
_AMOUNT = DISPOSIZIONE.c.importo.in_(bindparam("importi", expanding=True))
_DAY = DISPOSIZIONE.c.scadenza.in_(bindparam("scadenze", expanding=True))
_OF_AMOUNT = _asked(_AMOUNT)
_OF_AMOUNT_AND_DAY = _asked(_AMOUNT, _DAY)
_OF_DEBTOR = _asked(DISPOSIZIONE.c.codice_fiscale == bindparam("codice_fiscale"), _DAY)


# --- matches that are kept --------------------------------------------------------------------------------------------


def add(
    conn: Connection,
    *,
    azienda_id: int,
    file_id: int,
    line: int,
    ordini: Iterable[int],
    classe: str,
    chi: str,
    at: datetime,
    nota: str = "",
) -> None:
    """Keeps the orders of an esito, told by its file and line."""
    row = {"azienda_id": azienda_id, "file_id": file_id, "line": line, "classe": classe, "chi": chi, "nota": nota}
    conn.execute(ABBINAMENTO.insert(), [{**row, "disposizione_id": each, "at": at} for each in ordini])


def undo(conn: Connection, esito: Row[Any], ordini: Iterable[int], *, chi: str, at: datetime, nota: str) -> None:
    """Closes the matches of an esito with these orders that people made; one that the program made is marked as undone
    by a row of its own."""
    for each in ordini:
        mine = and_(
            ABBINAMENTO.c.file_id == esito.file_id,
            ABBINAMENTO.c.line == esito.line,
            ABBINAMENTO.c.disposizione_id == each,
            ABBINAMENTO.c.classe == A_MANO,
            ABBINAMENTO.c.sciolto_at.is_(None),
        )
        if not conn.execute(ABBINAMENTO.update().where(mine).values(sciolto_at=at)).rowcount:
            row = {
                "azienda_id": esito.azienda_id,
                "file_id": esito.file_id,
                "line": esito.line,
                "disposizione_id": each,
            }
            told = {"classe": SCIOLTO, "chi": chi, "nota": nota, "at": at, "sciolto_at": at}
            conn.execute(ABBINAMENTO.insert().values(**row, **told))


def esito(conn: Connection, esito_id: int) -> Row[Any]:
    """The row of an esito; Refused (ESITO-001) when there is none."""
    row = conn.execute(select(ESITO).where(ESITO.c.id == esito_id)).one_or_none()
    if row is None:
        raise Refused(
            "ESITO-001",
            f"L'esito {esito_id} non esiste.",
            f"There is no outcome {esito_id}.",
            hint_it="Quelli che attendono una persona: cbi exceptions",
            hint_en="Those that wait for a person: cbi exceptions",
        )
    return row


def touched(conn: Connection, row: Row[Any]) -> bool:
    """Whether a person, or a rule of the company, has ever said of which orders an esito is, or is not."""
    here = (ABBINAMENTO.c.file_id == row.file_id, ABBINAMENTO.c.line == row.line)
    decided = ABBINAMENTO.c.classe.in_((A_MANO, SCIOLTO))
    return conn.execute(select(ABBINAMENTO.c.id).where(*here, decided).limit(1)).first() is not None


def linked(conn: Connection, row: Row[Any]) -> list[int]:
    """The ids of the orders that an esito has been applied to and nobody has undone, in order."""
    here = (ABBINAMENTO.c.file_id == row.file_id, ABBINAMENTO.c.line == row.line)
    kept = conn.execute(select(ABBINAMENTO).where(*here)).all()
    own = {row.disposizione_id} if row.disposizione_id is not None and row.verdetto != ECCEZIONE_ else set()
    own |= {each.disposizione_id for each in kept if each.classe not in (A_MANO, SCIOLTO)}
    undone = {each.disposizione_id for each in kept if each.classe == SCIOLTO}
    by_hand = {each.disposizione_id for each in kept if each.classe == A_MANO and each.sciolto_at is None}
    return sorted((own - undone) | by_hand)


def said_of(conn: Connection, disposizione_id: int) -> Iterator[Row[Any]]:
    """The esiti applied to an order that nobody has undone, oldest first."""
    here = and_(ABBINAMENTO.c.file_id == ESITO.c.file_id, ABBINAMENTO.c.line == ESITO.c.line)
    mine = select(ESITO.c.id).join(ABBINAMENTO, here).where(ABBINAMENTO.c.disposizione_id == disposizione_id)
    own = or_(ESITO.c.disposizione_id == disposizione_id, ESITO.c.id.in_(mine))
    for row in conn.execute(select(ESITO).where(own).order_by(ESITO.c.id)).all():
        if disposizione_id in linked(conn, row):
            yield row


_PARTS = select(ESITO.c.importo, ESITO.c.nome_supporto, ESITO.c.data_creazione, ESITO.c.line).where(
    ESITO.c.disposizione_id == bindparam("id"), ESITO.c.effetto == bindparam("effetto")
)


def parts(conn: Connection, disposizione_id: int, effetto: str) -> set[tuple[Any, ...]]:
    """The parts of an order that esiti have told so far, each once however often it came: cents, supporto, its day, its
    line there."""
    return {tuple(row) for row in conn.execute(_PARTS, {"id": disposizione_id, "effetto": effetto})}


_LAST = select(ITER.c.dati).where(ITER.c.disposizione_id == bindparam("id")).order_by(ITER.c.id.desc()).limit(1)


def by_hand(conn: Connection, disposizione_id: int) -> bool:
    """Whether an order is where a person put it, without a word of the bank: its last step says so."""
    last = conn.scalars(_LAST, {"id": disposizione_id}).first()
    return last is not None and json.loads(last).get(A_MANO) is True


def rows(conn: Connection, azienda_id: int) -> Iterator[Mapping[str, Any]]:
    """The matches that people made or undid, in a company, in order of id."""
    touched = ABBINAMENTO.c.classe.in_((A_MANO, SCIOLTO))
    query = select(ABBINAMENTO).where(ABBINAMENTO.c.azienda_id == azienda_id, touched)
    for row in conn.execute(query.order_by(ABBINAMENTO.c.id)):
        yield dict(row._mapping)
