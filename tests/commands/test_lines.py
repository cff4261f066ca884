"""The commands of the lines, as a person and a program use them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from banksim.dati import SIA
from cli import cbi
from spool.dispatch import dispatch_ready
from tests.spool import casa


class Office:
    """A home with a distinta sent to each of two banks, lines to them by folders, and the commands typed in it."""

    def __init__(self, folder: Path) -> None:
        self.path, self.banks = folder / "home", folder / "banche"
        home = casa.build(self.path, [casa.flow("RIBA-A", range(1, 5)), casa.flow("RIBA-B", range(5, 9), "02008")])
        dispatch_ready(home)
        home.close()
        rows = ""
        for abi in ("02008", "03069"):
            for name in ("consegna", "ritiro"):
                (self.banks / abi / name).mkdir(parents=True)
            rows += f'[{SIA}.{abi}]\ntipo = "cartella"\ntentativi = 1\n'
            rows += f'consegna = "../banche/{abi}/consegna"\nritiro = "../banche/{abi}/ritiro"\n'
        (self.path / "linee.toml").write_text(rows)

    def type(self, *args: str, lang: str = "it") -> Result:
        return CliRunner().invoke(cbi, ["--home", str(self.path), "--lang", lang, *args], env={"COLUMNS": "160"})

    def leaves(self, name: str, abi: str = "03069") -> Path:
        path = self.banks / abi / "ritiro" / name
        path.write_bytes(b"non si capisce")
        os.utime(path, (1, 1))
        return path


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_what_leaves_and_what_arrives_is_told(office: Office) -> None:
    assert office.type("deliver", "--dry-run").output.count("pronto") == 2
    done = office.type("deliver")
    assert (done.exit_code, done.output.count("consegnato")) == (0, 2)
    assert len(list(office.banks.glob("*/consegna/*.cbi"))) == 2
    assert "Nothing to do." in office.type("deliver", lang="en").output
    path = office.leaves("rh.cbi")
    assert "pronto" in office.type("fetch", "--dry-run").output and path.exists()
    assert "preso" in office.type("fetch").output and not path.exists()


def test_a_line_that_fails_is_told_with_what_to_do_and_the_exit_code_says_so(office: Office) -> None:
    shutil.rmtree(office.banks / "02008")
    done = office.type("deliver")
    assert done.exit_code == 3
    assert "linea caduta" in done.output and "consegnato" in done.output
    told = {each["abi"]: each for each in json.loads(office.type("lines", "--format", "json").stdout)}
    assert (told["02008"]["stato"], told["02008"]["errori"]) == ("male", 1)
    assert "02008/consegna" in told["02008"]["errore"]
    assert (told["03069"]["stato"], told["03069"]["errori"], told["03069"]["errore"]) == ("bene", 0, None)
    for _ in range(2):
        office.type("deliver")
    rests = office.type("deliver", lang="en")
    assert rests.exit_code == 3 and "line left alone" in rests.output and f"cbi lines test {SIA} 02008" in rests.output
    assert "sospesa" in office.type("lines").output
    for name in ("consegna", "ritiro"):
        (office.banks / "02008" / name).mkdir(parents=True)
    works = office.type("lines", "test", SIA, "02008", lang="en")
    assert (works.exit_code, works.output.strip()) == (0, f"Line {SIA} 02008 works.")
    assert office.type("deliver").exit_code == 0


def test_programs_are_told_each_file_and_its_code(office: Office) -> None:
    (path,) = office.path.glob("spool/*/03069/out/new/*.cbi")
    (office.banks / "03069" / "consegna" / path.name).write_bytes(b"altro")
    done = office.type("deliver", "--format", "json")
    told = {each["abi"]: each for each in json.loads(done.stdout)}
    assert done.exit_code == 3
    assert (told["03069"]["verdetto"], told["03069"]["codice"]) == ("fallito", "LINEA-009")
    assert (told["02008"]["verdetto"], told["02008"]["errore"]) == ("consegnato", None)


def test_a_home_without_lines_says_so(office: Office) -> None:
    (office.path / "linee.toml").unlink()
    assert "Nessuna linea" in office.type("lines").output
    assert office.type("lines", "test", SIA, "03069").exit_code != 0
