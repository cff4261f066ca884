"""An automaton drawn as a column of states with arcs beside it: as SVG, the same bytes every time.

An arrow to the next state is straight; those that skip states run on the right, those that go back or stay on the
left. The farther an arrow goes, the wider its arc: no two have their middle, where the word is, in the same place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

STEP, HEIGHT, MARGIN = 46, 24, 16  # pixels: from a state to the next, of a box, around the drawing
LETTER, SMALL = 7.4, 6.4  # pixels: width of a letter of a state, and of a word
REACH = 20  # pixels: how much wider an arc is for each state it passes, at least
STYLE = (
    "text{font:12px monospace;text-anchor:middle;dominant-baseline:central;fill:#1c2733}"
    ".word{font-size:10.5px;stroke:#fff;stroke-width:4px;paint-order:stroke}.next{text-anchor:start}"
    "rect{fill:#eef3f9;stroke:#5b7fa6}.page{fill:#fff;stroke:none}"
    "path{fill:none;stroke:#7d8fa3}#tip path{fill:#7d8fa3}"
)
TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z"/></marker>'
)

Arrows = Mapping[tuple[str, str], str]


def automaton(states: Sequence[str], arrows: Arrows) -> str:
    """The drawing of `arrows`, (from, to) and the word on each, among `states` from the first to the last."""
    place = {state: at for at, state in enumerate(states)}
    spans = [place[b] - place[a] for a, b in arrows]
    widest = max(map(len, arrows.values())) * SMALL
    half, reach = max(map(len, states)) * LETTER / 2 + 8, max(REACH, widest / 2 + 4)
    left, right = (half + reach * (span + 1) + widest / 2 + MARGIN for span in (-min(0, *spans), max(1, *spans)))
    page = _Page(x=left, half=half, reach=reach)
    width, height = left + right, STEP * (len(states) - 1) + HEIGHT + MARGIN * 2
    arcs = [page.arc(place[a], place[b]) for a, b in arrows]
    words = [page.word(place[a], place[b], word) for (a, b), word in arrows.items() if word]
    boxes = [line for state, at in place.items() for line in page.box(state, at)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}">',
            f"<style>{STYLE}</style>{TIP}",
            f'<rect class="page" width="{width:.0f}" height="{height}"/>',
            *arcs,
            *words,
            *boxes,
            "</svg>",
        ]
    )


@dataclass(frozen=True)
class _Page:
    """Where things are: the column of the states at `x`, boxes `half` a width to each side, arcs `reach` a state."""

    x: float
    half: float
    reach: float

    def y(self, at: int) -> float:
        return MARGIN + HEIGHT / 2 + STEP * at

    def box(self, state: str, at: int) -> Iterator[str]:
        corner = f'x="{self.x - self.half:.0f}" y="{self.y(at) - HEIGHT / 2:.0f}"'
        yield f'<rect {corner} width="{self.half * 2:.0f}" height="{HEIGHT}" rx="5"/>'
        yield f'<text x="{self.x:.0f}" y="{self.y(at):.0f}">{escape(state)}</text>'

    def arc(self, a: int, b: int) -> str:
        if b == a + 1:
            path = f"M{self.x:.0f} {self.y(a) + HEIGHT / 2:.0f}V{self.y(b) - HEIGHT / 2:.0f}"
        else:
            edge, far = (f"{self.beside(a, b, share):.0f}" for share in (0, 4 / 3))
            start, end = (
                f"{self.y(at) + shift:.0f}" for at, shift in ((a, 5 if b > a else -5), (b, -5 if b > a else 5))
            )
            path = f"M{edge} {start}C{far} {start} {far} {end} {edge} {end}"
        return f'<path d="{path}" marker-end="url(#tip)"/>'

    def beside(self, a: int, b: int, share: float) -> float:
        """A point beside the column, `share` of the way from the boxes to the middle of the arc."""
        return self.x + (1 if b > a else -1) * (self.half + share * self.reach * (abs(b - a) + 1))

    def word(self, a: int, b: int, word: str) -> str:
        kind, x = ("word next", self.x + 6) if b == a + 1 else ("word", self.beside(a, b, 1))
        return f'<text class="{kind}" x="{x:.0f}" y="{(self.y(a) + self.y(b)) / 2:.0f}">{escape(word)}</text>'
