"""The commands of the ledger, as a person types them."""

import json
import os

import pytest
from click.testing import CliRunner

from cli import cbi
from ledger import aziende, poteri
from ledger.poteri import NESSUNO, Potere, Soglia
from ledger.stati import Stato
from tests.ledger.flussi import faulty, order, riba
from tests.ledger.sala import PARTITA_IVA, PASSWORD

IBAN = "IT60X0542811101000000123456"
INIT = ["init", "--sia", "A1B2C", "--nome", "Ferramenta Prova", "--codice-fiscale", PARTITA_IVA]
USERS = ["--utente", "anna:50", "--utente", "bruno:50"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    runner = CliRunner()

    def run(*args, passwords=(), lang="it"):
        read, write = os.pipe()
        os.write(write, "".join(f"{each}\n" for each in passwords).encode())
        os.close(write)
        words = [str(read) if arg == "FD" else str(arg) for arg in args]
        result = runner.invoke(cbi, ["--home", str(tmp_path / "casa"), "--lang", lang, *words])
        os.close(read)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def open_house(run, tmp_path):
    """A company with two signers, and `bring` to import a flow."""
    assert run(*INIT, *USERS, "--password-fd", "FD", passwords=[PASSWORD] * 2).exit_code == 0

    def bring(data, *args, nome="flusso.cbi"):
        path = tmp_path / nome
        path.write_bytes(data)
        return run("import", path, *args)

    run.bring = bring
    return run


def refused(code, run, *args, **kwargs):
    from ledger.errors import Refused

    with pytest.raises(Refused) as found:
        run(*args, **kwargs)
    assert found.value.code == code


def test_a_company_is_created_with_all_that_belongs_to_it(run, tmp_path):
    args = [*INIT, *USERS, "--banca", "03069:Banca Finta", "--conto", IBAN, "--password-fd", "FD"]
    result = run(*args, passwords=[PASSWORD, "un'altra frase lunga"])
    assert result.exit_code == 0
    assert "A1B2C" in result.stdout
    assert (tmp_path / "casa" / "cbi.db").exists()
    assert run("sign", 1, "--user", "bruno", "--password-fd", "FD", passwords=[PASSWORD]).exit_code == 3
    refused("AZIENDA-004", run, *args, passwords=[PASSWORD] * 2)


def test_a_dry_run_of_init_checks_and_creates_nothing(run, tmp_path):
    assert run(*INIT, *USERS, "--dry-run").exit_code == 0
    assert not (tmp_path / "casa").exists()
    refused("UTENTE-002", run, *INIT, "--utente", "anna:101", "--dry-run")


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--conto", "IT00"], "CONTO-001"),
        (["--banca", "3069:Finta"], "BANCA-001"),
        (["--utente", "anna:0"], "UTENTE-002"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_created(run, tmp_path, args, code):
    refused(code, run, *INIT, *args)
    assert not (tmp_path / "casa").exists()


def test_a_short_password_creates_nothing(run, tmp_path):
    refused("UTENTE-003", run, *INIT, *USERS, "--password-fd", "FD", passwords=[PASSWORD, "corta"])
    assert not (tmp_path / "casa").exists()


@pytest.mark.parametrize("user", ["anna", "anna:", "anna:x", ":50", "anna:٥٠", "anna:-1"])
def test_a_user_is_login_and_weight(run, user):
    assert run(*INIT, "--utente", user).exit_code == 2


def test_the_verdict_on_each_supporto_and_the_exit_code(open_house):
    clean = open_house.bring(riba())
    assert clean.exit_code == 0
    assert "3.703,50" in clean.stdout
    assert "importata, da firmare" in clean.stdout
    mixed = open_house.bring(faulty(nome="B") + riba(order(2), order(9), nome="C [red]"), nome="misto.cbi")
    assert mixed.exit_code == 3
    for words in ("con errori (1)", "cbi distinte approve 3 --user U", "C [red]"):
        assert words in mixed.stdout
    assert "misto.cbi:23:53: RIBA-EF-050" in mixed.stderr
    assert "la disposizione 0000000002 (n. 1) è già nella distinta 1 (n. 2)" in mixed.stderr


def test_many_errors_are_shown_in_part(open_house):
    result = open_house.bring(riba().replace(b"PROVA", b"PR\x80VA"))
    assert result.exit_code == 3
    assert "e altri " in result.stderr
    assert result.stderr.count("flusso.cbi:") <= 6


def test_the_report_as_json(open_house):
    [report] = json.loads(open_house.bring(riba(), "--format", "json").stdout)
    [verdetto] = report["verdetti"]
    assert (verdetto["codice"], verdetto["totale"], verdetto["distinta"]) == ("importata", "3703.50", 1)
    [again] = json.loads(open_house.bring(riba(order(2), nome="D"), "--format", "json").stdout)
    assert again["verdetti"][0]["doppi"] == [{"numero": 1, "chiave": "0000000002", "distinta_id": 1, "prima": 2}]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(open_house, tmp_path):
    (tmp_path / "buono.cbi").write_bytes(riba())
    result = open_house("import", tmp_path / "niente.cbi", tmp_path / "buono.cbi")
    assert result.exit_code == 8
    assert "niente.cbi: il file non esiste" in result.stderr
    assert "importata" in result.stdout


def test_a_dry_run_of_import_changes_nothing(open_house):
    assert open_house.bring(riba(), "--dry-run").exit_code == 0
    assert json.loads(open_house("distinte", "--format", "json").stdout) == []


def test_with_several_companies_one_is_named(open_house):
    other = ["init", "--sia", "Z9Y8X", "--nome", "Altra", "--codice-fiscale", "12121210152"]
    assert open_house(*other).exit_code == 0
    refused("AZIENDA-006", open_house.bring, riba())
    assert open_house.bring(riba(), "--sia", "A1B2C").exit_code == 0


def test_the_list_and_the_page_of_a_distinta(open_house):
    open_house.bring(riba())
    listed = open_house("distinte").stdout
    assert "SUPPORTO1" in listed
    assert "Da spedire" in listed
    [found] = json.loads(open_house("distinte", "--format", "json").stdout)
    assert (found["id"], found["stato"], found["totale"]) == (1, "Da spedire", "3703.50")
    page = open_house("distinte", "show", 1).stdout
    assert "…2345" in page
    assert "000000012345" not in page
    assert "000000012345" in open_house("distinte", "show", 1, "--in-chiaro").stdout
    assert "convalida" in page
    assert "flusso.cbi" in page
    whole = json.loads(open_house("distinte", "show", 1, "--format", "json").stdout)
    assert [each["nostro_conto"] for each in whole["disposizioni"]] == ["…2345"] * 3
    assert [each["evento"] for each in whole["iter"]] == ["importa", "convalida"]
    refused("DISTINTA-001", open_house, "distinte", "show", 9)


def test_the_page_of_a_faulty_distinta_shows_why(open_house):
    open_house.bring(faulty())
    page = open_house("distinte", "show", 1, lang="en").stdout
    assert "RIBA-EF-050" in page
    assert "Con errori" in page
    whole = json.loads(open_house("distinte", "show", 1, "--format", "json").stdout)
    errors = [each["code"] for each in whole["diagnostica"] if each["severity"] == "error"]
    assert errors == ["RIBA-EF-050"]  # what depends on the day of the import is no error


def sign(run, *numbers, user="anna", password=PASSWORD, extra=()):
    return run("sign", *numbers, "--user", user, "--password-fd", "FD", *extra, passwords=[password])


def state(run, number=1):
    return json.loads(run("distinte", "show", number, "--format", "json").stdout)["stato"]


def test_two_signatures_and_it_leaves(open_house, tmp_path):
    open_house.bring(riba())
    first = sign(open_house, 1)
    assert (first.exit_code, first.stdout) == (0, "distinta 1: firmata, 50 su 100\n")
    book = open_house("libro-firma", "--user", "bruno").stdout
    assert "anna (50)" in book
    assert "50/100: bruno" in book
    [entry] = json.loads(open_house("libro-firma", "--user", "bruno", "--format", "json").stdout)["distinte"]
    assert (entry["manca"], entry["prima_scadenza"], entry["totale"]) == (50, "2026-04-30", "3703.50")
    assert "Niente da firmare." in open_house("libro-firma", "--user", "anna").stdout
    refused("UTENTE-007", open_house, "libro-firma", "--user", "zeno")
    second = sign(open_house, 1, user="bruno")
    assert second.exit_code == 0
    assert f"distinta 1: {Stato.INOLTRATA}" in second.stdout
    sent = [path for path in (tmp_path / "casa" / "spool").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in sent] == [riba()]
    assert "anna" in open_house("distinte", "show", 1).stdout


@pytest.mark.parametrize("obstacle", ["disk", "altered"])
def test_what_is_signed_but_cannot_leave_is_told(open_house, tmp_path, monkeypatch, obstacle):
    from ledger import distinte, ports

    open_house.bring(riba())
    sign(open_house, 1)
    if obstacle == "disk":

        def broken(self, source, target):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(ports._Disk, "rename", broken)
    else:
        real = distinte.get

        def altered(conn, number):
            found = real(conn, number)
            if found.completa:
                (path,) = (tmp_path / "casa" / "archive" / found.sha256[:2]).iterdir()
                path.write_bytes(b"altro")
            return found

        monkeypatch.setattr(distinte, "get", altered)
    result = sign(open_house, 1, user="bruno")
    monkeypatch.undo()
    assert result.exit_code == 3
    assert ("No space left" if obstacle == "disk" else "ARCHIVIO-002") in result.stderr
    assert "cbi dispatch" in result.stderr
    assert state(open_house) == "Firmata"


def test_several_are_signed_and_the_refused_one_is_told(open_house):
    open_house.bring(riba() + faulty(nome="B") + riba(order(9), nome="C"))
    result = sign(open_house, 1, 2, 3)
    assert result.exit_code == 3
    assert "distinta 2: STATO-001" in result.stderr
    assert result.stdout == "distinta 1: firmata, 50 su 100\ndistinta 3: firmata, 50 su 100\n"


def test_a_wrong_password_is_tried_once_however_many_the_distinte(open_house):
    open_house.bring(riba() + riba(order(9), nome="C"))
    result = sign(open_house, 1, 2, password="sbagliata sbagliata")
    assert result.exit_code == 3
    assert result.stderr.count("UTENTE-005") == 1


def test_a_dry_run_of_sign_signs_nothing(open_house):
    open_house.bring(riba())
    assert "50 su 100" in sign(open_house, 1, extra=["--dry-run"]).stdout
    assert state(open_house) == "Da spedire"


def test_doubles_are_approved_by_a_person(open_house):
    open_house.bring(riba())
    open_house.bring(riba(order(1), nome="D"), nome="d.cbi")
    approve = ["distinte", "approve", 2, "--user", "anna", "--password-fd", "FD"]
    assert open_house(*approve, "--dry-run", passwords=[PASSWORD]).exit_code == 0
    assert state(open_house, 2) == "Inserita"
    assert open_house(*approve, passwords=[PASSWORD]).stdout == "distinta 2: Da spedire\n"
    assert state(open_house, 2) == "Da spedire"


def do(run, *args, form="json", lang="it"):
    asked = [*args, "--user", "anna", "--password-fd", "FD", "--format", form]
    result = run("distinte", *asked, passwords=[PASSWORD], lang=lang)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout) if form == "json" else result


def test_orders_go_from_one_distinta_to_another(open_house):
    open_house.bring(riba())
    assert do(open_house, "take-out", 1, 2)["stato"] == "Da spedire"
    listed = open_house("distinte", "loose").stdout
    assert "0000000002" in listed and "…2345" in listed
    [found] = json.loads(open_house("distinte", "loose", "--format", "json").stdout)
    assert (found["id"], found["stato"]) == (2, "Inserita")
    made = do(open_house, "create", 2, "1:1", "--nome", "NUOVA", "--data", "2026-03-09")
    assert (made["distinta_id"], made["ordini"]) == (2, [2, 1])
    assert do(open_house, "add", 1, "2:2")["ordini"] == [1]
    page = json.loads(open_house("distinte", "show", 1, "--ordine", 2, "--format", "json").stdout)
    assert [step["evento"] for step in page["iter"]][-3:] == ["disaggrega", "aggrega", "convalida"]
    assert page["distinta"] == 1
    assert all(step["sha256"] for step in page["iter"] if step["evento"] in ("importa", "disaggrega"))
    text = open_house("distinte", "show", 1, "--ordine", 2).stdout
    assert "aggrega" in text and "anna" in text
    refused("DISPOSIZIONE-001", open_house, "distinte", "show", 1, "--ordine", 9)
    assert open_house("distinte", "create", "1:x", "--user", "anna").exit_code == 2
    assert open_house("distinte", "create", "1:2:3", "--user", "anna").exit_code == 2


def test_a_distinta_is_edited_copied_and_thrown_away(open_house):
    open_house.bring(riba())
    edited = do(open_house, "edit", 1, "--ordine", 1, "importo=10.00", "codice_fiscale=00000000000", form="text")
    assert edited.stdout == "distinta 1: Con errori\n"
    assert "errori: 1" in edited.stderr
    do(open_house, "edit", 1, "codice_fiscale=77665540017", "nome=ALTRO")
    assert state(open_house) == "Da spedire"
    copied = do(open_house, "copy", 1, form="text", lang="en")
    assert copied.stdout == "distinta 2: Inserita\n"
    assert "orders seen before: 3" in copied.stderr
    assert do(open_house, "delete", 2, "--dry-run")["stato"] == "Eliminata"
    assert state(open_house, 2) == "Inserita"
    assert do(open_house, "delete", 2)["stato"] == "Eliminata"
    do(open_house, "take-out", 1, 3)
    assert do(open_house, "discard", 3, form="text").stdout == "disposizione 3: Eliminata\n"
    assert open_house("distinte", "edit", 1, "importo", "--user", "anna").exit_code == 2


def test_accounts_stay_covered_in_what_an_edit_leaves_behind(open_house):
    from schwifty import IBAN as Coordinate

    account = str(Coordinate.generate("IT", bank_code="03069", branch_code="01234", account_code="000000099999"))
    open_house.bring(riba())
    do(open_house, "edit", 1, f"conto={account}")
    for extra in ((), ("--format", "json")):
        assert "000000099999" not in open_house("distinte", "show", 1, *extra).stdout
        assert "000000099999" in open_house("distinte", "show", 1, "--in-chiaro", *extra).stdout


def test_what_has_left_is_asked_back(open_house):
    open_house.bring(riba())
    sign(open_house, 1)
    sign(open_house, 1, user="bruno")
    assert do(open_house, "recall", 1, "--ordine", 2)["distinta_id"] == 2
    assert state(open_house, 2) == "Da spedire"
    refused("RIPRESENTA-001", do, open_house, "resend", 1, "--ordine", 1, "scadenza=2027-01-31")
    refused("STATO-001", do, open_house, "revoke", 1)


def test_a_notice_is_told_on_standard_error(run, tmp_path):
    from fixtures.comune import SIA
    from tests.console import ROOT

    args = ["init", "--sia", SIA, "--nome", "Prova", "--codice-fiscale", PARTITA_IVA, "--utente", "anna:100"]
    assert run(*args, "--password-fd", "FD", passwords=[PASSWORD]).exit_code == 0
    run("import", ROOT / "fixtures" / "f24.cbi")
    sign(run, 1)
    result = do(run, "revoke", 1, "--ordine", 1, form="text", lang="en")
    assert "R4" in result.stderr


def test_the_options_of_an_import(open_house):
    open_house.bring(riba())
    renamed = open_house.bring(riba(order(9)), "--se-nome-usato", "rinomina", nome="due.cbi")
    assert (renamed.exit_code, "SUPPORTO1-2" in renamed.stdout) == (0, True)
    assert "due.cbi: Con errori non bloccanti" in renamed.stdout
    refused_ = open_house.bring(faulty(nome="B"), "--se-errori", "non-crea", "--format", "json", nome="tre.cbi")
    [report] = json.loads(refused_.stdout)
    assert (report["stato"], report["verdetti"][0]["codice"]) == ("Fallito", "non_creata")
    verified = open_house.bring(riba(order(8), nome="C"), "--dry-run", nome="q.cbi")
    assert "q.cbi: Verificato" in verified.stdout


def test_an_older_home_is_brought_up(run, tmp_path):
    from tests.ledger import vecchia

    vecchia.build(tmp_path / "casa")
    refused("HOME-003", run, "distinte")
    assert "0001" in run("upgrade").stdout
    assert "DUE" in run("distinte").stdout
    assert "già" in run("upgrade").stdout


@pytest.mark.parametrize(
    ("cents", "it", "en", "plain"),
    [
        (0, "0,00", "0.00", "0.00"),
        (5, "0,05", "0.05", "0.05"),
        (123456789, "1.234.567,89", "1,234,567.89", "1234567.89"),
        (-150, "-1,50", "-1.50", "-1.50"),
    ],
)
def test_amounts_as_people_and_programs_read_them(cents, it, en, plain):
    from commands.tables import amount, euro

    assert (euro(cents, "it"), euro(cents, "en"), amount(cents)) == (it, en, plain)


def test_moments_are_shown_on_the_clocks_of_rome():
    from datetime import UTC, datetime

    from commands.tables import moment

    assert moment(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "02/07/2026 00:30:00"


# --- the libro firma --------------------------------------------------------------------------------------------------


def in_home(tmp_path, change):
    """Do something in the home that no command does by itself."""
    from ledger.home import Home
    from ledger.ports import real_ports

    home = Home.open(tmp_path / "casa", real_ports())
    with home.begin() as conn:
        change(conn, home.ports)
    home.close()


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        (
            "it",
            [
                "50/100: bruno",
                "anna non può firmare",
                "anna ha già firmato la distinta 1.",
                "anna: peso 50, 30 oltre 10.000,00 nel giorno, 20 oltre 50.000,00 nel mese; ",
                "firmati oggi 3.703,50, nel mese 3.703,50; sotto le soglie restano 6.296,50 oggi, 46.296,50 nel mese",
            ],
        ),
        (
            "en",
            [
                "50/100: bruno",
                "anna cannot sign",
                "anna has already signed distinta 1.",
                "anna: weight 50, 30 above 10,000.00 in the day, 20 above 50,000.00 in the month; ",
                "signed today 3,703.50, this month 3,703.50; left below the thresholds: 6,296.50 today, ",
                "6,296.50 today, 46,296.50 this month",
            ],
        ),
    ],
)
def test_the_libro_firma_in_words(open_house, tmp_path, lang, told):
    def limit(conn, ports):
        potere = Potere(50, giorno=Soglia(1000000, 30), mese=Soglia(5000000, 20))
        poteri.assign(conn, ports, 1, 1, potere, chi="capo")

    in_home(tmp_path, limit)
    open_house.bring(riba())
    sign(open_house, 1)
    shown = open_house("libro-firma", "--user", "anna", lang=lang).stdout
    assert [words for words in told if words not in " ".join(shown.split())] == []


@pytest.mark.parametrize(("lang", "told"), [("it", "bruno: nessun potere"), ("en", "bruno: no power of signature")])
def test_who_has_no_power_is_told_and_nobody_can_complete_what_they_cannot(open_house, tmp_path, lang, told):
    in_home(tmp_path, lambda conn, ports: poteri.assign(conn, ports, 1, 2, NESSUNO, chi="capo"))
    open_house.bring(riba())
    shown = open_house("libro-firma", "--user", "bruno", lang=lang).stdout
    assert told in shown
    assert ("nessuno può completarla" if lang == "it" else "nobody can complete it") in " ".join(shown.split())


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("it", "FERRAMENTA LUNAPIENA SNC …4680: mai pagato prima"),
        ("en", "FERRAMENTA LUNAPIENA SNC …4680: never paid before"),
    ],
)
def test_new_beneficiaries_are_told_with_accounts_in_part(open_house, lang, told):
    from fixtures.comune import SIA as SIA_FIXTURES
    from tests.console import ROOT

    open_house.bring((ROOT / "fixtures" / "pc.cbi").read_bytes().replace(SIA_FIXTURES.encode(), b"A1B2C"))
    shown = open_house("libro-firma", "--user", "anna", lang=lang).stdout
    assert f"distinta 1: {told}" in shown
    assert "000000024680" not in shown
    assert "000000024680" in open_house("libro-firma", "--user", "anna", "--in-chiaro").stdout
    found = json.loads(open_house("libro-firma", "--user", "anna", "--format", "json").stdout)
    first, *_ = found["distinte"][0]["beneficiari"]
    assert first == {"controparte": "FERRAMENTA LUNAPIENA SNC", "conto": "…4680", "motivo": "nuovo"}


def test_a_few_new_beneficiaries_are_shown_and_the_others_counted(open_house, monkeypatch):
    from commands import libro_text
    from fixtures.comune import SIA as SIA_FIXTURES
    from tests.console import ROOT

    monkeypatch.setattr(libro_text, "SHOWN_NEWS", 1)
    open_house.bring((ROOT / "fixtures" / "pc.cbi").read_bytes().replace(SIA_FIXTURES.encode(), b"A1B2C"))
    shown = open_house("libro-firma", "--user", "anna").stdout
    assert shown.count("mai pagato prima") == 1
    assert "e altri 2" in shown


def test_the_libro_firma_for_programs(open_house):
    open_house.bring(riba())
    open_house.bring(riba(order(9), nome="C"), nome="c.cbi")
    sign(open_house, 1)
    found = json.loads(open_house("libro-firma", "--user", "anna", "--format", "json").stdout)
    assert (found["utente"], found["potere"]) == ("anna", {"peso": 50, "soglie": {}})
    assert (found["firmato"], found["residui"]) == ({"giorno": "3703.50", "mese": "3703.50"}, {})
    one, two = found["distinte"]
    assert (one["firme"], one["bastano"], one["peso"]) == ({"anna": 50}, [["bruno"]], 0)
    assert one["rifiuto"]["codice"] == "FIRMA-003"
    assert (two["firme"], two["bastano"], two["peso"], two["rifiuto"]) == ({}, [["anna", "bruno"]], 50, None)


# --- several at once, refused, taken off ------------------------------------------------------------------------------


def test_what_came_of_each_for_programs(open_house):
    open_house.bring(riba() + faulty(nome="B") + riba(order(9), nome="C"))
    sign(open_house, 1, user="bruno")
    done = sign(open_house, 1, 2, 3, extra=["--format", "json"])
    one, two, three = json.loads(done.stdout)
    assert one == {"distinta": 1, "firmata": True, "firmato": 100, "stato": "Inoltrata"}
    assert (two["firmata"], two["rifiuto"]["codice"]) == (False, "STATO-001")
    assert three == {"distinta": 3, "firmata": True, "firmato": 50, "stato": "Firmata"}
    assert done.exit_code == 3


def test_one_refused_is_enough_for_the_exit_code_whichever_it_is(open_house, tmp_path):
    open_house.bring(riba() + riba(order(9), nome="C"))
    sha256 = json.loads(open_house("distinte", "--format", "json").stdout)[0]["sha256"]
    (tmp_path / "casa" / "archive" / sha256[:2] / sha256).unlink()
    done = sign(open_house, 1, 2)
    assert (done.exit_code, done.stdout) == (3, "distinta 2: firmata, 50 su 100\n")
    assert "distinta 1: ARCHIVIO-001" in done.stderr


def test_one_that_is_not_there_does_not_stop_the_others(open_house):
    open_house.bring(riba())
    done = sign(open_house, 7, 1)
    assert (done.exit_code, done.stdout) == (3, "distinta 1: firmata, 50 su 100\n")
    assert "distinta 7: DISTINTA-001" in done.stderr


def test_what_the_company_signs_as_portals_do_asks_no_password(open_house, tmp_path):
    from fixtures.comune import SIA as SIA_FIXTURES
    from tests.console import ROOT

    open_house.bring((ROOT / "fixtures" / "al.cbi").read_bytes().replace(SIA_FIXTURES.encode(), b"A1B2C"))
    in_home(tmp_path, lambda conn, ports: aziende.set_option(conn, ports, 1, "abitudine_portale", "si", chi="capo"))
    done = open_house("sign", 1, "--user", "anna", "--password-fd", 9999)  # a descriptor that is not open
    assert done.stdout.startswith("distinta 1: firmata, 100 su 100\n")


def test_who_refuses_says_why_and_it_is_shown(open_house):
    open_house.bring(riba())
    who = ["--user", "anna", "--password-fd", "FD"]
    assert open_house("refuse", 1, *who).exit_code == 2
    assert open_house("refuse", 1, "--reason", "x", *who, "--dry-run", passwords=[PASSWORD]).exit_code == 0
    assert state(open_house) == "Da spedire"
    done = open_house("refuse", 1, "--reason", "manca la nota", *who, passwords=[PASSWORD])
    assert (done.exit_code, done.stdout) == (0, "distinta 1: Inserita\n")
    assert "manca la nota" in open_house("distinte", "show", 1).stdout
    refused("STATO-001", open_house, "refuse", 1, "--reason", "ancora", *who, passwords=[PASSWORD])


def test_the_signatures_are_taken_off(open_house):
    open_house.bring(riba())
    sign(open_house, 1)
    done = open_house("unsign", 1, "--user", "bruno", "--password-fd", "FD", "--format", "json", passwords=[PASSWORD])
    assert json.loads(done.stdout) == {"distinta": 1, "stato": "Da spedire"}
    assert sign(open_house, 1).stdout == "distinta 1: firmata, 50 su 100\n"
