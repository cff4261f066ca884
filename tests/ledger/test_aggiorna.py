"""A home of the first version, brought up to this one: nothing is lost, and it goes on."""

from hashlib import sha256

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ledger import aziende, database, distinte, journal, movimenti, poteri, rapporti, ricostruzione, utenti
from ledger.errors import Refused
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import real_ports
from ledger.poteri import Potere
from ledger.profilo import Funzione
from ledger.ricerca import Filtro
from ledger.schema import METADATA, VERSION
from ledger.stati import Stato
from tests.ledger import vecchia
from tests.ledger.flussi import order, riba
from tests.ledger.sala import ports


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "casa"
    return path, vecchia.build(path)


def refused(code, action, *args):
    with pytest.raises(Refused) as found:
        action(*args)
    assert found.value.code == code
    return found.value


def test_an_older_home_is_not_opened_and_is_told_how_to_go_on(old):
    path, _ = old
    assert "cbi upgrade" in refused("HOME-003", Home.open, path, real_ports()).hint_en
    refused("HOME-003", Home.create, path, real_ports())


def test_everything_is_carried_over_and_the_journal_holds(old):
    path, orders = old
    assert Home.upgrade(path, ports()) == ("0001", VERSION)
    home = Home.open(path, real_ports())
    with home.read() as conn:
        assert compare_metadata(MigrationContext.configure(conn), METADATA) == []
        strict = {row.name: row.strict for row in conn.execute(text("PRAGMA table_list"))}
        assert all(strict[name] for name in METADATA.tables)
        assert journal.verify(conn, 1) is None
        assert conn.scalars(text("SELECT tipo FROM journal ORDER BY numero")).all() == [
            *["prova"] * 3,
            "archivio_aggiornato",
        ]
        found = [each for distinta in distinte.list_(conn) for each in distinte.orders(conn, distinta.id)]
        assert [(each.chiave, each.stato, each.raw) for each in found] == orders
        assert [each.line for each in found] == [2, 9, 2, 9, 16, 2]
        assert {(each.flusso, each.banca, each.nostro_abi, each.nostro_cab) for each in found} == {
            ("RIBA", "03069", "03069", "01234")
        }
        assert [each.segno for each in found] == ["-"] * 5 + ["+"]
        one, two, _ = distinte.list_(conn)
        assert (one.nostro_conto, two.nostro_conto) == ("000000012345", None)
        assert (one.origine, one.divisa, one.revisione, one.nostro_cab) == ("I", "EUR", 1, "01234")
        assert [row.vale for row in distinte.signatures(conn, 1)] == [True]
        assert conn.execute(text("SELECT flusso, chiave, controparte FROM esito")).all() == [
            ("RIBA", "0000000001", "OFFICINE")
        ]
    home.close()


def test_the_accounts_of_old_statements_are_in_the_register_and_their_movements_to_be_ticked(old):
    path, _ = old
    Home.upgrade(path, ports())
    home = Home.open(path, real_ports())
    with home.read() as conn:
        assert [(each.genere, each.conto, each.ultimo.saldo) for each in rapporti.list_(conn)] == [
            ("conto", "000000000001", 3),
            ("conto", "000000000002", 2),
        ]
        found = list(movimenti.each(conn, Filtro()))
        assert [(each.importo, each.conto, each.stato) for each in found] == [
            (1, "000000000001", "provvisorio"),
            (2, "000000000002", "provvisorio"),
            (3, "000000000001", "provvisorio"),
        ]
        assert all(each.scheda_id == rapporti.get(conn, each.scheda_id).id for each in found)
    home.close()


@pytest.mark.parametrize("version", ["0001", "0002", "0003", "0004"])
def test_the_weight_of_a_user_is_their_power_whatever_the_amount(tmp_path, version):
    vecchia.build(tmp_path / "casa", version=version)
    Home.upgrade(tmp_path / "casa", ports())
    home = Home.open(tmp_path / "casa", real_ports())
    with home.read() as conn:
        assert poteri.of(conn, 1) == Potere(70)
        assert compare_metadata(MigrationContext.configure(conn), METADATA) == []
        assert set(aziende.options(conn, 1).values()) == {"no"}
    home.close()


def test_the_tables_still_refuse_what_they_refused(old):
    path, _ = old
    Home.upgrade(path, ports())
    home = Home.open(path, real_ports())
    for statement in (
        "DELETE FROM journal",
        "DELETE FROM distinta WHERE id = 1",
        "INSERT INTO firma SELECT NULL, distinta_id, utente_id, 1, sha256, 1, 1, regole, at, 1 FROM firma",
        "UPDATE distinta SET nome_supporto = 'UNO' WHERE id = 2",
    ):
        with pytest.raises(IntegrityError), home.begin() as conn:
            conn.execute(text(statement))
    home.close()


def test_work_goes_on_after_it(old):
    path, _ = old
    Home.upgrade(path, ports())
    home = Home.open(path, ports())
    report = import_file(home, riba(order(3), order(9), nome="NUOVO"), "n.cbi", 1)
    assert [(doppio.numero, doppio.distinta_id, doppio.prima) for doppio in report.verdetti[0].doppi] == [(1, 2, 1)]
    with home.read() as conn:
        assert distinte.get(conn, 4).stato is Stato.INSERITA
        assert journal.verify(conn, 1) is None
    home.close()


FROZEN = {
    "0001": "e2a86a716095e9d437dddc6b3ff451730c2f2d90f8b8ca5854a7e7ea547a8349",
    "0002": "7f25dca654d933f4ae274f3da8349f426a985b9a4bb420d078f49a20db3427ee",
    "0003": "f8d6fa75222dc7cd78d917ffc3437079602a8ee132451b956bb16dfaa8c6453c",
    "0004": "3454c595901f276c44111c3bb14f6ab75d172aaba7952661a2adc08a95288e3e",
}


@pytest.mark.parametrize("version", [*FROZEN])
def test_the_tables_of_a_version_already_released_never_change(tmp_path, version):
    with vecchia.migrated(tmp_path, version) as conn:
        made = conn.execute(text("SELECT type, name, sql FROM sqlite_master ORDER BY type, name"))
        # Within a table made anew the constraints come in no order.
        rows = [
            (kind, name, sorted(line.strip().rstrip(",") for line in (sql or "").splitlines()))
            for kind, name, sql in made
        ]
    assert sha256(repr(rows).encode()).hexdigest() == FROZEN[version]


def test_twice_is_once(old):
    path, _ = old
    Home.upgrade(path, ports())
    assert Home.upgrade(path, ports()) == (VERSION, VERSION)
    home = Home.open(path, real_ports())
    with home.read() as conn:
        assert conn.scalar(text("SELECT count(*) FROM journal")) == 4
    home.close()


def test_what_is_not_a_home_or_is_of_another_program(tmp_path, old):
    refused("HOME-002", Home.upgrade, tmp_path / "vuota", ports())
    path, _ = old
    change(path, "UPDATE alembic_version SET version_num = '9999'")
    refused("HOME-003", Home.upgrade, path, ports())


def change(path, *statements):
    home = Home(path, ports(), database.connect(path, foreign_keys=False))
    with home.begin() as conn:
        for statement in statements:
            conn.execute(text(statement))
    home.close()


@pytest.mark.parametrize(
    ("code", "statements"),
    [
        ("HOME-009", ["DROP TRIGGER journal_no_update", "UPDATE journal SET dati = '{}' WHERE numero = 2"]),
        ("HOME-010", ["DELETE FROM file"]),
    ],
)
def test_what_does_not_hold_together_is_left_as_it_is(old, code, statements):
    path, _ = old
    change(path, *statements)
    refused(code, Home.upgrade, path, ports())
    assert "0001" in refused("HOME-003", Home.open, path, real_ports()).it


@pytest.mark.parametrize(("others", "right"), [((), "individuale"), (("bruno",), "congiunto")])
def test_whoever_was_a_user_administers_alone_only_if_alone(old, others, right):
    path, _ = old
    home = Home(path, ports(), database.connect(path))
    with home.begin() as conn:
        for login in others:
            copied = "azienda_id, peso, hash, stato, tentativi, at"
            conn.execute(text(f"INSERT INTO utente ({copied}, login) SELECT {copied}, '{login}' FROM utente"))
        for login in ("anna", *others):
            told = {"azienda_id": 1, "tipo": "utente_creato", "soggetto": f"utente:{login}", "dati": {"peso": 70}}
            journal.append(conn, **told, at=home.ports.clock.now())
    home.close()
    Home.upgrade(path, ports())
    home = Home.open(path, real_ports())
    with home.read() as conn:
        users = utenti.list_(conn, 1)
        assert [user.login for user in users] == ["anna", *others]
        assert {user.profilo.plain["amministra"] for user in users} == {right}
        assert all(user.profilo.allows(funzione) for user in users for funzione in Funzione)
        found = ricostruzione.check(conn, 1)
        assert [each for each in found if each.tabella in ("utente", "potere")] == []
    home.close()
