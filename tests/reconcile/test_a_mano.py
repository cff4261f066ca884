"""What a person decides of an outcome: an event, never a delete; and the books made again from the journal know it."""

import json
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import pytest

import cbi
from banksim.risposte import Decisione, decide, flusso_esiti, stray
from ledger import abbinamenti, distinte, esporta, outcomes, partite, replica, ricostruzione
from ledger.errors import Refused
from ledger.home import Home
from ledger.ports import real_ports
from ledger.schema import ABBINAMENTO, DISPOSIZIONE, ESITO
from ledger.stati import Stato
from reconcile.a_mano import mark, match, unmatch
from spool.dispatch import dispatch_ready
from spool.receive import receive
from spool.rilettura import reread
from tests.spool import casa

FLOW = casa.flow("RIBA-A", range(1, 7))
DAY = date(2027, 1, 4)
WHO = ("bianchi", casa.PASSWORD)


def bank(flow=FLOW):
    return decide(next(cbi.read_supporti(BytesIO(flow))), 1, unpaid_percent=0)


def said(causale, *which, day=DAY):
    some = Decisione(bank().supporto, tuple(replace(e, causale=causale) for e in which), {causale: f"PM{day:%d%m%y}"})
    return flusso_esiti(some, causale, day)


ONE, TWO, THREE, *_ = bank().esiti
STRAY = stray(ONE, numero_ricevuta="9900000001")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    home = casa.build(tmp_path_factory.mktemp("mano") / "casa", [FLOW])
    dispatch_ready(home)
    home.close()
    return home.path


@pytest.fixture
def home(template, tmp_path):
    made = casa.copy(template, tmp_path / "casa")
    yield made
    made.close()


def give(home, data):
    """A file of the bank, received; the ids of the outcomes that it brought."""
    before = len(all_esiti(home))
    casa.drop(home, f"{before}.cbi", data)
    receive(home)
    return [row.id for row in all_esiti(home)[before:]]


def all_esiti(home):
    with home.read() as conn:
        return conn.execute(ESITO.select().order_by(ESITO.c.id)).all()


def stato(home, order):
    with home.read() as conn:
        return str(distinte.order(conn, order).stato)


def queue(home):
    with home.read() as conn:
        return [(row.esito, row.motivo) for row in outcomes.eccezioni(conn)]


def checked(home):
    with home.read() as conn:
        return ricostruzione.check(conn, 1)


def test_what_a_person_matches_moves_its_order_and_waits_no_more(home):
    (esito,) = give(home, said("30010", STRAY))
    assert (stato(home, 1), queue(home)) == ("Inoltrata", [(esito, "nessuna_disposizione")])
    assert match(home, esito, [1], *WHO, nota="sentita la banca").stati == {1: "Pagata"}
    assert (stato(home, 1), queue(home)) == ("Pagata", [])
    assert checked(home) == []
    (again,) = give(home, said("30010", ONE, day=DAY + timedelta(1)))
    assert all_esiti(home)[-1].verdetto == "gia_applicato", again


def test_a_dry_run_changes_nothing(home):
    (esito,) = give(home, said("30010", STRAY))
    assert match(home, esito, [1], *WHO, dry_run=True).stati == {1: "Pagata"}
    assert (stato(home, 1), queue(home)) == ("Inoltrata", [(esito, "nessuna_disposizione")])


def test_a_later_word_of_the_bank_prevails_over_a_match_by_hand(home):
    (esito,) = give(home, said("30010", STRAY))
    match(home, esito, [1], *WHO)
    give(home, said("42010", ONE))
    assert stato(home, 1) == "Insoluta"
    assert checked(home) == []


def test_an_outcome_taken_off_its_order_waits_for_a_person_again(home):
    (esito,) = give(home, said("30010", ONE))
    assert unmatch(home, esito, *WHO, nota="era di un altro").stati == {1: "Inoltrata"}
    assert queue(home) == [(esito, "sciolto")]
    assert match(home, esito, [2], *WHO).stati == {2: "Pagata"}
    assert (stato(home, 1), stato(home, 2), queue(home)) == ("Inoltrata", "Pagata", [])
    unmatch(home, esito, *WHO)
    assert (stato(home, 2), queue(home)) == ("Inoltrata", [(esito, "sciolto")])
    assert checked(home) == []


def test_an_order_goes_back_only_as_far_as_the_other_outcomes_let_it(home):
    (paid,) = give(home, said("30010", ONE))
    (unpaid,) = give(home, said("42010", ONE))
    assert unmatch(home, paid, *WHO).stati == {1: "Insoluta"}
    assert match(home, paid, [1], *WHO).stati == {1: "Insoluta"}  # noted, and the insoluto still prevails
    assert unmatch(home, unpaid, *WHO).stati == {1: "Pagata"}
    assert checked(home) == []


def test_the_same_word_said_twice_holds_when_one_is_taken_off(home):
    (one,) = give(home, said("30010", ONE))
    give(home, said("30010", ONE, day=DAY + timedelta(1)))
    assert unmatch(home, one, *WHO).stati == {1: "Pagata"}


def test_the_bank_may_say_again_what_a_person_took_off(home):
    (esito,) = give(home, said("30010", ONE))
    unmatch(home, esito, *WHO)
    give(home, said("30010", ONE, day=DAY + timedelta(1)))
    assert stato(home, 1) == "Pagata"


def test_what_cannot_be_matched_is_refused(home):
    (esito,) = give(home, said("30010", ONE))
    for code, verb in (
        ("ABBINA-001", lambda: match(home, esito, [2], *WHO)),
        ("ESITO-001", lambda: match(home, 99, [2], *WHO)),
        ("ESITO-001", lambda: unmatch(home, 99, *WHO)),
    ):
        with pytest.raises(Refused) as refused:
            verb()
        assert refused.value.code == code
    unmatch(home, esito, *WHO)
    with pytest.raises(Refused) as refused:
        unmatch(home, esito, *WHO)
    assert refused.value.code == "ABBINA-004"
    with pytest.raises(Refused) as refused:
        match(home, esito, [99], *WHO)
    assert refused.value.code == "DISPOSIZIONE-001"


def test_the_books_and_what_banks_said_are_made_again_with_what_people_decided(home, tmp_path):
    (stray_one,) = give(home, said("30010", STRAY))
    match(home, stray_one, [1], *WHO, nota="a mano")
    first, second = give(home, said("30010", TWO, THREE))
    unmatch(home, first, *WHO)
    match(home, first, [4], *WHO)
    unmatch(home, second, *WHO)
    give(home, said("30010", ONE, TWO, THREE, day=DAY + timedelta(1)))
    esporta.archive(home, tmp_path / "copia")
    found = replica.replay(tmp_path / "copia", tmp_path / "nuova", real_ports(), reread=reread)
    assert [each.differenze for each in found] == [()]
    again = Home.open(tmp_path / "nuova", real_ports())
    for table, left in ((ABBINAMENTO, ("id",)), (ESITO, ("at",)), (DISPOSIZIONE, ())):
        assert rows(again, table, left) == rows(home, table, left)
    assert checked(again) == []
    again.close()


def rows(home, table, left):
    with home.read() as conn:
        return [
            {name: value for name, value in row._mapping.items() if name not in left}
            for row in conn.execute(table.select().order_by(table.c.id))
        ]


def test_the_flows_of_outcomes_tell_how_much_of_them_is_reconciled(home):
    esito, other = give(home, said("30010", STRAY, TWO))
    with home.read() as conn:
        (partita,) = partite.partite(conn, 1)
    assert (partita.esiti, partita.riconciliati, partita.effetti) == (2, 1, ("paid",))
    assert partita.totale == ONE.disposizione.importo + TWO.disposizione.importo
    match(home, esito, [1], *WHO)
    unmatch(home, other, *WHO)
    with home.read() as conn:
        assert [each.riconciliati for each in partite.partite(conn, 1)] == [1]
        assert abbinamenti.linked(conn, abbinamenti.esito(conn, esito)) == [1]


def test_what_came_back_is_told_with_its_reason_its_fees_and_its_debtor(home):
    give(home, said("42010", ONE, TWO))
    (extra,) = give(home, said("42010", stray(THREE, numero_ricevuta="9900000002"), day=DAY + timedelta(1)))
    match(home, extra, [3], *WHO)
    with home.read() as conn:
        found = list(partite.insoluti(conn, 1))
        assert list(partite.insoluti(conn, 1, ["50007"])) == []
    assert {each.disposizione_id for each in found} == {1, 2, 3}
    for each in found:
        assert (each.causale, each.spese, each.stato) == ("42010", ONE.spese, "Insoluta")
        assert (each.del_debitore, each.tornate) == (1, 1)


def test_evidence_of_an_exact_match_is_its_class_alone(home):
    give(home, said("30010", ONE))
    row = all_esiti(home)[-1]
    assert (row.classe, row.prove) == ("esatto", None)
    with home.read() as conn:
        steps = [json.loads(each.dati) for each in distinte.iter_of_order(conn, 1)]
    assert not any("prove" in dati for dati in steps)


# --- without an outcome -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("put", "causale", "end"), [("Insoluta", "30010", "Pagata"), ("Pagata", "42010", "Insoluta")])
def test_a_state_put_by_hand_yields_to_any_later_word_of_the_bank(home, put, causale, end):
    assert mark(home, [1], Stato(put), *WHO, nota="per telefono") == {1: put}
    assert mark(home, [1], Stato.STORNATA, *WHO, nota="no, così") == {1: "Stornata"}
    mark(home, [1], Stato(put), *WHO, nota="era giusto prima")
    give(home, said(causale, ONE))
    assert (stato(home, 1), all_esiti(home)[-1].verdetto) == (end, "applicato")
    assert checked(home) == []
    with pytest.raises(Refused) as refused:
        mark(home, [1], Stato.RICHIAMATA, *WHO, nota="ormai")
    assert refused.value.code == "ABBINA-006"


def test_a_state_that_no_word_of_the_bank_leads_to_is_refused(home):
    with pytest.raises(Refused) as refused:
        mark(home, [1], Stato.QUIETANZATA, *WHO, nota="?")
    assert refused.value.code == "ABBINA-005"
    assert mark(home, [1], Stato.PAGATA, *WHO, nota="prova", dry_run=True) == {1: "Pagata"}
    assert stato(home, 1) == "Inoltrata"


def test_a_word_of_the_bank_on_a_state_put_by_hand_is_read_again_as_it_was(home, tmp_path):
    mark(home, [1], Stato.INSOLUTA, *WHO, nota="per telefono")
    give(home, said("30010", ONE))
    esporta.archive(home, tmp_path / "copia")
    found = replica.replay(tmp_path / "copia", tmp_path / "nuova", real_ports(), reread=reread)
    assert [each.differenze for each in found] == [()]
    again = Home.open(tmp_path / "nuova", real_ports())
    assert rows(again, ESITO, ("at",)) == rows(home, ESITO, ("at",))
    again.close()
