"""The morning report as one page of HTML: nothing comes from elsewhere, and it may be printed or mailed.

What others wrote (names, reasons, texts of banks) never reaches the page but through `escape`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from stampe.grafici import Grafico, svg
from stampe.lingua import Lingua, moment
from stampe.mattino import Parte, parts, title
from stampe.tavola import Cella, Colonna, shown, totals

if TYPE_CHECKING:
    from ledger.mattino import Mattino

INTERO = 20  # the longest thing without blanks that keeps to one line: a nome supporto


def page(mattino: Mattino, lingua: Lingua) -> str:
    """The report, as a page."""
    named = escape(title(mattino, lingua))
    whose = escape(f"{mattino.azienda.nome} ({mattino.azienda.sia})")
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{lingua.lang}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{named}</title><style>{_style()}</style></head><body>",
            f"<h1>{named}</h1><p>{whose} · {moment(mattino.at)}</p>",
            *(line for parte in parts(mattino, lingua) for line in _part(parte, lingua)),
            "</body></html>\n",
        ]
    )


def _style() -> str:
    return (files("stampe") / "mattino.css").read_text("utf-8")


def _part(parte: Parte, lingua: Lingua) -> Iterator[str]:
    yield f"<section><h2>{escape(parte.titolo)}</h2>"
    if parte.nota:
        yield f"<p>{escape(parte.nota)}</p>"
    if parte.righe:
        yield from _table(parte, lingua)
    else:
        yield f"<p>{escape(lingua.say(*parte.vuota))}</p>"
    yield from map(_figure, parte.grafici)
    yield "</section>"


def _table(parte: Parte, lingua: Lingua) -> Iterator[str]:
    heads = [lingua(colonna.titolo) for colonna in parte.colonne]
    yield f"<div><table><thead>{_row('th', parte.colonne, heads)}</thead><tbody>"
    for riga in parte.righe:
        yield _row("td", parte.colonne, _texts(riga.celle, lingua), strong=riga.forte)
    yield "</tbody>"
    carried = totals(parte.colonne, parte.righe)
    if any(each is not None for each in carried):
        yield f"<tfoot>{_row('td', parte.colonne, [lingua('Totale'), *_texts(carried, lingua)[1:]])}</tfoot>"
    yield "</table></div>"


def _row(tag: str, colonne: Iterable[Colonna], texts: Sequence[str], *, strong: bool = False) -> str:
    cells = (
        f"<{tag}{_classes(colonna, text)}>{escape(text)}</{tag}>" for colonna, text in zip(colonne, texts, strict=True)
    )
    return f"<tr{' class=strong' if strong else ''}>{''.join(cells)}</tr>"


def _classes(colonna: Colonna, text: str) -> str:
    """Figures are on the right; what is short and has no blanks (days, codes, amounts) is never broken."""
    solid = len(text) <= INTERO and " " not in text
    named = " ".join(name for name, is_so in (("right", colonna.right), ("solid", solid)) if is_so)
    return f' class="{named}"' if named else ""


def _texts(celle: Iterable[Cella], lingua: Lingua) -> list[str]:
    return [lingua.text(shown(cella, lingua)) for cella in celle]


def _figure(grafico: Grafico) -> str:
    return f"<figure><figcaption>{escape(grafico.titolo)}</figcaption>{svg(grafico)}</figure>"
