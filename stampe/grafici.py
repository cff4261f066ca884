"""Small charts: what they show, and the shapes that they are made of, on a page of any kind.

A chart of balances is a line from day to day; one of due dates has a bar a day, up for what comes in and down for what
goes out. Shapes are in points from the upper left corner. The same chart is also told in
lines of text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from stampe.foglio import Foglio

LARGO, ALTO = 250, 54  # points
_MARGINE = 3
_GRADINI = "▁▂▃▄▅▆▇█"
ASSE, SALDO, ENTRA, ESCE = "asse", "saldo", "entra", "esce"  # what a shape is; each page has its own inks
INCHIOSTRI = {ASSE: (0.7, 0.7, 0.7), SALDO: (0.1, 0.35, 0.65), ENTRA: (0.1, 0.5, 0.3), ESCE: (0.75, 0.3, 0.1)}


@dataclass(frozen=True)
class Spezzata:
    """A line through some points."""

    punti: tuple[tuple[float, float], ...]
    che: str


@dataclass(frozen=True)
class Barra:
    """A rectangle: its upper left corner, its width and height."""

    x: float
    y: float
    largo: float
    alto: float
    che: str


Forma: TypeAlias = Spezzata | Barra


@dataclass(frozen=True)
class Andamento:
    """Balances day by day, in cents; None where nothing was told."""

    titolo: str
    valori: tuple[int | None, ...]

    def shapes(self) -> Iterator[Forma]:
        """The line, and that of zero where it is crossed."""
        known = [each for each in self.valori if each is not None]
        if not known:
            return
        low, high = min(known), max(known)
        if low < 0 < high:
            zero = _height(0, low, high)
            yield Spezzata(((_MARGINE, zero), (LARGO - _MARGINE, zero)), ASSE)
        step = (LARGO - 2 * _MARGINE) / max(1, len(self.valori) - 1)
        yield Spezzata(
            tuple(
                (_MARGINE + at * step, _height(each, low, high))
                for at, each in enumerate(self.valori)
                if each is not None
            ),
            SALDO,
        )

    def lines(self) -> Iterator[str]:
        """The chart as text."""
        known = [each for each in self.valori if each is not None]
        low, high = min(known, default=0), max(known, default=0)
        yield "".join(" " if each is None else _step(each - low, high - low) for each in self.valori)


@dataclass(frozen=True)
class Barre:
    """What comes in and what goes out, day by day, in cents."""

    titolo: str
    entra: tuple[int, ...]
    esce: tuple[int, ...]

    def shapes(self) -> Iterator[Forma]:
        """A bar up and one down for each day that has any, about a line."""
        most = max((*self.entra, *self.esce), default=0)
        middle, room = ALTO / 2, ALTO / 2 - _MARGINE
        yield Spezzata(((_MARGINE, middle), (LARGO - _MARGINE, middle)), ASSE)
        step = (LARGO - 2 * _MARGINE) / max(1, len(self.entra))
        for at, (up, down) in enumerate(zip(self.entra, self.esce, strict=True)):
            left = _MARGINE + at * step + step * 0.15
            if up:
                tall = room * up / most
                yield Barra(left, middle - tall, step * 0.7, tall, ENTRA)
            if down:
                yield Barra(left, middle, step * 0.7, room * down / most, ESCE)

    def lines(self) -> Iterator[str]:
        """The chart as text: what comes in, then what goes out."""
        most = max((*self.entra, *self.esce), default=0)
        for sign, side in (("+", self.entra), ("-", self.esce)):
            yield f"{sign} {''.join(_step(each, most) if each else '·' for each in side)}"


Grafico: TypeAlias = Andamento | Barre


def svg(grafico: Grafico) -> str:
    """The drawing, for a page that says what its classes look like."""
    return "".join(
        [
            f'<svg viewBox="0 0 {LARGO} {ALTO}" role="img" aria-label="{escape(grafico.titolo)}">',
            *map(_as_svg, grafico.shapes()),
            "</svg>",
        ]
    )


def _as_svg(forma: Forma) -> str:
    if isinstance(forma, Spezzata):
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _seen(forma.punti))
        return f'<polyline class="{forma.che}" points="{points}"/>'
    corner = f'x="{forma.x:.1f}" y="{forma.y:.1f}" width="{forma.largo:.1f}" height="{forma.alto:.1f}"'
    return f'<rect class="{forma.che}" {corner}/>'


def draw(foglio: Foglio, grafico: Grafico, left: float) -> None:
    """The drawing on paper, below where the next line begins; it moves nothing."""
    top, canvas = foglio.y, foglio.canvas
    canvas.saveState()
    canvas.setLineWidth(1)
    for forma in grafico.shapes():
        canvas.setStrokeColorRGB(*INCHIOSTRI[forma.che])
        canvas.setFillColorRGB(*INCHIOSTRI[forma.che])
        if isinstance(forma, Barra):
            canvas.rect(left + forma.x, top - forma.y - forma.alto, forma.largo, forma.alto, stroke=0, fill=1)
            continue
        for (x, y), (after_x, after_y) in pairwise(_seen(forma.punti)):
            canvas.line(left + x, top - y, left + after_x, top - after_y)
    canvas.restoreState()


def _seen(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """The points of a line; of a single one, a short stroke."""
    return points if len(points) > 1 else [(points[0][0] - 2, points[0][1]), points[0]]


def _step(cents: int, most: int) -> str:
    return _GRADINI[cents * (len(_GRADINI) - 1) // max(1, most)]


def _height(cents: int, low: int, high: int) -> float:
    """How far from the top a value stands; in the middle, when there is no other."""
    if low == high:
        return ALTO / 2
    return _MARGINE + (ALTO - 2 * _MARGINE) * (high - cents) / (high - low)
