"""Changes to users, powers and rules: who may, alone or with whom, and what comes of them."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from ledger import aziende, cambi, journal, poteri, ricostruzione, utenti
from ledger.cambi import APPLICATO, RICHIESTO, RIFIUTATO, SCADUTO
from ledger.errors import Refused
from ledger.poteri import Potere
from ledger.profilo import Diritto, Profilo
from ledger.schema import CAMBIO, JOURNAL
from tests.ledger.sala import PASSWORD, furnish

NUOVA = "quattro tazze vuote"
IBAN = "IT60X0542811101000000123456"


def office(path, **rights):
    """A company whose users administer as told: login=right."""
    room = furnish(path)
    with room.home.begin() as conn:
        for login, right in rights.items():
            profilo = Profilo(amministra=right)
            utenti.create(
                conn, room.home.ports, room.azienda_id, login=login, peso=50, password=PASSWORD, profilo=profilo
            )
    return room


@pytest.fixture
def alone(tmp_path):
    room = office(tmp_path / "casa", capo=Diritto.INDIVIDUALE, mario=Diritto.NESSUNO)
    yield room
    room.home.close()


@pytest.fixture
def joint(tmp_path):
    room = office(tmp_path / "casa", anna=Diritto.CONGIUNTO, bice=Diritto.CONGIUNTO, mario=Diritto.NESSUNO)
    yield room
    room.home.close()


def ask(room, by, tipo, password="", **dati):
    return cambi.ask(room.home, room.azienda_id, tipo, dati, by, PASSWORD, password=password)


def vote(room, verb, cambio, login, **options):
    return getattr(cambi, verb)(room.home, cambio.id, login, PASSWORD, **options)


def user(room, login):
    with room.home.read() as conn:
        return utenti.named(conn, room.azienda_id, login)


def new_user(room, by, login="nuovo", **profilo):
    dati = {"login": login, "potere": {"peso": 50, "soglie": {}}, "profilo": Profilo(**profilo).plain}
    return ask(room, by, "utente", password=NUOVA, **dati)


def refused(code, action, *args, **kwargs):
    with pytest.raises(Refused) as found:
        action(*args, **kwargs)
    assert found.value.code == code


def sound(room):
    with room.home.read() as conn:
        assert journal.verify(conn, room.azienda_id) is None
        assert ricostruzione.check(conn, room.azienda_id) == []


def everything(room):
    tables = ("utente", "potere", "opzione", "banca", "conto", "cambio", "approvazione", "journal")
    with room.home.read() as conn:
        return {name: [tuple(row) for row in conn.execute(text(f"SELECT * FROM {name}"))] for name in tables}


def test_one_whose_right_is_individual_works_alone(alone):
    done = new_user(alone, "capo")
    assert (done.stato, done.approvato, done.raggiunti) == (APPLICATO, ("capo",), 100)
    assert user(alone, "nuovo").stato == utenti.ATTIVO
    sound(alone)


def test_of_those_whose_right_is_joint_it_takes_two_different_people(joint):
    asked = new_user(joint, "anna")
    assert (asked.stato, asked.raggiunti) == (RICHIESTO, 50)
    refused("UTENTE-007", user, joint, "nuovo")
    again = vote(joint, "approve", asked, "anna")
    assert (again.stato, again.approvato) == (RICHIESTO, ("anna",))
    done = vote(joint, "approve", asked, "bice")
    assert (done.stato, done.approvato) == (APPLICATO, ("anna", "bice"))
    assert user(joint, "nuovo").profilo.plain == Profilo().plain
    refused("CAMBIO-002", vote, joint, "approve", asked, "bice")
    sound(joint)


def test_approving_twice_leaves_no_second_trace(joint):
    asked = new_user(joint, "anna")
    before = everything(joint)
    vote(joint, "approve", asked, "anna")
    assert everything(joint) == before


def test_who_does_not_administer_neither_asks_nor_approves(joint):
    refused("UTENTE-010", new_user, joint, "mario")
    asked = new_user(joint, "anna")
    refused("UTENTE-010", vote, joint, "approve", asked, "mario")
    refused("UTENTE-010", vote, joint, "reject", asked, "mario")


def test_a_user_made_by_somebody_else_changes_the_password_first(alone):
    new_user(alone, "capo")
    refused("UTENTE-011", utenti.authenticate, alone.home, alone.azienda_id, "nuovo", NUOVA, "sign")
    utenti.change_password(alone.home, alone.azienda_id, "nuovo", NUOVA, "cinque tazze piene")
    assert utenti.authenticate(alone.home, alone.azienda_id, "nuovo", "cinque tazze piene", "sign").login == "nuovo"
    sound(alone)


def test_the_digest_of_a_password_waits_with_the_change_and_no_longer(joint):
    asked = new_user(joint, "anna")

    def kept():
        with joint.home.read() as conn:
            return conn.scalar(select(CAMBIO.c.segreto)), "".join(conn.scalars(select(JOURNAL.c.dati)))

    assert kept()[0].startswith("$argon2id$")
    vote(joint, "reject", asked, "bice")
    assert kept()[0] is None
    assert "argon2" not in kept()[1] and NUOVA not in kept()[1]


def test_a_change_is_refused_by_one_and_is_over(joint):
    asked = new_user(joint, "anna")
    assert vote(joint, "reject", asked, "anna").stato == RIFIUTATO
    refused("CAMBIO-002", vote, joint, "approve", asked, "bice")
    refused("CAMBIO-001", cambi.approve, joint.home, 99, "bice", PASSWORD)
    sound(joint)


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_what_waited_for_too_long_is_over(joint, verb):
    asked = new_user(joint, "anna")
    joint.home.ports.clock.at += timedelta(days=30)
    assert vote(joint, verb, asked, "bice").stato == SCADUTO
    refused("UTENTE-007", user, joint, "nuovo")
    sound(joint)


def test_the_rules_in_force_are_those_of_when_it_was_asked(joint, monkeypatch):
    asked = new_user(joint, "anna")
    monkeypatch.setattr(cambi, "REGOLE", {**cambi.REGOLE, "servono": 150})
    later = ask(joint, "anna", "opzione", nome="quattro_occhi", valore="si")
    assert vote(joint, "approve", asked, "bice").stato == APPLICATO
    assert vote(joint, "approve", later, "bice").stato == RICHIESTO
    with joint.home.read() as conn:
        first = next(each for each in journal.events(conn, joint.azienda_id) if each["tipo"] == "cambio_richiesto")
    assert json.loads(first["dati"])["regole"]["servono"] == 100


def test_who_asked_and_administers_no_longer_does_not_count(tmp_path):
    room = office(tmp_path / "casa", anna=Diritto.CONGIUNTO, bice=Diritto.CONGIUNTO, carla=Diritto.INDIVIDUALE)
    asked, suspended = new_user(room, "anna"), new_user(room, "bice", "altro")
    assert ask(room, "carla", "profilo", login="anna", profilo=Profilo().plain).stato == APPLICATO
    assert ask(room, "carla", "stato", login="bice", stato="sospeso").stato == APPLICATO
    with room.home.read() as conn:
        assert [cambi.get(conn, each.id).raggiunti for each in (asked, suspended)] == [0, 0]
    room.home.close()


KINDS = [
    ("profilo", {"login": "mario", "profilo": Profilo(funzioni=("sign",), dalle="08:00", alle="18:00").plain}),
    ("stato", {"login": "mario", "stato": "sospeso"}),
    ("password", {"login": "mario"}),
    ("potere", {"login": "mario", "potere": {"peso": 10, "soglie": {}}}),
    ("opzione", {"nome": "quattro_occhi", "valore": "si"}),
    ("banca", {"abi": "02008", "nome": "Banca Finta"}),
    ("conto", {"iban": IBAN}),
]


@pytest.mark.parametrize(("tipo", "dati"), KINDS, ids=[tipo for tipo, _ in KINDS])
def test_nothing_changes_until_the_second_approval(joint, tipo, dati):
    things = ("utente", "potere", "opzione", "banca", "conto")

    def state():
        return [
            [row[:4] + row[5:] if name == "utente" else row for row in rows]
            for name, rows in everything(joint).items()
            if name in things
        ]

    before = state()
    asked = ask(joint, "bice", tipo, password=NUOVA, **dati)
    assert state() == before
    done = vote(joint, "approve", asked, "anna")
    assert done.stato == APPLICATO
    assert everything(joint) != before
    sound(joint)


def test_the_changes_do_what_they_say(alone):
    for tipo, dati in KINDS:
        assert ask(alone, "capo", tipo, password=NUOVA, **dati).stato == APPLICATO
    mario = user(alone, "mario")
    assert (mario.stato, mario.profilo.funzioni, mario.profilo.alle) == ("sospeso", ("sign",), "18:00")
    with alone.home.read() as conn:
        assert poteri.of(conn, mario.id) == Potere(10)
        assert aziende.options(conn, alone.azienda_id)["quattro_occhi"] == "si"
        assert conn.scalars(text("SELECT iban FROM conto")).all() == [IBAN]
        assert len(cambi.list_(conn, alone.azienda_id)) == len(KINDS)


@pytest.mark.parametrize(
    ("code", "tipo", "dati"),
    [
        ("UTENTE-004", "utente", {"login": "mario", "potere": {"peso": 1}, "profilo": Profilo().plain}),
        ("UTENTE-001", "utente", {"login": "a come b", "potere": {"peso": 1}, "profilo": Profilo().plain}),
        ("PROFILO-001", "profilo", {"login": "mario", "profilo": Profilo(funzioni=("fly",)).plain}),
        ("PROFILO-002", "profilo", {"login": "mario", "profilo": Profilo(dalle="9", alle="18:00").plain}),
        ("PROFILO-002", "profilo", {"login": "mario", "profilo": Profilo(dalle="09:00").plain}),
        ("PROFILO-003", "profilo", {"login": "mario", "profilo": Profilo(conti=(IBAN,)).plain}),
        ("PROFILO-004", "profilo", {"login": "mario", "profilo": Profilo(scadenza=0).plain}),
        ("PROFILO-005", "profilo", {"login": "mario", "profilo": Profilo(amministra="zar").plain}),
        ("UTENTE-007", "stato", {"login": "nessuno", "stato": "sospeso"}),
        ("UTENTE-012", "stato", {"login": "mario", "stato": "disabilitato"}),
        ("OPZIONE-001", "opzione", {"nome": "due_occhi", "valore": "si"}),
        ("CAMBIO-003", "stato", {"login": "anna", "stato": "sospeso"}),
        ("CAMBIO-003", "profilo", {"login": "bice", "profilo": Profilo().plain}),
    ],
)
def test_what_could_not_be_applied_is_refused_when_it_is_asked(joint, code, tipo, dati):
    before = everything(joint)
    refused(code, ask, joint, "anna", tipo, password=NUOVA, **dati)
    assert everything(joint) == before


def test_a_dry_run_says_what_would_come_of_it(alone):
    before = everything(alone)
    dati = {"nome": "quattro_occhi", "valore": "si"}
    dry = cambi.ask(alone.home, alone.azienda_id, "opzione", dati, "capo", PASSWORD, dry_run=True)
    assert dry.stato == APPLICATO
    assert everything(alone) == before


def test_a_change_of_another_company_is_out_of_reach(joint):
    with joint.home.begin() as conn:
        other = aziende.create(conn, joint.home.ports, sia="Z9Y8X", nome="Altra", codice_fiscale="12121210152")
        utenti.create(
            conn,
            joint.home.ports,
            other,
            login="zoe",
            peso=50,
            password=PASSWORD,
            profilo=Profilo(amministra=Diritto.INDIVIDUALE),
        )
    asked = new_user(joint, "anna")
    refused("UTENTE-005", vote, joint, "approve", asked, "zoe")
