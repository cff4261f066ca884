"""Tables on sheets of paper, a row at a time: headings on each page, sums carried from a page to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from stampe.foglio import CHIARO, CORPO, GRIGIO, NERO, PASSO, Foglio
from stampe.lingua import Lingua, day, moment

Cella: TypeAlias = "str | int | date | datetime | None"  # an integer is cents
ARIA = 6  # points between two columns
_RIENTRO = 14  # points by which what else is said of a row is moved


@dataclass(frozen=True)
class Colonna:
    """A column: its heading, its width as a share of the table; `porta` makes what is carried on out of what was
    carried so far (cents) and a cell of it, None for a column that carries nothing."""

    titolo: str
    quota: float
    porta: Callable[[int, int], int] | None = None
    destra: bool = False

    @property
    def right(self) -> bool:
        return self.destra or self.porta is not None


@dataclass(frozen=True)
class Riga:
    """The cells of a row, and what else is said of it (`sotto`), across the page below them."""

    celle: Sequence[Cella]
    sotto: str = ""
    forte: bool = False


def add(carried: int, cents: int) -> int:
    """Carries a sum."""
    return carried + cents


def last(carried: int, cents: int) -> int:
    """Carries what was said last, as of a balance."""
    return cents


def table(foglio: Foglio, colonne: Sequence[Colonna], righe: Iterable[Riga], *, vuota: tuple[str, str]) -> None:
    """A table; of no rows, the words (Italian, English) that say so."""
    tavola = None
    for riga in righe:
        tavola = tavola or _Tavola(foglio, colonne)
        tavola.add(riga)
    if tavola is None:
        foglio.paragraph(foglio.lingua.say(*vuota))
    else:
        tavola.end()


def totals(colonne: Sequence[Colonna], righe: Iterable[Riga]) -> list[int | None]:
    """What is carried to the end of a table, in cents; None in the columns that carry nothing."""
    carried = [0 if colonna.porta else None for colonna in colonne]
    for riga in righe:
        for at, (colonna, cella) in enumerate(zip(colonne, riga.celle, strict=True)):
            if colonna.porta and isinstance(cella, int):
                carried[at] = colonna.porta(carried[at] or 0, cella)
    return carried


def shown(cella: Cella, lingua: Lingua) -> str:
    """A cell for people."""
    if cella is None:
        return ""
    if isinstance(cella, str):
        return cella
    if isinstance(cella, int):
        return lingua.euro(cella)
    return moment(cella) if isinstance(cella, datetime) else day(cella)


class _Tavola:
    """A table that is being written."""

    def __init__(self, foglio: Foglio, colonne: Sequence[Colonna]) -> None:
        self.foglio, self.colonne = foglio, colonne
        share = foglio.wide / sum(colonna.quota for colonna in colonne)
        self.widths = [colonna.quota * share for colonna in colonne]
        self.inner = [width - ARIA * self._airs(at) for at, width in enumerate(self.widths)]
        self.lefts = [foglio.left + sum(self.widths[:at]) for at in range(len(colonne))]
        self.carried: list[int] = [0] * len(colonne)
        self.carries = any(colonna.porta for colonna in colonne)
        self.reserve = PASSO if self.carries else 0
        self.heads = [
            foglio.broken(foglio.lingua(colonna.titolo), width, bold=True)
            for colonna, width in zip(colonne, self.inner, strict=True)
        ]
        self.above = PASSO * (self._tall(self.heads) + self.carries)
        self.whole = int((foglio.room - self.above - self.reserve) // PASSO)  # lines of a page of nothing else
        self.begun = False

    def add(self, riga: Riga) -> None:
        """One more row; on the next page when it would be whole there, and is not here."""
        lingua = self.foglio.lingua
        cells = [
            self.foglio.broken(lingua.text(shown(cella, lingua)), width, bold=riga.forte)
            for cella, width in zip(riga.celle, self.inner, strict=True)
        ]
        below = self.foglio.broken(lingua.text(riga.sotto), self.foglio.wide - _RIENTRO) if riga.sotto else []
        tall = self._tall(cells)
        left = tall + len(below)
        if not self.begun:
            self.foglio.need(self.above + self.reserve + PASSO * min(left, self.whole))
            self._head()
            self.begun = True
        while left:
            room = self._room()
            if room < 1 or room < left <= self.whole:
                self._turn()
                continue
            for line in range(tall + len(below) - left, tall + len(below) - left + min(room, left)):
                self._line(cells, below, line, tall, bold=riga.forte)
            left -= min(room, left)
        self.foglio.rule(CHIARO)
        for column, (colonna, cella) in enumerate(zip(self.colonne, riga.celle, strict=True)):
            if colonna.porta and isinstance(cella, int):
                self.carried[column] = colonna.porta(self.carried[column], cella)

    def end(self) -> None:
        """The last row: what has come of it all. There is always room for it, where what is carried would have been."""
        if self.carries:
            self._carry("Totale")
        self.foglio.y -= PASSO * 0.5

    def _line(self, cells: Sequence[list[str]], below: list[str], line: int, tall: int, *, bold: bool) -> None:
        if line >= tall:
            self.foglio.write(self.foglio.left + _RIENTRO, below[line - tall], ink=GRIGIO)
        else:
            for column, lines in enumerate(cells):
                if line < len(lines) and lines[line]:
                    self._cell(column, lines[line], bold=bold)
        self.foglio.y -= PASSO

    def _cell(self, column: int, text: str, *, bold: bool) -> None:
        right = self.inner[column] if self.colonne[column].right else 0
        self.foglio.write(self.lefts[column], text, bold=bold, right=right)

    def _airs(self, column: int) -> int:
        """Figures that end beside words that begin want twice the air."""
        return 2 if [each.right for each in self.colonne[column : column + 2]] == [True, False] else 1

    def _head(self) -> None:
        for line in range(self._tall(self.heads)):
            for column, lines in enumerate(self.heads):
                if line < len(lines):
                    self._cell(column, lines[line], bold=True)
            self.foglio.y -= PASSO
        self.foglio.rule(NERO)

    def _turn(self) -> None:
        if self.carries:
            self._carry("A riportare")
        self.foglio.turn()
        self._head()
        if self.carries:
            self._carry("Riporto")

    def _carry(self, word: str) -> None:
        self.foglio.write(self.foglio.left, self.foglio.lingua(word), bold=True)
        for column, colonna in enumerate(self.colonne):
            if colonna.porta:
                self._cell(column, self.foglio.lingua.euro(self.carried[column]), bold=True)
        self.foglio.y -= PASSO

    def _room(self) -> int:
        """How many lines there is room for."""
        return int((self.foglio.y - self.foglio.bottom - self.reserve + CORPO / 100) // PASSO)

    @staticmethod
    def _tall(cells: Sequence[list[str]]) -> int:
        return max(map(len, cells))
