"""What was done with movements: ticked as handled, labelled, put against an account of the company's own books.

Each act is an event, which names the movements by where they stand: file, and line of the file from 1. Ids are those of
the rows, which are made again from the files.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from ledger import aziende, distinte, journal, movimenti, ricerca, visibili
from ledger.errors import Refused
from ledger.home import Home
from ledger.profilo import Funzione, Profilo
from ledger.ricerca import Filtro
from ledger.schema import MOVIMENTO, RAPPORTO
from ledger.utenti import Segreto
from ledger.varco import Lavoro, varco

PER_EVENTO = 10_000
_CHUNK = 500
_KEPT = ("gemello_id", "spuntato_at", "etichetta", "contropartita", "distinta_id", "disposizione_id")


@dataclass(frozen=True)
class Segno:
    """What is to be marked: `spunta` True ticks and False unticks, None leaves as it is; so does None of the others,
    which "" takes away: the label, the account of the books, and what the movement is of (`riscontro`: distinta:ID or
    disposizione:ID)."""

    spunta: bool | None = None
    etichetta: str | None = None
    contropartita: str | None = None
    riscontro: str | None = None

    @property
    def plain(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}

    @property
    def of_all(self) -> bool:
        """Whether it is also of what says a movement again, which may have been marked before the other came."""
        return self.spunta is False or self.riscontro is not None

    def changes(self, row: Any) -> bool:
        """Whether a movement would be otherwise than it is."""
        ticks = self.spunta is not None and self.spunta != (row.spuntato_at is not None)
        of = riscontro(row.distinta_id, row.disposizione_id)
        words = ((self.etichetta, row.etichetta), (self.contropartita, row.contropartita), (self.riscontro, of))
        return ticks or any(wanted is not None and (wanted or None) != kept for wanted, kept in words)


def segna(
    home: Home,
    azienda_id: int,
    login: str,
    segreto: Segreto,
    quali: Filtro | Sequence[int],
    segno: Segno,
    *,
    dry_run: bool = False,
) -> int:
    """Mark movements of a company, by hand: those that a filter finds, or of these ids. How many are otherwise now.

    Raises Refused as the gate does, for an id that is not of a movement of the company that the user may see
    (MOVIMENTO-001), and when what they are said to be of is not there (DISTINTA-001, DISPOSIZIONE-001), or one of them
    names something by itself (MOVIMENTO-002).
    """
    with varco(home, azienda_id, login, segreto, funzione=Funzione.RECONCILE, dry_run=dry_run) as lavoro:
        if segno.riscontro:
            _require_there(lavoro, segno.riscontro)
        mine = Filtro(azienda_id=azienda_id, conti=accounts_of(lavoro.profilo), spuntati=None)
        if isinstance(quali, Filtro):
            return mark(
                lavoro, ricerca.ids(lavoro.conn, replace(quali, azienda_id=azienda_id, conti=mine.conti)), segno
            )
        _require(lavoro.conn, mine, quali)
        for each in quali if segno.riscontro else ():
            _require_silent(lavoro.conn, each)
        return mark(lavoro, quali, segno)


def mark(lavoro: Lavoro, ids: Iterable[int], segno: Segno, *, da: str = "") -> int:
    """Mark movements of the company at work, those that are not so already; of a twin, the one it says again. `da`
    names what does it, when it is not by hand. How many are otherwise now."""
    count = 0
    for rows in _changing(lavoro.conn, ids, segno):
        count += _movements(rows)
        _tell(lavoro, rows, segno, da)
    return count


def would_mark(conn: Connection, ids: Iterable[int], segno: Segno) -> int:
    """How many movements `mark` would make otherwise."""
    return sum(map(_movements, _changing(conn, ids, segno)))


def _movements(rows: Iterable[Row[Any]]) -> int:
    """How many movements some rows are: what says one again is the same."""
    return len({row.gemello_id or row.id for row in rows})


def _changing(conn: Connection, ids: Iterable[int], segno: Segno) -> Iterator[list[Row[Any]]]:
    """Of some movements, those that would be otherwise, as many at a time as an event tells."""
    rest = iter(ids)
    while some := list(islice(rest, PER_EVENTO)):
        if rows := [row for row in _rows(conn, some, again=segno.of_all) if segno.changes(row)]:
            yield rows


def accounts_of(profilo: Profilo) -> frozenset[tuple[str, str, str]] | None:
    """The accounts that a user may see, as ABI, CAB and number; None for all."""
    return None if profilo.conti is None else frozenset(aziende.check_iban(iban) for iban in profilo.conti)


def _require(conn: Connection, mine: Filtro, ids: Sequence[int]) -> None:
    for movimento_id in ids:
        if not ricerca.finds(conn, mine, movimento_id):
            raise no_movement(movimento_id)


def _require_there(lavoro: Lavoro, riscontro: str) -> None:
    """Refused unless what movements are said to be of is of the company, and the user sees it."""
    what, _, which = riscontro.partition(":")
    if what == "distinta":
        if distinte.get(lavoro.conn, int(which)).azienda_id != lavoro.azienda_id:
            raise distinte.no_distinta(int(which))
        visibili.require(lavoro.conn, lavoro.profilo, int(which))
    else:
        ordine = distinte.order(lavoro.conn, int(which))
        if ordine.azienda_id != lavoro.azienda_id:
            raise distinte.no_order(which)
        visibili.require_order(lavoro.conn, lavoro.profilo, ordine)


def _require_silent(conn: Connection, movimento_id: int) -> None:
    voce = movimenti.get(conn, movimento_id)
    if voce is not None and voce.names:
        raise Refused(
            "MOVIMENTO-002",
            f"Il movimento {movimento_id} dice da sé di che cosa parla ({voce.names}).",
            f"Movement {movimento_id} says by itself what it speaks of ({voce.names}).",
            hint_it=f"Ogni sua parte: cbi movements show {movimento_id}",
            hint_en=f"Every part of it: cbi movements show {movimento_id}",
        )


def no_movement(movimento_id: int) -> Refused:
    return Refused(
        "MOVIMENTO-001",
        f"Il movimento {movimento_id} non c'è.",
        f"There is no movement {movimento_id}.",
        hint_it="I movimenti, con il loro numero: cbi movements --all",
        hint_en="The movements, with their number: cbi movements --all",
    )


def _rows(conn: Connection, ids: Sequence[int], *, again: bool) -> Iterator[Row[Any]]:
    """Where some movements stand, or those that they say again, and how they are marked, by file and line; `again` also
    what says them again."""
    same, found = func.coalesce(MOVIMENTO.c.gemello_id, MOVIMENTO.c.id), list[Row[Any]]()
    query = select(RAPPORTO.c.file_id, MOVIMENTO.c.line, MOVIMENTO.c.id, *(MOVIMENTO.c[name] for name in _KEPT))
    query = query.join(RAPPORTO, RAPPORTO.c.id == MOVIMENTO.c.rapporto_id)
    for start in range(0, len(ids), _CHUNK):
        some = conn.scalars(select(same).where(MOVIMENTO.c.id.in_(ids[start : start + _CHUNK]))).all()
        twins = MOVIMENTO.c.gemello_id.in_(some if again else ())
        found += conn.execute(query.where(or_(MOVIMENTO.c.id.in_(some), twins))).all()
    yield from sorted(found, key=lambda row: (row.file_id, row.line))


def _tell(lavoro: Lavoro, rows: Sequence[Row[Any]], segno: Segno, da: str) -> None:
    righe = [[file, [row.line for row in some]] for file, some in groupby(rows, key=lambda row: row.file_id)]
    dati = {"chi": lavoro.chi, "da": da, "segno": segno.plain, "righe": righe}
    at = lavoro.ports.clock.now()
    marked(lavoro.conn, dati, at)
    journal.append(
        lavoro.conn, azienda_id=lavoro.azienda_id, tipo="movimenti_segnati", soggetto="movimenti", dati=dati, at=at
    )


def marked(conn: Connection, dati: Mapping[str, Any], at: datetime) -> None:
    """What an event says that was marked, in the table."""
    values = columns(dati, at)
    for file_id, lines in dati["righe"]:
        for rapporto_id, mine in _by_statement(conn, file_id, lines):
            for start in range(0, len(mine), _CHUNK):
                some = MOVIMENTO.c.line.in_(mine[start : start + _CHUNK])
                conn.execute(update(MOVIMENTO).where(MOVIMENTO.c.rapporto_id == rapporto_id, some).values(**values))


def _by_statement(conn: Connection, file_id: int, lines: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
    """Some lines of a file by the statement in which each stands: the last that begins before it."""
    query = select(RAPPORTO.c.line, RAPPORTO.c.id).where(RAPPORTO.c.file_id == file_id).order_by(RAPPORTO.c.line)
    begins = conn.execute(query).all()
    starts = [row.line for row in begins]
    for n, mine in groupby(sorted(lines), key=lambda line: bisect(starts, line) - 1):
        if n >= 0:
            yield begins[n].id, list(mine)


def riscontro(distinta_id: int | None, disposizione_id: int | None) -> str | None:
    """What a movement is of, as it is marked; None for nothing."""
    if disposizione_id is not None:
        return f"disposizione:{disposizione_id}"
    return None if distinta_id is None else f"distinta:{distinta_id}"


def columns(dati: Mapping[str, Any], at: Any) -> dict[str, Any]:
    """What an event of an instant says that the columns of the movements become."""
    segno, values, by = dati["segno"], dict[str, Any](), dati["da"] or dati["chi"]
    if "spunta" in segno:
        values |= {"spuntato_at": at, "spuntato_da": by} if segno["spunta"] else dict.fromkeys(TICKED)
    if "riscontro" in segno:
        what, _, which = segno["riscontro"].partition(":")
        values |= {f"{name}_id": int(which) if name == what else None for name in ("distinta", "disposizione")}
        values["riscontrato_da"] = by
    return values | {name: segno[name] or None for name in ("etichetta", "contropartita") if name in segno}


TICKED = ("spuntato_at", "spuntato_da")
MARKS = (*TICKED, "etichetta", "contropartita", "distinta_id", "disposizione_id", "riscontrato_da")
