"""Sheets of A4 paper, made a page at a time: what is on each, and how texts are broken and written.

A page that is full is compressed and let go. How many there are is told on every page by one drawing, made at the end.
The same data at the same instant make the same bytes. The fonts are those that every reader of PDFs has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, BinaryIO

from ledger.errors import Refused
from stampe.lingua import Lingua, moment

MARGINE = 36  # points, as all that follows
CORPO, PICCOLO, GRANDE = 8, 7, 12  # sizes of letters
PASSO = 11  # from a line to the next
NORMALE, NERETTO = "Helvetica", "Helvetica-Bold"
NERO, GRIGIO, CHIARO = 0.0, 0.4, 0.8  # how light: 0 black, 1 white
ALTRO = "¿"  # stands for a character that the fonts do not have
SEPARATORI = "-_/."  # in a word that is too long for a line, where it is rather broken
_PAGINE = "pagine"
_ETICHETTA = 105  # width of the name of a value
_CODA = 22  # width left for how many pages there are


@dataclass(frozen=True)
class Intestazione:
    """What every page bears: whose it is, what it is, and when it was printed."""

    azienda: str
    titolo: str
    at: datetime


class Foglio:
    """A document being written on `out`, from the top of its first page down. `y` is where the next line begins, `room`
    what a page has below what is repeated on each.

    Raises `Refused` (REPORT-001) where the library that makes PDFs is missing.
    """

    def __init__(
        self, out: BinaryIO, testa: Intestazione, lingua: Lingua | None = None, *, sdraiato: bool = False
    ) -> None:
        canvas, a4, self.width_of = _library()
        self.lingua, self.testa = lingua or Lingua(), testa
        self.width, height = reversed(a4) if sdraiato else a4
        self.left, self.bottom, self.top = MARGINE, MARGINE + PASSO * 1.5, height - MARGINE
        self.wide = self.width - 2 * MARGINE
        self.canvas = canvas(out, pagesize=(self.width, height), invariant=1, pageCompression=1, lang=self.lingua.lang)
        self.canvas.setDateFormatter(lambda *_: testa.at.strftime("D:%Y%m%d%H%M%S+00'00'"))
        self.canvas.setTitle(visible(testa.titolo))
        self.canvas.setAuthor(visible(testa.azienda))
        self.canvas.setSubject(visible(testa.titolo))
        self.canvas.setCreator("CBI engine")
        self.page, self.y = 0, 0.0
        self.turn()

    # --- pages ------------------------------------------------------------------------------------------

    def turn(self) -> None:
        """Goes to a new page."""
        if self.page:
            self.canvas.showPage()
        self.page, self.y = self.page + 1, self.top
        self.fill = self.stroke = NERO  # as every page begins
        self.canvas.setLineWidth(0.5)
        self.paragraph(self.testa.azienda, bold=True)
        self.paragraph(self.testa.titolo, size=GRANDE if self.page == 1 else CORPO)
        self.y -= 2
        self.rule(NERO)
        self.y -= PASSO * 0.5
        self.room = self.y - self.bottom
        self._foot()

    def need(self, height: float) -> None:
        """Goes to a new page unless there is room for so much."""
        if self.y - height < self.bottom:
            self.turn()

    def close(self) -> None:
        """Writes the document: how many pages it has is known now."""
        self.canvas.showPage()
        self.canvas.beginForm(_PAGINE, 0, 0, self.width, self.top)
        self.canvas.setFont(NORMALE, PICCOLO)
        self.canvas.drawString(self.left + self.wide - _CODA, MARGINE, str(self.page))
        self.canvas.endForm()
        self.canvas.save()

    def _foot(self) -> None:
        printed = self.lingua.say("Stampato il", "Printed on")
        self.write(self.left, f"{printed} {moment(self.testa.at)}", y=MARGINE, size=PICCOLO, ink=GRIGIO)
        words = self.lingua.say(f"pagina {self.page} di ", f"page {self.page} of ")
        self.write(self.left, words, y=MARGINE, size=PICCOLO, right=self.wide - _CODA)
        self.canvas.doForm(_PAGINE)

    # --- what is written --------------------------------------------------------------------------------

    def write(
        self,
        x: float,
        text: str,
        *,
        y: float | None = None,
        size: float = CORPO,
        bold: bool = False,
        right: float = 0,
        ink: float = NERO,
    ) -> None:
        """One line from `x`, or ending at `x + right`; below `y`, when it is not given."""
        self.canvas.setFont(NERETTO if bold else NORMALE, size)
        if ink != self.fill:  # said only when it changes: it is said in every page and takes its time
            self.canvas.setFillGray(ink)
            self.fill = ink
        at = self.y - size if y is None else y
        if right:
            self.canvas.drawRightString(x + right, at, visible(text))
        else:
            self.canvas.drawString(x, at, visible(text))

    def rule(self, ink: float = CHIARO) -> None:
        """A line across the page."""
        if ink != self.stroke:
            self.canvas.setStrokeGray(ink)
            self.stroke = ink
        at = self.y + 0.5  # as far from the letters above as from those below
        self.canvas.line(self.left, at, self.left + self.wide, at)

    def paragraph(self, text: str, *, size: float = CORPO, bold: bool = False, ink: float = NERO) -> None:
        """A text, on as many lines as it takes."""
        for line in self.broken(text, self.wide, size=size, bold=bold):
            self.need(size + 2)
            self.write(self.left, line, size=size, bold=bold, ink=ink)
            self.y -= size + 2

    def heading(self, text: str) -> None:
        """A title inside the document, never at the foot of a page."""
        self.need(PASSO * 8)
        self.y -= PASSO * 0.5
        self.paragraph(text, size=CORPO + 1, bold=True)

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Names and values, two to a line; those that have no value are left out."""
        told = [(self.lingua(name), value) for name, value in pairs if value]
        half = self.wide / 2
        for first in range(0, len(told), 2):
            self._pair(
                [
                    (at * half, self.broken(name, _ETICHETTA - 4), self.broken(value, half - _ETICHETTA - 4))
                    for at, (name, value) in enumerate(told[first : first + 2])
                ]
            )
        self.y -= PASSO * 0.5

    def _pair(self, cells: Sequence[tuple[float, list[str], list[str]]]) -> None:
        lines = max(len(part) for _, names, values in cells for part in (names, values))
        for at in range(lines):
            self.need(PASSO)
            for x, names, values in cells:
                if at < len(names):
                    self.write(self.left + x, names[at], ink=GRIGIO)
                if at < len(values):
                    self.write(self.left + x + _ETICHETTA, values[at])
            self.y -= PASSO

    def broken(self, text: str, width: float, *, size: float = CORPO, bold: bool = False) -> list[str]:
        """A text as lines that are not wider than that: broken between words, and inside the ones that are too long."""
        font, text = NERETTO if bold else NORMALE, " ".join(visible(text).split())
        if self.width_of(text, font, size) <= width:
            return [text]
        blank = self.width_of(" ", font, size)
        lines: list[list[str]] = [[]]
        used = 0.0
        for word, wide in self._words(text, width, font, size):
            if lines[-1] and used + blank + wide > width:
                lines.append([])
                used = 0.0
            used += blank + wide if lines[-1] else wide
            lines[-1].append(word)
        return [" ".join(words) for words in lines]

    def _words(self, text: str, width: float, font: str, size: float) -> Iterator[tuple[str, float]]:
        """The words of a text, each with its width; one that is too wide in parts that are not."""
        for word in text.split():
            wide = self.width_of(word, font, size)
            if wide <= width:
                yield word, wide
                continue
            part = ""
            for char in word:
                if part and self.width_of(part + char, font, size) > width:
                    cut = max(map(part.rfind, SEPARATORI)) + 1 or len(part)
                    yield part[:cut], self.width_of(part[:cut], font, size)
                    part = part[cut:]
                part += char
            yield part, self.width_of(part, font, size)


def visible(text: str) -> str:
    """A text in characters that the fonts have: another takes the place of each that they have not."""
    return text if text.isascii() and text.isprintable() else "".join(map(_character, text))


@cache  # there are as many as there are characters in use
def _character(char: str) -> str:
    if char.isspace():
        return " "
    try:
        char.encode("cp1252")
    except UnicodeEncodeError:
        return ALTRO
    return char if char.isprintable() else ALTRO


def _library() -> tuple[Any, tuple[float, float], Callable[[str, str, float], float]]:
    try:
        from reportlab.lib import pagesizes
        from reportlab.pdfbase.pdfmetrics import stringWidth
        from reportlab.pdfgen.canvas import Canvas
    except ImportError as error:
        raise Refused(
            "REPORT-001",
            "Per i PDF manca la libreria reportlab.",
            "The library reportlab, which makes PDFs, is missing.",
            hint_it="Si installa con: pip install 'cbi-engine[pdf]'",
            hint_en="Install it with: pip install 'cbi-engine[pdf]'",
        ) from error
    return Canvas, pagesizes.A4, stringWidth
