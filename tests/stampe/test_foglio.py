"""Sheets and tables, read again: nothing is lost, cut, off the page or over something else."""

import os
import tracemalloc
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from stampe import conti, distinte, insoluti
from stampe.foglio import Foglio, Intestazione, visible
from stampe.lingua import Lingua
from stampe.mattino import parts
from stampe.tavola import Colonna, Riga, add, last, table
from tests.stampe.lettore import is_seen_whole, is_whole, pages, text
from tests.stampe.test_mattino import EMPTY

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
COLONNE = (
    Colonna("Numero", 10, destra=True),
    Colonna("Debitore", 40),
    Colonna("Scadenza", 14),
    Colonna("Importo", 20, add),
)
VUOTA = ("Nessuna riga.", "No row.")


def printed(draw, *, at=AT, azienda="Ferramenta Prova srl", titolo="Prova", **how):
    out = BytesIO()
    foglio = Foglio(out, Intestazione(azienda, titolo, at), **how)
    draw(foglio)
    foglio.close()
    return out.getvalue()


def of_rows(rows, colonne=COLONNE, **how):
    return printed(lambda foglio: table(foglio, colonne, iter(rows), vuota=VUOTA), **how)


def row(n, name="OFFICINE FINTE SRL", cents=12345, sotto=""):
    return Riga((str(n), name, date(2026, 4, 30), cents), sotto)


def full_page():
    """How many rows there are on the first page, when there are many."""
    (first, *_) = pages(of_rows(row(n) for n in range(200)))
    return sum(each.text == "OFFICINE FINTE SRL" for each in first)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=80), st.integers(-(10**12), 10**12), st.text(max_size=40)), max_size=40),
    st.text(max_size=120),
    st.booleans(),
)
def test_whatever_is_written_is_on_the_page_and_over_nothing(given_, azienda, lying):
    rows = [row(n, name, cents, sotto) for n, (name, cents, sotto) in enumerate(given_)]
    data = of_rows(rows, azienda=azienda, sdraiato=lying)
    is_whole(data)
    there = "".join("".join(text(data)).split())
    for name, _, sotto in given_:
        for word in visible(f"{name} {sotto}").split():
            if len(word) <= 12:  # a longer one may be in two parts
                assert word in there


def test_of_no_rows_the_sheet_says_so():
    (page,) = text(of_rows([]))
    assert "Nessuna riga." in page and "Debitore" not in page


def test_one_row_has_its_total():
    (page,) = text(of_rows([row(1)]))
    assert page.count("123,45") == 2 and "A riportare" not in page and "pagina 1 di" in page


def test_a_page_that_is_exactly_full_is_the_only_one():
    many = full_page()
    assert many > 50
    assert len(pages(of_rows(row(n) for n in range(many)))) == 1
    assert len(pages(of_rows(row(n) for n in range(many + 1)))) == 2


def test_what_is_carried_forward_is_brought_forward_and_adds_up():
    cents = [n * 37 for n in range(1, 180)]
    said = text(of_rows(row(n, cents=each) for n, each in enumerate(cents)))
    euro = Lingua().euro
    carried = [page.split("A riportare ")[1].split()[0] for page in said[:-1]]
    brought = [page.split("Riporto ")[1].split()[0] for page in said[1:]]
    assert len(said) > 2 and carried == brought
    seen = 0
    for page, told in zip(pages(of_rows(row(n, cents=each) for n, each in enumerate(cents))), carried, strict=False):
        seen += sum(each.text == "OFFICINE FINTE SRL" for each in page)
        assert told == euro(sum(cents[:seen]))
    assert f"Totale {euro(sum(cents))}" in said[-1]
    assert all("Debitore" in page for page in said)


def test_a_balance_is_carried_as_it_was_last():
    colonne = (Colonna("Debitore", 10), Colonna("Saldo", 10, last))
    said = text(of_rows((Riga((f"riga {n}", n * 100)) for n in range(100)), colonne))
    assert f"Totale {Lingua().euro(9900)}" in said[-1]


def test_every_page_says_which_it_is_and_of_how_many():
    said = text(of_rows(row(n) for n in range(300)))
    for n, page in enumerate(said, 1):
        assert f"pagina {n} di  {len(said)}" in page and "02/03/2026 10:00" in page
    assert "pagina 2 di" in PdfReader(BytesIO(of_rows(row(n) for n in range(300)))).pages[1].extract_text()


def test_a_row_longer_than_a_page_goes_on_and_loses_nothing():
    words = [f"parola{n}" for n in range(2000)]
    data = of_rows([row(1), row(2, " ".join(words)), row(3)])
    is_whole(data)
    there = " ".join(text(data)).split()
    assert [word for word in there if word.startswith("parola")] == words


def test_a_word_wider_than_its_column_is_broken_and_whole():
    data = of_rows([row(1, "X" * 500)])
    is_whole(data)
    assert sum(each.text.count("X") for each in pages(data)[0]) == 500


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [("Caffè à la carte", "Caffè à la carte"), ("€ “ok” …", "€ “ok” …"), ("日本\x07", "¿¿¿"), ("a\u00a0b\tc", "a b c")],
)
def test_characters_the_fonts_lack_are_seen_to_be_lacking(given_, wanted):
    assert visible(given_) == wanted
    assert wanted in text(of_rows([row(1, given_)]))[0]


def test_the_same_data_at_the_same_instant_make_the_same_bytes():
    rows = [row(n) for n in range(100)]
    assert of_rows(rows) == of_rows(rows)
    assert of_rows(rows) != of_rows(rows, at=datetime(2026, 3, 2, 9, 1, tzinfo=UTC))


def test_the_document_says_what_it_is_and_whose():
    told = PdfReader(BytesIO(of_rows([], titolo="Distinta 1"))).metadata
    assert (told.title, told.author) == ("Distinta 1", "Ferramenta Prova srl")
    assert told.creation_date == AT


@pytest.mark.parametrize("lang", ["it", "en"])
def test_no_heading_is_broken_inside_a_word(lang):
    said = Lingua(lang)
    upright = (conti._COLONNE, distinte._ORDINI, distinte._FIRME, distinte._ITER)
    tables = [(columns, False) for columns in (*upright, *(parte.colonne for parte in parts(EMPTY, said)))]
    for columns, lying in (*tables, (insoluti._COLONNE, True)):
        celle = [0 if each.porta else "x" for each in columns]
        printed_ = of_rows([Riga(celle)], columns, lingua=said, sdraiato=lying)
        words = {word for each in pages(printed_)[0] for word in each.text.split()}
        assert {word for each in columns for word in said(each.titolo).split()} <= words


def test_a_long_word_is_rather_broken_after_a_sign():
    name = "RIBA-20261120-NOMESUPPORTO-ac5da658850989eeac5da658850989eeac5da658850989ee.cbi"
    first, second = [
        each.text for each in pages(of_rows([row(1, name)]))[0] if each.text in name and len(each.text) > 9
    ]
    assert (first, second) == ("RIBA-20261120-NOMESUPPORTO-", name.removeprefix(first))


def test_seen_as_pictures_long_sheets_are_as_they_should_be():
    is_seen_whole(of_rows(row(n, sotto="altro") for n in range(150)))
    is_seen_whole(of_rows((row(n, "OFFICINE " * n) for n in range(40)), sdraiato=True))


def test_account_numbers_inside_texts_are_told_in_part():
    iban = "IT60X0542811101000000123456"
    said = of_rows([row(1, f"BONIFICO A {iban}", sotto=f"da {iban}")])
    clear = of_rows([row(1, f"BONIFICO A {iban}")], lingua=Lingua("it", in_chiaro=True))
    assert iban not in text(said)[0].replace(" ", "") and text(said)[0].count("…3456") == 2
    assert iban in text(clear)[0].replace(" ", "")


def test_in_english_words_and_amounts_are_english():
    (page,) = text(of_rows([row(1, cents=123456789)], lingua=Lingua("en")))
    assert "1,234,567.89" in page and "Total" in page and "page 1 of" in page


@pytest.mark.skipif("CBI_SOAK" not in os.environ, reason="a long print, by make soak")
def test_ten_thousand_rows_take_little_memory():
    tracemalloc.start()
    data = of_rows(row(n, f"OFFICINE FINTE NUMERO {n} SRL", sotto=f"Riferimento: FATT {n}") for n in range(10_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12 * 2**20, peak
    end = PdfReader(BytesIO(data)).pages[-1].extract_text()
    assert "Totale" in end and Lingua().euro(12345 * 10_000) in end
