"""Outcomes against orders: each applied, already applied, or an exception with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banksim.risposte import scarto, stray
from ledger import distinte
from ledger.home import Home
from ledger.stati import Evento
from reconcile.abbinamento import MOTIVI
from reconcile.conto import Arrivo
from reconcile.ricevute import reject
from tests.reconcile.banco import CAUSALI, DAY, bench, decision, outcome_flow, supporto
from tests.reconcile.conftest import FLOW, OTHER
from tests.spool import casa

BANK = decision(FLOW)
ALL = list(BANK.esiti)
ONE = ALL[0]
RECEIPT = ONE.disposizione.numero_ricevuta


@pytest.mark.parametrize(
    ("causale", "state"),
    [
        ("30010", "Pagata"),
        ("42010", "Insoluta"),
        ("30008", "Richiamata"),
        ("30006", "Stornata"),
        ("30007", "Stornata"),
        ("30009", "Stornata"),
    ],
)
def test_an_outcome_moves_its_order(home: Home, causale: str, state: str) -> None:
    with bench(home) as b:
        before = b.states()
        conto = b.apply(outcome_flow(BANK, causale, [ONE]))
        assert (conto.ricevuti, conto.applicati) == (1, 1)
        assert b.states() == before | {RECEIPT: state}


def test_the_same_outcome_again_is_already_applied(home: Home) -> None:
    with bench(home) as b:
        b.apply(outcome_flow(BANK, "30010", [ONE]))
        conto = b.apply(outcome_flow(BANK, "30010", [ONE], date(2027, 1, 5)))
        assert (conto.applicati, conto.gia_applicati, conto.eccezioni) == (0, 1, 0)


def test_the_same_outcome_twice_in_one_flow_is_applied_once(home: Home) -> None:
    with bench(home) as b:
        conto = b.apply(outcome_flow(BANK, "30010", [ONE, ONE]))
        assert (conto.ricevuti, conto.applicati, conto.gia_applicati) == (2, 1, 1)


def test_an_outcome_of_before_the_last_word_is_already_applied(home: Home) -> None:
    with bench(home) as b:
        for causale in ("30010", "42010"):
            b.apply(outcome_flow(BANK, causale, [ONE]))
        assert b.apply(outcome_flow(BANK, "30010", [ONE])).gia_applicati == 1
        assert b.states()[RECEIPT] == "Insoluta"


def test_another_refusal_of_the_same_order_says_nothing_new(home: Home) -> None:
    with bench(home) as b:
        b.apply(outcome_flow(BANK, "30006", [ONE]))
        assert b.apply(outcome_flow(BANK, "30009", [ONE])).gia_applicati == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (stray(ONE, numero_ricevuta="9900000001"), "nessuna_disposizione"),
        (stray(ONE, importo=ONE.disposizione.importo + 1), "importo_diverso"),
        (
            replace(ONE, disposizione=replace(ONE.disposizione, scadenza=ONE.disposizione.scadenza + timedelta(12))),
            "scadenza_diversa",
        ),
    ],
)
def test_what_does_not_match_is_an_exception_with_its_reason(home: Home, changed, reason: str) -> None:  # type: ignore[no-untyped-def]
    with bench(home) as b:
        before = b.states()
        conto = b.apply(outcome_flow(BANK, "30010", [changed]))
        assert (conto.ricevuti, conto.eccezioni) == (1, 1)
        assert b.reasons() == [reason]
        assert b.states() == before
        assert [e.verdetto for e in b.esiti()] == ["eccezione"]
        assert reason in MOTIVI


def test_a_bank_has_no_say_on_the_orders_of_another(home: Home) -> None:
    theirs = decision(OTHER)
    with bench(home) as b:
        before = b.states()
        assert b.apply(outcome_flow(theirs, "30010", list(theirs.esiti)), abi="03069").eccezioni == 4
        assert set(b.reasons()) == {"altra_banca"}
        assert b.states() == before


def test_a_word_that_yields_to_the_one_already_there_is_an_exception(home: Home) -> None:
    with bench(home) as b:
        b.apply(outcome_flow(BANK, "42010", [ONE]))
        assert b.apply(outcome_flow(BANK, "30010", [ONE])).eccezioni == 1
        assert b.reasons() == ["stato_non_ammette"]
        assert b.states()[RECEIPT] == "Insoluta"


def test_an_order_that_has_not_left_has_no_outcome(tmp_path) -> None:  # type: ignore[no-untyped-def]
    home = casa.build(tmp_path / "h", [FLOW], signed=False)
    with bench(home) as b:
        assert b.apply(outcome_flow(BANK, "30010", [ONE])).eccezioni == 1
        assert b.reasons() == ["stato_non_ammette"]


def test_when_every_order_has_its_outcome_the_distinta_is_done(home: Home) -> None:
    with bench(home) as b:
        b.apply(outcome_flow(BANK, "30010", ALL[:-1]))
        assert b.distinta() == "Inoltrata"
        b.apply(outcome_flow(BANK, "42010", ALL[-1:]))
        assert b.distinta() == "Elaborata"
        assert b.distinta(2) == "Inoltrata"
        b.apply(outcome_flow(BANK, "42010", [ONE]))
        assert b.distinta() == "Elaborata"


def test_a_refusal_of_the_whole_yields_to_the_outcomes_of_all_as_if_they_had_come_first(home: Home) -> None:
    with bench(home) as b:
        distinte.apply(b.conn, home.ports, 1, Evento.SCARTA, chi="prova")
        b.apply(outcome_flow(BANK, "30010", ALL[:-1]))
        assert b.distinta() == "Scartata"
        b.apply(outcome_flow(BANK, "42010", ALL[-1:]))
        assert b.distinta() == "Elaborata"


def test_a_refused_distinta_whose_name_another_has_taken_stays_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    home = casa.build(tmp_path / "h", [FLOW])
    from spool.dispatch import dispatch_ready

    dispatch_ready(home)
    with home.begin() as conn:
        distinte.apply(conn, home.ports, 1, Evento.SCARTA, chi="prova")
    home.close()
    again = casa.extend(tmp_path / "h", casa.flow("RIBA-A", range(21, 23)))
    with bench(again) as b:
        assert b.apply(outcome_flow(BANK, "30010", ALL)).applicati == len(ALL)
        assert (b.distinta(1), b.distinta(2)) == ("Scartata", "Firmata")


def test_promemoria_are_kept_and_found_by_their_reference(home: Home) -> None:
    from ledger import outcomes

    with bench(home) as b:
        conto = b.apply(outcome_flow(BANK, "42010", ALL[:3]))
        kept = outcomes.promemoria(b.conn)
    unpaid = sum(e.disposizione.importo for e in ALL[:3])
    assert conto.promemoria == 2
    assert [(p.causale, p.importo, p.esiti, p.totale) for p in kept] == [
        ("37000", unpaid, 3, unpaid),
        ("16000", sum(e.spese for e in ALL[:3]), 3, unpaid),
    ]


def test_a_bank_that_asks_no_fee_sends_no_promemoria(home: Home) -> None:
    with bench(home) as b:
        conto = b.apply(outcome_flow(BANK, "30010", [replace(ONE, spese=0)]))
        assert (conto.applicati, conto.promemoria) == (1, 0)


def test_the_outcome_of_a_recall_closes_the_order_and_the_request(tmp_path) -> None:  # type: ignore[no-untyped-def]
    home = casa.build(tmp_path / "h", [FLOW, casa.recall("RICHIAMO-A", range(1, 3))])
    from spool.dispatch import dispatch_ready

    dispatch_ready(home)
    with bench(home) as b:
        conto = b.apply(outcome_flow(BANK, "30008", ALL[:2]))
        assert (conto.applicati, conto.eccezioni) == (2, 0)
        assert b.distinta(2) == "Elaborata"
        assert b.distinta(1) == "Inoltrata"
        assert list(b.states().values()).count("Richiamata") == 2


@pytest.mark.parametrize(("causale", "asked"), [("30010", "Inoltrata"), ("30008", "Richiamata")])
def test_only_a_recall_answers_the_request_of_recall(tmp_path, causale: str, asked: str) -> None:  # type: ignore[no-untyped-def]
    from spool.dispatch import dispatch_ready

    home = casa.build(tmp_path / "h", [FLOW, casa.recall("RICHIAMO-A", range(1, 2))])
    dispatch_ready(home)
    with bench(home) as b:
        b.apply(outcome_flow(BANK, causale, [ONE]))
        assert [str(order.stato) for order in distinte.orders(b.conn, 2)] == [asked]


@pytest.mark.parametrize("many", [1, 2])
def test_a_request_of_recall_refused_and_carried_out_is_carried_out_whichever_came_first(tmp_path, many: int) -> None:  # type: ignore[no-untyped-def]
    from spool.dispatch import dispatch_ready

    recall = casa.recall("RICHIAMO-A", range(1, 1 + many))
    home = casa.build(tmp_path / "h", [FLOW, recall])
    dispatch_ready(home)
    refusal, answer = supporto(scarto(supporto(recall), DAY, ["066"])), outcome_flow(BANK, "30008", [ONE])
    ends = []
    for refused_first in (True, False):
        with bench(home) as b:
            if not refused_first:
                b.apply(answer)
            reject(b.conn, home.ports, Arrivo(1, "03069", 1, "er.cbi"), refusal)
            if refused_first:
                b.apply(answer)
            (asked, *_), requests = (list(distinte.orders(b.conn, which)) for which in (1, 2))
            ends.append((b.distinta(2), str(asked.stato), [str(each.stato) for each in requests]))
    whole = "Elaborata" if many == 1 else "Scartata"
    assert ends == [(whole, "Richiamata", ["Richiamata", "Scartata"][:many])] * 2


def test_a_refused_distinta_sent_again_takes_the_outcome(tmp_path) -> None:  # type: ignore[no-untyped-def]
    home = casa.build(tmp_path / "h", [FLOW])
    from spool.dispatch import dispatch_ready

    dispatch_ready(home)
    with home.begin() as conn:
        distinte.apply(conn, home.ports, 1, Evento.SCARTA, chi="prova")
    home.close()
    again = casa.extend(tmp_path / "h", casa.flow("RIBA-A2", range(1, 13)))
    dispatch_ready(again)
    with bench(again) as b:
        assert b.apply(outcome_flow(BANK, "30010", [ONE])).applicati == 1
        assert {e.disposizione_id for e in b.esiti()} == {13}


@pytest.mark.parametrize("refused_first", [False, True])
def test_of_orders_all_refused_the_last_takes_the_outcome(tmp_path, refused_first: bool) -> None:  # type: ignore[no-untyped-def]
    home = casa.build(tmp_path / "h", [FLOW])
    from spool.dispatch import dispatch_ready

    dispatch_ready(home)
    with home.begin() as conn:
        distinte.apply(conn, home.ports, 1, Evento.SCARTA, chi="prova")
    home.close()
    again = casa.extend(tmp_path / "h", casa.flow("RIBA-A2", range(1, 13)))
    dispatch_ready(again)
    with bench(again) as b:
        for refusal in (refused_first, not refused_first):
            if refusal:
                distinte.apply(b.conn, again.ports, 2, Evento.SCARTA, chi="prova")
            else:
                b.apply(outcome_flow(BANK, "30010", [ONE]))
        assert [str(distinte.numbered(b.conn, n, 1).stato) for n in (1, 2)] == ["Scartata", "Pagata"]


def test_two_orders_alike_need_a_person(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from spool.dispatch import dispatch_ready

    home = casa.build(tmp_path / "h", [FLOW])
    dispatch_ready(home)
    home.close()
    again = casa.extend(tmp_path / "h", casa.flow("RIBA-A2", range(1, 3)))
    dispatch_ready(again)
    with bench(again) as b:
        assert b.apply(outcome_flow(BANK, "30010", [ONE])).eccezioni == 1
        assert b.reasons() == ["piu_candidate"]


WORDS = st.lists(st.tuples(st.sampled_from(CAUSALI), st.integers(0, 3)), min_size=1, max_size=8, unique=True)


@settings(max_examples=60, deadline=None)
@given(words=WORDS, data=st.data())
def test_in_whatever_order_the_files_arrive_the_states_are_the_same(template, words, data) -> None:  # type: ignore[no-untyped-def]
    flows = [outcome_flow(BANK, causale, [ALL[n]], date(2027, 1, 4 + i)) for i, (causale, n) in enumerate(words)]
    home = Home.open(template, casa.ports())
    ends = []
    for order in (flows, data.draw(st.permutations(flows))):
        with bench(home) as b:
            for flow in order:
                b.apply(flow)
            ends.append((b.states(), b.distinta()))
    home.close()
    assert ends[0] == ends[1]


ANYTHING = st.lists(
    st.tuples(
        st.integers(0, len(ALL) - 1),
        st.sampled_from([None, 1, 999]),
        st.sampled_from([None, "9900000009", "0000000000"]),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(causale=st.sampled_from(CAUSALI), outcomes=ANYTHING)
def test_whatever_arrives_applied_plus_already_plus_exceptions_is_what_was_received(  # type: ignore[no-untyped-def]
    template, causale, outcomes
) -> None:
    said = [stray(ALL[n], importo=importo, numero_ricevuta=receipt) for n, importo, receipt in outcomes]
    home = Home.open(template, casa.ports())
    with bench(home) as b:
        flow = outcome_flow(BANK, causale, said)
        conto = b.apply(flow)
        again = b.apply(flow)
        kept = [e.verdetto for e in b.esiti()]
        reasons = b.reasons()
    home.close()
    assert conto.squares()
    assert again.squares()
    assert conto.ricevuti == again.ricevuti == len(said)
    assert len(kept) == 2 * len(said)
    assert kept.count("eccezione") == len(reasons) == conto.eccezioni + again.eccezioni
    assert again.applicati == 0


def test_every_reason_is_explained_to_users() -> None:
    page = (Path(__file__).parents[2] / "docs" / "spool.md").read_text()
    assert all(f"`{reason}`" in page for reason in MOTIVI)
