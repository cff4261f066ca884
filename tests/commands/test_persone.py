"""Users, companies, changes and reports, as people type them; and that no secret is ever told."""

import csv
import io
import json
import os
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import pyotp
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect, text

import commands.ledger
from cli import cbi
from commands import report_text
from commands.common import Ctx
from ledger import codici, utenti
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import Ports, real_ports
from ledger.resoconti import Resoconto
from tests.ledger.flussi import riba
from tests.ledger.sala import PARTITA_IVA, QUICK_HASHER

CAPO, VICE, NUOVA, SCELTA = "tre asini sul tetto", "gatto stivale mulino", "quattro tazze vuote", "cinque tazze piene"
INIT = ["init", "--sia", "A1B2C", "--nome", "Ferramenta Prova", "--codice-fiscale", PARTITA_IVA]
IBAN = "IT60X0542811101000000123456"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setattr(utenti, "HASHER", QUICK_HASHER)

    def run(*args, passwords=(), code=None, lang="en", typed=None):
        read, write = os.pipe()
        os.write(write, "".join(f"{each}\n" for each in passwords).encode())
        os.close(write)
        words = [*map(str, args), *(["--password-fd", str(read)] if passwords else [])]
        if code is not None:
            codes, giving = os.pipe()
            os.write(giving, f"{code}\n".encode())
            os.close(giving)
            words += ["--code-fd", str(codes)]
        result = CliRunner().invoke(cbi, ["--home", str(tmp_path / "casa"), "--lang", lang, *words], input=typed)
        os.close(read)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    run.path = tmp_path / "casa"
    return run


@pytest.fixture
def alone(run):
    run(*INIT, "--utente", "capo:100", passwords=[CAPO])
    return run


@pytest.fixture
def joint(run):
    run(*INIT, "--utente", "capo:50", "--utente", "vice:50", passwords=[CAPO, VICE])
    return run


def refused(code, run, *args, **kwargs):
    with pytest.raises(Refused) as found:
        run(*args, **kwargs)
    assert found.value.code == code


def rights(run, *options):
    return {row["Utente"]: row for row in json.loads(run("report", "rights", "--format", "json", *options).stdout)}


def test_from_init_to_a_user_who_signs(alone, tmp_path):
    made = alone("utenti", "create", "mario", "--peso", "100", "--user", "capo", passwords=[CAPO, NUOVA])
    assert "applicato" in made.stdout
    (tmp_path / "f.cbi").write_bytes(riba())
    assert alone("import", tmp_path / "f.cbi", "--user", "capo", passwords=[CAPO]).exit_code == 0
    assert "UTENTE-011" in alone("sign", "1", "--user", "mario", passwords=[NUOVA]).stderr
    assert "changed" in alone("password", "--user", "mario", passwords=[NUOVA, SCELTA]).stdout
    assert "100 of 100" in alone("sign", "1", "--user", "mario", passwords=[SCELTA]).stdout


def test_two_administrators_and_what_waits(joint):
    asked = joint("aziende", "option", "quattro_occhi", "si", "--user", "capo", "--format", "json", passwords=[CAPO])
    [change] = json.loads(asked.stdout)
    assert (change["stato"], change["raggiunti"], change["approvato"]) == ("richiesto", 50, ["capo"])
    assert "richiesto" in joint("cambi").stdout
    assert "applicato" in joint("cambi", "approve", change["id"], "--user", "vice", passwords=[VICE]).stdout
    [company] = json.loads(joint("aziende", "--format", "json").stdout)
    assert company["opzioni"]["quattro_occhi"] == "si"
    refused("CAMBIO-003", joint, "utenti", "suspend", "vice", "--user", "capo", passwords=[CAPO])
    later = joint("aziende", "add-bank", "02008:Finta", "--user", "capo", "--format", "json", passwords=[CAPO])
    number = json.loads(later.stdout)[0]["id"]
    assert "rifiutato" in joint("cambi", "reject", number, "--user", "vice", passwords=[VICE]).stdout


def test_rights_are_given_copied_and_changed_one_by_one(alone):
    by = ("--user", "capo")
    alone("aziende", "add-account", IBAN, *by, passwords=[CAPO])
    limits = ["--funzione", "sign", "--conto", IBAN, "--dalle", "08:00", "--alle", "18:00", "--no-festivi"]
    args = ("utenti", "create", "mario", "--peso", "50", *limits, "--scadenza", "90", *by)
    alone(*args, passwords=[CAPO, NUOVA])
    alone("utenti", "create", "copia", "--like", "mario", "--amministra", "congiunto", *by, passwords=[CAPO, NUOVA])
    alone("utenti", "create", "tutto", "--all-rights", *by, passwords=[CAPO, NUOVA])
    alone("utenti", "change", "mario", "--conto", "tutti", "--festivi", "--scadenza", "0", *by, passwords=[CAPO])
    alone("utenti", "power", "mario", "--peso", "70", "--oltre", "mese", "100005", "20", *by, passwords=[CAPO])
    found = rights(alone)
    mario, copia, tutto = found["mario"], found["copia"], found["tutto"]
    assert (mario["Funzioni"], mario["Conti"], mario["Orario"]) == ("sign", "tutti", "08:00-18:00")
    assert mario["Potere"] == "70 20>1000.05/mese"
    assert copia["Conti"] == f"…{IBAN[-4:]}"
    copia = rights(alone, "--in-chiaro")["copia"]
    assert (copia["Conti"], copia["Orario"], copia["Potere"]) == (IBAN, "08:00-18:00 feriali", "50")
    assert (copia["Amministra"], tutto["Amministra"], tutto["Potere"]) == ("congiunto", "individuale", "100")


def test_shut_out_and_let_in_again(alone):
    by = ("--user", "capo")
    alone("utenti", "create", "mario", *by, passwords=[CAPO, NUOVA])
    alone("utenti", "suspend", "mario", *by, passwords=[CAPO])
    refused("UTENTE-008", alone, "password", "--user", "mario", passwords=[NUOVA, SCELTA])
    alone("utenti", "enable", "mario", *by, passwords=[CAPO])
    alone("utenti", "reset-password", "mario", *by, passwords=[CAPO, "sei tazze rotte"])
    alone("password", "--user", "mario", passwords=["sei tazze rotte", SCELTA])
    assert "attivo" in alone("utenti").stdout


def test_somebody_of_the_capogruppo_signs_and_both_are_named(alone, tmp_path):
    head = ["init", "--sia", "Z9Y8X", "--nome", "Capo", "--codice-fiscale", "12121210152", "--gestita"]
    alone(*head, "--utente", "gina:1", passwords=[NUOVA])
    by = ("--sia", "A1B2C", "--user", "capo")
    alone("aziende", "group", "Z9Y8X", *by, passwords=[CAPO])
    alone("aziende", "share", "gina", "--as", "capo", *by, passwords=[CAPO])
    (tmp_path / "f.cbi").write_bytes(riba())
    alone("import", tmp_path / "f.cbi", "--sia", "A1B2C")
    done = alone("sign", "1", "--user", "capo", "--from", "Z9Y8X:gina", passwords=[NUOVA])
    assert "100 of 100" in done.stdout
    assert "Z9Y8X.gina come capo" in alone("report", "activity", "--sia", "A1B2C", "--user", "capo").stdout
    assert "Z9Y8X.gina = capo" in alone("aziende").stdout
    shown = json.loads(alone("report", "rights", "--sia", "A1B2C", "--format", "json").stdout)
    assert [row["Condivisi"] for row in shown] == ["Z9Y8X.gina"]
    alone("aziende", "unshare", "Z9Y8X.gina", *by, passwords=[CAPO])
    alone("aziende", "group", *by, passwords=[CAPO])
    assert [each["capogruppo"] for each in json.loads(alone("aziende", "--format", "json").stdout)] == [None, None]
    for wrong in ("gina", ":gina", "Z9Y8X:"):
        assert alone("sign", "1", "--user", "capo", "--from", wrong).exit_code == 2


@pytest.fixture
def secret(monkeypatch):
    """The secret that the phone of the tests is given, whatever the machine draws."""
    known = pyotp.random_base32()
    monkeypatch.setattr(codici, "new_secret", lambda _random: known)
    return known


def test_a_phone_is_set_up_and_asked_for_its_code(alone, secret, tmp_path):
    phone = pyotp.TOTP(secret)
    done = alone("totp", "--user", "capo", passwords=[CAPO], code=phone.now())
    assert f"secret={secret}" in done.stdout
    assert rights(alone)["capo"]["Secondo fattore"] == "si"
    with pytest.raises(Refused, match="UTENTE-005"):
        alone("utenti", "suspend", "x", "--user", "capo", passwords=[CAPO], code="000000")


def test_what_waited_for_too_long_ends_with_three(joint, monkeypatch):
    from ledger import cambi

    monkeypatch.setattr(cambi, "REGOLE", {**cambi.REGOLE, "giorni": 0})
    joint("aziende", "add-bank", "02008:Finta", "--user", "capo", passwords=[CAPO])
    late = joint("cambi", "approve", "1", "--user", "vice", passwords=[VICE])
    assert (late.exit_code, "scaduto" in late.stdout) == (3, True)


def test_lists_with_nothing_in_them(alone):
    assert alone("cambi").stdout == "No change.\n"
    assert json.loads(alone("cambi", "--format", "json").stdout) == []


@pytest.mark.parametrize("command", ["dispatch", "receive", "reconcile", "audit verify", "audit export"])
def test_what_jobs_run_a_person_runs_who_has_the_function(alone, command):
    words, by = command.split(), ("--user", "capo")
    alone("utenti", "create", "mario", "--funzione", "sign", *by, passwords=[CAPO, NUOVA])
    alone("password", "--user", "mario", passwords=[NUOVA, SCELTA])
    assert alone(*words).exit_code == 0
    assert alone(*words, "--user", "A1B2C:capo", passwords=[CAPO]).exit_code == 0
    with pytest.raises(Refused, match="UTENTE-010"):
        alone(*words, "--user", "mario", passwords=[SCELTA])
    rows = json.loads(alone("report", "accesses", "--format", "json").stdout)[-2:]
    function = {"audit verify": "audit", "audit export": "audit", "receive": "reconcile"}.get(command, command)
    assert [(row["Funzione"], row["Esito"]) for row in rows] == [(function, "ammesso"), (function, "funzione")]


# --- no secret is ever told -------------------------------------------------------------------------------------------


def everything_told(path):
    """All that a home keeps and shows, but for the columns where the secrets have their place."""
    home = Home.open(path, real_ports())
    told = []
    with home.read() as conn:
        for table in inspect(conn).get_table_names():
            for row in conn.execute(text(f"SELECT * FROM {table}")):
                told += [str(value) for name, value in row._mapping.items() if (table, name) != ("utente", "totp")]
    home.close()
    return "\n".join(told)


def test_no_password_and_no_code_is_in_journal_tables_or_output(joint, secret, tmp_path):
    (tmp_path / "f.cbi").write_bytes(riba())
    by, passwords = ("--user", "capo"), [CAPO, VICE, NUOVA, SCELTA, "una password sbagliata"]
    phone, said = pyotp.TOTP(secret), []
    code = phone.now()

    def type_(*args, **kwargs):
        try:
            done = joint(*args, **kwargs)
            said.extend((done.stdout, done.stderr))
        except Refused as error:
            said.extend((str(error), error.it, error.hint_it))

    type_("utenti", "create", "mario", "--all-rights", *by, passwords=[CAPO, NUOVA])
    type_("cambi", "approve", "1", "--user", "vice", passwords=[VICE])
    type_("password", "--user", "mario", passwords=[NUOVA, SCELTA])
    type_("utenti", "reset-password", "vice", *by, passwords=[CAPO, NUOVA])
    type_("import", tmp_path / "f.cbi", *by, passwords=[CAPO])
    for command in (["sign", "1"], ["distinte", "edit", "1", "importo=5.00"], ["distinte", "copy", "1"]):
        type_(*command, *by, passwords=[CAPO])
        type_(*command, *by, passwords=["una password sbagliata"])
    type_("password", "--user", "mario", passwords=[SCELTA, "corta"])
    type_("totp", *by, passwords=[CAPO], code=code)
    address = said[-2]
    type_("sign", "1", *by, passwords=[CAPO], code=code)
    for kind in ("rights", "activity", "accesses"):
        type_("report", kind, "--format", "csv")
    type_("distinte", "show", "1")
    assert secret in address
    told = everything_told(joint.path) + "\n".join(each for each in said if each != address)
    assert not [each for each in (*passwords, secret) if each in told]
    assert told.count("argon2id") == 4  # of three users, and of the change that waits


def secret_options(command, path=()):
    from click import Group, Option

    if isinstance(command, Group):
        for name in command.list_commands(None):
            yield from secret_options(command.get_command(None, name), (*path, name))
    else:
        yield from ((path, option) for param in command.params if isinstance(param, Option) for option in param.opts)


def test_no_command_takes_a_secret_as_an_argument():
    found = {
        option for _, option in secret_options(cbi) if any(w in option for w in ("passw", "code", "segret", "pin"))
    }
    assert {each for each in found if not each.endswith("-fd")} == set()
    assert {"--password-fd", "--code-fd"} <= found


def test_who_types_the_password_is_shown_what_is_signed_and_signs_nothing_else(alone, tmp_path, monkeypatch):
    (tmp_path / "f.cbi").write_bytes(riba())
    alone("import", tmp_path / "f.cbi")
    sign = ("sign", "1", "--user", "capo")
    shown, asked = alone(*sign, "--dry-run", typed=f"{CAPO}\n").stderr.split("\n", 1)
    assert shown.startswith("To sign, distinta 1: RIBA ") and ": " in asked

    def edit_meanwhile(*_):
        alone("distinte", "edit", "1", "nome=ALTRO", "--user", "capo", passwords=[CAPO])
        return CAPO

    monkeypatch.setattr(commands.ledger, "read_proof", edit_meanwhile)
    assert "FIRMA-009" in alone(*sign).stderr
    assert json.loads(alone("distinte", "--format", "json").stdout)[0]["firmato"] == 0


# --- reports ----------------------------------------------------------------------------------------------------------


def read_csv(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_no_cell_of_a_csv_is_a_formula(cells):
    report = Resoconto(("x", "x"), ["Utente"] * len(cells), [cells])
    (_, row) = read_csv(report_text.as_csv(Ctx(lang="it"), report))
    for cell, given_ in zip(row, cells, strict=True):
        assert len(cell) == 1 or cell.strip(" ")[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}
        assert cell.isprintable()
        if given_.isalnum():
            assert cell == given_


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "  =1", "\t=1", "\r", "=cmd|' /C calc'!A0", "＝1"])
def test_what_a_spreadsheet_would_run_is_text(cell):
    report = Resoconto(("x", "x"), ["Utente"], [[cell]])
    (_, (got,)) = read_csv(report_text.as_csv(Ctx(), report))
    assert got[0] in "'\N{REPLACEMENT CHARACTER}"


def test_who_came_in_by_day_and_user(alone):
    refused("UTENTE-005", alone, "password", "--user", "=2+3", passwords=[CAPO, NUOVA])
    alone("aziende", "add-bank", "02008:Finta", "--user", "capo", passwords=[CAPO])
    rows = json.loads(alone("report", "accesses", "--format", "json").stdout)
    assert [(row["Utente"], row["Esito"]) for row in rows] == [("=2+3", "sconosciuto"), ("capo", "ammesso")]
    assert json.loads(alone("report", "accesses", "--user", "capo", "--format", "json").stdout) == rows[1:]
    assert json.loads(alone("report", "accesses", "--al", "2020-01-01", "--format", "json").stdout) == []
    assert json.loads(alone("report", "accesses", "--dal", "2020-01-01", "--format", "json").stdout) == rows
    out = alone.path / "a.csv"
    alone("report", "accesses", "--format", "csv", "-o", out, lang="it")
    table = read_csv(out.read_bytes())
    assert table[0][1] == "Utente" and table[1][1] == "'=2+3"


def test_the_list_of_users_tells_the_accounts_they_see_in_part(alone):
    by = ("--user", "capo")
    alone("aziende", "add-account", IBAN, *by, passwords=[CAPO])
    alone("utenti", "create", "mario", "--peso", "50", "--conto", IBAN, *by, passwords=[CAPO, NUOVA])
    for form in ("text", "json"):
        told = alone("utenti", "--format", form).stdout
        assert f"…{IBAN[-4:]}" in told and IBAN not in told


def test_accounts_are_told_in_part():
    report = Resoconto(
        ("x", "x"), ["Oggetto", "Quando"], [[f"conto:{IBAN} a {IBAN}", datetime(2026, 3, 2, tzinfo=UTC)]]
    )
    [[told, at]] = report_text.masked(report).righe
    assert (told, at) == (f"conto:…{IBAN[-4:]} a …{IBAN[-4:]}", report.righe[0][1])


def test_who_did_what(alone):
    alone("aziende", "add-bank", "02008:Finta", "--user", "capo", passwords=[CAPO])
    rows = json.loads(alone("report", "activity", "--user", "capo", "--format", "json").stdout)
    assert [row["Azione"] for row in rows] == ["cambio_richiesto", "cambio_approvato", "cambio_concluso"]
    assert json.loads(alone("report", "activity", "--dal", "2100-01-01", "--format", "json").stdout) == []
    refused("UTENTE-007", alone, "report", "activity", "--user", "nessuno")


@pytest.mark.parametrize("kind", ["rights", "activity", "accesses"])
def test_a_report_on_paper(alone, kind, monkeypatch):
    machine, at = real_ports(), datetime(2026, 3, 2, 9, tzinfo=UTC)
    still = Ports(SimpleNamespace(now=lambda: at), machine.disk, machine.random)
    monkeypatch.setattr("ledger.ports.real_ports", lambda: still)
    first, second = (alone.path / f"{n}.pdf" for n in (1, 2))
    for out in (first, second):
        alone("report", kind, "--format", "pdf", "-o", out)
    assert first.read_bytes().startswith(b"%PDF-")
    assert first.read_bytes() == second.read_bytes()


def test_without_its_library_there_is_no_pdf_and_it_says_how_to_have_one(alone, monkeypatch):
    monkeypatch.setitem(sys.modules, "reportlab.lib", None)
    refused("REPORT-001", alone, "report", "rights", "--format", "pdf")
