"""The tables of states: what they allow and what they refuse."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import stati
from ledger.errors import Refused
from ledger.stati import DISPOSIZIONE, DISTINTA, FINALI, PREVALENZA, Evento, Stato, next_state

TABLES = {"distinta": DISTINTA, "disposizione": DISPOSIZIONE}
BANK_WORDS = [evento for evento, _ in PREVALENZA]


def walk(table, *events, start=Stato.INSERITA):
    state = start
    for event in events:
        state = next_state(table, state, event)
    return state


def told(word, state):
    """The state after a word of the bank that may be refused."""
    try:
        return next_state(DISPOSIZIONE, state, word)
    except Refused:
        return state


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("stato", Stato)
@pytest.mark.parametrize("evento", Evento)
def test_every_pair_is_in_the_table_or_refused_with_what_is_allowed(name, stato, evento):
    table = TABLES[name]
    allowed = {event for state, event in table if state == stato}
    if evento in allowed:
        assert next_state(table, stato, evento) is table[stato, evento]
        return
    with pytest.raises(Refused) as refused:
        next_state(table, stato, evento)
    error = refused.value
    assert error.code == "STATO-001"
    for text in (error.it, error.en):
        assert stato in text and evento in text
    known = ", ".join(stati.allowed_events(table, stato))
    assert error.hint_it == f"Eventi ammessi: {known or 'nessuno, lo stato è finale'}."
    assert error.hint_en == f"Allowed events: {known or 'none, the state is final'}."
    assert set(stati.allowed_events(table, stato)) == allowed


def test_the_plain_life_of_a_distinta():
    life = (Evento.CONVALIDA, Evento.FIRMA, Evento.FIRMA, Evento.INOLTRA, Evento.RICEVI, Evento.ELABORA)
    assert walk(DISTINTA, *life) is Stato.ELABORATA
    assert walk(DISTINTA, *life[:2]) is Stato.FIRMATA
    assert walk(DISTINTA, *life[:4]) is Stato.INOLTRATA


def test_a_distinta_with_errors_goes_nowhere():
    assert walk(DISTINTA, Evento.SEGNALA) is Stato.CON_ERRORI
    assert stati.allowed_events(DISTINTA, Stato.CON_ERRORI) == []


def test_nothing_leaves_before_it_is_signed():
    for stato in (Stato.INSERITA, Stato.CON_ERRORI, Stato.DA_SPEDIRE):
        for table in TABLES.values():
            with pytest.raises(Refused):
                next_state(table, stato, Evento.INOLTRA)


def test_a_receipt_that_comes_after_the_outcomes_changes_nothing():
    sent = (Evento.CONVALIDA, Evento.FIRMA, Evento.INOLTRA)
    assert walk(DISTINTA, *sent, Evento.ELABORA, Evento.RICEVI) is Stato.ELABORATA
    assert walk(DISTINTA, *sent, Evento.SCARTA, Evento.RICEVI) is Stato.SCARTATA
    assert walk(DISTINTA, *sent, Evento.RICEVI, Evento.SCARTA) is Stato.SCARTATA


def test_a_refusal_never_undoes_outcomes():
    with pytest.raises(Refused):
        next_state(DISTINTA, Stato.ELABORATA, Evento.SCARTA)


@pytest.mark.parametrize("events", [*permutations((Evento.RICEVI, Evento.SCARTA, Evento.RICEVI))])
def test_receipts_and_refusals_in_any_order_end_in_the_same_state(events):
    assert walk(DISTINTA, *events, start=Stato.INOLTRATA) is Stato.SCARTATA


@pytest.mark.parametrize("start", [Stato.INOLTRATA, Stato.RICEVUTA_BANCA])
@pytest.mark.parametrize(("word", "state"), PREVALENZA)
def test_any_word_of_the_bank_may_be_the_first(start, word, state):
    assert next_state(DISPOSIZIONE, start, word) is state


def test_an_insoluto_undoes_a_payment_and_not_the_other_way():
    assert next_state(DISPOSIZIONE, Stato.PAGATA, Evento.INSOLVI) is Stato.INSOLUTA
    assert next_state(DISPOSIZIONE, Stato.PAGATA, Evento.STORNA) is Stato.STORNATA
    with pytest.raises(Refused):
        next_state(DISPOSIZIONE, Stato.INSOLUTA, Evento.PAGA)


def test_a_paid_order_never_becomes_one_that_could_be_presented_again():
    for word in (Evento.SCARTA, Evento.RICHIAMA):
        with pytest.raises(Refused):
            next_state(DISPOSIZIONE, Stato.PAGATA, word)
    assert next_state(DISPOSIZIONE, Stato.RICHIAMATA, Evento.PAGA) is Stato.PAGATA


def test_an_outcome_before_the_flow_has_left_is_refused():
    for stato in (Stato.INSERITA, Stato.DA_SPEDIRE, Stato.FIRMATA):
        for word in BANK_WORDS:
            with pytest.raises(Refused):
                next_state(DISPOSIZIONE, stato, word)


@given(words=st.lists(st.sampled_from(BANK_WORDS), max_size=5), data=st.data())
def test_contradictory_outcomes_end_in_the_same_state_in_any_order(words, data):
    shuffled = data.draw(st.permutations(words))
    ends = []
    for order in (words, shuffled):
        state = Stato.INOLTRATA
        for word in order:
            state = told(word, state)
        ends.append(state)
    assert ends[0] is ends[1]
    if words:
        assert ends[0] in FINALI


@given(words=st.lists(st.sampled_from(BANK_WORDS), min_size=1), at=st.integers(0, 5))
def test_a_receipt_before_or_between_outcomes_does_not_matter(words, at):
    """Once it has an outcome an order takes no receipt; before, a receipt leaves every outcome open."""
    state = Stato.RICEVUTA_BANCA
    plain = Stato.INOLTRATA
    for word in words:
        state, plain = told(word, state), told(word, plain)
    assert state is plain
    with pytest.raises(Refused):
        next_state(DISPOSIZIONE, state, Evento.RICEVI)


def test_collective_events_move_orders_as_they_move_their_distinta():
    for event in (Evento.CONVALIDA, Evento.FIRMA, Evento.INOLTRA, Evento.RICEVI, Evento.SCARTA):
        for (da, evento), a in DISTINTA.items():
            if evento is event and (da, evento) in DISPOSIZIONE:
                assert DISPOSIZIONE[da, evento] is a
