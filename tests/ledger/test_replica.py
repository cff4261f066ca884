"""Replay: a home made again elsewhere from its archive and its journal, and a live one checked as if it were."""

import json
import os
import shutil
import sqlite3
from datetime import UTC, date, datetime
from io import BytesIO
from time import process_time

import pytest
from sqlalchemy import select

from ledger import (
    composizione,
    distinte,
    esporta,
    firme,
    importa,
    journal,
    operazioni,
    partenze,
    replica,
    ricostruzione,
    rifacimento,
    riscrittura,
    utenti,
    verifica,
)
from ledger.canonico import canonical
from ledger.errors import Refused
from ledger.home import Home
from ledger.partenze import Diversa, first_difference
from ledger.ports import Ports, real_ports
from ledger.schema import DISPOSIZIONE, JOURNAL, METADATA
from spool.dispatch import dispatch_ready
from tests.ledger import lungo
from tests.ledger.flussi import riba
from tests.ledger.giornale import linked
from tests.ledger.sala import PASSWORD as FRASE
from tests.ledger.sala import QUICK_HASHER, _empty
from tests.ledger.test_ricostruzione import differences, tamper, template  # noqa: F401
from tests.spool.casa import PASSWORD, SIA, Clock, Crash, Disk, copy, flow

CAMBIATA = "tutt'altra frase lunga"
UNTOLD = {
    "accesso",
    "diagnostica",
    "esito",
    "scheda",
    "promemoria",
    "eccezione",
    "rapporto",
    "movimento",
    "lavoro",
    "linea",
}
A_MOMENT_LATER = {"cambio", "approvazione", "file", "intento"}  # whose instant is that of their event


@pytest.fixture(scope="module")
def full(template, tmp_path_factory):  # noqa: F811
    """The home of the fold's tests, and a month later what changes, composes and asks back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utenti, "HASHER", QUICK_HASHER)
        home = copy(template, tmp_path_factory.mktemp("piena") / "casa")
        home = Home(home.path, Ports(Clock(datetime(2026, 12, 1, 9, tzinfo=UTC)), *_rest(home)), home.engine)
        importa.import_file(home, flow("SESTO", range(40, 46)), "sesto.cbi", 1)
        importa.import_file(home, flow("SETTIMO", range(50, 52)) + flow("OTTAVO", range(52, 54)), "due.cbi", 1)
        with home.read() as conn:
            ids = {each.nome_supporto: each.id for each in distinte.list_(conn)}
            orders = [each.id for each in distinte.orders(conn, ids["SESTO"])]
        who = ("rosa", PASSWORD)
        operazioni.take_out(home, ids["SESTO"], orders[1:4], *who)
        operazioni.edit(home, ids["SESTO"], {"importo": "77.00"}, *who, ordini=orders[:1])
        made = operazioni.create(home, [orders[1]], *who, testata=rifacimento.Testata("COMPOSTA"))
        operazioni.delete_order(home, orders[2], *who)
        like = operazioni.copy(
            home, ids["SETTIMO"], *who, testata=rifacimento.Testata("COPIA"), campi={"importo": "12.34"}
        )
        operazioni.delete(home, operazioni.copy(home, ids["OTTAVO"], *who).distinta_id, *who)
        back = operazioni.recall(home, ids["QUARTO"], *who, testata=rifacimento.Testata("RICHIAMI"))
        for each in (ids["SESTO"], made.distinta_id, like.distinta_id, ids["OTTAVO"], back.distinta_id):
            with home.read() as conn:
                stato = distinte.get(conn, each).stato
            if stato == "Inserita":
                firme.approve(home, each, *who)
            firme.sign(home, each, "bianchi", CAMBIATA)
        dispatch_ready(home)
    home.close()
    return home.path


def _rest(home):
    return home.ports.disk, home.ports.random


@pytest.fixture(autouse=True)
def tables_made_once(request, monkeypatch):
    """A home that comes to be is a copy of an empty one: making its tables takes longer than all the rest."""

    empty = _empty()

    def create(_cls, path, ports, _url=""):
        shutil.copytree(empty, path)
        return Home.open(path, ports)

    if "own_tables" not in request.fixturenames:
        monkeypatch.setattr(Home, "create", classmethod(create))


@pytest.fixture
def own_tables():
    """A home that comes to be makes its tables."""


@pytest.fixture
def home(full, tmp_path):
    found = copy(full, tmp_path / "casa")
    yield found
    found.close()


@pytest.fixture
def archive(home, tmp_path):
    esporta.archive(home, tmp_path / "copia")
    return tmp_path / "copia"


def replay(archive, **how):
    return replica.replay(archive, archive.parent / "nuova", how.pop("ports", real_ports()), **how)


def opened(path):
    return Home.open(path, real_ports())


def books(home, but=UNTOLD):
    """Every row that the journal tells, by table; without what it does not tell of it."""
    unsaid = {"utente": {"hash", "tentativi", "totp", "totp_ultimo"}} | {each: {"at"} for each in A_MOMENT_LATER}
    with home.read() as conn:
        return {
            table.name: [
                {name: value for name, value in row._mapping.items() if name not in unsaid.get(table.name, ())}
                for row in conn.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in METADATA.sorted_tables
            if table.name not in but
        }


def sent(home):
    return {path.name: path.read_bytes() for path in home.spool_dir.glob("*/*/out/*/*")}


def remade(path):
    return {each.name: each.read_bytes() for each in (path / "rifatti").rglob("*.cbi")}


# --- what is made again -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("own_tables")
def test_the_books_are_those_there_were_row_by_row(home, archive):
    assert all(each.sound for each in replay(archive))
    again = opened(archive.parent / "nuova")
    assert books(again) == books(home)
    assert [each for each in differences(again) if each.tabella not in UNTOLD] == []
    assert all(each.sound for each in verifica.verify(again))
    assert [each.garantiti for each in verifica.verify(again)] == [each.garantiti for each in verifica.verify(home)]
    again.close()


def test_every_file_that_left_is_made_again_byte_for_byte(home, archive):
    found = replay(archive)
    assert remade(archive.parent / "nuova") == sent(home)
    assert sum(each.partiti for each in found) == len(sent(home)) == 9
    assert list((archive.parent / "nuova" / "spool").iterdir()) == []  # nothing that could leave again


def test_they_are_made_from_where_they_came_not_copied(home, archive):
    with home.read() as conn:
        libri = ricostruzione.fold(conn, 1)
        names = {str(each.id): each.nome_supporto for each in distinte.list_(conn)}
    cut = {names[key] for key in libri.tabelle["distinta"] if partenze._source(libri, int(key))}
    assert {"PRIMO", "SECONDO", "QUARTO", "OTTAVO"} <= cut
    assert not {"SESTO", "COMPOSTA", "COPIA", "RICHIAMI"} & cut


def test_nobody_can_sign_in_to_a_home_made_again(archive):
    replay(archive)
    again = opened(archive.parent / "nuova")
    for login in ("bianchi", "rosa"):
        for password in (PASSWORD, CAMBIATA, ""):
            with pytest.raises(Refused, match="UTENTE-005"):
                utenti.authenticate(again, 1, login, password)
    again.close()


def test_the_key_that_signs_never_goes_with_an_archive(home, archive):
    assert (home.audit_dir / "chiave").exists()
    replay(archive)
    for folder in (archive, archive.parent / "nuova"):
        assert not (folder / "audit" / "chiave").exists()
    assert not (archive / "cbi.db").exists()


def test_a_home_made_again_makes_the_same_archive(archive):
    replay(archive)
    again = opened(archive.parent / "nuova")
    esporta.archive(again, archive.parent / "ancora")
    again.close()
    files = [{str(p.relative_to(at)): p.read_bytes() for p in at.rglob("*") if p.is_file()} for at in _both(archive)]
    assert files[0] == files[1]


def _both(archive):
    return archive, archive.parent / "ancora"


def test_up_to_a_day_the_home_is_as_it_was_at_the_end_of_that_day(template, archive, tmp_path):  # noqa: F811
    before = copy(template, tmp_path / "prima")
    replay(archive, until=date(2026, 11, 30))
    again = opened(archive.parent / "nuova")
    assert books(again) == books(before)
    assert remade(again.path) == sent(before)
    assert all(each.sound for each in verifica.verify(again))
    again.close()
    before.close()


@pytest.mark.parametrize(
    ("at", "day", "there"),
    [("2026-11-02T22:59:59.999999Z", 2, True), ("2026-11-02T23:00:00.000000Z", 2, False)],
)
def test_a_day_ends_at_midnight_in_rome(at, day, there):
    assert (at < replica._end(date(2026, 11, day))) is there


def test_without_keys_the_chain_speaks_for_itself(archive):
    for each in (archive / "audit").iterdir():
        each.unlink()
    assert [each.verdetto.garantiti for each in replay(archive)] == [0, 0]


# --- what is not as it was --------------------------------------------------------------------------------------------


def altered(archive, number, old, new):
    path = archive / "journal.ndjson"
    lines = path.read_text().splitlines(keepends=True)
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new, 1)
    path.write_text("".join(lines))


def no_home(archive):
    return sorted(each.name for each in archive.parent.iterdir()) == ["casa", "copia"]


def test_one_changed_letter_in_an_event_names_it_and_makes_no_home(archive):
    altered(archive, 7, "bianchi", "biancho")
    found = replay(archive)[0].verdetto.cammino
    assert (found.eventi, found.guasto.numero, found.guasto.motivo) == (6, 7, "hash")
    assert no_home(archive)


def test_a_journal_cut_at_its_end_is_told_by_the_checkpoint(archive):
    path = archive / "journal.ndjson"
    lines = [each for each in path.read_text().splitlines(keepends=True) if '"azienda_id":1,' in each]
    path.write_text("".join(lines[:50]))
    told = {each.verdetto.sia: each.verdetto.cammino.guasto for each in replay(archive)}
    assert {sia: (each.numero, each.motivo) for sia, each in told.items()} == {
        SIA: (51, "coda"),
        "Z9Y8X": (1, "coda"),  # of which there is a checkpoint and no event
    }
    assert no_home(archive)


def content_of(archive, word):
    line = next(each for each in (archive / "journal.ndjson").read_text().splitlines() if word in each)
    sha256 = json.loads(json.loads(line)["dati"])["dati"]["sha256"]
    return sha256, archive / "archive" / sha256[:2] / sha256


def test_a_content_that_is_missing_or_altered_is_named_with_who_names_it(archive):
    missing, path = content_of(archive, "PRIMO")
    path.unlink()
    changed, path = content_of(archive, "COMPOSTA")
    path.write_bytes(path.read_bytes().replace(b"PRIMA", b"PRIMO") + b" ")
    (first, _) = replay(archive)
    told = [(each.soggetto, each.sha256, each.perche.code) for each in first.guasti]
    assert [each[1:] for each in told] == [(missing, "ARCHIVIO-001"), (changed, "ARCHIVIO-002")]
    assert told[1][0].startswith("distinta:")
    assert no_home(archive)


@pytest.mark.parametrize(("where", "name"), [("as_it_left", "PRIMO"), ("again", "COMPOSTA")])
def test_a_file_that_is_made_otherwise_is_named_with_its_first_different_byte(monkeypatch, archive, where, name):
    module = partenze if where == "as_it_left" else composizione
    real = getattr(module, where)

    def otherwise(*args, **kwargs):
        made = real(*args, **kwargs)
        if name.encode() not in made:
            return made
        at = made.index(b"\n") + 31
        return made[:at] + bytes([made[at] ^ 1]) + made[at + 1 :]

    monkeypatch.setattr(module, where, otherwise)
    (first, _) = replay(archive)
    (fuori,) = first.fuori
    assert (name in fuori.nome_file, fuori.diversa.line, fuori.diversa.column) == (True, 2, 31)
    assert fuori.diversa.atteso[1:] == fuori.diversa.trovato[1:]
    assert ord(fuori.diversa.atteso[0]) ^ ord(fuori.diversa.trovato[0]) == 1
    assert (archive.parent / "nuova").exists()  # the books are those there were, all the same


def test_the_first_difference_of_contents_of_any_length():
    assert first_difference(b"AB\r\nCD\r\n", b"AB\r\nCD\r\n") is None
    assert first_difference(b"AB\r\nCD\r\n", b"AB\r\nCE\r\n") == Diversa(2, 2, "D", "E")
    assert first_difference(b"AB\r\nCD\r\n", b"AB\r\n") == Diversa(2, 1, "CD", "")
    assert first_difference(b"AB", b"") == Diversa(1, 1, "AB", "")


def test_events_that_this_version_cannot_follow_are_told(home, tmp_path):
    with home.begin() as conn:
        at = home.ports.clock.now()
        journal.append(conn, azienda_id=1, tipo="novita", soggetto="cosa:1", dati={}, at=at)
    esporta.archive(home, tmp_path / "copia")
    (first, _) = replay(tmp_path / "copia")
    assert [(each.tabella, each.chiave) for each in first.differenze] == [("journal", "novita")]
    assert (tmp_path / "nuova").exists()


# --- what is not to be replayed ---------------------------------------------------------------------------------------


def test_a_folder_that_is_there_is_not_written_over(archive):
    (archive.parent / "nuova").mkdir()
    with pytest.raises(Refused, match="REPLICA-001"):
        replay(archive)


def test_a_folder_without_a_journal_is_no_archive(tmp_path):
    (tmp_path / "copia").mkdir()
    with pytest.raises(Refused, match="REPLICA-002"):
        replay(tmp_path / "copia")
    assert list(tmp_path.iterdir()) == [tmp_path / "copia"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"che cosa?",
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b'{"azienda_id":' + b"9" * 5000 + b"}",
        "event with azienda_id=true",
        "event with numero=1.5",
        "event with numero=99999999999",
        "event with dati=null",
        "event with at=3",
        "event with altro=1",
    ],
    ids=lambda each: str(each)[:40],
)
def test_a_line_that_is_no_event_is_told_by_its_number(archive, line):
    path = archive / "journal.ndjson"
    lines = path.read_bytes().splitlines()
    if isinstance(line, str):
        name, _, value = line.removeprefix("event with ").partition("=")
        line = json.dumps({**json.loads(lines[3]), name: json.loads(value)}).encode()
    path.write_bytes(b"\n".join([*lines[:3], line, *lines[4:]]))
    with pytest.raises(Refused, match="REPLICA-004") as refused:
        replay(archive)
    assert "line 4:" in refused.value.en
    assert no_home(archive)


def test_a_line_too_long_to_be_an_event_is_not_read_whole():
    read = []

    class Endless(BytesIO):
        def readline(self, size=-1):
            read.append(size)
            return b"x" * min(size, 10)

    with pytest.raises(Refused, match="REPLICA-004"):
        list(replica._events(Endless(), lambda _done: None))
    assert read == [replica.LONGEST_LINE]


HOSTILE = {
    "a digest that is a path": ("file_importato", lambda d: d | {"sha256": "../../../../etc/passwd"}),
    "a name that is a path": ("intento_inoltro", lambda d: d | {"file": "../../../fuori.cbi"}),
    "a name that is hidden": ("intento_inoltro", lambda d: d | {"file": ".fuori"}),
    "a bank that is a path": ("intento_inoltro", lambda d: d | {"abi": "../.."}),
    "orders that are no ranges": ("distinta_stato", lambda d: d | {"dati": d["dati"] | {"ordini": [["x", 3]]}}),
    "more orders than there are": ("distinta_stato", lambda d: d | {"dati": d["dati"] | {"ordini": [[1, 99]]}}),
    "a step without its data": ("distinta_stato", lambda d: {"evento": "importa"}),
    "data that are a list": ("banca_aggiunta", lambda _d: [1, 2]),
    "an id as large as one likes": ("banca_aggiunta", lambda d: d | {"id": 10**30}),
    "a name that is no text": ("banca_aggiunta", lambda d: d | {"nome": "\ud800"}),
    "a row twice": ("conto_aggiunto", lambda d: d | {"id": 2}),
    "a share of nobody": ("utente_condiviso", lambda d: d | {"persona": "NIENT.altro"}),
    "a signature of nobody": ("utente_creato", lambda d: d | {"password_at": "ieri"}),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_events_that_hold_and_make_no_books_are_refused_in_words(archive, what):
    """Whoever can write a whole journal can link it too: without a key nothing tells, and nothing is to break."""
    tipo, change = HOSTILE[what]
    for each in (archive / "audit").iterdir():
        each.unlink()
    path = archive / "journal.ndjson"
    events = [json.loads(line) for line in path.read_text().splitlines()]
    mine = [each for each in events if each["azienda_id"] == 1 and each["tipo"] != "checkpoint"]
    at = next(n for n, each in enumerate(mine) if each["tipo"] == tipo)
    mine[at] |= {"dati": canonical(change(json.loads(mine[at]["dati"])))}
    others = [each for each in events if each["azienda_id"] == 2]
    path.write_text("".join(f"{canonical(each)}\n" for each in [*linked(mine), *others]))
    try:
        found = replay(archive)
    except Refused as refused:
        assert refused.code == "REPLICA-003"
    else:
        assert [each.perche.code for each in found[0].guasti] == ["REPLICA-003"]
    assert no_home(archive)
    assert not list(archive.parent.rglob("*fuori*"))


def test_a_chain_that_is_of_no_company_is_refused(archive):
    altered(archive, 1, f"azienda:{SIA}", "azienda:../..")
    with pytest.raises(Refused, match="REPLICA-003"):
        replay(archive)
    assert no_home(archive)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("error", [lambda: OSError(28, "full"), Crash])
def test_one_that_stops_halfway_leaves_no_home(archive, share, error):
    """A crash may leave the scratch folder, under a name that is no home's; never the home."""
    whole = Disk()
    replica.replay(archive, archive.parent / "prova", Ports(Clock(), whole, real_ports().random))
    failing = Disk(int(len(whole.calls) * share) or 1, error=error)
    with pytest.raises((OSError, Crash)):
        replay(archive, ports=Ports(Clock(), failing, real_ports().random))
    assert not (archive.parent / "nuova").exists()


@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
def test_an_archive_that_stops_halfway_is_not_there(home, tmp_path, share):
    disk = Disk()
    at = Home(home.path, Ports(Clock(), disk, real_ports().random), home.engine)
    esporta.archive(at, tmp_path / "prova")
    disk.calls, disk.fail_at = [], int(len(disk.calls) * share)
    with pytest.raises(Crash):
        esporta.archive(at, tmp_path / "copia")
    assert not (tmp_path / "copia").exists()
    with pytest.raises(Refused, match="ESPORTA-001"):
        esporta.archive(at, tmp_path / "prova")


# --- a live home ------------------------------------------------------------------------------------------------------


def portrait(home):
    return {str(p): p.read_bytes() for p in home.path.rglob("*") if p.is_file() and p.suffix not in (".db-shm",)}


def test_a_live_home_is_as_its_journal_and_archive_make_it_and_nothing_is_written(home):
    before = portrait(home)
    found = replica.check(home)
    assert all(each.sound for each in found)
    assert [each.partiti for each in found] == [9, 0]
    assert portrait(home).keys() == before.keys()
    with home.read() as conn:
        assert len(conn.execute(select(JOURNAL)).all()) == sum(each.eventi for each in found)


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("UPDATE disposizione SET importo = importo + CASE id WHEN 1 THEN 1 ELSE -1 END WHERE id IN (1, 2)", "importo"),
        ("UPDATE disposizione SET controparte = 'ALTRI' WHERE id = 3", "controparte"),
        ("UPDATE disposizione SET raw = x'00' WHERE distinta_id IS NULL", "raw"),
        ("UPDATE disposizione SET scadenza = '2026-01-01' WHERE id = 2", "scadenza"),
        ("UPDATE disposizione SET stato = 'Pagata' WHERE distinta_id IS NULL", "stato"),
        ("UPDATE distinta SET file_id = 1 WHERE id = 2", "file_id"),
    ],
)
def test_what_only_the_bytes_tell_of_an_order_is_compared_too(home, statement, column):
    tamper(home, statement)
    (first, _) = replica.check(home)
    assert column in {each.campo for each in first.differenze}
    assert not first.sound


def test_a_content_gone_from_a_live_home_is_named(home):
    with home.read() as conn:
        sha256 = distinte.get(conn, 1).sha256
    (home.archive_dir / sha256[:2] / sha256).unlink()
    (first, _) = replica.check(home)
    assert [each.perche.code for each in first.guasti] == ["ARCHIVIO-001"]


def test_a_live_journal_that_does_not_hold_is_told_first(home):
    raw = sqlite3.connect(home.path / "cbi.db")
    raw.execute("DROP TRIGGER journal_no_update")
    raw.execute("UPDATE journal SET tipo = 'x' WHERE numero = 5 AND azienda_id = 1")
    raw.commit()
    raw.close()
    (first, _) = replica.check(home)
    assert (first.verdetto.cammino.guasto.numero, first.contenuti) == (5, 0)


def test_orders_are_read_again_as_they_were_kept(home):
    """Loose ones too, and those that were thrown away."""
    with home.read() as conn:
        told = {row["id"]: row for row in riscrittura.orders(home, 1, ricostruzione.fold(conn, 1))}
        kept = {row.id: dict(row._mapping) for row in conn.execute(select(DISPOSIZIONE))}
    assert told == kept
    assert sum(row["distinta_id"] is None for row in told.values()) == 2


@pytest.mark.ovunque
@pytest.mark.usefixtures("own_tables")
def test_a_home_on_a_server_is_checked_and_made_again_in_a_file(sala, tmp_path):
    importa.import_file(sala.home, riba(), "uno.cbi", sala.azienda_id)
    firme.sign(sala.home, 1, "carla", FRASE)
    dispatch_ready(sala.home)
    (checked,) = replica.check(sala.home)
    esporta.archive(sala.home, tmp_path / "copia")
    (found,) = replay(tmp_path / "copia")
    assert (checked.sound, checked.partiti, found.sound, found.partiti) == (True, 1, True, 1)
    again = opened(tmp_path / "nuova")
    assert books(again) == books(sala.home)
    again.close()


# --- how long it takes ------------------------------------------------------------------------------------------------

FEWEST = 1_000_000 / 600  # events a second: a million in ten minutes


def test_many_lives_are_replayed_like_one(tmp_path):
    distinte_made = lungo.archive(tmp_path / "copia", 500)
    (found,) = replay(tmp_path / "copia")
    assert found.sound
    assert (found.partiti, found.eventi >= 500) == (distinte_made, True)


@pytest.mark.long
@pytest.mark.skipif("CBI_SOAK" not in os.environ, reason="a minute: make soak")
def test_a_million_events_would_take_less_than_ten_minutes(tmp_path):
    lungo.archive(tmp_path / "copia", 50_000)
    start = process_time()  # of the processor: what else the machine does does not count
    (found,) = replay(tmp_path / "copia")
    rate = found.eventi / (process_time() - start)
    print(f"{found.eventi} events, {rate:.0f} a second")
    assert found.sound
    assert rate > FEWEST
