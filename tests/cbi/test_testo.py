"""A free text as a flow: its lines are read back, and what could not be read back is refused."""

import io
from datetime import date
from textwrap import wrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cbi
from cbi.flows.registry import BUILT_IN
from cbi.flows.testo import compose_text
from cbi.flows.transliterate import plain
from cbi.validators import profili
from tests.console import ROOT

HEAD = {"mittente": "A1B2C", "ricevente": "03069", "data_creazione": date(2026, 11, 20), "nome_supporto": "SL1"}
PLACE = ROOT / "fixtures" / "profili"
BANCA = profili.read((PLACE / "banca.toml").read_text("utf-8"), "banca.toml", lambda n: (PLACE / n).open(newline=""))


def lines_of(raw):
    (supporto,) = cbi.read_supporti(io.BytesIO(raw), BANCA.flows)
    return [record.raw.decode().rstrip() for ordine in supporto.ordini for record in ordine.records]


def test_accents_become_plain_letters_and_long_lines_go_on():
    long = "PAROLA " * 40
    raw = compose_text(HEAD, ["Perché è così", "", "  rientro", long], BANCA.flows)
    assert list(cbi.lint(io.BytesIO(raw), profile=BANCA)) == []
    assert lines_of(raw) == ["Perche e cosi", "", "  rientro", *wrap(long, 120)]


@settings(max_examples=30)
@given(st.lists(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\t\v\f"), max_size=60), max_size=6))
def test_every_text_is_read_back_or_refused(lines):
    try:
        raw = compose_text(HEAD, lines, BANCA.flows)
    except cbi.ValoreErrato:
        return
    assert lines_of(raw) == ["".join(map(plain, line)).rstrip() for line in lines]


def test_a_line_that_would_be_taken_for_a_trailer_is_refused():
    with pytest.raises(cbi.ValoreErrato, match="a line of text"):
        compose_text(HEAD, ["x", " EFA1B2C03069201126SL1"], BANCA.flows)


def test_a_layout_that_is_not_known_whole_is_not_written():
    with pytest.raises(cbi.ValoreErrato, match="documented"):
        compose_text(HEAD, ["ciao"], BUILT_IN)
