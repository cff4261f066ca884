"""`cbi scarto` as a user meets it, with files and in a home; refusals in words wherever they are shown."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from banksim.risposte import scarto
from tests.commands.test_path import House
from tests.console import ROOT, cbi
from tests.reconcile.banco import supporto

FIXTURES = ROOT / "fixtures"
ER, RIBA = FIXTURES / "er.cbi", FIXTURES / "riba.cbi"
MISCOUNTED = FIXTURES / "regole" / "CBI-EF-051.rotta.cbi"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def refusal(*codes: str) -> bytes:
    return scarto(supporto(RIBA.read_bytes()), date(2026, 11, 23), codes)


def test_a_code_leads_to_the_line_and_the_columns() -> None:
    done = cbi("scarto", ER, MISCOUNTED)
    assert done.code == 3 and f"{ER}:2: 050 mancata quadratura" in done.out
    assert f"{MISCOUNTED}:9:83: errore CBI-EF-051" in done.out and "^^^^^^^" in done.out
    assert "050 totals do not balance" in cbi("scarto", ER, MISCOUNTED, lang="en").out


def test_without_the_flow_the_rules_are_told_and_with_a_sound_one_that_nothing_corresponds() -> None:
    blind, sound = cbi("scarto", ER), cbi("scarto", ER, RIBA)
    assert blind.code == sound.code == 0
    assert "dove, lo dice il flusso inviato" in blind.out and "RIBA-EF-050" in blind.out
    assert "nulla che corrisponda" in sound.out and "RIBA-EF-050:" in sound.out and "MAV-" not in sound.out


def test_a_code_that_no_check_foresees_is_explained_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "er.cbi"
    path.write_bytes(refusal("066"))
    assert "anagrafica" in cbi("scarto", path).out and "register" in cbi("scarto", path, lang="en").out


def test_a_refusal_without_codes_shows_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "er.cbi"
    path.write_bytes(refusal().replace(b"\r\n EF", b"\r\n 00VEDI TELEFONATA".ljust(122) + b"\r\n EF"))
    done = cbi("scarto", path, FIXTURES / "regole" / "RIBA-30-034.rotta.cbi")
    assert done.code == 3 and "VEDI TELEFONATA" in done.out and "altri errori" in done.out


def test_json_says_the_same() -> None:
    (found,) = json.loads(cbi("scarto", ER, MISCOUNTED, "--format", "json").out)
    (code,) = found["codes"]
    assert (code["code"], code["line"], code["defects"][0]["line"]) == ("050", 2, 9)
    assert "CBI-EF-051" in code["rules"] and found["other_errors"] == []


@pytest.mark.parametrize("args", [("nope.cbi",), (RIBA,), (ER, "nope.cbi"), (FIXTURES,)])
def test_what_is_no_refusal_or_cannot_be_read_is_said(args: tuple[object, ...]) -> None:
    done = cbi("scarto", *args)
    assert done.code == 8 and done.err and not done.out and "Traceback" not in done.err


def test_in_a_home_the_flow_is_the_one_that_was_sent_and_the_refusal_is_in_words_everywhere(house: House) -> None:
    assert house.cbi("import", RIBA).code == 0
    house.sign()
    house.arrives("er.cbi", refusal("034", "066"))
    told = house.cbi("reconcile", COLUMNS="300").out
    assert "034 valore dato/i errato" in told and "cbi scarto" in told
    path = house.bank / "in" / "done" / "er.cbi"
    assert str(path) in told
    done = house.cbi("scarto", path)
    assert done.code == 0 and "in distinta 1 i nostri controlli non trovano nulla" in done.out
    shown = house.cbi("distinte", "show", 1, COLUMNS="300").out
    assert "Scartata" in shown and "034 valore dato/i errato; 066 cliente non riconosciuto" in shown
    house.arrives("er2.cbi", refusal("034").replace(b"RIBA20112601", b"RIBA20112699"))
    assert house.cbi("reconcile").code == 0
    assert "034 wrong data value" in house.cbi("exceptions", COLUMNS="300", lang="en").out
    assert house.cbi("scarto", house.bank / "in" / "done" / "er2.cbi").code == 0
