"""What is taken out of the books, and the messages of the banks, as people type them."""

import json
import os

import pytest
from click.testing import CliRunner

from cli import cbi
from ledger import utenti
from ledger.errors import Refused
from spool.receive import receive
from tests.console import ROOT
from tests.ledger.sala import QUICK_HASHER
from tests.spool import casa

MESSAGGIO = (ROOT / "fixtures" / "sl_banca.cbi").read_bytes()
TEXT = "RICEVUTA LA VOSTRA DEL 20/11/2026."
BANCA = ROOT / "fixtures" / "profili" / "banca.toml"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A home with a distinta not sent, and a message."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utenti, "HASHER", QUICK_HASHER)
        home = casa.build(tmp_path_factory.mktemp("casa"), [casa.flow("PRIMO", range(1, 3))], signed=False)
        receive(home)
        casa.drop(home, "sl.cbi", MESSAGGIO)
        receive(home)
        home.close()
    return home.path


@pytest.fixture
def run(template, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(utenti, "HASHER", QUICK_HASHER)
    casa.copy(template, tmp_path / "casa").close()
    monkeypatch.chdir(tmp_path)

    def run(*args, password=None, lang="en"):
        words = ["--home", "casa", "--lang", lang, *map(str, args)]
        if password is not None:
            read, write = os.pipe()
            os.write(write, f"{password}\n".encode())
            os.close(write)
            words += ["--password-fd", str(read)]
        result = CliRunner().invoke(cbi, words)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_what_can_be_exported_is_listed_with_the_profiles_there_are(run):
    assert "movimenti" in run("export").stdout and "Profiles" not in run("export").stdout
    run("export", "esiti", "--save", "studio")
    assert "studio" in run("export").stdout


def test_how_many_movements_are_ticked_is_told_and_what_else_can_be_ticked_is_refused(run):
    with pytest.raises(Refused, match="only movements are ticked"):
        run("export", "disposizioni", "--tick", "--to", "-")
    done = run("export", "movimenti", "--tick", "--to", "-")
    assert done.exit_code == 0 and done.stderr == "-: 0 rows\n"


def test_a_table_on_standard_output_and_what_came_of_it_beside_it(run):
    done = run("export", "disposizioni", "--format", "json", "--to", "-")
    assert len(json.loads(done.stdout)) == 2 and done.stderr == "-: 2 rows\n"


def test_columns_dialect_filters_and_name(run, tmp_path):
    how = (
        "--columns",
        "numero, importo",
        "--dialect",
        "internazionale",
        "--only",
        "numero=2",
        "--uu",
        "AM",
        "--pp",
        "Z1",
    )
    run("export", "disposizioni", *how, "--dal", "2026-01-01", "--to", ".")
    heading, row = (tmp_path / "EXORZ1AM.csv").read_text().splitlines()
    assert heading == "Number,Amount" and row.startswith("2,")
    with pytest.raises(Refused, match="importi"):
        run("export", "disposizioni", "--columns", "importi", "--to", "-")


def test_a_profile_is_saved_and_gives_only_what_is_new(run, tmp_path):
    assert "profile studio saved" in run("export", "disposizioni", "--save", "studio", "--to", "uno.csv").stderr
    assert "Nothing new" in run("export", "--profile", "studio", "--new-only", "--to", "due.csv").stderr
    assert not (tmp_path / "due.csv").exists()
    run("export", "--profile", "studio", "--again", "--to", "due.csv")
    assert (tmp_path / "due.csv").read_bytes() == (tmp_path / "uno.csv").read_bytes()
    assert "2 rows to write" in run("export", "--profile", "studio", "--to", "uno.csv", "--dry-run").stderr
    assert run("export", "esiti", "--profile", "studio", "--to", "-").exit_code == 2
    assert run("export", "esiti").exit_code == 2


def test_what_was_there_stays_unless_it_is_to_be_replaced(run, tmp_path):
    (tmp_path / "mio.csv").write_text("mio")
    with pytest.raises(Refused) as found:
        run("export", "esiti", "--to", "mio.csv")
    assert found.value.code == "ESPORTA-002" and (tmp_path / "mio.csv").read_text() == "mio"
    run("export", "esiti", "--to", "mio.csv", "--force")
    assert (tmp_path / "mio.csv").read_text(encoding="utf-8-sig").startswith("N.;")


def test_a_user_is_named_in_the_journal(run):
    run("export", "esiti", "--to", "-", "--user", "bianchi", password=casa.PASSWORD)
    told = json.loads(run("report", "activity", "--user", "bianchi", "--format", "json").stdout)
    assert told[-1]["Azione"] == "righe_esportate"


def test_messages_are_listed_shown_marked_and_exported(run, tmp_path):
    (message,) = json.loads(run("messages", "--format", "json").stdout)
    which = message["id"]
    assert message["letto"] is None and message["banca"] == "03069"
    assert run("messages", "show", which).stdout.strip() == TEXT
    assert json.loads(run("messages", "show", which, "--format", "json").stdout)["testo"] == [TEXT]
    assert "read by bianchi" in run("messages", "mark", which, "--user", "bianchi", password=casa.PASSWORD).stdout
    assert "No message" in run("messages", "--unread").stdout and "bianchi" in run("messages").stdout
    back = run("messages", "mark", which, "--unread", "--user", "bianchi", password=casa.PASSWORD)
    assert "not read" in back.stdout and which in run("messages", "--unread").stdout
    cut = ("--no-frame", "--columns", "10-30", "--trim", "--indent", "2", "--save", "posta")
    run("messages", "export", which, *cut, "--to", "posta.txt")
    assert (tmp_path / "posta.txt").read_bytes() == b"  " + TEXT[9:30].strip().encode() + b"\r\n"
    assert run("messages", "export", "--columns", "x", "--to", "-").exit_code == 2


def test_a_message_to_a_bank_is_a_flow_that_can_be_imported(run, tmp_path):
    (tmp_path / "lettera.txt").write_text("Spettabile banca,\n\nperché?\n", encoding="utf-8")
    args = ("messages", "write", "lettera.txt", "--banca", "03069", "--nome", "SL1", "-o", "sl.cbi")
    assert "documented" in run(*args).stderr and not (tmp_path / "sl.cbi").exists()
    assert run(*args, "--profile", BANCA).exit_code == 0
    assert b"PERCHE" in (tmp_path / "sl.cbi").read_bytes().upper()
    assert run("import", "sl.cbi").exit_code == 0
    assert "SL1" in run("distinte").stdout
    (tmp_path / "lettera.txt").write_bytes(b"\xe8")
    assert "UTF-8" in run(*args, "--profile", BANCA).stderr
