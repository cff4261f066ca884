"""Moving distinte and their orders along the tables, with the evidence of each step."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ledger import distinte, firme, journal
from ledger.errors import Refused
from ledger.importa import import_file
from ledger.stati import DISPOSIZIONE, DISTINTA, VITE, Evento, Stato
from tests.ledger.flussi import riba
from tests.ledger.sala import PASSWORD, furnish

VITA = VITE["INCASSO"]
WORDS = [evento for evento, _ in VITA.parole]


def send(sala):
    """Distinta 1, imported, signed and sent."""
    import_file(sala.home, riba(), "flusso.cbi", sala.azienda_id)
    firme.sign(sala.home, 1, "carla", PASSWORD)
    with sala.home.begin() as conn:
        distinte.apply(conn, sala.home.ports, 1, Evento.INOLTRA, chi="spool", dati={"file": "x.cbi"})


@pytest.fixture
def sent(sala):
    send(sala)
    return sala


def states(conn):
    return [found.stato for found in distinte.orders(conn, 1)]


def test_an_outcome_moves_one_order_and_says_why(sent):
    with sent.home.begin() as conn:
        assert (
            distinte.apply_order(
                conn, sent.home.ports, 2, Evento.PAGA, chi="banca 03069", dati={"file": "esiti.cbi", "riga": 12}
            )
            is Stato.PAGATA
        )
        assert states(conn) == [Stato.INOLTRATA, Stato.PAGATA, Stato.INOLTRATA]
        step = distinte.iter_of(conn, 1)[-1]
        event = conn.execute(text("SELECT * FROM journal ORDER BY numero DESC")).first()
        assert journal.verify(conn, sent.azienda_id) is None
    change = {"chi": "banca 03069", "evento": "paga", "da": "Inoltrata", "a": "Pagata"}
    assert {key: getattr(step, key) for key in change} == change
    assert (step.disposizione_id, json.loads(step.dati)) == (2, {"file": "esiti.cbi", "riga": 12})
    assert (event.tipo, event.soggetto) == ("disposizione_stato", "disposizione:2")
    assert json.loads(event.dati) == {**change, "dati": {"file": "esiti.cbi", "riga": 12}, "distinta": 1}
    assert step.at > sent.home.ports.clock.at.replace(year=2025)


def test_a_step_needs_no_reason(sent):
    with sent.home.begin() as conn:
        distinte.apply_order(conn, sent.home.ports, 1, Evento.PAGA, chi="banca")
        distinte.apply(conn, sent.home.ports, 1, Evento.RICEVI, chi="banca")
        assert [json.loads(row.dati) for row in distinte.iter_of(conn, 1)[-2:]] == [{}, {}]


def test_a_refused_outcome_changes_nothing(sent):
    with sent.home.begin() as conn:
        distinte.apply_order(conn, sent.home.ports, 1, Evento.INSOLVI, chi="banca")
    with pytest.raises(Refused) as found, sent.home.begin() as conn:
        distinte.apply_order(conn, sent.home.ports, 1, Evento.PAGA, chi="banca")
    assert found.value.code == "STATO-001"
    with sent.home.read() as conn:
        assert states(conn)[0] is Stato.INSOLUTA
        assert [row.evento for row in distinte.iter_of(conn, 1)].count("paga") == 0


def test_a_receipt_does_not_touch_the_orders_that_have_their_outcome(sent):
    with sent.home.begin() as conn:
        distinte.apply_order(conn, sent.home.ports, 1, Evento.PAGA, chi="banca")
        assert distinte.apply(conn, sent.home.ports, 1, Evento.RICEVI, chi="banca") is Stato.RICEVUTA_BANCA
        assert states(conn) == [Stato.PAGATA, Stato.RICEVUTA_BANCA, Stato.RICEVUTA_BANCA]


def test_a_refusal_of_the_flow_leaves_the_outcomes_as_they_are(sent):
    with sent.home.begin() as conn:
        distinte.apply_order(conn, sent.home.ports, 1, Evento.RICHIAMA, chi="banca")
        distinte.apply_order(conn, sent.home.ports, 2, Evento.PAGA, chi="banca")
        distinte.apply(conn, sent.home.ports, 1, Evento.SCARTA, chi="banca", dati={"codici": ["050"]})
        assert states(conn) == [Stato.RICHIAMATA, Stato.PAGATA, Stato.SCARTATA]
        assert json.loads(distinte.iter_of(conn, 1)[-1].dati) == {"codici": ["050"]}


def test_the_end_of_a_distinta_changes_no_order(sent):
    with sent.home.begin() as conn:
        for number in (1, 2, 3):
            distinte.apply_order(conn, sent.home.ports, number, Evento.PAGA, chi="banca")
        assert distinte.apply(conn, sent.home.ports, 1, Evento.ELABORA, chi="banca") is Stato.ELABORATA
        assert states(conn) == [Stato.PAGATA] * 3


def test_the_orders_of_other_distinte_stay(sent):
    from tests.ledger.flussi import order

    import_file(sent.home, riba(order(9), nome="ALTRO"), "altro.cbi", sent.azienda_id)
    with sent.home.begin() as conn:
        distinte.apply(conn, sent.home.ports, 1, Evento.SCARTA, chi="banca")
        assert [found.stato for found in distinte.orders(conn, 2)] == [Stato.DA_SPEDIRE]
        assert distinte.get(conn, 2).stato is Stato.DA_SPEDIRE


def test_lists_by_company_and_by_state(sent):
    from tests.ledger.flussi import order

    import_file(sent.home, riba(order(9), nome="ALTRO"), "altro.cbi", sent.azienda_id)
    with sent.home.read() as conn:
        assert [found.id for found in distinte.list_(conn)] == [1, 2]
        assert [found.id for found in distinte.list_(conn, stato=Stato.DA_SPEDIRE)] == [2]
        assert [found.id for found in distinte.list_(conn, azienda_id=sent.azienda_id)] == [1, 2]
        assert distinte.list_(conn, azienda_id=99) == []
        assert distinte.order(conn, 4).distinta_id == 2


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("distinta"), st.sampled_from([Evento.RICEVI, Evento.SCARTA, Evento.ELABORA])),
            st.tuples(st.integers(1, 3), st.sampled_from(WORDS)),
        ),
        max_size=8,
    )
)
def test_whatever_the_bank_says_rows_follow_the_tables_and_the_iter_tells_it_all(tmp_path_factory, steps):
    sala = furnish(tmp_path_factory.mktemp("casa") / "home", {"carla": 100})
    send(sala)
    model = {"distinta": Stato.INOLTRATA, 1: Stato.INOLTRATA, 2: Stato.INOLTRATA, 3: Stato.INOLTRATA}
    with sala.home.begin() as conn:
        told = len(distinte.iter_of(conn, 1))
        for who, word in steps:
            table = (DISTINTA if who == "distinta" else DISPOSIZIONE)["INCASSO"]
            following = table.get((model[who], word))
            try:
                if who == "distinta":
                    distinte.apply(conn, sala.home.ports, 1, word, chi="banca")
                else:
                    distinte.apply_order(conn, sala.home.ports, who, word, chi="banca")
            except Refused:
                assert following is None
                continue
            assert following is not None
            told += 1
            if who == "distinta":
                for number in (1, 2, 3):
                    if model[number] not in VITA.dette:
                        model[number] = DISPOSIZIONE["INCASSO"].get((model[number], word), model[number])
            model[who] = following
            assert {"distinta": distinte.get(conn, 1).stato} | dict(enumerate(states(conn), 1)) == model
        assert len(distinte.iter_of(conn, 1)) == told
        assert journal.verify(conn, sala.azienda_id) is None
    sala.home.close()
