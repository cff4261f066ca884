"""What leaves the books: each table whole, once, and told; and what a profile may ask."""

import csv
import io
import json
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from sqlalchemy import func, select

import cbi
from ledger import archivio, distinte, esportazioni, journal, messaggi, outcomes, richieste
from ledger.errors import Refused
from ledger.esportazioni import Modo, export
from ledger.estratti import ESTRATTI, PAROLE
from ledger.fogli import DIALETTI, ITALIANO
from ledger.importa import import_file
from ledger.schema import DISPOSIZIONE, DISTINTA, ECCEZIONE, ESITO, FILE, JOURNAL, MOVIMENTO, RAPPORTO
from spool import smistamento
from spool.dispatch import dispatch_ready
from spool.receive import receive
from tests.console import ROOT
from tests.ledger.flussi import riba
from tests.ledger.sala import QUICK_HASHER
from tests.spool import casa

MESSAGGIO = (ROOT / "fixtures" / "sl_banca.cbi").read_bytes()
COUNTED = {
    "distinte": select(func.count(DISTINTA.c.id)),
    "disposizioni": select(func.count(DISPOSIZIONE.c.id)),
    "esiti": select(func.count(ESITO.c.id)),
    "insoluti": select(func.count(ESITO.c.id)).where(ESITO.c.effetto == "unpaid"),
    "movimenti": select(func.count(MOVIMENTO.c.id)),
    "eccezioni": select(func.count(ECCEZIONE.c.id)),
    "ricevuti": select(func.count(FILE.c.id)).where(FILE.c.origine == "banca"),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A home to which two banks have answered, one of them also in words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.utenti.HASHER", QUICK_HASHER)
        flows = [casa.flow("PRIMO", range(1, 9)), casa.flow("SECONDO", range(9, 13), "02008")]
        home = casa.build(tmp_path_factory.mktemp("casa"), flows)
        dispatch_ready(home)
        casa.answers(home, strays=True)
        casa.drop(home, "sl.cbi", MESSAGGIO)
        receive(home)
        home.close()
    return home.path


@pytest.fixture
def home(template, tmp_path):
    found = casa.copy(template, tmp_path / "casa")
    yield found
    found.close()


def taken(home, cosa, modo=esportazioni.SOLITO, **asked):
    """The rows that an export gives a program, and what came of it."""
    out = BytesIO()
    fatto = export(home, 1, richieste.of(cosa=cosa, formato="ndjson", **asked), out, modo)
    return [json.loads(line) for line in out.getvalue().splitlines()], fatto


def refused(code, call, *args, **kwargs):
    with pytest.raises(Refused) as found:
        call(*args, **kwargs)
    assert found.value.code == code
    return found.value


def events(home):
    with home.read() as conn:
        query = select(JOURNAL.c.dati).where(JOURNAL.c.tipo == "righe_esportate").order_by(JOURNAL.c.numero)
        return [json.loads(each) for each in conn.scalars(query)]


def save(home, nome, **asked):
    richieste.save(home, nome, richieste.of(formato="ndjson", **asked))


def again(home, nome, **how):
    """The rows that a profile gives, and what came of it."""
    out = BytesIO()
    fatto = export(home, 1, richieste.profile(home, nome), out, Modo(nome, **how))
    return [json.loads(line) for line in out.getvalue().splitlines()], fatto


# --- what leaves ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cosa", COUNTED)
def test_every_row_leaves_once_in_the_order_in_which_it_came(home, cosa):
    rows, fatto = taken(home, cosa)
    with home.read() as conn:
        assert fatto.righe == len(rows) == conn.scalar(COUNTED[cosa]) > 0
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids)) and fatto.fino == ids[-1]
    assert list(rows[0]) == list(ESTRATTI[cosa].fonte.colonne)


def test_every_column_has_its_words_and_every_table_its_letters():
    for each in ESTRATTI.values():
        assert {*each.fonte.colonne, each.fonte.giorno, *each.fonte.mutano} <= set(PAROLE) | {"quando"}
        assert len(each.sigla) == 2
    assert len({each.sigla for each in ESTRATTI.values()}) == len(ESTRATTI)


def test_rows_say_what_the_books_say(home):
    rows, _ = taken(home, "movimenti", in_chiaro=True)
    with home.read() as conn:
        here = MOVIMENTO.join(RAPPORTO, RAPPORTO.c.id == MOVIMENTO.c.rapporto_id)
        kept = {row.id: row for row in conn.execute(select(MOVIMENTO, RAPPORTO.c.conto).select_from(here))}
    for row in rows:
        mine = kept[row["id"]]
        cents = int(row["importo_con_segno"].replace(".", ""))
        assert cents == (-mine.importo if mine.segno == "D" else mine.importo)
        assert (row["conto"], row["descrizione"]) == (mine.conto, mine.descrizione)
        assert row["data_contabile"] == mine.data_contabile.isoformat()


@pytest.mark.parametrize(("first", "second"), [("rh", "ec"), ("ec", "rh")])
def test_what_two_statements_say_is_one_row_and_leaves_once(home, first, second):
    """Whichever came first leaves, and later says what the periodic one says."""
    with home.read() as conn:
        a, b = conn.execute(select(MOVIMENTO).order_by(MOVIMENTO.c.id).limit(2)).all()
    daily, periodic = (a, b) if first == "rh" else (b, a)
    save(home, "tutti", cosa="movimenti", colonne=["id", "importo", "descrizione"])
    before = again(home, "tutti")[0]
    with home.begin() as conn:
        conn.execute(MOVIMENTO.update().where(MOVIMENTO.c.id == periodic.id).values(gemello_id=daily.id))
    rows = again(home, "tutti")[0]
    assert [row["id"] for row in rows] == [row["id"] for row in before if row["id"] != b.id]
    said = next(row for row in before if row["id"] == periodic.id)
    assert {**said, "id": a.id} in rows
    assert again(home, "tutti", nuove=True)[0] == []


def test_another_company_takes_nothing_of_ours(home):
    with home.begin() as conn:
        from ledger import aziende

        other = aziende.create(conn, home.ports, sia="Z9Y8X", nome="Altra", codice_fiscale="12121210152")
    for cosa in ESTRATTI:
        out = BytesIO()
        assert export(home, other, richieste.of(cosa=cosa), out).righe == 0
        assert len(out.getvalue().splitlines()) == 1  # the headings


def test_accounts_are_told_in_part_unless_asked_for(home):
    with home.read() as conn:
        number = conn.scalar(select(RAPPORTO.c.conto).where(RAPPORTO.c.abi == "03069"))
    covered, _ = taken(home, "movimenti", solo={"banca": "03069"})
    whole, _ = taken(home, "movimenti", solo={"banca": "03069"}, in_chiaro=True)
    assert {row["conto"] for row in covered} == {f"…{number[-4:]}"}
    assert {row["conto"] for row in whole} == {number}


def test_columns_and_filters_are_those_asked_for(home):
    rows, _ = taken(home, "disposizioni", colonne=["scadenza", "importo"], dal=date(2026, 12, 1))
    everything, _ = taken(home, "disposizioni")
    late = [row for row in everything if row["scadenza"] >= "2026-12-01"]
    assert rows == [{"scadenza": row["scadenza"], "importo": row["importo"]} for row in late]
    assert 0 < len(rows) < len(everything)
    one = everything[3]
    for column in ("importo", "id", "scadenza", "chiave"):
        found, _ = taken(home, "disposizioni", solo={column: str(one[column])})
        assert one in found and all(row[column] == one[column] for row in found)
    assert taken(home, "eccezioni", al=date(2020, 1, 1))[0] == []
    assert taken(home, "eccezioni", dal=casa.OGGI, al=casa.OGGI)[0] == taken(home, "eccezioni")[0]


def test_flows_leave_as_they_came_byte_for_byte(home):
    def flow(cosa, **asked):
        out = BytesIO()
        export(home, 1, richieste.of(cosa=cosa, formato="cbi", in_chiaro=True, **asked), out)
        return out.getvalue()

    with home.read() as conn:
        sent = [archivio.load(home, each.sha256) for each in distinte.list_(conn)]
        received = [archivio.load(home, each.sha256) for each in outcomes.files(conn)]
    assert flow("distinte") == flow("disposizioni") == b"".join(sent)
    assert flow("distinte", solo={"banca": "02008"}) == sent[1]
    assert flow("ricevuti") == b"".join(received)
    assert flow("messaggi") == MESSAGGIO
    statements = [s.raw for data in received for s in cbi.read_supporti(BytesIO(data)) if s.flow == "RH"]
    assert statements and flow("movimenti") == b"".join(statements)
    refused("ESPORTA-003", richieste.of, cosa="distinte", formato="cbi")


def test_a_table_can_be_taken_by_a_user_who_proves_who_they_are(home):
    modo = Modo(chi=("bianchi", casa.PASSWORD))
    assert taken(home, "distinte", modo)[1].righe == 2
    assert events(home)[-1]["chi"] == "bianchi"
    out = BytesIO()
    refused("UTENTE-005", export, home, 1, richieste.of(cosa="esiti"), out, replace(modo, chi=("bianchi", "sbagliata")))
    assert out.getvalue() == b"" and len(events(home)) == 1


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_file_is_called_by_what_it_holds_and_replaced_only_when_asked(home, tmp_path):
    asked = richieste.of(cosa="insoluti", profilo="07", unita="AM")
    fatto = export(home, 1, asked, tmp_path)
    assert fatto.path == tmp_path / "EXIN07AM.csv"
    before = fatto.path.read_bytes()
    assert archivio.digest(before) == fatto.sha256 == events(home)[-1]["sha256"]
    refused("ESPORTA-002", export, home, 1, asked, tmp_path)
    assert fatto.path.read_bytes() == before and len(events(home)) == 1
    assert export(home, 1, asked, tmp_path, Modo(force=True)).sha256 == fatto.sha256
    named = richieste.of(cosa="esiti", nome="esiti.csv")
    assert export(home, 1, named, tmp_path).path == tmp_path / "esiti.csv"


def test_a_dry_run_writes_nothing(home, tmp_path):
    fatto = export(home, 1, richieste.of(cosa="esiti"), tmp_path / "e.csv", Modo(dry_run=True))
    assert fatto.righe == taken(home, "esiti")[1].righe
    assert not (tmp_path / "e.csv").exists() and len(events(home)) == 1


@pytest.mark.parametrize("mode", ["before", "after"])
def test_what_fails_halfway_leaves_no_half_file_and_no_row_is_lost(home, tmp_path, mode):
    """At each call to the disk: there is the whole file or none; if no event tells of it, its rows leave again."""
    with home.read() as conn:
        many = conn.scalar(COUNTED["esiti"])
    failed, n, reached = 0, 0, True
    while reached:
        n += 1
        nome, target = f"prova{n}", tmp_path / f"{n}.ndjson"
        save(home, nome, cosa="esiti")
        disk = casa.Disk(mode=mode, error=lambda: OSError(5, "Input/output error"))
        asked, broken = richieste.profile(home, nome), replace(home, ports=replace(home.ports, disk=disk))
        disk.fail_at = n
        try:
            export(broken, 1, asked, target, Modo(nome, nuove=True))
        except OSError:
            failed += 1
        reached = len(disk.calls) >= n
        told = [each["sha256"] for each in events(home) if each["file"] == target.name]
        assert not told or told == [archivio.digest(target.read_bytes())]
        assert not target.exists() or len(target.read_bytes().splitlines()) == many
        assert len(again(home, nome, nuove=True)[0]) == (0 if told else many)
    assert failed >= 4  # exists, write_parts, rename, fsync_dir at least; that nothing can be swept stops nobody


# --- only what is new -------------------------------------------------------------------------------------------------


def test_what_has_left_does_not_leave_again_and_what_is_new_does(home):
    save(home, "studio", cosa="disposizioni", solo={"banca": "03069"})
    first, _ = again(home, "studio", nuove=True)
    assert len(first) == 8
    nothing, fatto = again(home, "studio", nuove=True)
    assert (nothing, fatto.righe, len(events(home))) == ([], 0, 1)
    assert import_file(home, casa.flow("TERZO", range(30, 33)), "terzo.cbi", 1).clean
    assert import_file(home, casa.flow("QUARTO", range(40, 42), "02008"), "quarto.cbi", 1).clean
    new, fatto = again(home, "studio", nuove=True)
    assert len(new) == 3 and not {row["id"] for row in new} & {row["id"] for row in first}
    repeated, same = again(home, "studio", ancora=True)
    assert (repeated, same.uguale, same.sha256) == (new, True, fatto.sha256)
    assert again(home, "studio", nuove=True)[0] == []
    everything, _ = again(home, "studio")
    assert everything == first + new


def test_the_last_file_done_again_is_told_from_another_when_its_rows_have_changed(home):
    save(home, "stati", cosa="disposizioni")
    again(home, "stati", nuove=True)
    with home.begin() as conn:
        conn.execute(DISPOSIZIONE.update().where(DISPOSIZIONE.c.id == 1).values(stato="Revocata"))
    assert again(home, "stati", ancora=True)[1].uguale is False


def test_one_profile_knows_nothing_of_another(home):
    for nome in ("uno", "due"):
        save(home, nome, cosa="esiti")
    assert again(home, "uno", nuove=True)[0] == again(home, "due", nuove=True)[0] != []


def test_what_a_row_is_chosen_by_must_not_change_later(home):
    save(home, "stato", cosa="disposizioni", solo={"stato": "Pagata"})
    save(home, "mese", cosa="disposizioni", dal=date(2026, 12, 1))
    for nome in ("stato", "mese"):
        refused("ESPORTA-007", again, home, nome, nuove=True)
        assert again(home, nome)[1].righe >= 0
    save(home, "movimenti", cosa="movimenti", dal=date(2026, 1, 1))
    assert again(home, "movimenti", nuove=True)[0]


def test_a_profile_that_chooses_other_rows_begins_again(home):
    save(home, "banca", cosa="esiti", solo={"banca": "03069"})
    again(home, "banca", nuove=True)
    path = home.path / richieste.FILE
    path.write_text(path.read_text().replace("03069", "02008"))
    refused("ESPORTA-009", again, home, "banca", nuove=True)
    whole = again(home, "banca")[0]
    assert {row["banca"] for row in whole} == {"02008"}
    assert again(home, "banca", nuove=True)[0] == []


def test_memory_is_of_profiles_and_begins_with_the_first_export(home):
    refused("ESPORTA-008", taken, home, "esiti", Modo(nuove=True))
    save(home, "mai", cosa="esiti")
    refused("ESPORTA-008", again, home, "mai", ancora=True)


def test_two_at_once_do_not_take_the_same_rows(home, tmp_path, monkeypatch):
    save(home, "tutti", cosa="esiti")
    real = esportazioni._gate

    def slow(*args):
        monkeypatch.setattr(esportazioni, "_gate", real)
        again(home, "tutti", nuove=True)
        return real(*args)

    monkeypatch.setattr(esportazioni, "_gate", slow)
    out = tmp_path / "secondo.ndjson"
    asked = richieste.profile(home, "tutti")
    refused("ESPORTA-011", export, home, 1, asked, out, Modo("tutti", nuove=True))
    assert not out.exists() and len(events(home)) == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["casa"]


def test_the_journal_still_holds_and_still_makes_the_books(home, tmp_path):
    from ledger import ricostruzione

    save(home, "tutti", cosa="esiti")
    again(home, "tutti", nuove=True)
    with home.read() as conn:
        assert journal.verify(conn, 1) is None
        assert ricostruzione.check(conn, 1) == []


# --- messages ---------------------------------------------------------------------------------------------------------


def test_a_message_is_read_listed_and_marked(home):
    with home.read() as conn:
        (found,) = messaggi.all_(conn, 1)
    assert (found.nome_supporto, found.banca, found.letto) == ("SL20112602", "03069", "")
    marked = messaggi.mark(home, 1, found.id, "bianchi", casa.PASSWORD)
    assert marked.letto == "bianchi"
    assert messaggi.mark(home, 1, found.id, "bianchi", casa.PASSWORD) == marked
    with home.read() as conn:
        assert [each.letto for each in messaggi.all_(conn, 1)] == ["bianchi"]
    messaggi.mark(home, 1, found.id, "bianchi", casa.PASSWORD, letto=False)
    with home.read() as conn:
        assert [each.letto for each in messaggi.all_(conn, 1)] == [""]
        refused("MESSAGGIO-001", messaggi.get, conn, 1, "99:1")


TEXT = ["PRIMA RIGA", "", "  SALDO 1", "ALTRO", "  SALDO 2", "ULTIMA"]


@pytest.fixture
def letter(home):
    header, _, trailer = MESSAGGIO.splitlines()
    body = [line.ljust(120).encode() for line in TEXT]
    data = b"".join(line + b"\r\n" for line in (header, *body, trailer)).replace(b"SL20112602", b"SL20112699")
    casa.drop(home, "lettera.cbi", data)
    assert receive(home)[0].verdetto == "fatto"
    with home.read() as conn:
        return home, messaggi.all_(conn, 1)[-1].id


@pytest.mark.parametrize(
    ("righe", "wanted"),
    [
        ({"senza_cornice": True}, TEXT),
        ({"salta_prime": 1, "salta_ultime": 1}, TEXT),
        ({"senza_cornice": True, "salta_prime": 2, "salta_ultime": 3}, ["  SALDO 1"]),
        ({"senza_cornice": True, "salta_prime": 9}, []),
        ({"senza_cornice": True, "salta_ultime": 9}, []),
        ({"contiene": "SALDO"}, ["  SALDO 1", "  SALDO 2"]),
        ({"contiene": "SALDO", "colonne": [3, 7]}, ["SALDO", "SALDO"]),
        ({"contiene": "SALDO", "senza_spazi": True, "rientro": 1}, [" SALDO 1", " SALDO 2"]),
        ({"contiene": "SALDO", "colonne": [1, 3], "senza_spazi": True}, ["S", "S"]),
    ],
)
def test_the_lines_of_a_message_are_cut_as_portals_do(letter, righe, wanted):
    home, which = letter
    out = BytesIO()
    asked = richieste.of(cosa="messaggi", formato="testo", solo={"messaggio": which}, righe=righe)
    export(home, 1, asked, out)
    assert out.getvalue().decode().split("\r\n")[:-1] == wanted


def test_only_the_messages_that_are_new(home):
    save(home, "posta", cosa="messaggi", righe={"senza_cornice": True})
    first, _ = again(home, "posta", nuove=True)
    assert [row["testo"].strip() for row in first] == ["RICEVUTA LA VOSTRA DEL 20/11/2026."]
    casa.drop(home, "altro.cbi", MESSAGGIO.replace(b"SL20112602", b"SL20112603"))
    receive(home)
    new, _ = again(home, "posta", nuove=True)
    assert [row["nome_supporto"] for row in new] == ["SL20112603"]
    assert again(home, "posta", nuove=True)[0] == []


def test_a_message_that_was_refused_at_first_is_new_when_it_is_taken(home, monkeypatch):
    """Its file was there before others that have left already: what counts is when it was taken."""
    save(home, "posta", cosa="messaggi", righe={"senza_cornice": True})
    late, soon = (MESSAGGIO.replace(b"SL20112602", b"SL2011265%d" % n) for n in (0, 1))
    with monkeypatch.context() as patch:
        patch.delitem(smistamento._KINDS, ("SL", "from_bank"))
        casa.drop(home, "tardi.cbi", late)
        assert [each.verdetto for each in receive(home)] == ["quarantena"]
    casa.drop(home, "subito.cbi", soon)
    receive(home)
    assert len(again(home, "posta", nuove=True)[0]) == 2
    casa.drop(home, "tardi.cbi", late)
    receive(home)
    assert [row["nome_supporto"] for row in again(home, "posta", nuove=True)[0]] == ["SL20112650"]


# --- profiles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("[x", "ESPORTA-004", "TOML"),
        ('[x]\nformato = "csv"', "ESPORTA-003", "[x] cosa: manca"),
        ('[x]\ncosa = "conti"', "ESPORTA-003", "distinte"),
        ('[x]\ncosa = "esiti"\nformato = "pdf"', "ESPORTA-003", "xlsx"),
        ('[x]\ncosa = "esiti"\nboh = 1', "ESPORTA-003", "boh: non è una chiave"),
        ('[x]\ncosa = "esiti"\ncolonne = ["importi"]', "ESPORTA-003", "«importi»"),
        ('[x]\ncosa = "esiti"\ncolonne = ["importo", "importo"]', "ESPORTA-003", "due volte"),
        ('[x]\ncosa = "esiti"\nsolo = { importo = "tanto" }', "ESPORTA-003", "1234.50"),
        ('[x]\ncosa = "esiti"\nsolo = { importo = "1.005" }', "ESPORTA-003", "1234.50"),
        ('[x]\ncosa = "esiti"\nsolo = { importo = "Infinity" }', "ESPORTA-003", "1234.50"),
        ('[x]\ncosa = "esiti"\nsolo = { quando = "2026-01-01" }', "ESPORTA-003", "quando"),
        ('[x]\ncosa = "esiti"\nformato = "testo"', "ESPORTA-003", "messaggi"),
        ('[x]\ncosa = "esiti"\nformato = "cbi"', "ESPORTA-003", "in_chiaro"),
        ('[x]\ncosa = "esiti"\nunita = "abc"', "ESPORTA-003", "unita"),
        ('[x]\ncosa = "esiti"\nnome = "../fuori.csv"', "ESPORTA-003", "nome"),
        ('[x]\ncosa = "messaggi"\n[x.righe]\ncolonne = [0, 130]', "ESPORTA-003", "righe.colonne"),
    ],
)
def test_a_wrong_profile_is_refused_by_its_place_and_with_words(home, text, code, words):
    (home.path / richieste.FILE).write_text(text, encoding="utf-8")
    assert words in refused(code, richieste.profile, home, "x").it


def test_a_profile_is_saved_as_it_was_asked_and_read_back(home):
    asked = {
        "uno": richieste.of(cosa="esiti", dal=date(2026, 1, 2), solo={"controparte": 'ROSSI "E" FIGLI'}),
        "due e mezzo": richieste.of(cosa="messaggi", formato="testo", righe={"colonne": [3, 9], "contiene": "è"}),
    }
    for nome, richiesta in asked.items():
        richieste.save(home, nome, richiesta)
    assert richieste.profiles(home) == asked
    refused("ESPORTA-006", richieste.save, home, "uno", asked["uno"])
    refused("ESPORTA-005", richieste.profile, home, "tre")


def test_headings_are_those_of_the_dialect(home):
    for dialetto, cut in DIALETTI.items():
        out = BytesIO()
        export(home, 1, richieste.of(cosa="insoluti", dialetto=dialetto, colonne=["importo", "scadenza"]), out)
        heading, row, *_ = csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig")), delimiter=cut.separatore)
        assert heading == (["Importo", "Scadenza"] if dialetto == ITALIANO else ["Amount", "Due"])
        assert cut.decimale in row[0] and ("/" if dialetto == ITALIANO else "-") in row[1]


@pytest.mark.ovunque
def test_tables_leave_a_file_and_a_server_alike(sala):
    home = sala.home
    assert import_file(home, riba(), "uno.cbi", sala.azienda_id).clean
    for cosa, many in {**dict.fromkeys(ESTRATTI, 0), "distinte": 1, "disposizioni": 3}.items():
        richieste.save(home, cosa, richieste.of(cosa=cosa, formato="ndjson"))
        out = BytesIO()
        fatto = export(home, sala.azienda_id, richieste.profile(home, cosa), out, Modo(cosa, nuove=True))
        assert (fatto.righe, len(out.getvalue().splitlines())) == (many, many)
        again = export(home, sala.azienda_id, richieste.profile(home, cosa), out, Modo(cosa, nuove=True))
        assert (again.righe, again.fino) == (0, fatto.fino)


class Closed(BytesIO):
    """The end of a pipe whose reader has gone: one is told when what was kept back is handed over."""

    def flush(self):
        raise BrokenPipeError


def test_rows_that_nobody_took_have_not_left(home):
    modo = Modo("tutti", nuove=True)
    with pytest.raises(BrokenPipeError):
        export(home, 1, richieste.of(cosa="esiti", formato="ndjson"), Closed(), modo)
    rows, _ = taken(home, "esiti", modo)
    with home.read() as conn:
        assert len(rows) == conn.scalar(COUNTED["esiti"]) > 0
