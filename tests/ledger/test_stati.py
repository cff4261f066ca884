"""The tables of states: what they allow and what they refuse."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbi.flows.ordini import GENERI
from ledger import stati
from ledger.errors import Refused
from ledger.stati import DISPOSIZIONE, DISTINTA, GRUPPI, VITE, Evento, Stato, next_state

TABLES = {("distinta", gruppo): table for gruppo, table in DISTINTA.items()} | {
    ("disposizione", gruppo): table for gruppo, table in DISPOSIZIONE.items()
}
INCASSO = DISPOSIZIONE["INCASSO"]


def walk(table, *events, start=Stato.INSERITA):
    state = start
    for event in events:
        state = next_state(table, state, event)
    return state


def told(table, word, state):
    """The state after a word of the bank that may be refused."""
    try:
        return next_state(table, state, word)
    except Refused:
        return state


# They are in the journals of those who use the engine, and in what programs read: a word is never given another form.
PAROLE_DI_STATO = """
Inserita, Con errori, Da spedire, Firmata, Eliminata, Inoltrata, Scartata, Ricevuta Banca, Elaborata, Richiamo chiesto,
Richiamata, Presunta pagata, Pagata, Insoluta, Stornata, Ordinata, Accettata, Rifiutata, Revocata, Quietanzata,
Stampata, Da Banca
"""
PAROLE_DI_EVENTO = """
segnala, convalida, modifica, aggrega, disaggrega, elimina, firma, respingi, azzera, inoltra, ricevi, scarta, elabora,
chiedi_richiamo, rinuncia, richiama, presumi, paga, insolvi, storna, ordina, accetta, rifiuta, revoca, quietanza,
stampa, acquisisci, sciogli
"""


def test_the_words_of_states_and_events_are_those_that_journals_hold():
    assert ", ".join(Stato) == " ".join(PAROLE_DI_STATO.split())
    assert ", ".join(Evento) == " ".join(PAROLE_DI_EVENTO.split())


def test_a_printed_bollettino_may_still_be_paid_or_refused_and_printed_again():
    table = DISPOSIZIONE["BOLLETTINO"]
    printed = walk(table, Evento.STAMPA, start=Stato.DA_SPEDIRE)
    assert printed is Stato.STAMPATA
    after = {evento: walk(table, evento, start=printed) for evento in (Evento.STAMPA, Evento.PAGA, Evento.SCARTA)}
    assert after == {Evento.STAMPA: Stato.STAMPATA, Evento.PAGA: Stato.PAGATA, Evento.SCARTA: Stato.SCARTATA}


@pytest.mark.parametrize("name", TABLES, ids=" ".join)
def test_every_pair_is_in_the_table_or_refused_with_what_is_allowed(name):
    table = TABLES[name]
    for stato in Stato:
        allowed = {event for state, event in table if state == stato}
        known = ", ".join(stati.allowed_events(table, stato))
        assert set(stati.allowed_events(table, stato)) == allowed
        for evento in Evento:
            if evento in allowed:
                assert next_state(table, stato, evento) is table[stato, evento]
                continue
            with pytest.raises(Refused) as refused:
                next_state(table, stato, evento)
            error = refused.value
            assert error.code == "STATO-001"
            for text in (error.it, error.en):
                assert stato in text and evento in text
            assert error.hint_it == f"Eventi ammessi: {known or 'nessuno, lo stato è finale'}."
            assert error.hint_en == f"Allowed events: {known or 'none, the state is final'}."


@pytest.mark.parametrize("name", TABLES, ids=" ".join)
def test_every_state_of_a_table_can_be_reached(name):
    table, reached, new = TABLES[name], set(), {Stato.INSERITA}
    while new:
        reached |= new
        new = {a for (da, _), a in table.items() if da in reached} - reached
    assert reached == {state for (da, _), a in table.items() for state in (da, a)}


def test_every_state_and_event_is_of_some_kind():
    assert {event for table in TABLES.values() for _, event in table} == set(Evento)
    assert {state for table in TABLES.values() for (da, _), a in table.items() for state in (da, a)} == set(Stato)


def test_every_kind_whose_orders_are_known_has_its_tables():
    assert set(GENERI) <= set(GRUPPI)
    for flusso, gruppo in GRUPPI.items():
        assert stati.di_distinta(flusso) is DISTINTA[gruppo]
        assert stati.di_disposizione(flusso) is DISPOSIZIONE[gruppo]
        assert stati.vita(flusso) is VITE[gruppo]


@pytest.mark.parametrize("table", DISTINTA.values(), ids=DISTINTA)
def test_the_plain_life_of_a_distinta(table):
    life = (Evento.CONVALIDA, Evento.FIRMA, Evento.FIRMA, Evento.INOLTRA, Evento.RICEVI, Evento.ELABORA)
    assert walk(table, *life) is Stato.ELABORATA
    assert walk(table, *life[:2]) is Stato.FIRMATA
    assert walk(table, *life[:4]) is Stato.INOLTRATA


@pytest.mark.parametrize("table", TABLES.values(), ids=map(" ".join, TABLES))
def test_what_has_errors_can_only_be_changed_or_thrown_away(table):
    assert walk(table, Evento.SEGNALA) is Stato.CON_ERRORI
    assert set(stati.allowed_events(table, Stato.CON_ERRORI)) <= {
        Evento.MODIFICA,
        Evento.ELIMINA,
        Evento.AGGREGA,
        Evento.DISAGGREGA,
    }
    assert stati.allowed_events(table, Stato.ELIMINATA) == []


@pytest.mark.parametrize("table", TABLES.values(), ids=map(" ".join, TABLES))
def test_nothing_leaves_before_it_is_signed(table):
    for stato in (Stato.INSERITA, Stato.CON_ERRORI, Stato.DA_SPEDIRE, Stato.ELIMINATA):
        with pytest.raises(Refused):
            next_state(table, stato, Evento.INOLTRA)


@pytest.mark.parametrize("table", TABLES.values(), ids=map(" ".join, TABLES))
def test_what_has_left_is_never_changed_nor_thrown_away(table):
    for da, evento in table:
        if evento in (Evento.MODIFICA, Evento.AGGREGA, Evento.DISAGGREGA, Evento.ELIMINA, Evento.FIRMA):
            assert da in stati.MODIFICABILI
        if evento is Evento.ELIMINA:
            assert da is not Stato.FIRMATA


@pytest.mark.parametrize("gruppo", DISTINTA)
def test_a_receipt_that_comes_after_the_outcomes_changes_nothing(gruppo):
    table, after_silence = DISTINTA[gruppo], (Stato.INOLTRATA, Evento.PRESUMI) in DISPOSIZIONE[gruppo]
    sent = (Evento.CONVALIDA, Evento.FIRMA, Evento.INOLTRA)
    assert walk(table, *sent, Evento.ELABORA, Evento.RICEVI) is Stato.ELABORATA
    assert walk(table, *sent, Evento.SCARTA, Evento.RICEVI) is Stato.SCARTATA
    assert walk(table, *sent, Evento.RICEVI, Evento.SCARTA) is Stato.SCARTATA
    assert ((Stato.ELABORATA, Evento.SCARTA) in table) is after_silence
    for events in permutations((Evento.RICEVI, Evento.SCARTA, Evento.RICEVI)):
        assert walk(table, *events, start=Stato.INOLTRATA) is Stato.SCARTATA


@pytest.mark.parametrize("gruppo", VITE)
def test_any_word_of_the_bank_may_be_the_first_whatever_else_has_happened(gruppo):
    for start in (*stati.ALLA_BANCA, *VITE[gruppo].aperti):
        for word, state in VITE[gruppo].parole:
            assert next_state(DISPOSIZIONE[gruppo], start, word) is state


def test_an_insoluto_undoes_a_payment_and_not_the_other_way():
    assert next_state(INCASSO, Stato.PAGATA, Evento.INSOLVI) is Stato.INSOLUTA
    assert next_state(INCASSO, Stato.PAGATA, Evento.STORNA) is Stato.STORNATA
    with pytest.raises(Refused):
        next_state(INCASSO, Stato.INSOLUTA, Evento.PAGA)


def test_a_slip_struck_off_and_then_paid_is_paid():
    assert walk(DISPOSIZIONE["MAV"], Evento.INSOLVI, Evento.PAGA, start=Stato.INOLTRATA) is Stato.PAGATA
    with pytest.raises(Refused):
        next_state(DISPOSIZIONE["MAV"], Stato.PAGATA, Evento.INSOLVI)


def test_silence_is_kept_apart_from_payment_and_yields_to_every_word():
    assert next_state(INCASSO, Stato.RICEVUTA_BANCA, Evento.PRESUMI) is Stato.PRESUNTA_PAGATA
    assert next_state(INCASSO, Stato.PRESUNTA_PAGATA, Evento.INSOLVI) is Stato.INSOLUTA
    assert next_state(INCASSO, Stato.PRESUNTA_PAGATA, Evento.PAGA) is Stato.PAGATA
    for stato in (*VITE["INCASSO"].dette, Stato.RICHIAMO_CHIESTO):
        with pytest.raises(Refused):
            next_state(INCASSO, stato, Evento.PRESUMI)


def test_a_recall_that_was_asked_for_may_be_confirmed_come_too_late_or_be_given_up():
    asked = next_state(INCASSO, Stato.RICEVUTA_BANCA, Evento.CHIEDI_RICHIAMO)
    assert next_state(INCASSO, asked, Evento.RICHIAMA) is Stato.RICHIAMATA
    assert next_state(INCASSO, asked, Evento.PAGA) is Stato.PAGATA
    assert next_state(INCASSO, asked, Evento.RINUNCIA) is Stato.INOLTRATA


def test_the_receipt_of_a_delegation_is_proof_and_its_acceptance_is_not():
    f24 = DISPOSIZIONE["F24"]
    life = (Evento.CONVALIDA, Evento.FIRMA, Evento.INOLTRA, Evento.RICEVI, Evento.ACCETTA, Evento.QUIETANZA)
    assert walk(f24, *life) is Stato.QUIETANZATA
    assert walk(f24, *life[:-1], Evento.REVOCA, Evento.QUIETANZA) is Stato.QUIETANZATA
    assert Stato.ACCETTATA not in VITE["F24"].finali
    assert {Stato.QUIETANZATA, Stato.RIFIUTATA, Stato.REVOCATA} <= VITE["F24"].finali


def test_a_paid_order_never_becomes_one_that_could_be_presented_again():
    for gruppo in ("INCASSO", "MAV"):
        for word in (Evento.SCARTA, Evento.RICHIAMA, Evento.RINUNCIA):
            with pytest.raises(Refused):
                next_state(DISPOSIZIONE[gruppo], Stato.PAGATA, word)
    assert next_state(INCASSO, Stato.RICHIAMATA, Evento.PAGA) is Stato.PAGATA


@pytest.mark.parametrize("gruppo", VITE)
def test_an_outcome_before_the_flow_has_left_is_refused(gruppo):
    for stato in (Stato.INSERITA, Stato.DA_SPEDIRE, Stato.FIRMATA):
        for word, _ in VITE[gruppo].parole:
            with pytest.raises(Refused):
                next_state(DISPOSIZIONE[gruppo], stato, word)


@given(gruppo=st.sampled_from(list(VITE)), data=st.data())
def test_contradictory_outcomes_end_in_the_same_state_in_any_order(gruppo, data):
    vita, table = VITE[gruppo], DISPOSIZIONE[gruppo]
    silence = [Evento.PRESUMI] if (Stato.INOLTRATA, Evento.PRESUMI) in table else []
    every = [evento for evento, _ in vita.parole] + silence
    words = data.draw(st.lists(st.sampled_from(every), max_size=6))
    ends = []
    for order in (words, data.draw(st.permutations(words))):
        state = Stato.INOLTRATA
        for word in order:
            state = told(table, word, state)
        ends.append(state)
    assert ends[0] is ends[1]
    assert not words or ends[0] in vita.dette | {Stato.PRESUNTA_PAGATA}


@given(gruppo=st.sampled_from(list(VITE)), data=st.data())
def test_a_receipt_before_or_between_outcomes_does_not_matter(gruppo, data):
    """Once it has an outcome an order takes no receipt; before, a receipt leaves every outcome open."""
    table = DISPOSIZIONE[gruppo]
    words = data.draw(st.lists(st.sampled_from([evento for evento, _ in VITE[gruppo].parole]), min_size=1, max_size=6))
    state, plain = Stato.RICEVUTA_BANCA, Stato.INOLTRATA
    for word in words:
        state, plain = told(table, word, state), told(table, word, plain)
    assert state is plain
    with pytest.raises(Refused):
        next_state(table, state, Evento.RICEVI)


@pytest.mark.parametrize("gruppo", VITE)
def test_collective_events_move_orders_as_they_move_their_distinta(gruppo):
    for (da, evento), a in DISTINTA[gruppo].items():
        if (da, evento) in DISPOSIZIONE[gruppo]:
            assert DISPOSIZIONE[gruppo][da, evento] is a
