"""Signatures: money leaves only when enough of the right people have signed exactly these bytes."""

import json
import multiprocessing
from itertools import permutations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ledger import distinte, firme, journal, utenti
from ledger.errors import Refused
from ledger.firme import SignResult
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import real_ports
from ledger.stati import Evento, Stato
from tests.ledger.flussi import order, riba
from tests.ledger.sala import PASSWORD, furnish


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
    assert found.value.code == code
    return found.value


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
        "opzioni": {"abitudine_portale": "no", "quattro_occhi": "no"},
    }
    assert {key: getattr(row, key) for key in covered} == covered
    assert (row.peso, json.loads(row.regole)) == (50, regole)
    assert (step.chi, step.evento, step.da, step.a) == ("anna", "firma", "Da spedire", "Firmata")
    given = {"id": row.id, "utente_id": row.utente_id, "at": row.at}
    assert json.loads(step.dati) == {**covered, "regole": regole, "firma": given}
    assert (event.tipo, event.soggetto) == ("distinta_stato", "distinta:1")
    assert json.loads(event.dati)["dati"] == json.loads(step.dati)
    assert json.loads(event.dati)["ordini"] == [["Da spedire", "Firmata"]]


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
            "raw = CAST(replace(CAST(raw AS TEXT), '123450-', '123451-') AS BLOB)"
        ),
        "UPDATE disposizione SET raw = zeroblob(854) WHERE numero = 2",
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
        return [found.id for found in firme.libro(conn, utente)]


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
