"""The words of a defect: what was found, what was expected, where it is, in both languages."""

from __future__ import annotations

import io

import pytest

import cbi
from cbi.validators.diagnostics import BEYOND, Diagnostic, Related
from fixtures import disposizioni, make
from fixtures.comune import Change, become, line, put

UNA = make.riba(make.ordine(make.LUNA))


def only(change: Change, sound: bytes = UNA) -> Diagnostic:
    (found,) = cbi.lint(io.BytesIO(change(sound)), "f.cbi")
    return found


KINDS = {
    "cents": (put("EF", "tot_importi_positivi", "X"), UNA, "un importo in centesimi", "an amount in cents"),
    "comma": (put("62", "importo_movimento", "1.00"), make.UN_MOVIMENTO, "un importo con la virgola", "with a comma"),
    "date": (put("14", "data_pagamento", "31/1/7"), UNA, "una data GGMMAA", "a date GGMMAA"),
    "code": (put("14", "cab_banca_assuntrice", "1600A"), UNA, "un codice numerico", "a numeric code"),
    "number": (put("EF", "numero_record", "NOVE"), UNA, "un numero", "a number"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_of_its_kind_is_told_by_the_name_of_the_kind(kind: str) -> None:
    change, sound, it, en = KINDS[kind]
    found = only(change, sound)
    assert it in found.message_it and en in found.message_en


def test_amounts_are_told_in_euro_and_what_is_not_one_as_it_stands() -> None:
    wrong = only(put("EF", "tot_importi_negativi", f"{125_001:015d}"))
    assert "1250.01" in wrong.message_en and "1250.00" in wrong.message_en and wrong.value == "000000000125001"
    assert "1250.01" in wrong.message_it and "1250.00" in wrong.message_it
    assert "“12A”" in only(put("EF", "tot_importi_positivi", "12A")).message_en


def test_what_is_blank_is_told_as_such() -> None:
    there = only(put("10", "flag_priorita_trattamento_bonifico", "U"), disposizioni.UN_PC)
    assert "spazi" in there.message_it and "blank" in there.message_en


def test_a_value_is_told_without_the_blanks_that_fill_it() -> None:
    found = only(put("30", "codice_fiscale_cliente", "99900020127"))
    assert "99900020127 " not in found.message_it and found.value == "99900020127".ljust(16)


def test_the_field_its_first_column_and_what_it_is_for_are_named() -> None:
    found = only(put("40", "indirizzo", ""))
    assert "Record 40, campo indirizzo (colonna 11)" in found.message_it and "Via" in found.message_it
    assert "Record 40, field indirizzo (column 11)" in found.message_en


PLACES = {
    "RIBA-14-037": ("la testa del supporto", "the header of the supporto"),
    "CC-63-023": ("l'inizio del gruppo di record", "the start of the group of records"),
    "CC-64-050": ("l'inizio della disposizione o del rapporto", "the start of the order or account"),
    "F24-50-037": ("l'inizio della disposizione o del rapporto", "the start of the order or account"),
    "RIBA-51-999": ("la prima volta", "the first time"),
}


@pytest.mark.parametrize("code", PLACES)
def test_the_other_place_is_told_in_words(code: str) -> None:
    found = cbi.lint(io.BytesIO((make.HERE / f"regole/{code}.rotta.cbi").read_bytes()))
    assert [(each.related.message_it, each.related.message_en) for each in found if each.related] == [PLACES[code]]


# --- as an editor shows them -------------------------------------------------------------------------------


def test_a_defect_is_shown_with_its_line_its_columns_its_cure_and_the_other_place() -> None:
    found = only(put("14", "abi_banca_assuntrice", make.ALTRO_ABI))
    for lang, message, hint, note in (
        ("it", found.message_it, found.hint_it, found.related and found.related.message_it),
        ("en", found.message_en, found.hint_en, found.related and found.related.message_en),
    ):
        first, record, carets, cure, other = found.render(lang).split("\n")
        severity = {"it": "errore", "en": "error"}[lang]
        assert first == f"f.cbi:2:48: {severity} RIBA-14-037: {message}"
        assert (record[5:-1], carets.strip(), carets.index("^")) == (found.text, "^^^^^", 5 + 47)
        assert cure == f"    = {hint}" and other == f"    = f.cbi:1: {note}"


@pytest.mark.parametrize(
    ("name", "it", "en"),
    [("riba_lf", "nota", "info"), ("riba_bom", "avviso", "warning"), ("riba_latin1", "errore", "error")],
)
def test_how_bad_it_is_is_said_in_a_word(name: str, it: str, en: str) -> None:
    (found,) = cbi.lint(io.BytesIO(make.FILES[name]))
    assert found.headline("it").split()[0] == it and found.headline("en").split()[0] == en


def test_without_a_language_the_words_are_italian() -> None:
    found = only(put("14", "data_pagamento", "310227"))
    assert found.render() == found.render("it") != found.render("en")


def test_what_cannot_be_printed_is_shown_as_a_dot() -> None:
    found = only(put("30", "descrizione_debitore_1", "LUNA\x07PIENA"))
    assert "LUNA·PIENA" in found.render() and "\x07" not in found.render()


def test_what_is_true_of_the_file_has_no_record_to_show() -> None:
    assert only(become(b"")).ruler() == []
    assert len(only(become(b"")).render().split("\n")) == 2


@pytest.mark.parametrize(("length", "shown"), [(121, 1), (122, 2), (120 + BEYOND, BEYOND), (2_000, 1_880)])
def test_carets_stand_under_what_is_too_long(length: int, shown: int) -> None:
    found = only(line("30", lambda raw: raw.ljust(length, b"X")))
    assert found.ruler()[1].count("^") == shown


def test_carets_go_a_little_beyond_the_record_and_no_further() -> None:
    short = Diagnostic(
        "CBI-RIGA-100", "error", "f", 1, "14", None, 4, 900, None, None, "a", "b", "", "", text="abc", related=None
    )
    assert short.ruler() == ["    |abc|", "     " + "   " + "^" * (3 + BEYOND - 3)]
    backwards = Diagnostic("X", "error", "f", 1, None, None, 3, 1, None, None, "a", "b", "", "", text="abcdef")
    assert backwards.ruler()[1] == "     " + "  " + "^"


def test_the_json_form_has_all_but_the_text_of_the_record() -> None:
    found = only(put("14", "abi_banca_assuntrice", make.ALTRO_ABI))
    content = found.to_dict()
    assert "text" not in content and content["related"]["line"] == 1 and content["value"] == make.ALTRO_ABI
    assert found.related == Related(**content.pop("related"))
    assert all(getattr(found, name) == value for name, value in content.items())
