"""What `linee.toml` may say, and what whoever wrote it wrong is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refused
from ledger.home import Home
from ledger.linee import PAUSA_MASSIMA, PRIMA_PAUSA, SOGLIA, pause
from spool.consegna import deliver
from spool.linee import FILE, InCartella, InSftp, line, lines
from tests.ledger import sala

FOLDER = """[A1B2C.03069]
tipo = "cartella"
consegna = "/banca/da-noi"
ritiro = "/banca/per-noi"
"""
SFTP = """[A1B2C.02008]
tipo = "sftp"
host = "sftp.banca.example"
utente = "a1b2c"
known_hosts = "chiavi/known_hosts"
consegna = "in"
ritiro = "out"
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return sala.furnish(tmp_path / "home").home


def told(home: Home, text: str) -> Refused:
    (home.path / FILE).write_text(text)
    with pytest.raises(Refused) as refused:
        lines(home)
    return refused.value


def test_a_home_without_the_file_has_no_lines(home: Home) -> None:
    assert lines(home) == []


def test_lines_are_told_by_company_and_bank_with_what_is_left_out(home: Home) -> None:
    (home.path / FILE).write_text(f"# le nostre banche\n{FOLDER}\n{SFTP}")
    first, second = lines(home)
    assert isinstance(first.come, InSftp) and isinstance(second.come, InCartella)
    assert (first.abi, first.come.porta, first.come.tentativi, first.come.chiave) == ("02008", 22, 4, None)
    assert (second.abi, second.come.archivio, second.come.certificato) == ("03069", None, None)
    assert first.local(first.come.known_hosts) == home.path / "chiavi" / "known_hosts"
    assert second.local(second.come.consegna) == Path("/banca/da-noi")


@pytest.mark.parametrize(
    ("text", "where", "it"),
    [
        (FOLDER.replace("ritiro", "ritira"), ":1: [A1B2C.03069] ritiro", "manca"),
        (f"\n{FOLDER}\nhost = 'x'\n", ":7: [A1B2C.03069] host", "non è una chiave"),
        (f"{FOLDER}password = 'x'\n", ":5: [A1B2C.03069] password", "non è una chiave"),
        (f"{FOLDER}tentativi = 0\n", ":5: [A1B2C.03069] tentativi", "valore non ammesso"),
        (f"{FOLDER}tentativi = '4'\n", ":5: [A1B2C.03069] tentativi", "valore non ammesso"),
        (f"{FOLDER}{SFTP}porta = 70000\n", ":12: [A1B2C.02008] porta", "valore non ammesso"),
        (FOLDER.replace("per-noi", "da-noi"), ":1: [A1B2C.03069]", "una cartella diversa"),
        (f'{FOLDER}archivio = "/banca/per-noi"\n', ":1: [A1B2C.03069]", "una cartella diversa"),
        (FOLDER.replace('tipo = "cartella"', ""), ":1: [A1B2C.03069]", "manca tipo"),
        (FOLDER.replace('"cartella"', '"ftp"'), ":1: [A1B2C.03069]", "tipo può essere"),
        (FOLDER.replace("03069", "3069"), ":1: [A1B2C.3069]", "non è un codice"),
        (FOLDER.replace("A1B2C", "a1b2c"), ":1: [a1b2c", "non è un codice"),
        ("A1B2C = 3\n", ": [A1B2C]", "valore non ammesso"),
    ],
)
def test_a_setting_that_is_wrong_is_told_with_its_row_and_its_key(home: Home, text: str, where: str, it: str) -> None:
    refused = told(home, text)
    assert refused.code == "LINEA-002"
    assert f"{FILE}{where}" in refused.it and it in refused.it
    assert f"{FILE}{where}" in refused.en
    assert refused.it != refused.en


@pytest.mark.parametrize("text", [f"{FOLDER}ritiro = 'x'\n", "[A1B2C.03069\n", "tipo = \n"])
def test_a_file_that_is_not_toml_is_told_as_such(home: Home, text: str) -> None:
    refused = told(home, text)
    assert refused.code == "LINEA-001" and "line" in refused.en


@pytest.mark.parametrize("text", [FOLDER + FOLDER.replace("03069", "02008"), SFTP + SFTP.replace("A1B2C", "Z9Z9Z")])
def test_two_lines_do_not_fetch_from_one_folder(home: Home, text: str) -> None:
    assert told(home, text).code == "LINEA-012"


def test_two_users_of_one_host_have_folders_of_their_own(home: Home) -> None:
    (home.path / FILE).write_text(SFTP + SFTP.replace("A1B2C", "Z9Z9Z").replace('"a1b2c"', '"z9z9z"'))
    assert len(lines(home)) == 2


def test_a_line_that_is_not_there_is_told(home: Home) -> None:
    (home.path / FILE).write_text(FOLDER)
    with pytest.raises(Refused) as refused:
        line(home, "A1B2C", "02008")
    assert refused.value.code == "LINEA-003"


def test_a_line_of_a_company_that_is_not_here_is_told_before_anything_is_done(home: Home) -> None:
    (home.path / FILE).write_text(FOLDER.replace("A1B2C", "Z9Z9Z"))
    with pytest.raises(Refused) as refused:
        deliver(home)
    assert refused.value.code == "LINEA-004"


@given(st.integers(SOGLIA, 10**9))
def test_a_line_is_left_alone_twice_as_long_at_each_failure_up_to_an_hour(errori: int) -> None:
    assert PRIMA_PAUSA <= pause(errori) <= pause(errori + 1) <= PAUSA_MASSIMA == timedelta(hours=1)
    assert pause(errori + 1) in (2 * pause(errori), PAUSA_MASSIMA)
