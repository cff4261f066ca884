"""What keeps a user out: functions, accounts, hours, passwords that are old or bad, and the second factor."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pyotp
import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ledger import cambi, codici, distinte, firme, gruppi, journal, libro, operazioni, parole, ricostruzione, utenti
from ledger.errors import Refused
from ledger.importa import import_file
from ledger.profilo import OPERATIVE, Funzione, Profilo
from ledger.utenti import Prova
from tests.console import ROOT
from tests.ledger.flussi import order, riba
from tests.ledger.sala import PASSWORD, CountingRandom, furnish

ROSSO, BLU = "IT41U0306901234000000012345", "IT62O0306901234000000099999"
NUOVA = "quattro tazze vuote"


def refused(code, action, *args, **kwargs):
    with pytest.raises(Refused) as found:
        action(*args, **kwargs)
    assert found.value.code == code
    return found.value


def add(room, login, password=PASSWORD, **profilo):
    from ledger import aziende

    with room.home.begin() as conn:
        for iban in profilo.get("conti") or ():
            aziende.add_conto(conn, room.home.ports, room.azienda_id, iban)
        return utenti.create(
            conn,
            room.home.ports,
            room.azienda_id,
            login=login,
            peso=50,
            password=password,
            profilo=Profilo(**profilo),
        )


def enter(room, login, segreto=PASSWORD, funzione=Funzione.SIGN):
    return utenti.authenticate(room.home, room.azienda_id, login, segreto, funzione)


def at(room, *when):
    room.home.ports.clock.at = datetime(*when, tzinfo=UTC)


def tries(room):
    with room.home.read() as conn:
        return [tuple(row) for row in conn.execute(text("SELECT login, funzione, esito FROM accesso ORDER BY id"))]


# --- functions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("funzione", list(Funzione))
def test_the_gate_opens_for_the_functions_of_the_profile_alone(sala, funzione):
    others = tuple(each for each in OPERATIVE if each != funzione)
    add(sala, "tutte", amministra="congiunto")
    add(sala, "altre", funzioni=others)
    assert enter(sala, "tutte", funzione=funzione).login == "tutte"
    refused("UTENTE-010", enter, sala, "altre", funzione=funzione)
    assert tries(sala) == [("tutte", funzione, "ammesso"), ("altre", funzione, "funzione")]


def test_the_verbs_ask_for_their_function(sala):
    add(sala, "firma", funzioni=("sign",))
    add(sala, "fa", funzioni=("compose", "import"))
    who = ("fa", PASSWORD)
    refused("UTENTE-010", import_file, sala.home, riba(), "f.cbi", sala.azienda_id, chi=("firma", PASSWORD))
    assert import_file(sala.home, riba(), "f.cbi", sala.azienda_id, chi=who).clean
    refused("UTENTE-010", operazioni.edit, sala.home, 1, {"importo": "5.00"}, "firma", PASSWORD)
    operazioni.edit(sala.home, 1, {"importo": "5.00"}, *who)
    refused("UTENTE-010", firme.sign, sala.home, 1, *who)
    assert firme.sign(sala.home, 1, "firma", PASSWORD).total_weight == 50
    with sala.home.read() as conn:
        assert {row.chi for row in distinte.iter_of(conn, 1)} == {"fa", "firma"}


# --- accounts ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(sala):
    """Distinta 1 of one account, 2 of another, 3 of both; a user who sees the first account alone."""
    one, two = order(1), order(2, conto="000000099999")
    for n, orders in enumerate(((one,), (two,), (order(3), order(4, conto="000000099999"))), 1):
        import_file(sala.home, riba(*orders, nome=f"D{n}"), f"{n}.cbi", sala.azienda_id)
    add(sala, "rossa", conti=(ROSSO,))
    return sala


def test_of_the_accounts_of_others_there_is_nothing_to_see_sign_or_change(desk):
    who = ("rossa", PASSWORD)
    with desk.home.read() as conn:
        mine = utenti.named(conn, desk.azienda_id, "rossa")
        seen = libro.read(conn, mine, desk.home.ports.clock.now())
        assert [voce.distinta.id for voce in seen.voci] == [1]
    for distinta_id in (2, 3):
        refused("DISTINTA-001", firme.sign, desk.home, distinta_id, *who)
        refused("DISTINTA-001", operazioni.edit, desk.home, distinta_id, {"importo": "5.00"}, *who)
        refused("DISTINTA-001", operazioni.delete, desk.home, distinta_id, *who)
    assert firme.sign(desk.home, 1, *who).total_weight == 50


def test_orders_of_other_accounts_are_not_drawn_in_nor_thrown_away(desk):
    who = ("rossa", PASSWORD)
    refused("DISPOSIZIONE-001", operazioni.add, desk.home, 1, [2], *who)
    refused("DISPOSIZIONE-001", operazioni.create, desk.home, [2], *who)
    operazioni.take_out(desk.home, 3, [4], "carla", PASSWORD)
    refused("DISPOSIZIONE-001", operazioni.delete_order, desk.home, 4, *who)
    operazioni.take_out(desk.home, 1, [1], *who)
    assert operazioni.delete_order(desk.home, 1, *who).stato == "Eliminata"


def test_nothing_is_moved_out_of_sight(desk):
    who = ("rossa", PASSWORD)
    refused("CONTO-002", operazioni.edit, desk.home, 1, {"conto": BLU}, *who)
    data = riba(order(9, conto="000000099999"), nome="ALTRUI")
    refused("CONTO-002", import_file, desk.home, data, "a.cbi", desk.azienda_id, chi=who)
    with desk.home.read() as conn:
        assert len(distinte.list_(conn)) == 3
    assert import_file(desk.home, riba(order(9), nome="MIO"), "m.cbi", desk.azienda_id, chi=who).clean


# --- hours and days ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "inside"),
    [
        ((2026, 3, 2, 7, 29), False),  # 08:29 in Rome, in winter
        ((2026, 3, 2, 7, 30), True),
        ((2026, 3, 2, 16, 59), True),
        ((2026, 3, 2, 17, 0), False),
        ((2026, 7, 6, 6, 30), True),  # 08:30 in Rome, in summer
        ((2026, 3, 1, 9, 0), False),  # a Sunday
        ((2026, 6, 2, 9, 0), False),  # the feast of the Republic, a Tuesday
    ],
)
def test_the_hours_are_those_of_rome_and_holidays_are_holidays(sala, when, inside):
    add(sala, "orario", dalle="08:30", alle="18:00", festivi=False)
    at(sala, *when)
    if inside:
        assert enter(sala, "orario").login == "orario"
    else:
        message = refused("UTENTE-009", enter, sala, "orario")
        assert "08:30-18:00" in message.it and "giorni lavorativi" in message.it


def test_out_of_hours_the_password_is_not_even_looked_at(sala):
    add(sala, "orario", dalle="08:30", alle="18:00")
    add(sala, "feriale", festivi=False)
    at(sala, 2026, 3, 1, 3, 0)
    for _ in range(8):
        refused("UTENTE-009", enter, sala, "orario", "una sbagliata qualsiasi")
    assert "00:00-24:00" in refused("UTENTE-009", enter, sala, "feriale").en
    at(sala, 2026, 3, 2, 9, 0)
    assert enter(sala, "orario").login == "orario"


def test_who_is_shut_out_between_password_and_deed(sala):
    """The gate looks again in the transaction in which something is done."""
    import_file(sala.home, riba(), "f.cbi", sala.azienda_id)
    with sala.home.begin() as conn:
        anna = utenti.named(conn, sala.azienda_id, "anna")
        utenti.set_profilo(conn, sala.home.ports, sala.azienda_id, "anna", Profilo(funzioni=()), chi="carla")
        refused("UTENTE-010", utenti.active, conn, sala.home.ports, anna.id, Funzione.SIGN)
        utenti.set_stato(conn, sala.home.ports, sala.azienda_id, "anna", "sospeso", chi="carla")
        refused("UTENTE-008", utenti.active, conn, sala.home.ports, anna.id, Funzione.SIGN)
    refused("UTENTE-008", enter, sala, "anna")
    assert tries(sala)[-1] == ("anna", "sign", "sospeso")


# --- passwords --------------------------------------------------------------------------------------------------------


def test_those_of_users_cost_what_the_library_recommends():
    """In a process of its own: the tests make theirs cost less."""
    told = "from ledger.utenti import HASHER as h; print(h.type.name, h.time_cost, h.memory_cost, h.parallelism)"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = PasswordHasher()
    assert done.stdout.split() == ["ID", *map(str, (wanted.time_cost, wanted.memory_cost, wanted.parallelism))]


@pytest.mark.parametrize(
    ("code", "password"),
    [
        ("UTENTE-003", "undici car."),
        ("PASSWORD-001", "Password1234"),
        ("PASSWORD-001", "pass word-123456"),
        ("PASSWORD-001", "QWERTYUIOP123"),
        ("PASSWORD-001", "aaaaaaaaaaaaaa"),
        ("PASSWORD-001", "ciaociaociaociao"),
        ("PASSWORD-001", "1234123412341"),
        ("PASSWORD-002", "il mio nome è Mario"),
        ("PASSWORD-002", "M.A.R.I.O. dodici"),
        ("PASSWORD-002", "la ferramenta chiusa"),
    ],
)
def test_bad_passwords(code, password):
    assert refused(code, parole.check, password, "mario", "Ferramenta Prova srl").it != ""


def test_good_passwords():
    for password in ("quattro tazze vuote", "pròva dodici!", "!!!!!!!!!!!!§$"):
        parole.check(password, "mario", "Ferramenta Prova srl")
    parole.check("una frase con l'ab dentro", "ab")  # a login too short to give anything away


def test_the_list_of_bad_passwords_holds_only_what_length_does_not_stop():
    assert len(parole.vietate()) > 80
    assert all(len(each) >= 11 and each == each.casefold() for each in parole.vietate())


def test_a_password_that_has_lasted_its_days_must_be_changed(sala):
    add(sala, "mese", scadenza=30)
    sala.home.ports.clock.at += timedelta(days=29)
    assert enter(sala, "mese").login == "mese"
    sala.home.ports.clock.at += timedelta(days=1)
    refused("UTENTE-011", enter, sala, "mese")
    change = utenti.change_password
    refused("PASSWORD-003", change, sala.home, sala.azienda_id, "mese", PASSWORD, PASSWORD)
    refused("UTENTE-003", change, sala.home, sala.azienda_id, "mese", PASSWORD, "corta")
    refused("UTENTE-005", change, sala.home, sala.azienda_id, "mese", "sbagliata", NUOVA)
    change(sala.home, sala.azienda_id, "mese", PASSWORD, NUOVA)
    refused("UTENTE-005", enter, sala, "mese", PASSWORD)
    assert enter(sala, "mese", NUOVA).login == "mese"


# --- who came in ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accesso SET esito = 'ammesso'",
        "DELETE FROM accesso",
        "INSERT OR REPLACE INTO accesso SELECT id, azienda_id, at, 'altri', di, funzione, esito FROM accesso",
    ],
)
def test_who_came_in_stays_written(sala, statement):
    refused("UTENTE-005", enter, sala, "anna", "sbagliata")
    with pytest.raises(IntegrityError), sala.home.begin() as conn:
        conn.execute(text(statement))
    assert tries(sala) == [("anna", "sign", "password")]


def test_every_try_is_kept_with_its_outcome(sala):
    enter(sala, "anna")
    refused("UTENTE-005", enter, sala, "anna", "sbagliata")
    refused("UTENTE-005", enter, sala, "zeno")
    assert [esito for _, _, esito in tries(sala)] == ["ammesso", "password", "sconosciuto"]


# --- the second factor ------------------------------------------------------------------------------------------------


@pytest.fixture
def phone(sala):
    """The phone of anna: the code of an instant, this one unless told."""
    secret = codici.new_secret(sala.home.ports.random)

    def code(late=0):
        return pyotp.TOTP(secret).at(sala.home.ports.clock.at + timedelta(seconds=late))

    utenti.enrol(sala.home, sala.azienda_id, "anna", PASSWORD, secret, code())
    sala.secret = secret
    sala.home.ports.clock.at += timedelta(minutes=5)
    return code


def test_with_a_second_factor_the_password_alone_does_not_do(sala, phone):
    refused("UTENTE-005", enter, sala, "anna")
    refused("UTENTE-005", enter, sala, "anna", Prova(PASSWORD, "000000"))
    refused("UTENTE-005", enter, sala, "anna", Prova("sbagliata", phone()))
    assert enter(sala, "anna", Prova(PASSWORD, phone())).login == "anna"
    assert enter(sala, "bruno").login == "bruno"
    with sala.home.read() as conn:
        assert utenti.enrolled(conn, "anna") and not utenti.enrolled(conn, "bruno")
    assert [each[2] for each in tries(sala)[1:]] == ["codice", "codice", "password", "ammesso", "ammesso"]


def test_a_code_is_used_once_and_an_older_one_not_at_all(sala, phone):
    code, older = phone(), phone(-30)
    assert enter(sala, "anna", Prova(PASSWORD, code)).login == "anna"
    refused("UTENTE-005", enter, sala, "anna", Prova(PASSWORD, code))
    refused("UTENTE-005", enter, sala, "anna", Prova(PASSWORD, older))
    assert enter(sala, "anna", Prova(PASSWORD, phone(30))).login == "anna"


def test_one_proof_does_for_several_things_one_after_the_other(sala, phone):
    for n in (1, 2, 3):
        import_file(sala.home, riba(order(n), nome=f"D{n}"), f"{n}.cbi", sala.azienda_id)
    proof = Prova(PASSWORD, phone())
    assert [firme.sign(sala.home, n, "anna", proof).total_weight for n in (1, 2)] == [50, 50]
    sala.home.ports.clock.at += timedelta(seconds=30)
    enter(sala, "anna", Prova(PASSWORD, phone()))
    refused("UTENTE-005", firme.sign, sala.home, 3, "anna", proof)


def test_seven_wrong_codes_disable(sala, phone):
    wrong = Prova(PASSWORD, "12345x")
    for _ in range(6):
        assert "codice" in refused("UTENTE-005", enter, sala, "anna", wrong).it
    refused("UTENTE-006", enter, sala, "anna", wrong)
    refused("UTENTE-006", enter, sala, "anna", Prova(PASSWORD, phone()))


def test_a_phone_that_does_not_agree_is_not_enrolled(sala):
    secret = codici.new_secret(sala.home.ports.random)
    refused("CODICE-001", utenti.enrol, sala.home, sala.azienda_id, "anna", PASSWORD, secret, "000000")
    assert enter(sala, "anna").login == "anna"


def test_a_phone_that_is_lost_is_taken_off_by_who_administers(sala, phone):
    add(sala, "capo", amministra="individuale")
    cambi.ask(sala.home, sala.azienda_id, "senza_codice", {"login": "anna"}, "capo", PASSWORD)
    assert enter(sala, "anna").login == "anna"
    with sala.home.read() as conn:
        everything = "".join(conn.scalars(text("SELECT dati FROM journal")).all())
        assert ricostruzione.check(conn, sala.azienda_id) == []
        assert journal.verify(conn, sala.azienda_id) is None
    assert sala.secret not in everything


def test_the_address_that_a_phone_reads(sala):
    secret = codici.new_secret(CountingRandom())
    read = pyotp.parse_uri(codici.uri(secret, "anna", "A1B2C"))
    assert (read.secret, read.name, read.issuer) == (secret, "anna@A1B2C", "CBI")
    assert len(secret) == 32


@given(moment=st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1)), late=st.integers(-600, 600))
def test_a_code_holds_for_its_half_minute_and_the_ones_beside_it(moment, late):
    secret = codici.new_secret(CountingRandom())
    shown = int(moment.replace(tzinfo=UTC).timestamp())
    code, now = pyotp.TOTP(secret).at(shown), datetime.fromtimestamp(shown + late, UTC)
    found = codici.interval(secret, code, now, None)
    if abs((shown + late) // 30 - shown // 30) <= 1:
        assert found == shown // 30
        assert codici.interval(secret, code, now, found) is None
    elif found is not None:  # one chance in a million: two intervals with the same code
        assert pyotp.TOTP(secret).generate_otp(found) == code


# --- a proof for several things ---------------------------------------------------------------------------------------


def test_one_proof_tries_its_password_once_and_a_changed_one_is_tried_anew(sala, monkeypatch):
    proof, hasher, tried = Prova(PASSWORD), utenti.HASHER, []
    watched = SimpleNamespace(hash=hasher.hash, verify=lambda *a: tried.append(a) or hasher.verify(*a))
    monkeypatch.setattr(utenti, "HASHER", watched)
    assert [enter(sala, "anna", proof).login for _ in range(3)] == ["anna"] * 3
    assert len(tried) == 1 and len(tries(sala)) == 3
    utenti.change_password(sala.home, sala.azienda_id, "anna", PASSWORD, NUOVA)
    refused("UTENTE-005", enter, sala, "anna", proof)
    refused("UTENTE-005", enter, sala, "bruno", Prova("sbagliata"))
    assert len(tried) == 4


# --- groups -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def group(sala):
    """Company Z9Y8X, capogruppo of that of the room: its gina acts there as bruno."""
    from ledger import aziende

    ports = sala.home.ports
    with sala.home.begin() as conn:
        sala.capo = aziende.create(conn, ports, sia="Z9Y8X", nome="Capo", codice_fiscale="12121210152")
        utenti.create(conn, ports, sala.capo, login="gina", peso=1, password=NUOVA)
        gruppi.join(conn, ports, sala.azienda_id, "Z9Y8X", chi="carla")
        gruppi.share(conn, ports, sala.azienda_id, "gina", "bruno", chi="carla")
    import_file(sala.home, riba(), "f.cbi", sala.azienda_id)
    return sala


GINA = ("Z9Y8X", "gina")


def test_a_person_of_the_capogruppo_acts_as_a_user_and_both_are_named(group):
    assert firme.sign(group.home, 1, "bruno", Prova(NUOVA, di=GINA)).total_weight == 50
    refused("FIRMA-003", firme.sign, group.home, 1, "bruno", PASSWORD)
    with group.home.read() as conn:
        assert distinte.iter_of(conn, 1)[-1].chi == "Z9Y8X.gina come bruno"
        assert ricostruzione.check(conn, group.azienda_id) == []
        assert conn.execute(text("SELECT azienda_id, login, di, esito FROM accesso")).all() == [
            (group.capo, "gina", None, "ammesso"),
            (group.azienda_id, "bruno", "Z9Y8X.gina", "ammesso"),
            (group.azienda_id, "bruno", None, "ammesso"),
        ]


def test_as_nobody_else_and_with_their_own_password(group):
    sign = firme.sign
    refused("GRUPPO-004", sign, group.home, 1, "anna", Prova(NUOVA, di=GINA))
    refused("GRUPPO-004", sign, group.home, 1, "nessuno", Prova(NUOVA, di=GINA))
    refused("UTENTE-005", sign, group.home, 1, "bruno", Prova(PASSWORD, di=GINA))
    refused("AZIENDA-005", sign, group.home, 1, "bruno", Prova(NUOVA, di=("XXXXX", "gina")))
    refused("UTENTE-005", sign, group.home, 1, "bruno", NUOVA)


def test_a_person_is_one_user_only_or_would_sign_twice(group):
    with group.home.begin() as conn:
        refused("GRUPPO-003", gruppi.share, conn, group.home.ports, group.azienda_id, "gina", "anna", chi="carla")


@pytest.mark.parametrize("left", ["unshared", "ungrouped", "suspended", "not representing"])
def test_whoever_is_no_longer_shared_acts_no_more_not_even_with_the_door_open(group, left, monkeypatch):
    where = (group.home.ports, group.azienda_id)

    def leave(conn):
        match left:
            case "unshared":
                gruppi.unshare(conn, *where, "Z9Y8X.gina", chi="carla")
            case "ungrouped":
                gruppi.join(conn, *where, "", chi="carla")
            case "suspended":
                utenti.set_stato(conn, group.home.ports, group.capo, "gina", "sospeso", chi="x")
            case _:
                profilo = Profilo(funzioni=("sign",))
                utenti.set_profilo(conn, group.home.ports, group.capo, "gina", profilo, chi="x")

    real = gruppi.enter

    def late(*args):
        found = real(*args)
        with group.home.begin() as conn:
            leave(conn)
        return found

    monkeypatch.setattr(gruppi, "enter", late)
    codes = {"unshared": "GRUPPO-004", "ungrouped": "GRUPPO-004", "suspended": "UTENTE-008"}
    code = codes.get(left, "UTENTE-010")
    refused(code, firme.sign, group.home, 1, "bruno", Prova(NUOVA, di=GINA))
    monkeypatch.undo()
    refused(code, firme.sign, group.home, 1, "bruno", Prova(NUOVA, di=GINA))


def test_a_group_has_one_level(group):
    from ledger import aziende

    ports = group.home.ports
    with group.home.begin() as conn:
        third = aziende.create(conn, ports, sia="T3RZA", nome="Terza", codice_fiscale="12121210152")
        refused("GRUPPO-001", gruppi.join, conn, ports, third, "T3RZA", chi="x")
        refused("GRUPPO-001", gruppi.join, conn, ports, third, "A1B2C", chi="x")
        refused("GRUPPO-001", gruppi.join, conn, ports, group.capo, "T3RZA", chi="x")
        refused("GRUPPO-002", gruppi.share, conn, ports, third, "gina", "x", chi="x")
        refused("GRUPPO-004", gruppi.unshare, conn, ports, third, "Z9Y8X.gina", chi="x")
        gruppi.join(conn, ports, group.azienda_id, "", chi="x")
        assert gruppi.shares(conn, group.azienda_id) == []
        assert gruppi.capogruppo(conn, group.azienda_id) is None
        assert ricostruzione.check(conn, group.azienda_id) == []


def test_one_person_behind_two_users_is_one_approval(tmp_path):
    room = furnish(tmp_path / "casa2")
    from ledger import aziende

    ports = room.home.ports
    with room.home.begin() as conn:
        capo = aziende.create(conn, ports, sia="Z9Y8X", nome="Capo", codice_fiscale="12121210152")
        utenti.create(conn, ports, capo, login="gina", peso=1, password=NUOVA)
        for login in ("anna", "bice"):
            profilo = Profilo(amministra="congiunto")
            utenti.create(conn, ports, room.azienda_id, login=login, peso=50, password=PASSWORD, profilo=profilo)
        gruppi.join(conn, ports, room.azienda_id, "Z9Y8X", chi="x")
        gruppi.share(conn, ports, room.azienda_id, "gina", "anna", chi="x")
    gina = Prova(NUOVA, di=GINA)
    asked = cambi.ask(room.home, room.azienda_id, "banca", {"abi": "02008", "nome": ""}, "anna", gina)
    assert asked.approvato == ("Z9Y8X.gina come anna",)
    assert cambi.approve(room.home, asked.id, "anna", PASSWORD).stato == "richiesto"
    with room.home.begin() as conn:
        gruppi.unshare(conn, ports, room.azienda_id, "Z9Y8X.gina", chi="x")
        gruppi.share(conn, ports, room.azienda_id, "gina", "bice", chi="x")
    assert cambi.approve(room.home, asked.id, "bice", gina).stato == "richiesto"
    assert cambi.approve(room.home, asked.id, "bice", PASSWORD).stato == "applicato"
    room.home.close()
