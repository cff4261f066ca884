"""`cbi tributi`, `lint --on` and `lint --tabelle` as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.console import ROOT, cbi

F24 = ROOT / "fixtures" / "f24.cbi"
HEAD = "office_code,description,province\n"


def test_a_code_is_found_by_words_and_shown_with_what_a_line_needs() -> None:
    done = cbi("tributi", "Spese", "di", "NOTIFICA", "atti")
    assert done.code == 0
    assert [word in done.out for word in ("9400", "ERARIO", "0000", "AAAA", "debito", "✓")] == [True] * 6
    assert "f24_tributi del 11/11/2025" in done.err and "/1816" in done.err


def test_the_same_as_data() -> None:
    (row,) = json.loads(cbi("tributi", "3912", "--format", "json").out)
    assert (row["code"], row["section"], row["ref_1"]) == ("3912", "IMU_TRIBUTI_LOCALI", "NNRR")


def test_offices_and_other_codes_have_tables_of_their_own() -> None:
    assert "JESI" in cbi("tributi", "--in", "uffici", "jesi").out
    assert "Lombardia" in cbi("tributi", "--in", "codici", "lombardia", lang="en").out


def test_what_is_not_there_is_said_and_ends_with_3() -> None:
    done = cbi("tributi", "xyzzy")
    assert (done.code, done.out) == (3, "")
    assert ": 0/" in done.err
    assert json.loads(cbi("tributi", "xyzzy", "--format", "json").out) == []


def test_a_newer_table_answers_and_says_how_old_it_is(tmp_path: Path) -> None:
    (tmp_path / "f24_uffici.csv").write_text(f"{HEAD}ZZZ,UFFICIO NUOVO,ROMA\n", encoding="utf-8")
    (tmp_path / "tabelle.toml").write_text("[f24_uffici]\ndate = 2027-01-15\n", encoding="utf-8")
    done = cbi("tributi", "--in", "uffici", "nuovo", CBI_TABELLE=str(tmp_path))
    assert (done.code, "ZZZ" in done.out, "15/01/2027" in done.err) == (0, True, True)
    broken = ROOT / "fixtures" / "regole" / "F24-40-219.rotta.cbi"
    assert "F24-40-219" in cbi("lint", broken).out
    assert cbi("lint", "--tabelle", tmp_path, broken).out == ""


def test_a_table_that_is_not_sound_stops_the_command_and_says_where(tmp_path: Path) -> None:
    (tmp_path / "f24_uffici.csv").write_text(f"{HEAD}ZZZ,UFFICIO,ROMA\nZZZ,ALTRO,ROMA\n", encoding="utf-8")
    for command in (("tributi", "roma"), ("lint", F24)):
        done = cbi(*command, "--tabelle", tmp_path)
        assert done.code == 3 and f"{tmp_path / 'f24_uffici.csv'}:3: " in done.err
        assert "Traceback" not in done.err
    assert cbi("tributi", "roma", "--tabelle", tmp_path / "absent").code == 8


def test_the_day_of_sending_is_looked_at_only_when_it_is_given() -> None:
    assert cbi("lint", F24).out == ""
    done = cbi("lint", F24, "--on", "2026-11-20", "--format", "json")
    assert done.code == 3
    assert {found["code"] for found in json.loads(done.out)} == {"F24-20-222"}
    assert cbi("lint", F24, "--on", "2026-11-21").code == 0
    assert cbi("lint", F24, "--on", "21/11/2026").code == 2
