"""The home and its archive; companies and users."""

import hashlib
import sqlite3
from datetime import UTC

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from ledger import archivio, aziende, database, journal, utenti
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import real_ports
from ledger.schema import METADATA, VERSION
from tests.ledger.sala import PASSWORD, FailingDisk, Fault, furnish, ports

IBAN = "IT60X0542811101000000123456"


def refused(code, action, *args, **kwargs):
    with pytest.raises(Refused) as found:
        action(*args, **kwargs)
    assert found.value.code == code
    assert found.value.message("it") == found.value.it != found.value.en == found.value.message("en")
    assert bool(found.value.hint("it")) == bool(found.value.hint("en"))
    return found.value


def create(sala, **values):
    given = {"sia": "Z9Y8X", "nome": "Altra Finta srl", "codice_fiscale": "12121210152", **values}
    with sala.home.begin() as conn:
        return aziende.create(conn, sala.home.ports, **given)


@pytest.mark.sqlite
def test_the_database_is_as_durable_and_strict_as_it_can_be(sala):
    with sala.home.read() as conn:
        pragmas = {
            name: conn.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")
        }
        strict = {row.name: row.strict for row in conn.execute(text("PRAGMA table_list"))}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert {name for name in METADATA.tables if not strict[name]} == set()


@pytest.mark.ovunque
def test_the_migration_makes_exactly_the_tables_declared(sala):
    with sala.home.read() as conn:
        assert compare_metadata(MigrationContext.configure(conn), METADATA) == []
        assert set(inspect(conn).get_table_names()) == {*METADATA.tables, "alembic_version"}
        assert conn.scalar(text("SELECT version_num FROM alembic_version")) == VERSION


def test_the_version_is_that_of_the_last_migration():
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "ledger:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == VERSION


@pytest.mark.sqlite
def test_amounts_are_integers_even_for_the_database(sala):
    with pytest.raises(IntegrityError), sala.home.begin() as conn:
        conn.execute(text("UPDATE potere SET peso = 'molto'"))


@pytest.mark.ovunque
def test_creating_a_home_twice_keeps_what_is_there(sala):
    again = Home.create(sala.home.path, ports())
    with again.read() as conn:
        assert [azienda.sia for azienda in aziende.list_(conn)] == ["A1B2C"]
    again.close()


def test_a_home_that_is_not_there(tmp_path):
    error = refused("HOME-002", Home.open, tmp_path / "vuota", real_ports())
    assert str(tmp_path) in error.hint_it
    assert not (tmp_path / "vuota").exists()


@pytest.mark.ovunque
def test_a_home_of_another_version(sala):
    with sala.home.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    error = refused("HOME-003", Home.open, sala.home.path, real_ports())
    assert "9999" in error.it
    refused("HOME-003", Home.create, sala.home.path, real_ports())


def test_a_home_whose_creation_was_cut_short_can_be_created_again(tmp_path):
    path = tmp_path / "casa"
    path.mkdir()
    sqlite3.connect(path / database.FILE).execute("PRAGMA journal_mode = WAL")
    refused("HOME-003", Home.open, path, real_ports())
    Home.create(path, real_ports()).close()
    Home.open(path, real_ports()).close()


def test_a_file_that_is_not_a_database(tmp_path):
    (tmp_path / database.FILE).write_bytes(b"non sono un database" * 100)
    error = refused("HOME-005", Home.open, tmp_path, real_ports())
    assert error.exit_code == 8


def test_a_database_that_cannot_be_opened(tmp_path):
    (tmp_path / database.FILE).mkdir()
    error = refused("HOME-006", Home.open, tmp_path, real_ports())
    assert error.exit_code == 8


@pytest.mark.sqlite
def test_a_disk_that_fills_up_is_told_and_nothing_is_kept(sala):
    with pytest.raises(Refused) as found, sala.home.begin() as conn:
        pages = conn.scalar(text("PRAGMA page_count"))
        conn.execute(text(f"PRAGMA max_page_count = {pages}"))
        conn.execute(text("UPDATE azienda SET nome = 'x'"))
        conn.execute(text("INSERT INTO banca SELECT 1000, 1, '00000', hex(zeroblob(1000000))"))
    assert found.value.code == "HOME-008"
    with sala.home.read() as conn:
        assert aziende.find(conn).nome == "Ferramenta Prova srl"


@pytest.mark.sqlite
def test_a_database_that_cannot_be_written(sala):
    with pytest.raises(Refused) as found, sala.home.begin() as conn:
        conn.execute(text("PRAGMA query_only = ON"))
        conn.execute(text("UPDATE azienda SET nome = 'x'"))
    assert found.value.code == "HOME-007"


@pytest.mark.sqlite
def test_the_words_of_a_broken_rule_are_not_taken_for_trouble(sala):
    with pytest.raises(IntegrityError), sala.home.begin() as conn:
        conn.execute(text("CREATE TRIGGER t BEFORE DELETE ON azienda BEGIN SELECT RAISE(ABORT, 'locked'); END"))
        conn.execute(text("DELETE FROM azienda"))


def test_a_disk_that_fails_while_a_home_is_made(tmp_path):
    counter = FailingDisk()
    Home.create(tmp_path / "conta", ports(counter)).close()
    for n in range(1, counter.calls + 1):
        with pytest.raises(Fault):
            Home.create(tmp_path / f"casa{n}", ports(FailingDisk(n)))
        Home.create(tmp_path / f"casa{n}", real_ports()).close()
        Home.open(tmp_path / f"casa{n}", real_ports()).close()


@pytest.mark.ovunque
def test_a_home_in_use_is_told(sala, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.05)
    other = Home.open(sala.home.path, real_ports())
    with sala.home.begin(), pytest.raises(Refused) as found, other.begin():
        pass
    assert found.value.code == "HOME-004"
    other.close()


@pytest.mark.ovunque
def test_another_trouble_of_the_database_is_not_taken_for_a_busy_one(sala):
    with pytest.raises(DatabaseError), sala.home.begin() as conn:
        conn.execute(text("SELECT * FROM niente"))


@pytest.mark.ovunque
def test_what_is_written_while_looking_is_dropped(sala):
    with sala.home.read() as conn:
        conn.execute(text("UPDATE azienda SET nome = 'x'"))
    with sala.home.read() as conn:
        assert aziende.find(conn).nome == "Ferramenta Prova srl"


@pytest.mark.ovunque
def test_a_transaction_is_all_or_nothing(sala):
    with pytest.raises(RuntimeError), sala.home.begin() as conn:
        conn.execute(text("UPDATE azienda SET nome = 'x'"))
        raise RuntimeError
    with sala.home.read() as conn:
        assert aziende.find(conn).nome == "Ferramenta Prova srl"


def test_the_archive_gives_back_what_it_was_given(sala):
    sha256 = archivio.store(sala.home, b"contenuto")
    assert sha256 == hashlib.sha256(b"contenuto").hexdigest()
    assert archivio.store(sala.home, b"contenuto") == sha256
    assert archivio.load(sala.home, sha256) == b"contenuto"
    assert (sala.home.archive_dir / sha256[:2] / sha256).is_file()


def test_the_archive_tells_what_is_missing_or_altered(sala):
    refused("ARCHIVIO-001", archivio.load, sala.home, "0" * 64)
    sha256 = archivio.store(sala.home, b"contenuto")
    (sala.home.archive_dir / sha256[:2] / sha256).write_bytes(b"contenutO")
    refused("ARCHIVIO-002", archivio.load, sala.home, sha256)


def test_whatever_call_fails_the_archive_never_holds_half_a_content(tmp_path):
    counter = FailingDisk()
    sala = furnish(tmp_path / "conta", disk=counter)
    counter.calls = 0
    archivio.store(sala.home, b"contenuto")
    for n in range(1, counter.calls + 1):
        disk = FailingDisk()
        sala = furnish(tmp_path / f"casa{n}", disk=disk)
        disk.calls, disk.fail_at = 0, n
        with pytest.raises(Fault):
            archivio.store(sala.home, b"contenuto")
        disk.fail_at = None
        named = [path for path in sala.home.archive_dir.rglob("*") if path.is_file() and path.suffix != ".tmp"]
        assert all(path.read_bytes() == b"contenuto" for path in named)
        assert archivio.load(sala.home, archivio.store(sala.home, b"contenuto")) == b"contenuto"


def test_the_machine_as_it_is(tmp_path):
    machine = real_ports()
    assert machine.clock.now().tzinfo is UTC
    tokens = {machine.random.token() for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(bytes.fromhex(token)) == 16 for token in tokens)
    disk, path = machine.disk, tmp_path / "a" / "b"
    disk.mkdir(path)
    disk.mkdir(path)
    disk.write_new(path / "z", b"uno")
    with pytest.raises(FileExistsError):
        disk.write_new(path / "z", b"due")
    disk.rename(path / "z", path / "y")
    disk.write_new(path / "x", b"")
    disk.fsync_dir(path)
    assert disk.listdir(path) == ["x", "y"]
    assert (disk.read(path / "y"), disk.size(path / "y")) == (b"uno", 3)
    with disk.open_read(path / "y") as stream:
        assert stream.read(2) == b"un"
    disk.remove(path / "y")
    assert not disk.exists(path / "y")
    assert disk.exists(path / "x")


@pytest.mark.parametrize("sia", ["", "A1B2", "A1B2CD", "a1b2c", "A1B2 ", "A1B2È", "A1B2C\n"])
def test_a_sia_code_has_its_shape(sala, sia):
    refused("AZIENDA-001", create, sala, sia=sia)


@pytest.mark.parametrize("code", ["", "12121210153", "1212121015", "RSSMRA"])
def test_a_fiscal_code_must_hold(sala, code):
    refused("AZIENDA-002", create, sala, codice_fiscale=code)


def test_a_person_may_be_a_company(sala):
    from stdnum.it import codicefiscale

    code = "ZZZYYY90A01H501"
    assert create(sala, codice_fiscale=code + codicefiscale.calc_check_digit(code)) == 2


def test_a_company_needs_a_name_and_a_sia_of_its_own(sala):
    refused("AZIENDA-003", create, sala, nome="  ")
    refused("AZIENDA-004", create, sala, sia="A1B2C")


def test_the_only_company_needs_no_naming(sala):
    with sala.home.read() as conn:
        assert aziende.find(conn).sia == "A1B2C"
        assert aziende.get(conn, sala.azienda_id) == aziende.find(conn, "A1B2C")
        error = refused("AZIENDA-005", aziende.find, conn, "Z9Y8X")
    assert "A1B2C" in error.hint_en
    create(sala)
    with sala.home.read() as conn:
        assert "A1B2C, Z9Y8X" in refused("AZIENDA-006", aziende.find, conn).hint_it
        assert aziende.find(conn, "Z9Y8X").nome == "Altra Finta srl"


def test_a_home_without_companies(tmp_path):
    empty = Home.create(tmp_path / "casa", real_ports())
    with empty.read() as conn:
        refused("AZIENDA-005", aziende.find, conn)
    empty.close()


def test_banks_and_accounts(sala):
    with sala.home.begin() as conn:
        for _ in range(2):
            aziende.add_conto(conn, sala.home.ports, sala.azienda_id, IBAN)
            aziende.add_banca(conn, sala.home.ports, sala.azienda_id, "03069", "Banca Finta")
        banche = conn.execute(text("SELECT abi, nome FROM banca ORDER BY abi")).all()
        conti = conn.execute(text("SELECT iban, abi, cab, numero FROM conto")).all()
        kinds = conn.scalars(text("SELECT tipo FROM journal")).all()
    assert banche == [("03069", "Banca Finta"), ("05428", "")]
    assert conti == [(IBAN, "05428", "11101", "000000123456")]
    assert (kinds.count("banca_aggiunta"), kinds.count("conto_aggiunto")) == (2, 1)


@pytest.mark.parametrize("abi", ["", "3069", "030699", "O3069", "٠٣٠٦٩"])
def test_an_abi_is_five_digits(abi):
    refused("BANCA-001", aziende.check_abi, abi)


@pytest.mark.parametrize(
    "iban",
    [
        "",
        "IT60X0542811101000000123457",  # mod 97 does not hold
        "IT60 X054 2811 1010 0000 0123 456",
        "DE89370400440532013000",
        IBAN.lower(),
    ],
)
def test_an_account_is_an_italian_iban(iban):
    refused("CONTO-001", aziende.check_iban, iban)


def test_a_wrong_cin_is_found_even_under_a_right_mod_97():
    bban = "A0542811101000000123456"
    number = int("".join(str(int(char, 36)) for char in bban + "IT00"))
    refused("CONTO-001", aziende.check_iban, f"IT{98 - number % 97:02d}{bban}")


@pytest.mark.parametrize("peso", [0, -1, 101])
def test_weights_go_from_1_to_100(peso):
    refused("UTENTE-002", utenti.check, login="anna", peso=peso)
    for good in (1, 100):
        utenti.check(login="anna", peso=good)


@pytest.mark.parametrize("login", ["", " ", "an\nna", " anna", "anna\x1b[0m"])
def test_a_login_can_be_printed(login):
    refused("UTENTE-001", utenti.check, login=login, peso=50)


def test_a_password_has_twelve_characters(sala):
    def add(login, password):
        with sala.home.begin() as conn:
            utenti.create(conn, sala.home.ports, sala.azienda_id, login=login, peso=50, password=password)

    refused("UTENTE-003", add, "dario", "undici car.")
    add("dario", "dodici cara.")
    refused("UTENTE-004", add, "dario", "dodici cara.")
    with sala.home.read() as conn:
        assert [utente.login for utente in utenti.list_(conn, sala.azienda_id)] == [
            "anna",
            "bruno",
            "carla",
            "dario",
        ]
        refused("UTENTE-007", utenti.named, conn, sala.azienda_id, "zeno")


def test_passwords_are_kept_as_argon2id_each_with_its_salt(sala):
    with sala.home.read() as conn:
        hashes = conn.scalars(text("SELECT hash FROM utente")).all()
        everything = "".join(conn.scalars(text("SELECT dati FROM journal")).all())
    assert len(set(hashes)) == 3
    assert all(each.startswith("$argon2id$") for each in hashes)
    assert PASSWORD not in "".join(hashes) + everything
    assert "argon2" not in everything


def attempts(sala, login="anna"):
    with sala.home.read() as conn:
        return tuple(conn.execute(text("SELECT tentativi, stato FROM utente WHERE login = :l"), {"l": login}).one())


def enter(sala, password, login="anna"):
    return utenti.authenticate(sala.home, sala.azienda_id, login, password)


@pytest.mark.ovunque
def test_the_seventh_wrong_password_in_a_row_disables(sala):
    for n in range(1, 7):
        refused("UTENTE-005", enter, sala, "sbagliata")
        assert attempts(sala) == (n, "attivo")
    refused("UTENTE-006", enter, sala, "sbagliata")
    assert attempts(sala) == (7, "disabilitato")
    refused("UTENTE-006", enter, sala, PASSWORD)
    assert enter(sala, PASSWORD, "bruno").login == "bruno"
    with sala.home.read() as conn:
        kinds = conn.scalars(text("SELECT tipo FROM journal")).all()
        assert journal.verify(conn, sala.azienda_id) is None
    assert (kinds.count("accesso_negato"), kinds.count("utente_disabilitato")) == (8, 1)


def test_a_right_password_forgets_the_wrong_ones(sala):
    for _ in range(3):
        for _ in range(6):
            refused("UTENTE-005", enter, sala, "sbagliata")
        found = enter(sala, PASSWORD)
        assert (found.login, found.stato, found.azienda_id) == ("anna", "attivo", sala.azienda_id)
        assert attempts(sala) == (0, "attivo")


def test_a_user_who_is_not_there_is_told_as_a_wrong_password(sala):
    unknown = refused("UTENTE-005", enter, sala, PASSWORD, "zeno")
    wrong = refused("UTENTE-005", enter, sala, "sbagliata")
    assert (unknown.it, unknown.en) == (wrong.it, wrong.en)
    with sala.home.read() as conn:
        assert "sconosciuto" in conn.scalar(text("SELECT dati FROM journal WHERE soggetto = 'utente:zeno'"))


def test_of_two_errors_the_one_that_came_first_is_told(tmp_path):
    """Who tidied up after the disk failed finds nothing to tidy up, which says nothing of the disk."""
    engine = database.connect(tmp_path)
    with pytest.raises(Refused) as found, database.told(engine):
        try:
            raise OperationalError("INSERT", None, sqlite3.OperationalError("disk I/O error"))
        except OperationalError:
            raise OperationalError("DROP", None, sqlite3.OperationalError("no such table: scratch")) from None
    assert found.value.code == "HOME-021"
