"""The code tables: those that ship, those that a folder puts in their place, and looking things up in them."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cbi
from cbi.fields import Choice
from cbi.records import f24 as r
from cbi.validators.tables import (
    BUILT_IN,
    IN_DOTAZIONE,
    TabellaErrata,
    load,
    manifest,
    replaceable,
    search,
    tabella,
)
from fixtures import f24
from tests.shared_facts import FACTS, needs_facts

TRIBUTI = "code,section,description_it,ref_1,ref_year,mode_D_E_R,office_required,act_required,max_year_offset,"
TRIBUTI += "entity_or_format,source"
NUOVO = "9Z9Z,ERARIO,TRIBUTO NUOVO,00MM,AAAA,D,,,0,,prova"


def folder(path: Path, **files: str) -> Path:
    """A folder of tables: names without extension, lines joined by newlines."""
    for name, text in files.items():
        path.joinpath(name if name.endswith(".toml") else f"{name}.csv").write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> TabellaErrata:
    with pytest.raises(TabellaErrata) as caught:
        load(path)
    assert caught.value.it != caught.value.en
    return caught.value


# --- those that ship ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(manifest()))
def test_a_table_that_ships_would_be_accepted_as_a_newer_one(name: str) -> None:
    from cbi.validators.tables import _read

    assert _read(name, BUILT_IN.joinpath(f"{name}.csv")) == tabella(name).rows


def test_every_table_has_its_place_in_the_manifest_and_no_other_has() -> None:
    shipped = {path.name.removesuffix(".csv") for path in BUILT_IN.iterdir() if path.name.endswith(".csv")}
    assert shipped == set(manifest())
    assert all(tabella(name).source and tabella(name).title_it != tabella(name).title_en for name in shipped)


@needs_facts
@pytest.mark.parametrize("name", ["causali_abi", "er_codes", "f24_tributi", "f24_uffici", "f24_codes"])
def test_no_row_of_a_table_was_made_up(name: str) -> None:
    with (FACTS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        known = [tuple(row.items()) for row in csv.DictReader(stream)]
    rows = [tuple(row.items()) for row in tabella(name).rows]
    assert set(rows) <= set(known)
    assert name == "f24_codes" or rows == known


CODED = {
    "codice identificativo (98-99)": r.Record20.codice_identificativo,
    "flag anno imposta (81)": r.Record20.flag_anno_d_imposta_non_solare,
    "segno sezione": r.Record4002.segno_sezione,
    "ravvedimento (61)": r.Record4007.ravvedimento,
    "titolare pagamento (70)": r.Record5001.titolare_pagamento,
    "flag firmatario (51)": r.Record5001.flag_firmatario,
    "tipo codice individuale (96)": r.Record5001.tipo_codice_individuale,
    "destinatario stampa (63)": r.Record5002.destinatario_stampa,
    "tipo (15)": r.Record4017.tipo_elemento,
}


@pytest.mark.parametrize("field", CODED)
def test_the_values_of_a_coded_field_are_those_of_the_table(field: str) -> None:
    known = {row["code"] for row in tabella("f24_codes").rows if row["field"] == field}
    spec = CODED[field]
    assert isinstance(spec, Choice) and set(spec.values) == known


# --- those that come from a folder -------------------------------------------------------------------------


def test_a_newer_table_takes_the_place_of_ours_and_the_others_stay(tmp_path: Path) -> None:
    found = load(folder(tmp_path, f24_tributi=f"{TRIBUTI}\n{NUOVO}\n"))
    assert list(found.tributi) == [b"9Z9Z"]
    assert found.uffici == IN_DOTAZIONE.uffici and len(IN_DOTAZIONE.tributi) > 1000
    assert found.tabella("f24_tributi").as_of is None and found.tabella("f24_tributi").source == str(tmp_path)


def test_a_folder_may_say_how_old_its_tables_are(tmp_path: Path) -> None:
    toml = '[f24_tributi]\ndate = 2027-01-15\nsource = "circolare interna"\n'
    table = load(folder(tmp_path, f24_tributi=f"{TRIBUTI}\n{NUOVO}\n", **{"tabelle.toml": toml})).tabella("f24_tributi")
    assert (table.as_of, table.source) == (date(2027, 1, 15), "circolare interna")


def test_the_checks_use_the_tables_that_they_are_given(tmp_path: Path) -> None:
    def codes(**given: Any) -> list[str]:
        raw = f24.di(f24.riga(f24.ERARIO, "9Z9Z", 125_000, rateazione="0011"))
        return [found.code for found in cbi.lint(io.BytesIO(raw), **given)]

    newer = cbi.load_tables(folder(tmp_path, f24_tributi=f"{TRIBUTI}\n{NUOVO}\n"))
    assert (codes(), codes(tabelle=newer), codes()) == (["F24-40-204"], [], ["F24-40-204"])


@pytest.mark.parametrize("name", replaceable())
def test_our_own_tables_can_be_the_newer_ones(name: str, tmp_path: Path) -> None:
    shutil.copy(str(BUILT_IN.joinpath(f"{name}.csv")), tmp_path)
    assert load(tmp_path).tabella(name).rows == tabella(name).rows


WRONG = {
    "no rows": (f"{TRIBUTI}\n", 1, "no rows"),
    "nothing at all": ("", 1, "first line"),
    "another column": (f"{TRIBUTI},note\n{NUOVO},x\n", 1, "first line"),
    "columns in another order": (f"section,{TRIBUTI.replace(',section', '')}\n{NUOVO}\n", 1, "first line"),
    "semicolons": (f"{TRIBUTI}\n{NUOVO}\n".replace(",", ";"), 1, "first line"),
    "a code twice": (f"{TRIBUTI}\n{NUOVO}\n{NUOVO}\n", 3, "already at line 2"),
    "a code too long": (f"{TRIBUTI}\n{NUOVO}\n9{NUOVO}\n", 3, "code: “99Z9Z”"),
    "a section that is not there": (f"{TRIBUTI}\n{NUOVO.replace('ERARIO', 'COMUNI')}\n", 2, "section"),
    "an empty description": (f"{TRIBUTI}\n{NUOVO.replace('TRIBUTO NUOVO', '')}\n", 2, "description_it"),
    "a use that is not there": (f"{TRIBUTI}\n{NUOVO.replace(',D,', ',X,')}\n", 2, "mode_D_E_R"),
    "a cell too few": (f"{TRIBUTI}\n{NUOVO}\n9A9A,ERARIO,ALTRO\n", 3, "columns"),
    "a cell too many": (f"{TRIBUTI}\n{NUOVO},x\n", 2, "columns"),
    "a quote left open": (f'{TRIBUTI}\n"{NUOVO}\n', 2, "CSV"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_table_that_is_not_sound_is_refused_naming_file_and_line(what: str, tmp_path: Path) -> None:
    text, line, words = WRONG[what]
    error = refused(folder(tmp_path, f24_tributi=text))
    assert (error.file, error.line) == ("f24_tributi.csv", line)
    assert words in error.en


def test_a_table_in_another_alphabet_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("f24_uffici.csv").write_bytes(
        "office_code,description,province\nAAA,FORLÌ,FC\n".encode("latin-1")
    )
    error = refused(tmp_path)
    assert error.line == 1 and "UTF-8" in error.en


@pytest.mark.parametrize("name", ["f24_tributo", "festivi", "causali_abi"])
def test_a_file_that_replaces_nothing_is_refused(name: str, tmp_path: Path) -> None:
    assert refused(folder(tmp_path, **{name: f"{TRIBUTI}\n{NUOVO}\n"})).file == f"{name}.csv"


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    assert "f24_tributi.csv" in refused(tmp_path).en
    with pytest.raises(OSError, match="absent"):
        load(tmp_path / "absent")


@pytest.mark.parametrize(
    "toml",
    [
        "[f24_tributi",
        "[f24_altro]\n",
        "[f24_tributi]\ndate = '2027'\n",
        "[f24_tributi]\nsource = 7\n",
        "date = 2027-01-01",
    ],
)
def test_what_a_folder_says_of_its_tables_is_checked(toml: str, tmp_path: Path) -> None:
    error = refused(folder(tmp_path, f24_tributi=f"{TRIBUTI}\n{NUOVO}\n", **{"tabelle.toml": toml}))
    assert (error.file, error.line) == ("tabelle.toml", 1)


# --- looking up --------------------------------------------------------------------------------------------

ROWS = tabella("f24_tributi").rows
COLUMNS = ("code", "description_it", "section")


def test_case_and_accents_do_not_matter() -> None:
    assert [row["code"] for row in search(ROWS, "imu ABITAZIÓNE relative", COLUMNS)] == ["3912"]


def test_the_code_itself_comes_first() -> None:
    rows = [{"code": "12", "text": "not 7"}, {"code": "7", "text": "seven"}]
    assert [row["code"] for row in search(rows, "7", ("code", "text"))] == ["7", "12"]
    assert search(ROWS, "1040", COLUMNS)[0]["code"] == "1040"


def test_every_word_must_occur() -> None:
    assert search(ROWS, "imu xyzzy", COLUMNS) == []


@settings(max_examples=20)
@given(st.sampled_from(ROWS), st.randoms())
def test_a_row_is_found_by_any_of_its_words_in_any_order(row: dict[str, str], random: Any) -> None:
    words = f"{row['code']} {row['description_it']}".split()
    random.shuffle(words)
    assert row in search(ROWS, " ".join(words[:3]).swapcase(), COLUMNS)
