"""The periodic statement after the daily ones: it confirms, corrects, adds, and may lack."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import movimenti
from ledger.detti import Detto
from ledger.home import Home
from ledger.ricerca import Filtro
from reconcile.gemelli import twins
from tests.reconcile.banco import Banco, bench
from tests.reconcile.conti import LUNEDI, Mossa, keep, shown, statement, told

DAY = timedelta(days=1)
BONIFICO = Mossa(125_000, riferimento="CRO1", testo="BONIFICO ROSSI")
SPESE = Mossa(-350, causale="16", riferimento="SP1", testo="COMMISSIONI")
ASSEGNO = Mossa(-50_000, causale="13", riferimento="AS1")


def rh(*mosse: Mossa, nome: str = "RH1", giorno: date = LUNEDI):
    return statement("RH", nome, giorno, mosse)


def ec(*mosse: Mossa, nome: str = "EC1", al: date = LUNEDI + 14 * DAY, dal: date = LUNEDI - 16 * DAY):
    return statement("EC", nome, al, mosse, inizio=dal)


def states(b: Banco) -> dict[int, str]:
    return {v.importo_con_segno: v.stato for v in shown(b)}


def test_what_both_say_is_one_movement_confirmed(home: Home) -> None:
    with bench(home) as b:
        keep(b, rh(BONIFICO, SPESE))
        assert states(b) == {125_000: "provvisorio", -350: "provvisorio"}
        keep(b, ec(BONIFICO, SPESE))
        assert states(b) == {125_000: "confermato", -350: "confermato"}


def test_what_the_periodic_statement_says_otherwise_is_shown_with_what_it_was(home: Home) -> None:
    with bench(home) as b:
        keep(b, rh(BONIFICO))
        keep(b, ec(Mossa(125_000, valuta=LUNEDI + DAY, causale="26", riferimento="CRO1", testo="BONIFICO ROSSI MARIO")))
        (voce,) = shown(b)
        assert (voce.stato, voce.causale, voce.data_valuta) == ("corretto", "26", LUNEDI + DAY)
        assert voce.corretti == {"data_valuta": LUNEDI, "causale": "48", "descrizione": "BONIFICO ROSSI"}


def test_an_amount_is_corrected_when_the_reference_of_the_bank_is_the_same_and_totals_follow(home: Home) -> None:
    with bench(home) as b:
        keep(b, rh(BONIFICO, SPESE))
        keep(b, ec(Mossa(120_000, riferimento="CRO1", testo="BONIFICO ROSSI"), SPESE))
        corrected = next(v for v in shown(b) if v.stato == "corretto")
        assert (corrected.importo, dict(corrected.corretti)) == (120_000, {"importo": 125_000})
        totali = movimenti.totals(b.conn, Filtro())
        assert (totali.numero, totali.avere, totali.dare) == (2, 120_000, 350)


def test_what_one_of_them_lacks_is_told(home: Home) -> None:
    with bench(home) as b:
        keep(b, rh(BONIFICO, ASSEGNO))
        keep(b, ec(BONIFICO, SPESE))
        assert states(b) == {125_000: "confermato", -50_000: "non_confermato", -350: "aggiunto"}


def test_a_day_outside_the_period_still_waits(home: Home) -> None:
    with bench(home) as b:
        keep(b, rh(BONIFICO))
        keep(b, ec(Mossa(-700, giorno=LUNEDI - 5 * DAY), al=LUNEDI - DAY))
        assert states(b) == {125_000: "provvisorio", -700: "definitivo"}


def test_two_periodic_statements_that_overlap_say_a_movement_once(home: Home) -> None:
    quarter = ec(BONIFICO, SPESE, nome="TRIMESTRE", dal=LUNEDI - 60 * DAY)
    for flows in permutations([rh(BONIFICO), ec(BONIFICO, SPESE), quarter]):
        with bench(home) as b:
            for flow in flows:
                keep(b, flow)
            assert states(b) == {125_000: "confermato", -350: "confermato"}


def test_a_retransmission_under_another_name_is_not_kept_twice(home: Home) -> None:
    with bench(home) as b:
        keep(b, rh(BONIFICO, SPESE))
        again = keep(b, rh(BONIFICO, SPESE, nome="RECUPERO"))
        assert (again.movimenti, again.movimenti_gia_presenti) == (0, 2)
        assert len(shown(b)) == 2


ALIKE = [Mossa(1_000), Mossa(1_000), Mossa(1_000, riferimento="A"), Mossa(1_000, causale="26"), Mossa(-1_000)]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_first_the_end_is_the_same(home: Home, seed: int) -> None:
    draw = Random(seed)
    days = [LUNEDI + n * DAY for n in range(3)]
    mosse = [Mossa(m.cents, day, None, m.causale, m.riferimento) for day in days for m in draw.choices(ALIKE, k=4)]
    changed = [Mossa(m.cents, m.giorno, m.giorno + DAY, "66", m.riferimento) for m in draw.sample(mosse, 6)]
    flows = [rh(*(m for m in mosse if m.giorno == day), nome=f"RH{day:%d}", giorno=day) for day in days]
    flows += [ec(*mosse[2:], *changed[:2]), ec(*changed, nome="EC2", al=LUNEDI + 20 * DAY)]
    ends = []
    for _ in range(4):
        draw.shuffle(flows)
        with bench(home) as b:
            for flow in flows:
                keep(b, flow)
            ends.append(told(b))
    assert all(end == ends[0] for end in ends)


said = st.builds(
    Detto,
    id=st.just(0),
    gemello_id=st.none(),
    line=st.just(0),
    data_valuta=st.sampled_from([LUNEDI, LUNEDI + DAY]),
    segno=st.sampled_from("CD"),
    importo=st.integers(1, 3),
    causale=st.sampled_from(["48", "26"]),
    riferimento_banca=st.sampled_from([None, "A", "B"]),
    descrizione=st.sampled_from(["", "X"]),
    tipo=st.sampled_from(["RH", "EC"]),
    nome_supporto=st.sampled_from(["UNO", "DUE"]),
    data_inizio=st.none(),
    data=st.just(LUNEDI),
)


def numbered(drawn: list[Detto]) -> list[Detto]:
    names = Detto.__slots__
    values = [{name: getattr(m, name) for name in names} for m in drawn]
    return [Detto(**{**each, "id": n, "line": n}) for n, each in enumerate(values, 1)]


@given(st.lists(said, max_size=12), st.randoms(use_true_random=False))
def test_pairs_are_of_two_different_statements_and_do_not_depend_on_order(drawn: list[Detto], random: Random) -> None:
    day = numbered(drawn)
    pairs = twins(day)
    kind = {m.id: (m.tipo, m.nome_supporto) for m in day}
    assert all(kind[one] != kind[other] and kind[one][0] == "EC" for one, other in pairs.items())
    assert not set(pairs) & set(pairs.values())
    by_statement = [(kind[one], other) for one, other in pairs.items()]
    assert len(by_statement) == len(set(by_statement))
    shuffled = list(day)
    random.shuffle(shuffled)
    assert twins(shuffled) == pairs


@given(st.lists(said, max_size=12))
def test_what_is_said_the_same_on_both_sides_is_all_paired(drawn: list[Detto]) -> None:
    """As many pairs as there are movements alike: nothing is paired worse than it could be by amount and sign."""
    day = numbered(drawn)
    day = [m for m in day if m.nome_supporto == "UNO"]
    pairs = twins(day)
    left = [m for m in day if m.id not in pairs and m.id not in pairs.values()]
    rest = {(m.tipo, m.importo, m.segno) for m in left}
    assert not any(("RH", m.importo, m.segno) in rest for m in left if m.tipo == "EC")
