"""The libro firma: what awaits whom, what is missing and who could give it, who was never paid before."""

from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fixtures.comune import SIA as SIA_FIXTURES
from ledger import aziende, distinte, firme, libro, operazioni, poteri, utenti
from ledger.errors import Refused
from ledger.importa import import_file
from ledger.libro import Novita
from ledger.poteri import NESSUNO, Potere, Soglia, enough, left, quorums
from ledger.stati import Evento, Stato
from tests.console import ROOT
from tests.ledger.flussi import faulty, order, riba
from tests.ledger.sala import PASSWORD, SIA, furnish

# --- who is enough ----------------------------------------------------------------------------------------------------

PESI = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 100), max_size=6)


@given(firmato=st.dictionaries(st.sampled_from("xyz"), st.integers(1, 60), max_size=3), others=PESI)
def test_the_sets_told_are_enough_and_not_one_of_them_could_be_spared(firmato, others):
    assume(not enough(firmato))
    found = quorums(firmato, others)
    for some in found:
        assert enough({**firmato, **{login: others[login] for login in some}})
        for fewer in combinations(some, len(some) - 1):
            assert not enough({**firmato, **{login: others[login] for login in fewer}})
    assert bool(found) == enough({**firmato, **others})


def test_the_smallest_sets_come_first_and_the_heaviest_people_in_them():
    assert quorums({}, {"bianchi": 100, "verdi": 50, "neri": 60, "rossi": 0}) == [("bianchi",), ("neri", "verdi")]
    assert quorums({"rossi": 50}, {"bianchi": 50, "verdi": 30, "neri": 20}) == [("bianchi",), ("verdi", "neri")]
    assert quorums({}, {"bianchi": 50, "verdi": 49}) == []


def test_there_is_an_end_to_the_sets_told():
    assert len(quorums({}, {f"u{n}": 50 for n in range(20)})) == 5
    assert quorums({}, {f"u{n:02}": 9 for n in range(20)}) == [tuple(f"u{n:02}" for n in range(12))]


def test_who_may_not_be_alone_is_told_with_another():
    assert quorums({}, {"capo": 100, "verdi": 10}, {"capo"}) == [("capo", "verdi")]
    assert quorums({"verdi": 10}, {"capo": 100}, {"capo"}) == [("capo",)]
    assert quorums({}, {"capo": 100, "verdi": 100}, {"capo"}) == [("verdi",)]
    assert quorums({}, {"capo": 100}, {"capo"}) == []
    assert not enough({"capo": 100}, {"capo", "verdi"})
    assert enough({"capo": 100}, {"verdi"})
    assert enough({"capo": 50, "verdi": 50}, {"capo", "verdi"})
    assert not enough({}, {"capo"})


@pytest.mark.parametrize(
    ("potere", "restano"),
    [
        (Potere(50), {}),
        (Potere(50, distinta=Soglia(10, 1)), {"distinta": 10}),
        (Potere(50, giorno=Soglia(10, 1), mese=Soglia(100, 1)), {"giorno": 7, "mese": 80}),
        (Potere(50, giorno=Soglia(3, 1), mese=Soglia(20, 1)), {"giorno": 0, "mese": 0}),
        (Potere(50, giorno=Soglia(2, 1), mese=Soglia(19, 1)), {"giorno": 0, "mese": 0}),
    ],
)
def test_what_is_left_below_each_threshold(potere, restano):
    assert left(potere, poteri.Firmato(3, 20)) == restano


# --- in a home --------------------------------------------------------------------------------------------------------


@pytest.fixture
def room(tmp_path):
    sala = furnish(tmp_path / "casa", {"anna": 50, "bruno": 30, "carla": 100, "dario": 20})
    import_file(sala.home, riba(), "flusso.cbi", sala.azienda_id)
    yield sala
    sala.home.close()


def read(sala, login="anna"):
    with sala.home.read() as conn:
        utente = utenti.named(conn, sala.azienda_id, login)
        return libro.read(conn, utente, sala.home.ports.clock.now())


def power(sala, login, potere):
    with sala.home.begin() as conn:
        utente = utenti.named(conn, sala.azienda_id, login)
        poteri.assign(conn, sala.home.ports, sala.azienda_id, utente.id, potere, chi="capo")


def test_what_is_missing_and_who_could_give_it(room):
    firme.sign(room.home, 1, "anna", PASSWORD)
    [voce] = read(room, "bruno").voci
    assert (voce.firme, voce.manca, voce.peso, voce.rifiuto) == ({"anna": 50}, 50, 30, None)
    assert voce.bastano == (("carla",), ("bruno", "dario"))
    assert [str(each) for each in voce.scadenze] == ["2026-04-30", "2026-04-30"]


def test_who_is_disabled_or_above_a_threshold_is_not_counted_on(room):
    power(room, "carla", Potere(100, distinta=Soglia(370349, 0)))
    with room.home.begin() as conn:
        conn.exec_driver_sql("UPDATE utente SET stato = 'disabilitato' WHERE login = 'dario'")
    assert read(room).voci[0].bastano == ()
    power(room, "carla", Potere(100, distinta=Soglia(370350, 0)))
    assert read(room).voci[0].bastano == (("carla",),)


def test_what_i_signed_is_shown_with_what_is_left(room):
    power(room, "anna", Potere(50, giorno=Soglia(400000, 0), mese=Soglia(300000, 40)))
    firme.sign(room.home, 1, "anna", PASSWORD)
    found = read(room)
    assert (found.penna.firmato, found.residui) == (poteri.Firmato(370350, 370350), {"giorno": 29650, "mese": 0})


@pytest.mark.parametrize("why", ["FIRMA-003", "FIRMA-005", "FIRMA-005 above", "FIRMA-006", "STATO-001"])
def test_why_i_cannot_sign_is_what_signing_would_say(room, why):
    if why == "FIRMA-003":
        firme.sign(room.home, 1, "anna", PASSWORD)
    elif why == "FIRMA-005":
        power(room, "anna", NESSUNO)
    elif why == "FIRMA-005 above":
        power(room, "anna", Potere(50, mese=Soglia(1, 0)))
    elif why == "FIRMA-006":
        power(room, "anna", Potere(100))
        operazioni.edit(room.home, 1, {"importo": "9.00"}, "anna", PASSWORD, ordini=[1])
        with room.home.begin() as conn:
            aziende.set_option(conn, room.home.ports, room.azienda_id, "quattro_occhi", "si", chi="capo")
    else:
        firme.refuse(room.home, 1, "x", "bruno", PASSWORD)
    [voce] = read(room).voci
    with pytest.raises(Refused) as found:
        firme.sign(room.home, 1, "anna", PASSWORD)
    assert (voce.rifiuto.code, voce.rifiuto.it, voce.peso) == (why.split()[0], found.value.it, 0)
    assert read(room).firmabili == []


def test_what_does_not_await_signatures_is_not_there(room):
    import_file(room.home, faulty(nome="GUASTO"), "g.cbi", room.azienda_id)
    firme.sign(room.home, 1, "carla", PASSWORD)
    with room.home.read() as conn:
        assert {each.stato for each in distinte.list_(conn)} == {Stato.FIRMATA, Stato.CON_ERRORI}
    assert read(room).voci == ()


def test_the_distinte_of_other_companies_are_not_there(room):
    with room.home.begin() as conn:
        other = aziende.create(conn, room.home.ports, sia="Z9Y8X", nome="Altra", codice_fiscale="12121210152")
        utenti.create(conn, room.home.ports, other, login="anna", peso=100, password=PASSWORD)
        found = libro.read(conn, utenti.named(conn, other, "anna"), room.home.ports.clock.now())
    assert found.voci == ()


# --- beneficiaries ----------------------------------------------------------------------------------------------------


@pytest.fixture
def paying(tmp_path):
    """A home with distinta 1 of transfers: two beneficiaries on an account, one paid by cheque."""
    sala = furnish(tmp_path / "casa", {"anna": 100})
    transfers(sala, "UNO")
    yield sala
    sala.home.close()


def transfers(sala, nome, *changes):
    """The transfers of the fixture in another supporto; `changes` of the same length in its bytes."""
    data = (ROOT / "fixtures" / "pc.cbi").read_bytes().replace(SIA_FIXTURES.encode(), SIA.encode())
    old = data[13:19], data[19:39]
    data = data.replace(old[1], nome.encode().ljust(20))
    for before, after in changes:
        assert before in data and len(before) == len(after)
        data = data.replace(before, after)
    [verdetto] = import_file(sala.home, data, nome, sala.azienda_id).verdetti
    return verdetto.distinta_id


def leaves(sala, number, *then):
    firme.sign(sala.home, number, "anna", PASSWORD)
    with sala.home.begin() as conn:
        for evento in (Evento.INOLTRA, *then):
            distinte.apply(conn, sala.home.ports, number, evento, chi="prova")


def news(sala, number):
    return next(voce.novita for voce in read(sala).voci if voce.distinta.id == number)


NAMES = ("FERRAMENTA LUNAPIENA SNC", "VIVAIO QUATTROFOGLIE SRL", "SARTORIA FILODORO")
ACCOUNT = "000000024680"


def test_who_was_never_paid_is_new(paying):
    assert news(paying, 1) == tuple(
        Novita(name, account, "nuovo") for name, account in zip(NAMES, (ACCOUNT, ACCOUNT, None), strict=True)
    )


def test_who_was_paid_the_same_way_is_not(paying):
    leaves(paying, 1)
    assert news(paying, transfers(paying, "DUE")) == ()


@pytest.mark.parametrize("then", [(Evento.SCARTA,), (Evento.RICEVI, Evento.SCARTA)])
def test_who_was_in_a_distinta_that_the_bank_refused_was_not_paid(paying, then):
    leaves(paying, 1, *then)
    assert {each.motivo for each in news(paying, transfers(paying, "DUE"))} == {"nuovo"}


def test_a_known_name_on_another_account_is_told(paying):
    leaves(paying, 1)
    number = transfers(paying, "DUE")
    with paying.home.begin() as conn:
        conn.exec_driver_sql(
            f"UPDATE disposizione SET conto = '000000099999' WHERE distinta_id = {number} AND numero = 1"
        )
    assert news(paying, number) == (Novita(NAMES[0], "000000099999", "conto"),)


def test_a_new_name_on_a_known_account_is_told_and_by_cheque_it_is_new(paying):
    leaves(paying, 1)
    number = transfers(
        paying, "DUE", (b"FERRAMENTA LUNAPIENA SNC", b"FERRAMENTA LUNAPIENA SPA"), (b"FILODORO", b"FILOVERO")
    )
    assert news(paying, number) == (
        Novita("FERRAMENTA LUNAPIENA SPA", ACCOUNT, "nome"),
        Novita("SARTORIA FILOVERO", None, "nuovo"),
    )


def test_capitals_and_blanks_do_not_make_a_new_name(paying):
    leaves(paying, 1)
    number = transfers(paying, "DUE")
    with paying.home.begin() as conn:
        conn.exec_driver_sql("UPDATE disposizione SET controparte = lower(replace(controparte, ' ', '  '))")
    assert news(paying, number) == ()


def test_debtors_are_not_beneficiaries(room):
    assert read(room).voci[0].novita == ()


def test_each_is_told_once(paying):
    number = transfers(paying, "DUE", (b"VIVAIO QUATTROFOGLIE SRL", b"FERRAMENTA LUNAPIENA SNC"))
    assert [each.controparte for each in news(paying, number)] == [NAMES[0], NAMES[2]]


def test_an_order_on_its_own_is_seen_in_the_libro(room):
    import_file(room.home, riba(order(7, 100), nome="SETTE"), "7.cbi", room.azienda_id)
    assert [voce.distinta.id for voce in read(room).firmabili] == [1, 2]
