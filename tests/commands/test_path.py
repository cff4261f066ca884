"""The road to the bank and back, as a person types it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.console import ROOT, Done, cbi

FIXTURES = ROOT / "fixtures"
PASSWORDS = {"bianchi": "cavallo batteria graffetta", "verdi": "tre asini sul tetto"}
INIT = [
    *("init", "--sia", "A1B2C", "--nome", "FORNITURE PROVA SRL", "--codice-fiscale", "93699630369"),
    *("--conto", "IT91H0306902477100000004711", "--utente", "bianchi:50", "--utente", "verdi:50"),
]


class House:
    """A home with one company and two signers; `cbi` runs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self.with_password("\n".join(PASSWORDS.values()), *INIT)

    def cbi(self, *args: object, **environ: str) -> Done:
        return cbi(*args, CBI_HOME=str(self.folder), **environ)

    def with_password(self, password: str, *args: str) -> None:
        done = cbi(*args, "--password-fd", 0, stdin=f"{password}\n".encode(), CBI_HOME=str(self.folder))
        assert done.code == 0, done.err

    def sign(self) -> None:
        for user, password in PASSWORDS.items():
            self.with_password(password, "sign", "1", "--user", user)

    @property
    def bank(self) -> Path:
        return self.folder / "spool" / "A1B2C" / "03069"

    def arrives(self, name: str, data: bytes | None = None) -> None:
        target = self.bank / "in" / "new" / name
        if data is None:
            shutil.copy(FIXTURES / name, target)
        else:
            target.write_bytes(data)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_the_folders_of_the_banks_are_there_from_the_first_day(house: House) -> None:
    assert {folder.name for folder in (house.bank / "in").iterdir()} == {"new", "done", "quarantine"}


def test_what_two_people_signed_leaves_once_and_what_comes_back_moves_it(house: House) -> None:
    assert house.cbi("import", FIXTURES / "riba.cbi").code == 0
    assert "Nessuna distinta" in house.cbi("dispatch").out
    house.sign()
    (sent,) = (house.bank / "out" / "new").iterdir()
    assert sent.read_bytes() == (FIXTURES / "riba.cbi").read_bytes()
    assert "Nessuna distinta" in house.cbi("dispatch").out
    house.arrives("riba_esiti.cbi")
    waiting = json.loads(house.cbi("receive", "--dry-run", "--format", "json").out)
    assert [each["file"] for each in waiting] == ["riba_esiti.cbi"]
    (told,) = json.loads(house.cbi("receive", "--format", "json").out)
    assert told["file"] == "riba_esiti.cbi"
    assert not list((house.bank / "in" / "new").iterdir())
    states = {
        order["stato"] for order in json.loads(house.cbi("distinte", "show", 1, "--format", "json").out)["disposizioni"]
    }
    assert "Pagata" in states


def test_an_outcome_of_an_order_never_sent_is_an_exception_with_its_reason(house: House) -> None:
    house.arrives("riba_esiti.cbi")
    assert house.cbi("reconcile").code == 0
    exceptions = json.loads(house.cbi("exceptions", "--format", "json").out)
    assert len(exceptions) == 2
    assert "chiave" in house.cbi("exceptions", COLUMNS="200").out


def test_what_is_not_a_flow_goes_to_quarantine_with_its_reasons_and_the_rest_goes_on(house: House) -> None:
    house.arrives("junk.bin", bytes(range(256)))
    house.arrives("rh.cbi")
    done = house.cbi("reconcile")
    assert done.code == 3
    assert {path.name for path in (house.bank / "in" / "quarantine").iterdir()} == {
        "junk.bin",
        "junk.bin.diagnostica.json",
    }
    assert [path.name for path in (house.bank / "in" / "done").iterdir()] == ["rh.cbi"]
    assert len(json.loads(house.cbi("movements", "--format", "json").out)["movimenti"]) == 4


def test_a_movement_without_its_value_date_is_kept_all_the_same(house: House) -> None:
    statement = (FIXTURES / "rh.cbi").read_bytes()
    at = statement.index(b"\r\n 62") + 2
    house.arrives("rh.cbi", statement[: at + 13] + b" " * 6 + statement[at + 19 :])
    assert house.cbi("reconcile").code == 0
    movements = json.loads(house.cbi("movements", "--format", "json").out)["movimenti"]
    assert len(movements) == 4 and sum(each["data_valuta"] is None for each in movements) == 1


def test_account_numbers_are_masked_unless_asked_for(house: House) -> None:
    house.arrives("rh.cbi")
    house.cbi("reconcile")
    assert "000000012345" not in house.cbi("movements").out
    assert "000000012345" in house.cbi("movements", "--in-chiaro").out
