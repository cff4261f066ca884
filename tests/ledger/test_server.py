"""A home whose database is on a server: it behaves as one in a file does, and its address stays secret."""

import os
import stat
import sys
from datetime import date

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy import select, text

from cli import cbi
from ledger import aziende, database, distinte, journal, movimenti, rapporti, ricostruzione, riscontri, spunta
from ledger.errors import Refused
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import real_ports
from ledger.ricerca import Filtro
from ledger.riscontri import Mossa
from ledger.schema import FILE, METADATA, VERSION
from ledger.spunta import Segno
from reconcile.scalari import TIPI, prospetto
from spool.dispatch import dispatch_ready
from spool.receive import plant_all, receive
from tests.console import ROOT
from tests.ledger import vecchia
from tests.ledger.flussi import riba
from tests.ledger.sala import PARTITA_IVA, PASSWORD, FailingDisk, Fault, furnish, ports
from tests.server import GUARDED, name_in
from tests.spool import casa

INIT = ["init", "--sia", "A1B2C", "--nome", "Prova", "--codice-fiscale", PARTITA_IVA, "--utente", "anna:100"]
SECRET = "gattini-segretissimi"


@pytest.fixture
def blank(server):
    made = server.blank()
    yield made
    server.drop(made)


def refused(code, action, *args):
    with pytest.raises(Refused) as found:
        action(*args)
    assert found.value.code == code
    assert found.value.it != found.value.en
    return found.value


# --- making one -------------------------------------------------------------------------------------------------------


def test_a_home_on_a_server_has_an_address_for_its_owner_and_no_file(blank, tmp_path):
    Home.create(tmp_path / "casa", real_ports(), blank).close()
    assert stat.S_IMODE((tmp_path / "casa" / database.ADDRESS).stat().st_mode) == 0o600
    assert sorted(path.name for path in (tmp_path / "casa").iterdir()) == ["archive", database.ADDRESS, "spool"]
    home = Home.open(tmp_path / "casa", real_ports())
    with home.read() as conn:
        assert compare_metadata(MigrationContext.configure(conn), METADATA) == []
    home.close()
    Home.create(tmp_path / "casa", real_ports(), blank).close()
    Home.create(tmp_path / "casa", real_ports()).close()


def test_a_database_is_of_one_home_and_a_home_of_one_database(blank, tmp_path):
    Home.create(tmp_path / "casa", real_ports(), blank).close()
    refused("HOME-015", Home.create, tmp_path / "altra", real_ports(), blank)
    assert not (tmp_path / "altra" / database.ADDRESS).exists()
    furnish(tmp_path / "in un file").home.close()
    refused("HOME-014", Home.create, tmp_path / "in un file", real_ports(), blank)
    refused("HOME-014", Home.create, tmp_path / "casa", real_ports(), blank + "&application_name=x")


def test_a_disk_that_fails_while_a_home_is_made_on_a_server(blank, server, tmp_path):
    counter = FailingDisk()
    Home.create(tmp_path / "conta", ports(counter), blank).close()
    for n in range(1, counter.calls + 1):
        server.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public", name_in(blank))
        with pytest.raises(Fault):
            Home.create(tmp_path / f"casa{n}", ports(FailingDisk(n)), blank)
        Home.create(tmp_path / f"casa{n}", real_ports(), blank).close()
        Home.open(tmp_path / f"casa{n}", real_ports()).close()


@pytest.mark.parametrize(
    "wrong", ["", "ciao", "mysql://x@y/z", "postgresql://solo-il-server", "postgresql://h:porta/a"]
)
def test_what_is_not_the_address_of_a_database_is_refused_and_not_repeated(wrong):
    error = refused("HOME-012", database.check_address, wrong)
    assert not wrong or wrong not in f"{error.it} {error.en} {error.hint_it} {error.hint_en}"


def test_without_the_library_one_is_told_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    error = refused("HOME-013", Home.create, tmp_path, real_ports(), "postgresql://x@/y")
    assert "pip install" in error.hint_it


def test_a_database_that_does_not_keep_every_letter_is_refused(server, tmp_path):
    server.run("CREATE DATABASE latina TEMPLATE template0 ENCODING 'LATIN1'")
    refused("HOME-016", Home.create, tmp_path, real_ports(), server.url("latina"))


# --- when the server says no ------------------------------------------------------------------------------------------


def test_a_server_or_a_database_that_is_not_there_is_told_with_its_own_words(server, tmp_path):
    nowhere = f"postgresql://cbi:{SECRET}@/x?host={tmp_path}"
    error = refused("HOME-020", Home.create, tmp_path / "a", real_ports(), nowhere)
    assert error.exit_code == 8 and str(tmp_path) in error.hint_it
    assert SECRET not in f"{error.it} {error.en} {error.hint_it}"
    error = refused("HOME-020", Home.create, tmp_path / "b", real_ports(), server.url("manca"))
    assert "manca" in error.hint_en


def test_a_password_that_is_missing_or_wrong_is_told(server, tmp_path):
    server.run(f"CREATE USER {GUARDED} PASSWORD '{SECRET}'")
    url = server.url("postgres").replace("cbi@", f"{GUARDED}@")
    refused("HOME-019", Home.create, tmp_path, real_ports(), url)
    error = refused("HOME-020", Home.create, tmp_path, real_ports(), url.replace("@", ":sbagliatissima@"))
    assert GUARDED in error.hint_it and "sbagliatissima" not in error.hint_it


def test_a_user_without_rights_is_told(server, blank, tmp_path):
    server.run("CREATE USER ospite")
    refused("HOME-017", Home.create, tmp_path / "a", real_ports(), blank.replace("cbi@", "ospite@"))


def test_a_server_that_can_only_be_read_is_told(server, url_of_a_home, tmp_path):
    server.run(f"ALTER DATABASE {name_in(url_of_a_home)} SET default_transaction_read_only = on")
    home = Home.open(tmp_path / "casa", real_ports())
    with pytest.raises(Refused) as found, home.begin() as conn:
        conn.execute(text("UPDATE azienda SET nome = 'x'"))
    assert found.value.code == "HOME-018"
    home.close()


@pytest.fixture
def url_of_a_home(server, tmp_path):
    made = server.database()
    furnish(tmp_path / "casa", url=made).home.close()
    yield made
    server.drop(made)


def test_a_connection_that_is_cut_is_told_nothing_is_kept_and_the_next_one_goes_on(server, url_of_a_home, tmp_path):
    home = Home.open(tmp_path / "casa", real_ports())
    with pytest.raises(Refused) as found, home.begin() as conn:
        conn.execute(text("UPDATE azienda SET nome = 'x'"))
        mine = conn.scalar(text("SELECT pg_backend_pid()"))
        server.run(f"SELECT pg_terminate_backend({mine}, 5000)")
        conn.execute(text("UPDATE azienda SET nome = 'y'"))
    assert found.value.code == "HOME-020"
    with home.read() as conn:
        assert aziende.find(conn).nome == "Ferramenta Prova srl"
    home.close()


# --- the same as in a file --------------------------------------------------------------------------------------------


def whole_story(home):
    dispatch_ready(home)
    casa.answers(home, strays=True)
    receive(home)
    with home.read() as conn:
        assert journal.verify(conn, 1) is None
        assert ricostruzione.check(conn, 1) == []
    try:
        return casa.portrait(home)
    finally:
        home.close()


def test_the_whole_story_is_the_same_on_a_server_and_in_a_file(blank, tmp_path):
    flows = [casa.flow("PRIMO", range(1, 6)), casa.flow("SECONDO", range(6, 9), "02008")]
    file, server = (casa.build(tmp_path / name, flows, url=url) for name, url in (("a", ""), ("b", blank)))
    assert whole_story(file) == whole_story(server)


def everything(home):
    with home.read() as conn:
        kept = {}
        for name, table in METADATA.tables.items():
            rows = conn.execute(table.select().order_by(*table.primary_key)).all()
            kept[name] = [{**row._mapping, "id": 0} if name == "iter" else dict(row._mapping) for row in rows]
        return kept


def test_an_older_home_brought_up_on_a_server_holds_the_same_rows(blank, tmp_path):
    found = []
    for name, url in (("a", ""), ("b", blank)):
        vecchia.build(tmp_path / name, url)
        assert Home.upgrade(tmp_path / name, ports()) == ("0001", VERSION)
        home = Home.open(tmp_path / name, real_ports())
        found.append(everything(home))
        with home.read() as conn:
            assert compare_metadata(MigrationContext.configure(conn), METADATA) == []
        home.close()
    assert found[0] == found[1]


@pytest.mark.parametrize("where", [b"SUPPORTO1", b"OFFICINE", b"FATT 1", b"CL1", b"02008"])
def test_whatever_is_in_a_file_comes_back_as_it_was(url_of_a_home, tmp_path, where):
    home, nome = Home.open(tmp_path / "casa", ports()), "però €\0 \\u0000 '%s'.cbi"
    report = import_file(home, riba().replace(where, b"\0" + where[1:]), nome, 1)
    with home.read() as conn:
        assert journal.verify(conn, 1) is None
        assert ricostruzione.check(conn, 1) == []
        assert conn.scalars(select(FILE.c.nome)).all() == [nome]
        made = distinte.get(conn, report.verdetti[0].distinta_id)
        assert made.nome_supporto == report.verdetti[0].nome_supporto
        assert made.nome_supporto.startswith("\0") == (where == b"SUPPORTO1")
    home.close()


def test_accounts_and_movements_are_the_same_on_a_server(blank, tmp_path):
    found = []
    for name, url in (("a", ""), ("b", blank)):
        home = casa.build(tmp_path / name, [casa.flow("RIBA-A", range(1, 3))], url=url)
        plant_all(home)
        dispatch_ready(home)
        for kind in ("rh", "ec", "ra", "rp", "dt"):
            casa.drop(home, f"{kind}.cbi", (ROOT / "fixtures" / f"{kind}.cbi").read_bytes())
        receive(home)
        seen = Filtro(conti=frozenset({("03069", "01600", "000000012345")}), segno="D")
        spunta.segna(home, 1, "bianchi", casa.PASSWORD, seen, Segno(True, etichetta="€"))
        with home.read() as conn:
            filters = (Filtro(), Filtro(testo="bonifico"), Filtro(importo_da=1), Filtro(supporto="RIBA20112601"))
            filters = (*filters, Filtro(valuta_dal=date(2026, 1, 1)), Filtro(spuntati=True), Filtro(distinta_id=1))
            looked = [list(movimenti.each(conn, each)) for each in filters]
            pages = [movimenti.page(conn, each, limit=2)[-1].place(each) for each in filters[:6]]
            again = [movimenti.page(conn, each, after) for each, after in zip(filters, pages, strict=False)]
            sums = [movimenti.totals(conn, each) for each in filters]
            cards = [(each.id, each.ultimo.saldo) for each in rapporti.list_(conn)]
            days = (date(2026, 11, 1), date(2026, 11, 30))
            lines = [list(prospetto(conn, 2, tipo, *days).righe) for tipo in TIPI]
            credited = Mossa(1, "03069", "100000004711", "C", distinte.get(conn, 1).totale, casa.OGGI, 10)
            names = [riscontri.distinte(conn, credited), riscontri.disposizioni(conn, credited)]
            assert ricostruzione.check(conn, 1) == []
        home.close()
        found.append((looked, again, sums, cards, lines, names))
    assert found[0][-1] == [[1], []]
    assert all(found[0])
    assert found[0] == found[1]


# --- as a person types it ---------------------------------------------------------------------------------------------


def run(path, *args, lines=(), lang="it"):
    read, write = os.pipe()
    os.write(write, "".join(f"{line}\n" for line in lines).encode())
    os.close(write)
    words = [str(read) if arg == "FD" else str(arg) for arg in args]
    result = CliRunner().invoke(cbi, ["--home", str(path), "--lang", lang, *words])
    os.close(read)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_commands_work_on_a_server_and_the_password_of_its_address_is_nowhere(blank, tmp_path):
    path, flow, fds = tmp_path / "casa", tmp_path / "flusso.cbi", ("--database-fd", "FD", "--password-fd", "FD")
    flow.write_bytes(riba())
    url = blank.replace("cbi@", f"cbi:{SECRET}@")
    said = [run(path, *INIT, *fds, "--dry-run", lines=[url])]
    assert not path.exists()
    said += [
        run(path, *INIT, *fds, lines=[url, PASSWORD]),
        run(path, "import", flow),
        run(path, "sign", "1", "--user", "anna", "--password-fd", "FD", lines=[PASSWORD]),
        run(path, "distinte", "show", "1"),
        run(path, "audit", "checkpoint"),
        run(path, "audit", "verify"),
        run(path, "audit", "rebuild", "--check"),
        run(path, "audit", "export"),
        run(path, "evidence", "1", "-o", tmp_path / "prova.zip"),
        run(path, "movements"),
        run(path, "exceptions"),
        run(path, "libro-firma", "--user", "anna"),
        run(path, "upgrade"),
    ]
    assert [each.exit_code for each in said] == [0] * len(said)
    assert len(list(path.glob("spool/*/*/out/new/*"))) == 1
    with_secret = [each for each in path.rglob("*") if each.is_file() and SECRET.encode() in each.read_bytes()]
    assert with_secret == [path / database.ADDRESS]
    assert not any(SECRET in each.output for each in said)


def test_a_wrong_address_is_refused_before_anything_is_asked(tmp_path):
    with pytest.raises(Refused, match="HOME-012"):
        run(tmp_path / "casa", *INIT, "--database-fd", "FD", lines=["postgresql://"])
    assert not (tmp_path / "casa").exists()
