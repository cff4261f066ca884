"""The books made again from the journal: the same as those there are, or each difference told."""

import ast
import json
import sqlite3
from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from cli import cbi
from ledger import (
    archivio,
    aziende,
    cambi,
    esportazioni,
    firme,
    importa,
    intenti,
    journal,
    messaggi,
    poteri,
    rapporti,
    richieste,
    ricostruzione,
    spunta,
    utenti,
)
from ledger.errors import Refused
from ledger.ports import FsyncFailed
from ledger.poteri import Potere, Soglia
from ledger.profilo import Profilo
from ledger.ricostruzione import PASSI, Differenza
from ledger.schema import JOURNAL
from reconcile.a_mano import match, unmatch
from spool.affido import nota_di
from spool.albero import ramo
from spool.dispatch import INCERTA, dispatch_ready, recover
from spool.receive import receive
from spool.resolve import resolve
from tests.console import ROOT
from tests.ledger.flussi import faulty
from tests.ledger.sala import QUICK_HASHER
from tests.spool.casa import PASSWORD, SIA, answers, build, copy, drop, flow, ports

MESSAGGIO = (ROOT / "fixtures" / "sl_banca.cbi").read_bytes()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A home to which everything has happened that the journal has a word for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utenti, "HASHER", QUICK_HASHER)
        home = build(
            tmp_path_factory.mktemp("casa"), [flow("PRIMO", range(1, 6)), flow("SECONDO", range(6, 9), "02008")]
        )
        with home.begin() as conn:
            utenti.create(conn, home.ports, 1, login="verdi", peso=50, password=PASSWORD)
        dispatch_ready(home)
        answers(home)
        drop(home, "sl.cbi", MESSAGGIO)
        receive(home)
        unmatch(home, 1, "bianchi", PASSWORD, nota="era di un altro")
        match(home, 1, [1, 2], "bianchi", PASSWORD)
        _looked_at(home)
        for nome, data in {"terzo": flow("TERZO", range(20, 22)), "rotto": faulty(nome="ROTTO", mittente=SIA)}.items():
            importa.import_file(home, data, f"{nome}.cbi", 1)
        firme.sign(home, 3, "verdi", PASSWORD)
        with home.begin() as conn:
            poteri.assign(conn, home.ports, 1, 2, Potere(50, mese=Soglia(1000000, 25)), chi="bianchi")
            aziende.set_option(conn, home.ports, 1, "quattro_occhi", "si", chi="bianchi")
        importa.import_file(home, flow("QUARTO", range(30, 33)), "quarto.cbi", 1)
        _withdrawn(home, 5)
        importa.import_file(home, flow("QUINTO", range(40, 42)), "quinto.cbi", 1)
        _uncertain(home, 6)
        _cut(home, 6)
        for _ in range(7):
            with pytest.raises(Refused):
                utenti.authenticate(home, 1, "verdi", "una password sbagliata")
        utenti.change_password(home, 1, "bianchi", PASSWORD, "tutt'altra frase lunga")
        _grouped(home)
        CliRunner().invoke(cbi, ["--home", str(home.path), "audit", "checkpoint"], catch_exceptions=False)
    home.close()
    return home.path


def _looked_at(home):
    """Orders taken out into a file, the message of a bank read, an account put among the first, a movement ticked."""
    rapporti.choose(home, 1, "bianchi", PASSWORD, {"in_evidenza": True})
    spunta.segna(home, 1, "bianchi", PASSWORD, [1, 2], spunta.Segno(True, etichetta="incassi"))
    spunta.segna(home, 1, "bianchi", PASSWORD, [2], spunta.Segno(False))
    esportazioni.export(home, 1, richieste.of(cosa="disposizioni"), home.path / "disposizioni.csv")
    with home.read() as conn:
        (messaggio,) = messaggi.all_(conn, 1)
    messaggi.mark(home, 1, messaggio.id, "bianchi", PASSWORD)


def _grouped(home):
    """A capogruppo, one of whose people acts in the company for a while; changes asked for, applied and refused."""
    with home.begin() as conn:
        capo = aziende.create(conn, home.ports, sia="Z9Y8X", nome="Capo", codice_fiscale="12121210152")
        for azienda, login, right in ((1, "rosa", "individuale"), (1, "viola", "congiunto"), (capo, "gina", "nessuno")):
            user = {"login": login, "peso": 50, "password": PASSWORD, "profilo": Profilo(amministra=right)}
            utenti.create(conn, home.ports, azienda, **user)
    for tipo, dati in (
        ("capogruppo", {"capogruppo": "Z9Y8X"}),
        ("condivisione", {"persona": "gina", "login": "rosa"}),
        ("condivisione_tolta", {"persona": "Z9Y8X.gina"}),
        ("condivisione", {"persona": "gina", "login": "bianchi"}),
    ):
        assert cambi.ask(home, 1, tipo, dati, "rosa", PASSWORD).stato == "applicato"
    for _ in range(2):
        waiting = cambi.ask(home, 1, "stato", {"login": "bianchi", "stato": "sospeso"}, "viola", PASSWORD)
    cambi.reject(home, waiting.id, "rosa", PASSWORD)


def _withdrawn(home, distinta_id):
    """Signed, intended, and its bytes gone before they could leave; then they come back, and it leaves."""
    from ledger import distinte

    firme.sign(home, distinta_id, "bianchi", PASSWORD)
    with home.begin() as conn:
        intenti.intend(conn, home.ports, distinte.get(conn, distinta_id), "x.cbi")
        sha256 = distinte.get(conn, distinta_id).sha256
        data = archivio.load(home, sha256)
    path = home.archive_dir / sha256[:2] / sha256
    path.unlink()
    recover(home)
    path.write_bytes(data)
    dispatch_ready(home)


def _uncertain(home, distinta_id):
    """Signed and put on a disk that may not keep it; a person says that it has left."""

    class Forgetful:
        def __getattr__(self, name):
            return getattr(home.ports.disk, name)

        def fsync_dir(self, path):
            raise FsyncFailed(5, "Input/output error")

    firme.sign(home, distinta_id, "bianchi", PASSWORD)
    assert [each.verdetto for each in dispatch_ready(replace(home, ports=ports(Forgetful())))] == [INCERTA]
    resolve(home, distinta_id, "bianchi", PASSWORD, left=True)


def _cut(home, distinta_id):
    """Its delivery was begun on a line and not ended; a person says that the bank has not got it."""
    with home.read() as conn:
        intento = intenti.done_of(conn, distinta_id)
    branch = ramo(home.spool_dir, SIA, intento.abi)
    nota_di(home.ports, branch, intento).path.write_text("x\n")
    resolve(home, distinta_id, "bianchi", PASSWORD, left=False)


@pytest.fixture
def home(template, tmp_path):
    found = copy(template, tmp_path / "casa")
    yield found
    found.close()


def differences(home):
    with home.read() as conn:
        return ricostruzione.check(conn, 1)


def tamper(home, statement):
    raw = sqlite3.connect(home.path / "cbi.db")
    raw.execute(statement)
    raw.commit()
    raw.close()


def test_whatever_has_happened_the_books_are_those_of_the_journal(home):
    assert differences(home) == []
    with home.read() as conn:
        happened = set(conn.scalars(select(JOURNAL.c.tipo)))
    assert happened == set(PASSI) - {"archivio_aggiornato"}  # that one is in test_aggiorna


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE azienda SET nome = 'ALTRA'", ("azienda", SIA, "nome")),
        ("UPDATE banca SET nome = 'x' WHERE abi = '02008'", ("banca", "02008", "nome")),
        ("DELETE FROM conto WHERE abi = '02008'", ("conto", None, "")),
        ("UPDATE potere SET peso = 99 WHERE utente_id = 1", ("potere", "bianchi", "peso")),
        ("UPDATE potere SET soglie = '{}' WHERE utente_id = 2", ("potere", "verdi", "soglie")),
        ("DELETE FROM potere WHERE utente_id = 2", ("potere", "verdi", "")),
        ("UPDATE opzione SET valore = 'no'", ("opzione", "quattro_occhi", "valore")),
        ("UPDATE utente SET stato = 'attivo' WHERE login = 'verdi'", ("utente", "verdi", "stato")),
        ("UPDATE utente SET login = 'neri' WHERE login = 'verdi'", ("utente", "verdi", "")),
        ("UPDATE file SET sha256 = 'x' WHERE nome = 'terzo.cbi'", ("file", None, "sha256")),
        ("UPDATE file SET nome = 'x' WHERE origine = 'banca' AND id = 4", ("file", "4", "nome")),
        ("UPDATE distinta SET stato = 'Firmata' WHERE id = 1", ("distinta", "1", "stato")),
        ("UPDATE distinta SET totale = totale + 1 WHERE id = 1", ("distinta", "1", "totale")),
        ("UPDATE distinta SET abi = '02008' WHERE id = 1", ("distinta", "1", "abi")),
        ("UPDATE distinta SET sha256 = 'x' WHERE id = 4", ("distinta", "4", "sha256")),
        ("UPDATE firma SET peso = 100 WHERE distinta_id = 3", ("firma", "3 verdi 1", "peso")),
        ("UPDATE firma SET regole = '{}' WHERE distinta_id = 1", ("firma", "1 bianchi 1", "regole")),
        ("DELETE FROM firma WHERE distinta_id = 2", ("firma", "2 bianchi 1", "")),
        ("UPDATE intento SET stato = 'ritirato' WHERE distinta_id = 1", ("intento", "1 1", "stato")),
        ("DELETE FROM intento WHERE stato = 'ritirato'", ("intento", "5 1", "nome_file")),
        ("DELETE FROM abbinamento WHERE classe = 'sciolto'", ("abbinamento", None, "")),
        ("UPDATE abbinamento SET nota = 'altra' WHERE classe = 'a_mano'", ("abbinamento", None, "nota")),
        ("UPDATE disposizione SET stato = 'Stornata' WHERE id = 1", ("disposizione", "1", "stato")),
        ("UPDATE disposizione SET stato = 'Inoltrata' WHERE distinta_id = 3", ("disposizione", None, "stato")),
        ("UPDATE disposizione SET importo = importo + 1 WHERE id = 2", ("disposizione", "distinta 1", "totale")),
        ("UPDATE disposizione SET distinta_id = 2, numero = 99 WHERE id = 1", ("disposizione", "distinta 1", "totale")),
    ],
)
def test_a_change_behind_the_back_of_the_program_is_told(home, statement, where):
    tamper(home, statement)
    found = differences(home)
    assert any(where[:1] + where[2:] == (d.tabella, d.campo) and where[1] in (None, d.chiave) for d in found), found
    assert all(each.giornale != each.libri for each in found)


def test_rows_that_are_not_in_the_journal_are_told(home):
    copied = "azienda_id, hash, stato, tentativi, profilo, da_cambiare, at"
    tamper(home, f"INSERT INTO utente ({copied}, login) SELECT {copied}, 'intruso' FROM utente LIMIT 1")
    (found,) = differences(home)
    assert (found.tabella, found.chiave, found.campo, found.giornale) == ("utente", "intruso", "", None)
    assert found.libri["stato"] == "attivo"


def test_orders_that_are_not_there_any_more_are_told(home):
    tamper(home, "DELETE FROM disposizione WHERE id = 1")
    found = {(each.chiave, each.campo) for each in differences(home)}
    assert {("1", ""), ("distinta 1", "numero_disposizioni")} <= found


def test_a_distinta_that_nobody_imported_is_told_once(home):
    tamper(home, "UPDATE distinta SET id = 77 WHERE id = 4")
    assert {(each.tabella, each.chiave, each.campo) for each in differences(home)} == {
        ("distinta", "4", ""),
        ("distinta", "77", ""),
    }


def test_an_event_that_this_version_does_not_know_is_told(home):
    with home.begin() as conn:
        journal.append(conn, azienda_id=1, tipo="novita", soggetto="cosa:1", dati={}, at=home.ports.clock.now())
    assert differences(home) == [Differenza("journal", "novita", "", None, None)]


def test_the_weight_that_older_journals_give_a_new_user_is_their_power(home):
    with home.begin() as conn:
        at = home.ports.clock.now()
        journal.append(conn, azienda_id=1, tipo="utente_creato", soggetto="utente:neri", dati={"peso": 40}, at=at)
        told = ricostruzione.fold(conn, 1).tabelle
    assert (told["utente"]["neri"]["stato"], told["potere"]["neri"]) == ("attivo", {"peso": 40, "soglie": "{}"})


def words_journaled():
    """Types of events written in the sources: those given to `journal.append`, and to what each room wraps it in."""
    wrappers = {"append", "_note", "_journal"}
    for room in ("ledger", "spool", "reconcile"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and _name(node.func) in wrappers:
                    given = [*node.args, *(each.value for each in node.keywords if each.arg == "tipo")]
                    for part in given:
                        yield from (c.value for c in ast.walk(part) if isinstance(c, ast.Constant))


def _name(called):
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def test_every_type_of_event_that_the_sources_write_is_known_to_the_fold():
    written = {word for word in words_journaled() if isinstance(word, str) and "_" in word}
    assert written == set(PASSI) - {"checkpoint"}, "a new type of event needs its row in PASSI"


# --- the command ------------------------------------------------------------------------------------------------------


def run(home, *args, lang="it"):
    result = CliRunner().invoke(cbi, ["--home", str(home.path), "--lang", lang, "audit", "rebuild", *args])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_command_says_that_all_is_well(home):
    done = run(home, "--check", lang="en")
    assert (done.exit_code, done.stdout) == (
        0,
        "".join(f"{each}: the books are those of the journal\n" for each in (SIA, "Z9Y8X")),
    )
    assert json.loads(run(home, "--check", "--format", "json", "--sia", SIA).stdout) == {SIA: []}


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("it", 'stato: nel giornale "disabilitato", nei libri "attivo"'),
        ("en", 'stato: journal "disabilitato", books "attivo"'),
    ],
)
def test_the_command_tells_each_difference(home, lang, told):
    tamper(home, "UPDATE utente SET stato = 'attivo'")
    done = run(home, "--check", lang=lang)
    assert done.exit_code == 3
    assert f"{SIA}: utente verdi {told}" in done.stdout
    (difference,) = json.loads(run(home, "--check", "--format", "json").stdout)[SIA]
    assert difference["libri"] == "attivo"


@pytest.mark.parametrize(("lang", "told"), [("it", "non conosce: novita"), ("en", "does not know: novita")])
def test_the_command_tells_of_events_it_does_not_know(home, lang, told):
    with home.begin() as conn:
        journal.append(conn, azienda_id=1, tipo="novita", soggetto="cosa:1", dati={}, at=home.ports.clock.now())
    assert told in run(home, "--check", lang=lang).stdout


def test_it_compares_and_does_nothing_else(home):
    assert run(home).exit_code == 2
