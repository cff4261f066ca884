"""Accounts and movements, as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.test_path import FIXTURES, PASSWORDS, House
from tests.console import Done

NUMERO = "000000012345"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A home that received a statement of every kind; the tests here go on from one another."""
    found = House(tmp_path_factory.mktemp("movements"))
    for name in ("rh", "ec", "ra", "rp", "dt"):
        found.arrives(f"{name}.cbi")
    assert found.cbi("reconcile").code == 0
    return found


def by_bianchi(house: House, *args: str) -> Done:
    house.with_password(PASSWORDS["bianchi"], *args, "--user", "bianchi")
    return house.cbi("movements", "--all", "--format", "json")


def test_accounts_are_listed_with_their_balances_and_numbers_in_part(house: House) -> None:
    done = house.cbi("accounts")
    assert done.code == 0
    assert NUMERO not in done.out
    assert "12.977,00" in done.out
    told = json.loads(house.cbi("accounts", "--in-chiaro", "--format", "json").out)
    assert {each["genere"] for each in told} == {"conto", "anticipi", "portafoglio", "titoli"}
    assert NUMERO in {each["conto"] for each in told}
    assert [each["saldo"] for each in told[1]["ultimo"]["liquidita"]] == ["13477.00", "13000.00"]


def test_a_page_says_where_the_next_one_begins(house: House) -> None:
    whole = json.loads(house.cbi("movements", "--format", "json").out)
    first = json.loads(house.cbi("movements", "--limit", "6", "--totals", "--format", "json").out)
    rest = json.loads(house.cbi("movements", "--after", first["continua"], "--format", "json").out)
    assert first["movimenti"] + rest["movimenti"] == whole["movimenti"]
    assert (whole["continua"], first["totali"]["numero"]) == (None, len(whole["movimenti"]))
    assert "--after" in house.cbi("movements", "--limit", "6").err


def test_a_movement_is_shown_with_the_records_it_came_from(house: House) -> None:
    told = json.loads(house.cbi("movements", "show", "1", "--in-chiaro", "--format", "json").out)
    lines = (FIXTURES / told["file"]).read_text("latin-1").splitlines()
    assert told["record"] == [line.rstrip() for line in lines[told["line"] - 1 :][: len(told["record"])]]
    assert [line[1:3] for line in told["record"]] == ["62"] + ["63"] * (len(told["record"]) - 1)
    hidden = house.cbi("movements", "show", "1", "--format", "json")
    assert json.loads(hidden.out)["record"] is None
    assert house.cbi("movements", "show", "999").code == 3


def test_ticking_needs_a_user_and_says_which(house: House) -> None:
    assert house.cbi("tick", "1").code == 2
    assert house.cbi("tick", "--user", "bianchi").code == 2
    told = json.loads(by_bianchi(house, "tick", "--segno", "D", "--label", "uscite").out)["movimenti"]
    assert {each["spuntato_da"] for each in told if each["importo"].startswith("-")} == {"bianchi"}
    assert {each["etichetta"] for each in told if each["importo"].startswith("-")} == {"uscite"}
    left = json.loads(house.cbi("movements", "--format", "json").out)["movimenti"]
    assert all(not each["importo"].startswith("-") for each in left)
    told = json.loads(by_bianchi(house, "untick", "--segno", "D").out)["movimenti"]
    assert {each["spuntato_at"] for each in told} == {None}


def test_rules_say_what_they_would_do_and_do_it_after_a_reconciliation(house: House) -> None:
    rule = '[[movimenti.A1B2C]]\nnome = "entrate"\nsegno = "C"\nspunta = true\n'
    (house.folder / "regole.toml").write_text(rule)
    dry = json.loads(house.cbi("rules", "--dry-run", "--format", "json").out)
    assert [(each["regola"], each["movimenti"] > 0) for each in dry] == [("entrate", True)]
    assert "entrate" in house.cbi("reconcile", "--rules").out
    left = json.loads(house.cbi("movements", "--format", "json").out)["movimenti"]
    assert all(each["importo"].startswith("-") for each in left)
    assert house.cbi("audit", "rebuild", "--check").code == 0


def test_a_statement_is_worked_out_and_one_is_as_it_was_sent(house: House, tmp_path: Path) -> None:
    told = json.loads(house.cbi("accounts", "--format", "json").out)
    conto = next(str(each["id"]) for each in told if each["genere"] == "conto")
    days = ("--dal", "2026-11-01", "--al", "2026-11-20")
    for tipo in ("contabile", "analitico", "sintetico"):
        done = house.cbi("accounts", "statement", conto, *days, "--tipo", tipo)
        assert done.code == 0
        lines = json.loads(house.cbi("accounts", "statement", conto, *days, "--tipo", tipo, "--format", "json").out)
        assert lines[-1]["saldo"].replace(".", ",") in done.out.replace(".", "")
    sent = house.cbi("accounts", "sent", conto, "--al", "2026-11-20")
    assert sent.out.encode("latin-1") == (FIXTURES / "ec.cbi").read_bytes()
    assert house.cbi("accounts", "sent", conto, "--al", "2026-11-21").code == 3


def test_what_does_not_follow_is_told_with_exit_code_3(house: House) -> None:
    done = house.cbi("balances")
    assert (done.code, "28.546,50" in done.out) == (3, True)
    found = [each for each in json.loads(house.cbi("balances", "--format", "json").out) if each["rotture"]]
    assert {broken["codice"] for each in found for broken in each["rotture"]} == {"saldo_rh"}
