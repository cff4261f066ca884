"""Powers of signature: what a signature weighs, by what is signed now, today and this month."""

import json
import multiprocessing
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound

from ledger import aziende, distinte, firme, operazioni, poteri, utenti
from ledger.errors import Refused
from ledger.firme import SignResult
from ledger.home import Home
from ledger.importa import import_file
from ledger.ports import ROME, real_ports
from ledger.poteri import NESSUNO, NORMALE, Firmato, Peso, Potere, Soglia, weigh
from tests.ledger.flussi import order, riba
from tests.ledger.sala import PASSWORD, QUICK_HASHER

EURO = 100
TRE = Potere(80, distinta=Soglia(1000 * EURO, 50), giorno=Soglia(5000 * EURO, 40), mese=Soglia(20000 * EURO, 0))


def refused(code, action, *args, **kwargs):
    with pytest.raises(Refused) as found:
        action(*args, **kwargs)
    error = found.value
    assert error.code == code
    assert error.it and error.en and bool(error.hint_it) == bool(error.hint_en), "said in one language only"
    return error


# --- the arithmetic ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("potere", "importo", "giorno", "mese", "peso", "superate"),
    [
        (NORMALE, 10**15, 10**15, 10**15, 100, ()),
        (NESSUNO, 0, 0, 0, 0, ()),
        (TRE, 1000 * EURO, 0, 0, 80, ()),
        (TRE, 1000 * EURO + 1, 0, 0, 50, ("distinta",)),
        (TRE, 1000 * EURO, 4000 * EURO, 4000 * EURO, 80, ()),
        (TRE, 1000 * EURO, 4000 * EURO + 1, 4000 * EURO + 1, 40, ("giorno",)),
        (TRE, 1000 * EURO + 1, 4000 * EURO, 4000 * EURO, 40, ("distinta", "giorno")),
        (TRE, 1 * EURO, 0, 19999 * EURO, 80, ()),
        (TRE, 1 * EURO, 0, 19999 * EURO + 1, 0, ("mese",)),
        (TRE, 6000 * EURO, 0, 15000 * EURO, 0, ("distinta", "giorno", "mese")),
        (TRE, 0, 5000 * EURO, 20000 * EURO, 80, ()),
        (Potere(10, giorno=Soglia(0, 90)), 1, 0, 0, 90, ("giorno",)),
        (Potere(10, mese=Soglia(0, 90)), 0, 0, 0, 10, ()),
    ],
)
def test_above_a_threshold_its_weight_holds_and_the_smallest_of_several(potere, importo, giorno, mese, peso, superate):
    assert weigh(potere, importo, giorno, mese) == Peso(peso, superate)


WEIGHTS = st.integers(0, 100)
AMOUNTS = st.integers(0, 10**6)
SOGLIE = st.none() | st.builds(Soglia, AMOUNTS, WEIGHTS)
POTERI = st.builds(Potere, st.integers(1, 100), SOGLIE, SOGLIE, SOGLIE) | st.just(NESSUNO)


@given(potere=POTERI)
def test_a_power_is_written_and_read_back_as_it_is(potere):
    assert Potere.of(json.loads(json.dumps(potere.dati))) == potere


@pytest.mark.parametrize(
    "dati",
    [
        {},
        [],
        {"peso": 101},
        {"peso": -1},
        {"peso": "50"},
        {"peso": 50.0},
        {"peso": True},
        {"peso": 50, "soglie": {"anno": {"importo": 1, "peso": 1}}},
        {"peso": 50, "soglie": {"mese": {"importo": 1}}},
        {"peso": 50, "soglie": {"mese": {"importo": -1, "peso": 1}}},
        {"peso": 50, "soglie": {"mese": {"importo": 10**17 + 1, "peso": 1}}},
        {"peso": 50, "soglie": {"mese": {"importo": 1, "peso": 101}}},
        {"peso": 50, "soglie": {"mese": {"importo": 1, "peso": -1}}},
        {"peso": 50, "soglie": []},
        {"peso": 0, "soglie": {"mese": {"importo": 1, "peso": 1}}},
    ],
)
def test_what_is_not_a_power_is_refused(dati):
    assert "100" in refused("POTERE-001", Potere.of, dati).hint_it


@pytest.mark.parametrize(
    "dati", [{"peso": 0}, {"peso": 1}, {"peso": 100, "soglie": {"giorno": {"importo": 10**17, "peso": 100}}}]
)
def test_the_extremes_are_powers(dati):
    assert Potere.of(dati).peso == dati["peso"]


# --- in a home --------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(sala):
    """What a test does in a home: distinte of an amount, powers, signatures, the time of day."""
    return Desk(sala)


class Desk:
    def __init__(self, sala):
        self.sala, self.home, self.made = sala, sala.home, 0

    def bring(self, importo):
        """A distinta of one order of `importo` cents, to be signed; its id."""
        self.made += 1
        data = riba(order(self.made, importo), nome=f"SUPPORTO{self.made}")
        return import_file(self.home, data, f"{self.made}.cbi", self.sala.azienda_id).verdetti[0].distinta_id

    def power(self, login, potere):
        with self.home.begin() as conn:
            utente = utenti.named(conn, self.sala.azienda_id, login)
            poteri.assign(conn, self.home.ports, self.sala.azienda_id, utente.id, potere, chi="capo")

    def option(self, nome, valore="si"):
        with self.home.begin() as conn:
            aziende.set_option(conn, self.home.ports, self.sala.azienda_id, nome, valore, chi="capo")

    def sign(self, distinta_id, login="anna", **kwargs):
        return firme.sign(self.home, distinta_id, login, PASSWORD, **kwargs)

    def signed(self, login="anna"):
        with self.home.read() as conn:
            utente = utenti.named(conn, self.sala.azienda_id, login)
            return poteri.signed(conn, utente.id, self.home.ports.clock.now())

    def rules(self, distinta_id):
        with self.home.read() as conn:
            query = text("SELECT regole FROM firma WHERE distinta_id = :d ORDER BY id DESC")
            return json.loads(conn.scalars(query, {"d": distinta_id}).first())

    def at(self, year, month, day, hour=12, minute=0, second=0):
        """The clocks of Rome show that, and stand still."""
        moment = datetime(year, month, day, hour, minute, second, tzinfo=ROME).astimezone(UTC)
        self.home.ports.clock.now = lambda: moment


def test_a_user_signs_with_the_power_they_were_last_given(desk):
    first, second = desk.bring(100), desk.bring(100)
    desk.power("anna", Potere(30))
    desk.power("anna", Potere(20))
    assert desk.sign(first) == SignResult(20, False, 80)
    desk.power("anna", Potere(60))
    assert desk.sign(second) == SignResult(60, False, 40)
    with desk.home.read() as conn:
        assert distinte.get(conn, first).firmato == 20
        assert poteri.of(conn, 1) == Potere(60)
        event = conn.execute(text("SELECT * FROM journal WHERE tipo = 'potere_assegnato'")).all()[-1]
    assert (event.soggetto, json.loads(event.dati)) == ("utente:anna", {"chi": "capo", "peso": 60, "soglie": {}})


def test_who_was_never_given_a_power_has_none(desk):
    with desk.home.begin() as conn:
        conn.execute(text("DELETE FROM potere WHERE utente_id = 1"))
        assert poteri.of(conn, 1) is NESSUNO


def test_what_is_not_a_power_is_not_given_and_not_to_users_of_other_companies(desk):
    refused("POTERE-001", desk.power, "anna", Potere(101))
    with desk.home.begin() as conn, pytest.raises(NoResultFound):
        poteri.assign(conn, desk.home.ports, 99, 1, NORMALE, chi="capo")


@pytest.mark.parametrize("lang", ["it", "en"])
def test_who_has_no_power_cannot_sign(desk, lang):
    number = desk.bring(100)
    desk.power("anna", NESSUNO)
    assert "anna" in refused("FIRMA-005", desk.sign, number).message(lang)
    assert desk.signed() == Firmato(0, 0)


@pytest.mark.parametrize(
    ("potere", "it", "en"),
    [
        (Potere(50, distinta=Soglia(123456, 0)), "della distinta (1.234,56)", "of a distinta (1,234.56)"),
        (Potere(50, giorno=Soglia(123456, 0)), "del giorno (1.234,56)", "of the day (1,234.56)"),
        (
            Potere(50, distinta=Soglia(1, 10), mese=Soglia(123456, 0)),
            "del mese (1.234,56)",
            "of the month (1,234.56)",
        ),
    ],
)
def test_above_a_threshold_of_weight_zero_nothing_is_signed_and_the_reason_is_told(desk, potere, it, en):
    number = desk.bring(123457)
    desk.power("anna", potere)
    error = refused("FIRMA-005", desk.sign, number)
    assert it in error.it and en in error.en
    assert desk.signed() == Firmato(0, 0)


def test_a_threshold_counts_what_was_signed_before_and_what_is_being_signed(desk):
    desk.power("anna", Potere(100, giorno=Soglia(1000, 30), mese=Soglia(1500, 10)))
    numbers = [desk.bring(cents) for cents in (400, 600, 1, 499, 1)]
    assert [desk.sign(number).total_weight for number in numbers] == [100, 100, 30, 30, 10]
    assert desk.signed() == Firmato(1501, 1501)
    rules = desk.rules(numbers[-1])
    assert (rules["peso"], rules["superate"], rules["firmato"]) == (
        10,
        ["giorno", "mese"],
        {"giorno": 1500} | {"mese": 1500},
    )
    assert rules["potere"] == Potere(100, giorno=Soglia(1000, 30), mese=Soglia(1500, 10)).dati


def test_what_others_sign_is_not_counted(desk):
    number = desk.bring(700)
    desk.power("anna", Potere(50, giorno=Soglia(700, 0)))
    desk.sign(desk.bring(700), "bruno")
    desk.sign(number, "bruno")
    assert desk.signed() == Firmato(0, 0)
    assert desk.sign(number).complete


def test_a_dry_run_counts_for_nothing(desk):
    desk.sign(desk.bring(700), dry_run=True)
    assert desk.signed() == Firmato(0, 0)


def test_a_signature_on_what_has_changed_since_counts_no_more(desk):
    number = desk.bring(700)
    desk.sign(number)
    assert desk.signed() == Firmato(700, 700)
    operazioni.edit(desk.home, number, {"importo": "9.00"}, "bruno", PASSWORD, ordini=[1])
    assert desk.signed() == Firmato(0, 0)
    desk.sign(number)
    assert desk.signed() == Firmato(900, 900)


def test_a_signature_on_what_was_thrown_away_counts_no_more(desk):
    number = desk.bring(700)
    desk.sign(number)
    operazioni.take_out(desk.home, number, [1], "bruno", PASSWORD)
    assert desk.signed() == Firmato(0, 0)


def test_what_the_bank_refused_counts_still(desk):
    number = desk.bring(700)
    desk.sign(number, "carla")
    with desk.home.begin() as conn:
        for evento in ("inoltra", "scarta"):
            distinte.apply(conn, desk.home.ports, number, distinte.Evento(evento), chi="prova")
    assert desk.signed("carla") == Firmato(700, 700)


# --- days and months of Rome ------------------------------------------------------------------------------------------

EDGES = [
    # the day before's last second; the first of the day, in winter and in summer; what the day and the month then hold
    ((2026, 3, 2, 23, 59, 59), (2026, 3, 3, 0, 0, 0), Firmato(0, 700)),
    ((2026, 3, 3, 0, 0, 0), (2026, 3, 3, 23, 59, 59), Firmato(700, 700)),
    ((2026, 7, 14, 23, 59, 59), (2026, 7, 15, 0, 0, 0), Firmato(0, 700)),
    ((2026, 7, 15, 0, 0, 0), (2026, 7, 15, 23, 59, 59), Firmato(700, 700)),
    # the end of months of every length, of the year, of a leap February
    ((2026, 1, 31, 23, 59, 59), (2026, 2, 1, 0, 0, 0), Firmato(0, 0)),
    ((2026, 2, 28, 23, 59, 59), (2026, 3, 1, 0, 0, 0), Firmato(0, 0)),
    ((2028, 2, 28, 23, 59, 59), (2028, 2, 29, 0, 0, 0), Firmato(0, 700)),
    ((2026, 4, 30, 23, 59, 59), (2026, 5, 1, 0, 0, 0), Firmato(0, 0)),
    ((2026, 4, 1, 0, 0, 0), (2026, 4, 30, 23, 59, 59), Firmato(0, 700)),
    ((2026, 12, 31, 23, 59, 59), (2027, 1, 1, 0, 0, 0), Firmato(0, 0)),
    ((2026, 12, 1, 0, 0, 0), (2026, 12, 31, 23, 59, 59), Firmato(0, 700)),
    # the days of 23 and of 25 hours
    ((2026, 3, 29, 0, 0, 0), (2026, 3, 29, 23, 59, 59), Firmato(700, 700)),
    ((2026, 3, 28, 23, 59, 59), (2026, 3, 29, 0, 0, 0), Firmato(0, 700)),
    ((2026, 3, 29, 23, 59, 59), (2026, 3, 30, 0, 0, 0), Firmato(0, 700)),
    ((2026, 10, 25, 0, 0, 0), (2026, 10, 25, 23, 59, 59), Firmato(700, 700)),
    ((2026, 10, 24, 23, 59, 59), (2026, 10, 25, 0, 0, 0), Firmato(0, 700)),
    ((2026, 10, 25, 23, 59, 59), (2026, 10, 26, 0, 0, 0), Firmato(0, 700)),
]


@pytest.mark.parametrize(("before", "now", "firmato"), EDGES)
def test_days_and_months_begin_and_end_on_the_clocks_of_rome(desk, before, now, firmato):
    first, second = desk.bring(700), desk.bring(1)
    for number, when in ((first, before), (second, now)):
        desk.at(*when)
        desk.sign(number)
    assert desk.rules(second)["firmato"] == {"giorno": firmato.giorno, "mese": firmato.mese}


@pytest.mark.parametrize(
    ("potere", "last", "first"),
    [
        (Potere(50, giorno=Soglia(700, 0)), (2026, 3, 2, 23, 59, 59), (2026, 3, 3)),
        (Potere(50, mese=Soglia(700, 0)), (2026, 3, 31, 23, 59, 59), (2026, 4, 1)),
        (Potere(50, giorno=Soglia(700, 0)), (2026, 3, 29, 23, 59, 59), (2026, 3, 30)),
        (Potere(50, giorno=Soglia(700, 0)), (2026, 10, 25, 23, 59, 59), (2026, 10, 26)),
        (Potere(50, mese=Soglia(700, 0)), (2026, 12, 31, 23, 59, 59), (2027, 1, 1)),
    ],
)
def test_a_limit_reached_before_midnight_is_free_again_at_midnight(desk, potere, last, first):
    one, two = desk.bring(700), desk.bring(700)
    desk.power("anna", potere)
    desk.at(*last)
    desk.sign(one)
    refused("FIRMA-005", desk.sign, two)
    desk.at(*first, 0)
    assert desk.sign(two).total_weight == 50


def sign_when_all_are_ready(path, number, barrier, queue):
    utenti.HASHER = QUICK_HASHER
    home = Home.open(path, real_ports())
    barrier.wait()
    try:
        queue.put(firme.sign(home, number, "anna", PASSWORD).total_weight)
    except Refused as error:
        queue.put(error.code)


def test_of_two_signatures_at_once_only_one_fits_below_a_limit(desk):
    numbers = [desk.bring(700), desk.bring(700)]
    desk.power("anna", Potere(50, giorno=Soglia(700, 0)))
    desk.home.close()
    context = multiprocessing.get_context("fork")
    barrier, queue = context.Barrier(2), context.Queue()
    signers = [
        context.Process(target=sign_when_all_are_ready, args=(desk.home.path, number, barrier, queue))
        for number in numbers
    ]
    for signer in signers:
        signer.start()
    assert sorted((queue.get(timeout=60) for _ in signers), key=str) == [50, "FIRMA-005"]
    for signer in signers:
        signer.join(60)
    with desk.home.read() as conn:
        assert sorted(distinte.get(conn, number).firmato for number in numbers) == [0, 50]
