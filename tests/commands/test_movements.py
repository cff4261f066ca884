"""Accounts and movements, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import cbi
from ledger.errors import Refused
from spool.receive import plant_all, receive
from tests.console import ROOT
from tests.spool import casa

FIXTURES = ROOT / "fixtures"
NUMERO = "000000012345"
KINDS = ("rh", "ec", "ra", "rp", "dt")


class House:
    """A home that received a statement of every kind; `cbi` runs in it, in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        home = casa.build(folder, [])
        plant_all(home)
        for name in KINDS:
            casa.drop(home, f"{name}.cbi", (FIXTURES / f"{name}.cbi").read_bytes())
        receive(home)
        home.close()

    def cbi(self, *args: str, typed: str = "") -> Result:
        runner = CliRunner(env={"CBI_LANG": "it", "COLUMNS": "160"})
        done = runner.invoke(cbi, ["--home", str(self.folder), *args], input=typed)
        if done.exception and not isinstance(done.exception, SystemExit | Refused):
            raise done.exception
        return done

    def json(self, *args: str, typed: str = "") -> Any:
        return json.loads(self.cbi(*args, "--format", "json", typed=typed).stdout)

    def by_bianchi(self, *args: str) -> list[dict[str, Any]]:
        """The movements after something that a person did."""
        assert self.cbi(*args, "--user", "bianchi", typed=f"{casa.PASSWORD}\n").exit_code == 0
        found: list[dict[str, Any]] = self.json("movements", "--all")["movimenti"]
        return found

    def refused(self, *args: str) -> str:
        error = self.cbi(*args).exception
        assert isinstance(error, Refused)
        return error.code


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The tests here go on from one another."""
    return House(tmp_path_factory.mktemp("movements") / "casa")


def test_accounts_are_listed_with_their_balances_and_numbers_in_part(house: House) -> None:
    done = house.cbi("accounts")
    assert NUMERO not in done.stdout
    assert "12.977,00" in done.stdout
    told = house.json("accounts", "--in-chiaro")
    assert {each["genere"] for each in told} == {"conto", "anticipi", "portafoglio", "titoli"}
    assert NUMERO in {each["conto"] for each in told}
    coming = [each["saldo"] for card in told for each in card["ultimo"]["liquidita"]]
    assert coming == ["13477.00", "13000.00"]


def test_a_page_says_where_the_next_one_begins(house: House) -> None:
    whole = house.json("movements")
    first = house.json("movements", "--limit", "6", "--totals")
    rest = house.json("movements", "--after", first["continua"])
    assert first["movimenti"] + rest["movimenti"] == whole["movimenti"]
    assert (whole["continua"], first["totali"]["numero"]) == (None, len(whole["movimenti"]))
    assert "--after" in house.cbi("movements", "--limit", "6").stderr


def test_a_movement_is_shown_with_the_records_it_came_from(house: House) -> None:
    told = house.json("movements", "show", "1", "--in-chiaro")
    lines = (FIXTURES / told["file"]).read_text("latin-1").splitlines()
    assert told["record"] == [line.rstrip() for line in lines[told["line"] - 1 :][: len(told["record"])]]
    assert [line[1:3] for line in told["record"]] == ["62"] + ["63"] * (len(told["record"]) - 1)
    assert house.json("movements", "show", "1")["record"] is None
    assert house.refused("movements", "show", "999") == "MOVIMENTO-001"


def test_ticking_needs_a_user_and_says_which(house: House) -> None:
    assert house.cbi("tick", "1").exit_code == 2
    assert house.cbi("tick", "--user", "bianchi").exit_code == 2
    told = house.by_bianchi("tick", "--segno", "D", "--label", "uscite")
    debits = [each for each in told if each["importo"].startswith("-")]
    assert {(each["spuntato_da"], each["etichetta"]) for each in debits} == {("bianchi", "uscite")}
    left = house.json("movements")["movimenti"]
    assert left and all(not each["importo"].startswith("-") for each in left)
    assert {each["spuntato_at"] for each in house.by_bianchi("untick", "--segno", "D")} == {None}


def test_what_is_chosen_for_an_account_is_shown(house: House) -> None:
    asked = ("accounts", "set", "2", "--descrizione", "Conto vendite", "--in-evidenza")
    house.by_bianchi(*asked)
    house.by_bianchi("accounts", "add", "--abi", "02008", "--conto", "77", "--estero")
    told = house.json("accounts")
    assert (told[0]["id"], told[0]["descrizione"]) == (2, "Conto vendite")
    assert [(each["abi"], each["ultimo"]) for each in told if each["a_mano"]] == [("02008", None)]


def test_rules_say_what_they_would_do_and_do_it_after_a_reconciliation(house: House) -> None:
    rule = '[[movimenti.A1B2C]]\nnome = "entrate"\nsegno = "C"\nspunta = true\n'
    (house.folder / "regole.toml").write_text(rule)
    dry = house.json("rules", "--dry-run")
    assert [(each["regola"], each["movimenti"] > 0) for each in dry] == [("entrate", True)]
    assert "entrate" in house.cbi("reconcile", "--rules").stdout
    left = house.json("movements")["movimenti"]
    assert left and all(each["importo"].startswith("-") for each in left)
    assert house.cbi("audit", "rebuild", "--check").exit_code == 0


def test_a_movement_that_names_nothing_is_of_what_a_person_says(house: House) -> None:
    assert house.cbi("import", str(FIXTURES / "riba.cbi")).exit_code == 0
    wanted = next(each for each in house.json("movements", "--all")["movimenti"] if not each["tipo_riferimento"])
    which = str(wanted["id"])
    assert house.by_bianchi("movements", "match", which, "--distinta", "1", "--dry-run")
    assert house.json("movements", "show", which)["distinta"] is None
    house.by_bianchi("movements", "match", which, "--distinta", "1")
    told = house.json("movements", "show", which)
    assert (told["distinta"], told["riscontrato_da"]) == (1, "bianchi")
    house.by_bianchi("movements", "unmatch", which)
    assert house.json("movements", "show", which)["distinta"] is None
    assert house.cbi("movements", "match", which, "--user", "bianchi").exit_code == 2


def test_a_statement_is_worked_out_and_one_is_as_it_was_sent(house: House) -> None:
    conto = next(str(each["id"]) for each in house.json("accounts") if each["genere"] == "conto")
    days = ("--dal", "2026-11-01", "--al", "2026-11-20")
    for tipo in ("contabile", "analitico", "sintetico"):
        asked = ("accounts", "statement", conto, *days, "--tipo", tipo)
        last = house.json(*asked)[-1]["saldo"].replace(".", ",")
        assert last in house.cbi(*asked).stdout.replace(".", "")
    sent = house.cbi("accounts", "sent", conto, "--al", "2026-11-20")
    assert sent.stdout_bytes == (FIXTURES / "ec.cbi").read_bytes()
    assert house.refused("accounts", "sent", conto, "--al", "2026-11-21") == "RAPPORTO-005"


def test_what_does_not_follow_is_told_with_exit_code_3(house: House) -> None:
    done = house.cbi("balances")
    assert (done.exit_code, "28.546,50" in done.stdout) == (3, True)
    broken = {each["codice"] for card in house.json("balances") for each in card["rotture"]}
    assert broken == {"saldo_rh"}
