"""Statements worked out again from the movements: by day of booking (contabile), and by value date with the numbers on
which interest is reckoned (scalare), movement by movement (analitico) or day by day (sintetico).

Numbers are whole: days by the balance in cents. The days of a scalare add up to those of its period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import Connection

from cbi.flows.estratti import CONTO, PORTAFOGLIO
from ledger import definitivi, rapporti
from ledger.definitivi import Definitivo
from ledger.errors import Refused
from ledger.rapporti import Scheda

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Riga:
    """A line: the day by which it is placed (of booking, or of value), what it adds to the balance and the balance
    after it, in cents; for how many days the balance then stands, and the number that comes of it, in cents by days.
    The first line of a statement is the opening balance, and has no movement."""

    giorno: date
    importo: int
    saldo: int
    giorni: int = 0
    numeri: int = 0
    movimento: Definitivo | None = None


@dataclass(frozen=True)
class Prospetto:
    """A statement of an account between two days, included: its opening balance in cents, its lines one after another
    (`righe`, to be read once, while the connection lasts), the closing balance that the bank says for the last day
    (None: it says none)."""

    scheda: Scheda
    tipo: str
    dal: date
    al: date
    saldo_iniziale: int
    righe: Iterator[Riga]
    saldo_banca: int | None


def prospetto(conn: Connection, scheda_id: int, tipo: str, dal: date, al: date) -> Prospetto:
    """The statement of a kind of `TIPI`. Raises Refused when there is no such account (RAPPORTO-001), its balances are
    not of money with a sign (RAPPORTO-003), or the days are the wrong way round (RAPPORTO-004)."""
    scheda = rapporti.get(conn, scheda_id)
    if scheda.genere not in (CONTO, PORTAFOGLIO):
        raise Refused(
            "RAPPORTO-003",
            "Di questo genere di rapporto non si ricalcola un estratto: la banca dà un saldo senza segno, o titoli.",
            "No statement of this kind of account can be worked out: the bank gives no sign, or securities.",
            hint_it=f"Com'è arrivato: cbi accounts sent {scheda_id} --al GIORNO",
            hint_en=f"As it came: cbi accounts sent {scheda_id} --al DAY",
        )
    if al < dal:
        raise Refused("RAPPORTO-004", f"Il {al} viene prima del {dal}.", f"{al} comes before {dal}.")
    per, lines = TIPI[tipo]
    opening = _opening(conn, scheda_id, dal, per)
    found = definitivi.settled(conn, scheda_id, per, dal, al)
    said = [each for each in rapporti.statements_on(conn, scheda_id, al) if each.saldo_finale is not None]
    closing = said[0].saldo_finale if said and per == definitivi.CONTABILE else None
    return Prospetto(scheda, tipo, dal, al, opening, lines(opening, found, dal, al), closing)


def _opening(conn: Connection, scheda_id: int, dal: date, per: str) -> int:
    """The balance before a day begins: that of the last statement before it, or of the first of all, and what was
    booked since; by value date, less what was booked but not yet of value, and more what was of value but not booked.
    """
    last = rapporti.last_before(conn, scheda_id, dal)
    if last is not None:
        saldo, since = last.saldo_finale or 0, last.data + DAY
    else:
        first = rapporti.first_statement(conn, scheda_id)
        saldo, since = (first.saldo_iniziale or 0, date.min) if first else (0, date.min)
    saldo += definitivi.settled_sum(conn, scheda_id, contabile=(since, dal - DAY))
    if per == definitivi.VALUTA:
        saldo -= definitivi.settled_sum(conn, scheda_id, contabile=(date.min, dal - DAY), valuta=(dal, date.max))
        saldo += definitivi.settled_sum(conn, scheda_id, contabile=(dal, date.max), valuta=(date.min, dal - DAY))
    return saldo


def contabile(opening: int, found: Iterable[Definitivo], dal: date, _al: date) -> Iterator[Riga]:
    """The movements by day of booking, with the balance after each."""
    saldo = opening
    yield Riga(dal, 0, saldo)
    for each in found:
        saldo += each.importo
        yield Riga(each.giorno, each.importo, saldo, movimento=each)


def analitico(opening: int, found: Iterable[Definitivo], dal: date, al: date) -> Iterator[Riga]:
    """The movements by value date; the last of each day has the days for which its balance stands."""
    return _stood(contabile(opening, found, dal, al), al)


def sintetico(opening: int, found: Iterable[Definitivo], dal: date, al: date) -> Iterator[Riga]:
    """A line for each value date, of all its movements."""
    return _stood(_by_day(opening, found, dal), al)


def _by_day(opening: int, found: Iterable[Definitivo], dal: date) -> Iterator[Riga]:
    saldo = opening
    yield Riga(dal, 0, saldo)
    for giorno, some in groupby(found, key=lambda each: each.giorno):
        importo = sum(each.importo for each in some)
        saldo += importo
        yield Riga(giorno, importo, saldo)


def _stood(lines: Iterator[Riga], al: date) -> Iterator[Riga]:
    """The lines with the days for which each balance stands: to the next line, or to the end of the last day."""
    before = next(lines)
    for line in lines:
        yield _standing(before, (line.giorno - before.giorno).days)
        before = line
    yield _standing(before, (al + DAY - before.giorno).days)


def _standing(line: Riga, giorni: int) -> Riga:
    return replace(line, giorni=giorni, numeri=giorni * line.saldo)


Lines = Callable[[int, Iterable[Definitivo], date, date], Iterator[Riga]]
TIPI: Mapping[str, tuple[str, Lines]] = {
    "contabile": (definitivi.CONTABILE, contabile),
    "analitico": (definitivi.VALUTA, analitico),
    "sintetico": (definitivi.VALUTA, sintetico),
}
"""The kinds of statement: by which day, and how its lines are made."""
