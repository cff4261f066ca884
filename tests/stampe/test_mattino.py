"""The morning report on a page, on paper and as text: whatever others are called, and when there is nothing to tell."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.common import Ctx
from commands.day_text import as_text
from ledger.aziende import Azienda
from ledger.distinte import Distinta
from ledger.libro import Attesa
from ledger.mattino import ANDAMENTO, Giacenza, Mattino, SaldoBanca, SaldoConto, Scadenza
from ledger.ritorni import Ritorno, Somma
from ledger.stati import Stato
from stampe.foglio import Foglio, Intestazione
from stampe.grafici import ALTO, LARGO, Andamento, Barra, Barre
from stampe.lingua import ENGLISH, Lingua
from stampe.mattino import on_paper, parts
from stampe.pagina import page
from tests.stampe.lettore import is_whole, text

AT = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
OGGI = date(2026, 11, 22)
IBAN = "IT60X0542811101000000123456"
EMPTY = Mattino(Azienda(1, "A1B2C", "Prova srl", "x"), AT, OGGI, (), (), Somma(0, 0), (), (), ())
HOSTILE = '<script>alert(1)</script>" onload="x\' &amp; </table>'


def full(name="Officine Finte srl", most=ANDAMENTO.days):
    conti = (SaldoConto("000000123456", IBAN, 100_00, OGGI), SaldoConto("000000999999", None, -250_00, OGGI))
    line = tuple(n * 100 - 900 for n in range(most + 1))
    distinta = Distinta(
        *(1, 1, None, "I", 1, 1, "PC", "PC", "03069", name, OGGI, "E", None, None, None, "0" * 64, 2, 900_00, 1),
        *(Stato.DA_SPEDIRE, datetime(2026, 11, 20, tzinfo=UTC), 50),
    )
    return replace(
        EMPTY,
        azienda=Azienda(1, "A1B2C", name, "x"),
        saldi=(SaldoBanca("03069", name, "EUR", conti, line), SaldoBanca("02008", "", "USD", conti[:1], (None,) * 31)),
        scadenze=(
            Scadenza(OGGI, "RIBA", True, Somma(2, 700_00)),
            Scadenza(date(2026, 12, 1), "PC", False, Somma(1, 300_00)),
        ),
        ritornati=Somma(30, 9_000_00),
        ritorni=(
            Ritorno(OGGI, "03069", "RIBA", 1, name, "1", f"da {IBAN}", OGGI, "42010", "unpaid", 300_00, 5_00, name),
        ),
        firme=(Attesa(distinta, {"anna": 50}, (("bruno",), (name,)), OGGI),),
        eccezioni=(Giacenza("altra_banca", (1, 2, 3, 4)), Giacenza(name, (0, 0, 0, 9))),
    )


class Reader(HTMLParser):
    """The elements, attributes and texts of a page; what is opened must be closed."""

    VOID = ("meta", "polyline", "rect")

    def __init__(self, html):
        super().__init__()
        self.tags, self.attrs, self.texts, self.open = set(), [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attrs += attrs
        self.open += [] if tag in self.VOID else [tag]

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attrs += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


TAGS = Reader(page(full(), Lingua())).tags


def paper(mattino, lang="it"):
    out = BytesIO()
    foglio = Foglio(out, Intestazione(mattino.azienda.nome, "Mattino", AT), Lingua(lang))
    on_paper(foglio, mattino)
    foglio.close()
    return out.getvalue()


@settings(max_examples=25, deadline=None)
@given(st.one_of(st.just(HOSTILE), st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)))
def test_what_others_are_called_is_text_and_nothing_else(name):
    found = Reader(page(full(name), Lingua()))
    assert found.tags == TAGS and "script" not in found.tags
    assert not [each for each, _ in found.attrs if each.startswith("on") or each in ("src", "href", "style")]
    if name.isprintable() and name.strip():
        assert name in found.texts


def test_the_page_needs_nothing_from_elsewhere():
    html = page(full(), Lingua())
    assert not re.search(r"https?:|@import|url\(", html)
    assert "prefers-color-scheme: dark" in html and "@media print" in html and html.count("<svg") == 3


def test_hostile_names_on_paper_and_in_mail_are_whole():
    long = full(f"{HOSTILE} {'X' * 300} 日本 \x1b[31m")
    is_whole(paper(long))
    assert "<script>" in " ".join(text(paper(full(HOSTILE)))) and "\x1b" not in as_text(Ctx(), long, in_chiaro=False)


@pytest.mark.parametrize("lang", ["it", "en"])
def test_when_there_is_nothing_every_part_says_so(lang):
    words = [parte.vuota[lang == "en"] for parte in parts(EMPTY, Lingua(lang))]
    on_page = "".join(Reader(page(EMPTY, Lingua(lang))).texts)
    on_sheet, told = " ".join(text(paper(EMPTY, lang))), as_text(Ctx(lang=lang), EMPTY, in_chiaro=False)
    assert len(words) == 6 and all(each in on_page and each in on_sheet and each in told for each in words)


def test_the_three_say_the_same_amounts():
    found = full()
    for told in (
        "".join(Reader(page(found, Lingua())).texts),
        " ".join(text(paper(found))),
        as_text(Ctx(), found, in_chiaro=False),
    ):
        for words in ("100,00", "-150,00", "700,00", "300,00", "9.000,00", "900,00", "RIBA", "bruno", "22/11/2026"):
            assert words in told, words
        assert IBAN not in told and "…3456" in told


def test_the_same_morning_makes_the_same_bytes():
    assert paper(full()) == paper(full()) and page(full(), Lingua()) == page(full(), Lingua())


def test_every_heading_has_its_english():
    same = {"Causale", "Distinta", "Distinte", "Nome supporto", "Supporto", "Stato"}
    for parte in parts(full(), Lingua("en")):
        for colonna in parte.colonne:
            assert (
                colonna.titolo in ENGLISH
                or colonna.titolo in same
                or colonna.titolo[0].isdigit()
                or (colonna.titolo.split()[0] in ("today", "over"))
            ), colonna.titolo


@given(st.lists(st.none() | st.integers(-(10**13), 10**13), max_size=31))
def test_a_line_stays_in_its_drawing_and_says_up_when_it_is_up(values):
    chart = Andamento("x", tuple(values))
    points = [point for shape in chart.shapes() for point in shape.punti]
    assert all(0 <= x <= LARGO and 0 <= y <= ALTO for x, y in points)
    known = [each for each in values if each is not None]
    line = [*chart.shapes()][-1].punti if known else ()
    assert len(line) == len(known)
    for (a, b), (after, before) in zip(pairwise(known), pairwise(line), strict=True):
        assert after[1] >= before[1] if b >= a else after[1] <= before[1]
    (told,) = chart.lines()
    assert len(told) == len(values)


@given(st.lists(st.tuples(st.integers(0, 10**13), st.integers(0, 10**13)), max_size=31))
def test_bars_stay_in_their_drawing_and_there_is_one_for_each_sum(days):
    chart = Barre("x", tuple(up for up, _ in days), tuple(down for _, down in days))
    bars = [shape for shape in chart.shapes() if isinstance(shape, Barra)]
    assert len(bars) == sum(bool(each) for pair in days for each in pair)
    assert all(bar.x >= 0 and bar.x + bar.largo <= LARGO and bar.y >= 0 and bar.y + bar.alto <= ALTO for bar in bars)
    assert all(len(line) == len(days) + 2 for line in chart.lines())
