"""Signatures: money leaves only when enough of the right people have signed exactly these bytes."""

import json
import multiprocessing
import os
import random
from collections import Counter
from itertools import cycle, islice, permutations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from fixtures.comune import SIA as SIA_FIXTURES
from ledger import aziende, distinte, firme, intenti, journal, libro, operazioni, poteri, ricostruzione, utenti
from ledger.errors import Refused
from ledger.firme import SignResult
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import real_ports
from ledger.poteri import NESSUNO, NORMALE
from ledger.stati import VITE, Evento, Stato
from tests.console import ROOT
from tests.ledger.flussi import order, riba
from tests.ledger.sala import PASSWORD, SIA, furnish


@pytest.fixture
def signing(sala):
    """A home with distinta 1 to be signed."""
    import_file(sala.home, riba(), "flusso.cbi", sala.azienda_id)
    return sala


def sign(sala, login, number=1, password=PASSWORD, **kwargs):
    return firme.sign(sala.home, number, login, password, **kwargs)


def refused(code, action, *args, **kwargs):
    with pytest.raises(Refused) as found:
        action(*args, **kwargs)
    error = found.value
    assert error.code == code
    assert error.it and error.en and bool(error.hint_it) == bool(error.hint_en), "said in one language only"
    return error


def alter(sala, statement, **values):
    with sala.home.begin() as conn:
        conn.execute(text(statement), values)


def look(sala, number=1):
    with sala.home.read() as conn:
        return distinte.get(conn, number)


def states_of_orders(sala, number=1):
    with sala.home.read() as conn:
        return {found.stato for found in distinte.orders(conn, number)}


def test_half_a_weight_is_not_enough_two_halves_are(signing):
    assert sign(signing, "anna") == SignResult(50, False, 50)
    found = look(signing)
    assert (found.stato, found.firmato, found.completa) == (Stato.FIRMATA, 50, False)
    assert sign(signing, "bruno") == SignResult(100, True, 0)
    assert look(signing).completa
    assert states_of_orders(signing) == {Stato.FIRMATA}


def test_one_whole_weight_is_enough(signing):
    assert sign(signing, "carla") == SignResult(100, True, 0)


def test_weights_may_go_beyond(signing):
    sign(signing, "anna")
    assert sign(signing, "carla") == SignResult(150, True, 0)


@pytest.mark.parametrize("weights", [(99,), (1, 98), (33, 33, 33)])
def test_ninety_nine_is_not_enough(tmp_path, weights):
    users = {f"u{i}": peso for i, peso in enumerate(weights)}
    sala = furnish(tmp_path / "casa", users)
    import_file(sala.home, riba(), "f", sala.azienda_id)
    results = [sign(sala, login) for login in users]
    assert results[-1] == SignResult(99, False, 1)
    with sala.home.begin() as conn:
        refused("FIRMA-001", distinte.apply, conn, sala.home.ports, 1, Evento.INOLTRA, chi="x")
        assert distinte.ready(conn) == []


def test_what_changed_since_it_was_shown_is_not_signed(signing):
    shown = firme.about_to(signing.home, 1).distinta.sha256
    operazioni.edit(signing.home, 1, {"nome": "ALTRO"}, "anna", PASSWORD)
    refused("FIRMA-009", lambda: sign(signing, "bruno", vista=shown))
    assert look(signing).firmato == 0
    assert sign(signing, "bruno", vista=firme.about_to(signing.home, 1).distinta.sha256).total_weight == 50


@pytest.mark.ovunque
def test_nobody_signs_twice(signing):
    sign(signing, "anna")
    error = refused("FIRMA-003", sign, signing, "anna")
    assert "anna" in error.it and "anna" in error.en
    assert look(signing).firmato == 50
    with pytest.raises(IntegrityError):
        alter(
            signing,
            "INSERT INTO firma SELECT NULL, distinta_id, utente_id, peso, sha256, numero_disposizioni, totale, "
            "regole, at, revisione FROM firma",
        )


def test_when_there_are_enough_no_more_are_taken(signing):
    sign(signing, "carla")
    refused("FIRMA-002", sign, signing, "anna")
    assert look(signing).firmato == 100


def test_a_distinta_that_is_not_there(signing):
    refused("DISTINTA-001", sign, signing, "anna", 99)


@pytest.mark.parametrize(("login", "password"), [("anna", "sbagliata sbagliata"), ("zeno", PASSWORD), ("anna", "")])
def test_without_the_right_password_nothing_is_signed(signing, login, password):
    refused("UTENTE-005", sign, signing, login, password=password)
    assert look(signing).firmato == 0
    assert look(signing).stato is Stato.DA_SPEDIRE


def test_a_user_disabled_between_password_and_signature(signing, monkeypatch):
    real = utenti.authenticate

    def late(*args):
        found = real(*args)
        alter(signing, "UPDATE utente SET stato = 'disabilitato' WHERE login = 'anna'")
        return found

    monkeypatch.setattr(utenti, "authenticate", late)
    refused("UTENTE-006", sign, signing, "anna")
    assert look(signing).firmato == 0


def test_the_users_of_another_company_cannot_sign(signing):
    from ledger import aziende

    with signing.home.begin() as conn:
        other = aziende.create(conn, signing.home.ports, sia="Z9Y8X", nome="Altra", codice_fiscale="12121210152")
        utenti.create(conn, signing.home.ports, other, login="dario", peso=100, password=PASSWORD)
    refused("UTENTE-005", sign, signing, "dario")


@pytest.mark.parametrize("stato", [s for s in Stato if s not in (Stato.DA_SPEDIRE, Stato.FIRMATA)])
def test_only_what_waits_for_signatures_is_signed(signing, stato):
    alter(signing, "UPDATE distinta SET stato = :s", s=stato)
    refused("STATO-001", sign, signing, "anna")


@pytest.mark.ovunque
def test_a_signature_says_what_it_covers_and_by_which_rules(signing):
    sign(signing, "anna")
    with signing.home.read() as conn:
        row = conn.execute(text("SELECT * FROM firma")).one()
        step = distinte.iter_of(conn, 1)[-1]
        event = conn.execute(text("SELECT * FROM journal ORDER BY numero DESC")).first()
        assert journal.verify(conn, signing.azienda_id) is None
    found = look(signing)
    covered = {"sha256": found.sha256, "numero_disposizioni": 3, "totale": 370350, "revisione": 1}
    regole = {
        "versione": 2,
        "soglia": 100,
        "peso": 50,
        "superate": [],
        "potere": {"peso": 50, "soglie": {}},
        "firmato": {"giorno": 0, "mese": 0},
        "opzioni": {"abitudine_portale": "no", "quattro_occhi": "no", "abbina_probabili": "no"},
    }
    assert {key: getattr(row, key) for key in covered} == covered
    assert (row.peso, json.loads(row.regole)) == (50, regole)
    assert (step.chi, step.evento, step.da, step.a) == ("anna", "firma", "Da spedire", "Firmata")
    given = {"id": row.id, "utente_id": row.utente_id, "at": row.at}
    assert json.loads(step.dati) == {**covered, "regole": regole, "firma": given}
    assert (event.tipo, event.soggetto) == ("distinta_stato", "distinta:1")
    assert json.loads(event.dati)["dati"] == json.loads(step.dati)
    assert json.loads(event.dati)["ordini"] == [["Da spedire", "Firmata"]]


@pytest.mark.ovunque
def test_who_signed_can_be_seen(signing):
    sign(signing, "anna")
    with signing.home.read() as conn:
        [row] = distinte.signatures(conn, 1)
    assert (row.login, row.peso, row.vale, row.sha256) == ("anna", 50, True, look(signing).sha256)


def payload_path(sala):
    sha256 = look(sala).sha256
    return sala.home.archive_dir / sha256[:2] / sha256


def test_bytes_altered_in_the_archive_are_not_signed(signing):
    path = payload_path(signing)
    data = bytearray(path.read_bytes())
    data[300] ^= 1
    path.write_bytes(bytes(data))
    error = refused("ARCHIVIO-002", sign, signing, "anna")
    assert str(path) in error.hint_en
    assert look(signing).firmato == 0


def test_bytes_gone_from_the_archive_are_not_signed(signing):
    payload_path(signing).unlink()
    refused("ARCHIVIO-001", sign, signing, "anna")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE disposizione SET importo = importo + 1 WHERE numero = 1",
        (
            "UPDATE disposizione SET importo = importo + CASE numero WHEN 1 THEN 1 WHEN 2 THEN -1 ELSE 0 END, "
            "raw = (SELECT other.raw FROM disposizione AS other WHERE other.numero = 4 - disposizione.numero)"
        ),
        "UPDATE disposizione SET raw = (SELECT raw FROM disposizione WHERE numero = 1) WHERE numero = 2",
        "DELETE FROM disposizione WHERE numero = 3",
        "UPDATE distinta SET totale = totale + 1",
        "UPDATE distinta SET numero_disposizioni = 2",
        "UPDATE iter SET dati = replace(dati, '370350', '370351')",
    ],
)
def test_whatever_was_altered_in_the_database_is_not_signed(signing, statement):
    alter(signing, statement)
    error = refused("FIRMA-004", sign, signing, "anna")
    assert "1" in error.it
    assert look(signing).firmato == 0


def test_another_flow_put_in_its_place_is_not_signed(signing):
    other = import_file(signing.home, riba(order(9)), "altro.cbi", signing.azienda_id)
    assert other.sha256 != look(signing).sha256
    alter(signing, "UPDATE distinta SET sha256 = :s WHERE id = 1", s=other.sha256)
    refused("FIRMA-004", sign, signing, "anna")


@pytest.mark.ovunque
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE distinta SET sha256 = 'altro'",
        "UPDATE distinta SET totale = totale + 1",
        "UPDATE distinta SET numero_disposizioni = numero_disposizioni + 1",
    ],
)
def test_a_change_voids_the_signatures_given(signing, statement):
    sign(signing, "carla")
    assert look(signing).completa
    alter(signing, statement)
    found = look(signing)
    assert (found.firmato, found.completa) == (0, False)
    with signing.home.begin() as conn:
        assert [bool(row.vale) for row in distinte.signatures(conn, 1)] == [False]
        assert distinte.ready(conn) == []
        refused("FIRMA-001", distinte.apply, conn, signing.home.ports, 1, Evento.INOLTRA, chi="x")


@pytest.mark.ovunque
def test_what_is_complete_is_ready_and_may_leave(signing):
    sign(signing, "carla")
    with signing.home.begin() as conn:
        assert [found.id for found in distinte.ready(conn)] == [1]
        assert distinte.apply(conn, signing.home.ports, 1, Evento.INOLTRA, chi="spool") is Stato.INOLTRATA
        assert distinte.ready(conn) == []
    assert states_of_orders(signing) == {Stato.INOLTRATA}


def test_a_dry_run_says_what_would_come_of_it(signing):
    assert sign(signing, "carla", dry_run=True) == SignResult(100, True, 0)
    assert look(signing).stato is Stato.DA_SPEDIRE
    assert look(signing).firmato == 0
    refused("UTENTE-005", sign, signing, "carla", password="sbagliata sbagliata", dry_run=True)


def with_doubles(sala):
    import_file(sala.home, riba(order(2), nome="SUPPORTO2"), "doppi.cbi", sala.azienda_id)
    assert look(sala, 2).stato is Stato.INSERITA


@pytest.mark.ovunque
def test_doubles_wait_for_a_person_and_then_go_on(signing):
    with_doubles(signing)
    refused("STATO-001", sign, signing, "carla", 2)
    refused("UTENTE-005", firme.approve, signing.home, 2, "anna", "sbagliata sbagliata")
    assert firme.approve(signing.home, 2, "anna", PASSWORD, dry_run=True) is Stato.DA_SPEDIRE
    assert look(signing, 2).stato is Stato.INSERITA
    assert firme.approve(signing.home, 2, "anna", PASSWORD) is Stato.DA_SPEDIRE
    assert states_of_orders(signing, 2) == {Stato.DA_SPEDIRE}
    with signing.home.read() as conn:
        step = distinte.iter_of(conn, 2)[-1]
    assert (step.chi, step.evento, json.loads(step.dati)) == ("anna", "convalida", {"doppi": 1})
    assert sign(signing, "carla", 2).complete


def test_what_has_no_doubles_needs_no_approval(signing):
    refused("STATO-001", firme.approve, signing.home, 1, "anna", PASSWORD)


def test_a_disabled_user_cannot_approve(signing, monkeypatch):
    with_doubles(signing)
    real = utenti.authenticate

    def late(*args):
        found = real(*args)
        alter(signing, "UPDATE utente SET stato = 'disabilitato' WHERE login = 'anna'")
        return found

    monkeypatch.setattr(utenti, "authenticate", late)
    refused("UTENTE-006", firme.approve, signing.home, 2, "anna", PASSWORD)


def awaiting(sala, login):
    with sala.home.read() as conn:
        utente = utenti.named(conn, sala.azienda_id, login)
        found = libro.read(conn, utente, sala.home.ports.clock.now())
    return [voce.distinta.id for voce in found.firmabili]


@pytest.mark.ovunque
def test_the_libro_firma_holds_what_awaits_me(signing):
    import_file(signing.home, riba(order(9), nome="SUPPORTO3"), "tre.cbi", signing.azienda_id)
    with_doubles_id = 3
    import_file(signing.home, riba(order(2), nome="SUPPORTO2"), "doppi.cbi", signing.azienda_id)
    assert look(signing, with_doubles_id).stato is Stato.INSERITA
    assert awaiting(signing, "anna") == [1, 2]
    sign(signing, "anna", 1)
    assert awaiting(signing, "anna") == [2]
    assert awaiting(signing, "bruno") == [1, 2]
    sign(signing, "bruno", 1)
    assert awaiting(signing, "carla") == [2]


def sign_at_once(path, login, barrier, queue):
    utenti.HASHER = utenti.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    home = Home.open(path, real_ports())
    barrier.wait()
    try:
        queue.put(firme.sign(home, 1, login, PASSWORD).total_weight)
    except Refused as error:
        queue.put(error.code)


@pytest.mark.parametrize(
    ("logins", "expected", "weight"),
    [
        (("anna", "bruno"), [50, 100], 100),
        (("anna", "anna"), [50, "FIRMA-003"], 50),
        (("carla", "anna", "bruno"), None, None),
    ],
)
def test_signers_at_once_neither_lose_nor_double_a_signature(signing, logins, expected, weight):
    signing.home.close()
    context = multiprocessing.get_context("fork")
    barrier, queue = context.Barrier(len(logins)), context.Queue()
    processes = [
        context.Process(target=sign_at_once, args=(signing.home.path, login, barrier, queue)) for login in logins
    ]
    for process in processes:
        process.start()
    results = sorted((queue.get(timeout=60) for _ in processes), key=str)
    for process in processes:
        process.join(60)
    found = look(signing)
    with signing.home.read() as conn:
        given = distinte.signatures(conn, 1)
        assert journal.verify(conn, signing.azienda_id) is None
    assert found.firmato == sum(row.peso for row in given)
    assert len(given) == len({row.login for row in given})
    if expected is None:
        assert found.firmato >= 100
        assert found.firmato - given[-1].peso < 100
    else:
        assert results == sorted(expected, key=str)
        assert found.firmato == weight


WEIGHTS = {"u1": 1, "u33": 33, "u50": 50, "u66": 66, "u99": 99, "u100": 100}


@pytest.mark.parametrize("order_", list(permutations(["u33", "u66", "u1"])))
def test_the_order_of_signatures_does_not_matter(tmp_path, order_):
    sala = furnish(tmp_path / "casa", WEIGHTS)
    import_file(sala.home, riba(), "f", sala.azienda_id)
    results = [sign(sala, login) for login in order_]
    assert [result.complete for result in results] == [False, False, True]


class Signing(RuleBasedStateMachine):
    """Any sequence of signatures, tampering and departures, against a model of ten lines."""

    base = None
    count = 0

    @initialize()
    def open(self):
        type(self).count += 1
        self.sala = furnish(self.base / str(self.count), WEIGHTS)
        import_file(self.sala.home, riba(), "f", self.sala.azienda_id)
        self.signed, self.gone, self.tampered = set(), False, False

    @property
    def weight(self):
        return 0 if self.tampered else sum(WEIGHTS[login] for login in self.signed)

    @rule(login=st.sampled_from(sorted(WEIGHTS)), right=st.sampled_from([True, True, True, False]))
    def sign(self, login, right):
        allowed = right and not self.gone and not self.tampered and self.weight < 100 and login not in self.signed
        try:
            result = sign(self.sala, login, password=PASSWORD if right else "sbagliata sbagliata")
        except Refused:
            assert not allowed
            # a wrong password now and then must not disable anyone here
            alter(self.sala, "UPDATE utente SET tentativi = 0")
            return
        assert allowed
        self.signed.add(login)
        assert result == SignResult(self.weight, self.weight >= 100, max(0, 100 - self.weight))

    @precondition(lambda self: not self.gone)
    @rule()
    def tamper(self):
        self.tampered = not self.tampered
        alter(self.sala, f"UPDATE distinta SET totale = totale {'+' if self.tampered else '-'} 1")

    @rule()
    def leave(self):
        allowed = bool(self.signed) and not self.gone and self.weight >= 100
        try:
            with self.sala.home.begin() as conn:
                distinte.apply(conn, self.sala.home.ports, 1, Evento.INOLTRA, chi="spool")
        except Refused:
            assert not allowed
            return
        assert allowed
        self.gone = True

    @invariant()
    def as_the_model_says(self):
        if not hasattr(self, "sala"):
            return
        found = look(self.sala)
        assert found.firmato == self.weight
        expected = Stato.FIRMATA if self.signed else Stato.DA_SPEDIRE
        assert found.stato is (Stato.INOLTRATA if self.gone else expected)
        assert states_of_orders(self.sala) == {found.stato}

    def teardown(self):
        if hasattr(self, "sala"):
            with self.sala.home.read() as conn:
                assert journal.verify(conn, self.sala.azienda_id) is None
            self.sala.home.close()


def test_any_sequence_of_signatures_and_tampering(tmp_path):
    from hypothesis.stateful import run_state_machine_as_test

    Signing.base = tmp_path
    run_state_machine_as_test(
        Signing,
        settings=settings(
            max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


# --- refused, or the signatures taken off -----------------------------------------------------------------------------


def test_who_refuses_says_why_and_it_goes_back_without_signatures(signing):
    sign(signing, "anna")
    assert firme.refuse(signing.home, 1, "  importo sbagliato ", "bruno", PASSWORD) is Stato.INSERITA
    found = look(signing)
    assert (found.stato, found.firmato, found.revisione) == (Stato.INSERITA, 0, 2)
    assert states_of_orders(signing) == {Stato.INSERITA}
    with signing.home.read() as conn:
        step = distinte.iter_of(conn, 1)[-1]
        assert [row.vale for row in distinte.signatures(conn, 1)] == [False]
        assert ricostruzione.check(conn, signing.azienda_id) == []
    assert (step.chi, step.evento, step.da, step.a) == ("bruno", "respingi", "Firmata", "Inserita")
    assert json.loads(step.dati) == {"revisione": 2, "annullate": ["anna"], "motivo": "importo sbagliato"}


def test_what_was_refused_is_not_signed_until_someone_lets_it_go_on(signing):
    firme.refuse(signing.home, 1, "da rivedere", "anna", PASSWORD)
    refused("STATO-001", sign, signing, "carla")
    assert firme.approve(signing.home, 1, "bruno", PASSWORD) is Stato.DA_SPEDIRE
    assert sign(signing, "anna") == SignResult(50, False, 50)
    assert sign(signing, "carla").complete


def test_what_is_all_signed_and_has_not_left_can_be_refused(signing):
    sign(signing, "carla")
    firme.refuse(signing.home, 1, "un momento", "anna", PASSWORD)
    with signing.home.begin() as conn:
        assert distinte.ready(conn) == []
        refused("STATO-001", distinte.apply, conn, signing.home.ports, 1, Evento.INOLTRA, chi="spool")


@pytest.mark.parametrize("motivo", ["", "  ", "\n"])
def test_a_refusal_has_a_reason(signing, motivo):
    assert "motivo" in refused("FIRMA-007", firme.refuse, signing.home, 1, motivo, "anna", PASSWORD).it
    assert look(signing).stato is Stato.DA_SPEDIRE


def test_the_signatures_given_are_taken_off_and_all_are_awaited_again(signing):
    sign(signing, "anna")
    assert firme.zero(signing.home, 1, "bruno", PASSWORD) is Stato.DA_SPEDIRE
    found = look(signing)
    assert (found.stato, found.firmato, found.revisione) == (Stato.DA_SPEDIRE, 0, 2)
    with signing.home.read() as conn:
        assert json.loads(distinte.iter_of(conn, 1)[-1].dati) == {"revisione": 2, "annullate": ["anna"]}
        assert ricostruzione.check(conn, signing.azienda_id) == []
    assert sign(signing, "anna") == SignResult(50, False, 50)
    assert sign(signing, "bruno").complete


def with_a_reason(home, number, *who, **kwargs):
    return firme.refuse(home, number, "x", *who, **kwargs)


def test_where_there_are_no_signatures_there_are_none_to_take_off(signing):
    refused("STATO-001", firme.zero, signing.home, 1, "anna", PASSWORD)
    assert look(signing).revisione == 1


@pytest.mark.parametrize("verb", [firme.zero, with_a_reason])
def test_signatures_are_voided_by_who_proves_who_they_are_and_not_in_a_dry_run(signing, verb):
    sign(signing, "anna")
    refused("UTENTE-005", verb, signing.home, 1, "bruno", "sbagliata sbagliata")
    verb(signing.home, 1, "bruno", PASSWORD, dry_run=True)
    assert (look(signing).firmato, look(signing).revisione) == (50, 1)


@pytest.mark.parametrize("verb", [firme.zero, with_a_reason])
def test_what_is_about_to_leave_keeps_its_signatures(signing, verb):
    sign(signing, "carla")
    with signing.home.begin() as conn:
        intenti.intend(conn, signing.home.ports, distinte.get(conn, 1), "x.cbi")
    refused("DISTINTA-003", verb, signing.home, 1, "anna", PASSWORD)
    assert look(signing).completa


def test_a_revision_put_back_by_hand_is_told_by_the_journal(signing):
    sign(signing, "anna")
    firme.zero(signing.home, 1, "bruno", PASSWORD)
    alter(signing, "UPDATE distinta SET revisione = 1")
    with signing.home.read() as conn:
        assert [each.campo for each in ricostruzione.check(conn, signing.azienda_id)] == ["revisione"]


# --- four eyes --------------------------------------------------------------------------------------------------------


def option(sala, nome, valore="si"):
    with sala.home.begin() as conn:
        aziende.set_option(conn, sala.home.ports, sala.azienda_id, nome, valore, chi="capo")


@pytest.fixture
def four(signing):
    """Distinta 1 was last made by carla, whose signature weighs 100; the company wants four eyes."""
    operazioni.edit(signing.home, 1, {"importo": "9.00"}, "carla", PASSWORD, ordini=[1])
    option(signing, "quattro_occhi")
    return signing


def test_who_made_it_may_not_be_the_only_one_to_sign(four):
    error = refused("FIRMA-006", sign, four, "carla")
    assert "carla" in error.it and "carla" in error.en
    assert look(four).firmato == 0
    sign(four, "anna")
    assert sign(four, "carla") == SignResult(150, True, 0)


def test_who_did_not_make_it_may_be_alone(four):
    with four.home.begin() as conn:
        carla = utenti.named(conn, four.azienda_id, "anna")
        poteri.assign(conn, four.home.ports, four.azienda_id, carla.id, NORMALE, chi="capo")
    assert sign(four, "anna").complete


def test_who_made_it_may_sign_first_if_another_has_to_sign_after(signing):
    operazioni.edit(signing.home, 1, {"importo": "9.00"}, "anna", PASSWORD, ordini=[1])
    option(signing, "quattro_occhi")
    assert sign(signing, "anna") == SignResult(50, False, 50)
    assert sign(signing, "bruno").complete


def test_without_the_option_who_made_it_may_be_alone(four):
    option(four, "quattro_occhi", "no")
    assert sign(four, "carla").complete


def test_who_let_it_go_on_did_not_make_it(signing):
    option(signing, "quattro_occhi")
    firme.refuse(signing.home, 1, "x", "carla", PASSWORD)
    firme.approve(signing.home, 1, "carla", PASSWORD)
    assert sign(signing, "carla").complete


def test_an_option_or_a_value_that_is_not_there(signing):
    assert "quattro_occhi" in refused("OPZIONE-001", option, signing, "sei_occhi").it
    assert "si" in refused("OPZIONE-002", option, signing, "quattro_occhi", "forse").en
    with signing.home.begin() as conn:
        assert set(aziende.options(conn, signing.azienda_id).values()) == {"no"}


# --- the habit of bank portals ----------------------------------------------------------------------------------------


@pytest.fixture
def mandates(tmp_path):
    """A home with distinta 1 of mandates, distinta 2 of Ri.Ba. and a user without power."""
    sala = furnish(tmp_path / "casa", {"anna": 30, "bruno": 50})
    with sala.home.begin() as conn:
        poteri.assign(conn, sala.home.ports, sala.azienda_id, 2, NESSUNO, chi="capo")
    sia = (ROOT / "fixtures" / "al.cbi").read_bytes()
    import_file(sala.home, sia.replace(SIA_FIXTURES.encode(), SIA.encode()), "al.cbi", sala.azienda_id)
    import_file(sala.home, riba(), "riba.cbi", sala.azienda_id)
    assert [look(sala, n).flusso for n in (1, 2)] == ["AL", "RIBA"]
    return sala


def test_mandates_follow_the_rules_of_all_unless_the_company_says_otherwise(mandates):
    assert sign(mandates, "anna") == SignResult(30, False, 70)
    refused("FIRMA-005", sign, mandates, "bruno")
    refused("FIRMA-008", sign, mandates, "anna", password=None)
    assert firme.about_to(mandates.home, 1).password


@pytest.mark.parametrize("login", ["anna", "bruno"])
@pytest.mark.parametrize("password", [PASSWORD, None])
def test_with_the_habit_of_portals_one_signature_is_enough_and_asks_no_password(mandates, login, password):
    option(mandates, "abitudine_portale")
    assert not firme.about_to(mandates.home, 1).password
    assert sign(mandates, login, password=password) == SignResult(100, True, 0)
    with mandates.home.read() as conn:
        [row] = distinte.signatures(conn, 1)
        assert journal.verify(conn, 1) is None
    assert (row.login, row.peso) == (login, 100)


def test_the_habit_of_portals_is_not_for_what_moves_money(mandates):
    option(mandates, "abitudine_portale")
    assert firme.about_to(mandates.home, 2).password
    refused("FIRMA-008", sign, mandates, "anna", 2, password=None)
    assert sign(mandates, "anna", 2) == SignResult(30, False, 70)


def test_the_habit_of_portals_is_of_kinds_that_there_are():
    assert set(VITE) >= firme.DI_ABITUDINE
    assert not firme.DI_ABITUDINE & {"INCASSO", "MAV", "PAGAMENTO", "F24"}


def test_without_a_password_one_has_to_be_there_and_not_disabled(mandates):
    option(mandates, "abitudine_portale")
    refused("UTENTE-007", sign, mandates, "zeno", password=None)
    refused("DISTINTA-001", sign, mandates, "anna", 9, password=None)
    assert sign(mandates, "anna", password=None, dry_run=True).complete
    alter(mandates, "UPDATE utente SET stato = 'disabilitato' WHERE login = 'anna'")
    refused("UTENTE-006", sign, mandates, "anna", password=None)
    assert look(mandates).firmato == 0


# --- one byte changed -------------------------------------------------------------------------------------------------

TRIES = 10_000 if "CBI_SOAK" in os.environ else 300
COVERED = {"sha256": str, "numero_disposizioni": int, "totale": int, "revisione": int}


def test_one_changed_byte_voids_the_signatures_wherever_it_is(signing, tmp_path):
    """In the bytes kept, in the records of an order, in what a signature or a distinta says that it covers.

    The archive and the orders are looked at when the next signs and when it leaves, the columns at every look.
    """
    dice = random.Random(2026)
    sign(signing, "anna")
    path = payload_path(signing)
    data, whole = path.read_bytes(), look(signing)
    every = dice.sample(range(len(data)), len(data))  # all of them before any comes twice
    places = [("archive", at) for at in islice(cycle(every), TRIES // 2)]
    places += [(dice.choice(["order", "distinta", "firma"]), dice.randrange(10**6)) for _ in range(TRIES - len(places))]
    found = Counter()
    for where, at in places:
        change = 1 << dice.randrange(8)
        found[where, VOIDED[where](signing, path, data, at, change)] += 1
    assert {void for _, void in found} == {True}, found
    assert sum(found.values()) == TRIES and {where for where, _ in found} == set(VOIDED)
    assert look(signing) == whole and sign(signing, "bruno").complete


def voided_in_the_archive(sala, path, data, at, change):
    path.write_bytes(data[:at] + bytes([data[at] ^ change]) + data[at + 1 :])
    try:
        return refusal(sala) == "ARCHIVIO-002"
    finally:
        path.write_bytes(data)


def voided_in_an_order(sala, _path, _data, at, change):
    with sala.home.begin() as conn:
        order = list(distinte.orders(conn, 1))[at % 3]
        at %= len(order.raw)
        raw = order.raw[:at] + bytes([order.raw[at] ^ change]) + order.raw[at + 1 :]
        conn.execute(text("UPDATE disposizione SET raw = :raw WHERE id = :id"), {"raw": raw, "id": order.id})
        verdict = refusal_in(sala, conn)
        conn.rollback()
    return verdict == "FIRMA-004"


def voided_in_a_column(table):
    def voided(sala, _path, _data, at, change):
        column = sorted(COVERED)[at % len(COVERED)]
        with sala.home.begin() as conn:
            value = conn.execute(text(f"SELECT {column} FROM {table}")).scalar_one()
            if COVERED[column] is str:
                place = at % len(value)
                value = value[:place] + chr(ord(value[place]) ^ change) + value[place + 1 :]
            else:
                value ^= change
            conn.execute(text(f"UPDATE {table} SET {column} = :value"), {"value": value})
            firmato = distinte.get(conn, 1).firmato
            conn.rollback()
        return firmato == 0

    return voided


VOIDED = {
    "archive": voided_in_the_archive,
    "order": voided_in_an_order,
    "distinta": voided_in_a_column("distinta"),
    "firma": voided_in_a_column("firma"),
}


def refusal(sala):
    with sala.home.read() as conn:
        return refusal_in(sala, conn)


def refusal_in(sala, conn):
    """Why the bytes of distinta 1 are not signed, "" if they are: what `sign` asks, without the password."""
    try:
        firme._require_untouched(sala.home, conn, distinte.get(conn, 1))
    except Refused as error:
        return error.code
    return ""
