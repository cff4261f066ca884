"""How like an order an outcome is, and which choices follow: by rules, by likeness, by several orders together."""

from collections import namedtuple
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbi.validators.calendari import is_banking_day
from ledger.outcomes import Candidata
from ledger.stati import Stato
from reconcile.abbinamento import Classe, add_up, choose, liken, stranger
from reconcile.somiglianza import PESI, REGOLE, Detto, Grado, banking, compare, due_on, rule_for, words

SUNDAY, MONDAY = date(2027, 1, 31), date(2027, 2, 1)
ORDER = Candidata(
    id=1,
    distinta_id=1,
    flusso="RIBA",
    abi="03069",
    causale="30000",
    chiave="0004000001",
    importo=125_000,
    scadenza=SUNDAY,
    controparte="FERRAMENTA LUNAPIENA DI ROSSI MARIO E C. SNC",
    codice_fiscale="99900010127",
    codice_cliente="CLI000001",
    coordinate=("02008", "05364"),
    stato=Stato.INOLTRATA,
)
OTHER = replace(ORDER, id=2, chiave="0004000777", scadenza=date(2027, 3, 31))
SAID = Detto(
    chiave=ORDER.chiave,
    importo=ORDER.importo,
    scadenza=ORDER.scadenza,
    codice_fiscale=ORDER.codice_fiscale,
    codice_cliente=ORDER.codice_cliente,
    controparte=ORDER.controparte,
    coordinate=ORDER.coordinate,
    spese=350,
)
NO_KEY = "nessuna_disposizione"


def chosen(said, *orders, motivo=NO_KEY):
    found = liken(said, orders, motivo)
    return found.classe, [each.id for each in found.ordini]


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"chiave": ""}, "senza_chiave"),
        ({"chiave": "", "controparte": "FERRAMENTA LUNAP"}, "senza_chiave"),
        ({"chiave": "", "scadenza": MONDAY}, "senza_chiave"),
        ({"scadenza": MONDAY}, "scadenza_spostata"),
        ({"importo": ORDER.importo - 350}, "al_netto"),
        ({"chiave": "0004000007"}, "chiave_storpiata"),
        ({"chiave": "0040000001"}, "chiave_storpiata"),
    ],
)
def test_what_banks_are_known_to_change_is_matched_by_a_rule(changed, rule):
    said = replace(SAID, **changed)
    assert chosen(said, ORDER, OTHER) == (Classe.REGOLA, [1])
    assert rule_for(compare(said, ORDER)) == rule


@pytest.mark.parametrize(
    "changed",
    [
        {"scadenza": SUNDAY + timedelta(11)},
        {"scadenza": SUNDAY + timedelta(3), "di_mandato": True},
        {"chiave": "9900000001"},
        {"chiave": "", "codice_fiscale": None, "codice_cliente": None},
        {"chiave": "", "controparte": "VIVAIO QUATTROFOGLIE SRL"},
    ],
)
def test_what_no_rule_explains_is_likely_and_waits(changed):
    motivo = NO_KEY if "chiave" in changed else "scadenza_diversa"
    found = liken(replace(SAID, **changed), [ORDER, OTHER], motivo)
    assert (found.classe, found.motivo, found.ordini) == (Classe.PROBABILE, motivo, (ORDER,))


@pytest.mark.parametrize(
    "changed",
    [
        {"importo": ORDER.importo + 1},
        {"scadenza": SUNDAY + timedelta(3), "codice_fiscale": None, "codice_cliente": None},
        {"chiave": "9900000001", "scadenza": date(2028, 1, 31)},
        {"chiave": "", "codice_fiscale": "99900020127", "codice_cliente": None},
    ],
)
def test_what_may_well_be_of_another_order_is_not_matched(changed):
    assert chosen(replace(SAID, **changed), ORDER, OTHER) == (None, [])


def test_two_orders_that_are_as_good_are_two():
    twin = replace(ORDER, id=3, chiave="0004000003")
    found = liken(replace(SAID, chiave=""), [ORDER, twin], NO_KEY)
    assert (found.ordini, found.motivo, found.viste) == ((), "piu_candidate", (ORDER, twin))


@pytest.mark.parametrize("days", [-10, -1, 3, 10])
def test_some_days_from_the_due_date_are_a_rule_where_no_other_order_is_as_near(days):
    said = replace(SAID, scadenza=SUNDAY + timedelta(days))
    assert chosen(said, ORDER, OTHER, motivo="scadenza_diversa") == (Classe.REGOLA, [1])
    alike = replace(ORDER, id=3, chiave="0004000003", scadenza=said.scadenza)
    assert chosen(said, ORDER, alike, motivo="scadenza_diversa") == (None, [])


def test_an_order_paid_late_has_a_twin_of_its_own_number_amount_and_day():
    twin = replace(ORDER, id=3, chiave="0004000003")
    said = replace(SAID, scadenza=SUNDAY + timedelta(4))
    assert chosen(said, ORDER, twin, motivo="scadenza_diversa") == (Classe.REGOLA, [1])


def test_the_key_of_another_order_is_a_slip_of_the_pen_only_where_all_the_rest_is_not_that_order():
    named = replace(ORDER, id=3, chiave="0004000002")
    said = replace(SAID, chiave=named.chiave)
    assert chosen(said, ORDER) == (Classe.REGOLA, [1])
    other = {"codice_fiscale": "99900020127", "codice_cliente": "CLI000002", "controparte": "VIVAIO QUATTROFOGLIE"}
    for apart in ({"importo": 99_000, "scadenza": date(2027, 3, 31)}, {"importo": 99_000, **other}):
        assert chosen(said, ORDER, replace(named, **apart), motivo="importo_diverso") == (Classe.REGOLA, [1])
    for near in ({"importo": 99_000}, {"scadenza": date(2027, 3, 31)}, other):
        assert chosen(said, ORDER, replace(named, **near), motivo="importo_diverso")[0] is not Classe.REGOLA


def test_where_there_are_too_many_orders_of_an_amount_to_look_at_no_rule_asks_of_the_others():
    late = replace(SAID, scadenza=SUNDAY + timedelta(3))
    found = liken(late, [ORDER], "scadenza_diversa", tutti=False)
    assert found.classe is Classe.PROBABILE


def test_a_key_and_a_due_date_that_speak_of_two_orders_wait_for_a_person():
    rent = replace(ORDER, id=3, chiave="0004000003", scadenza=date(2027, 2, 28))
    said = replace(SAID, chiave=rent.chiave)
    assert chosen(said, ORDER, rent, motivo="scadenza_diversa") == (None, [])


def test_what_never_left_and_what_was_refused_are_not_matched_before_the_one_sent_again():
    draft = replace(ORDER, id=3, stato=Stato.DA_SPEDIRE)
    refused = replace(ORDER, id=4, stato=Stato.SCARTATA)
    assert chosen(replace(SAID, chiave=""), draft, refused, ORDER) == (Classe.REGOLA, [1])
    assert chosen(replace(SAID, chiave=""), draft) == (None, [])


def test_the_choice_does_not_depend_on_the_order_in_which_orders_are_found():
    twin = replace(ORDER, id=3, chiave="0004000003", scadenza=date(2027, 2, 28))
    for said in (replace(SAID, chiave=""), replace(SAID, chiave="9900000001"), replace(SAID, importo=1)):
        found = {
            (str(each[0]), tuple(each[1]))
            for each in (chosen(said, *some) for some in permutations((ORDER, OTHER, twin)))
        }
        assert len(found) == 1


DEBITORI = (
    ("99900010127", "CLI000001", "FERRAMENTA LUNAPIENA SNC"),
    ("99900020127", "CLI000002", "VIVAIO QUATTROFOGLIE SRL"),
)
GIORNI = (date(2027, 1, 31), date(2027, 2, 5), date(2027, 2, 26), date(2027, 3, 31))


@st.composite
def rows_of_orders(draw):
    """Orders that follow one another in number, of two debtors, two amounts and four days; one of them."""
    kinds = draw(st.lists(st.tuples(*(st.integers(0, n) for n in (1, 1, 3))), min_size=2, max_size=9))
    orders = []
    for n, (debitore, importo, giorno) in enumerate(kinds):
        codice_fiscale, codice_cliente, controparte = DEBITORI[debitore]
        who = {"codice_fiscale": codice_fiscale, "codice_cliente": codice_cliente, "controparte": controparte}
        what = {"importo": (125_000, 80_000)[importo], "scadenza": GIORNI[giorno]}
        orders.append(replace(ORDER, id=n, chiave=f"{4_000_000 + n:010d}", **what, **who))
    return orders, draw(st.sampled_from(orders))


@st.composite
def one_thing_wrong(draw):
    """Such orders, one of them, and an esito of that one in which one thing is wrong."""
    orders, true = draw(rows_of_orders())
    fields = ("chiave", "importo", "scadenza", "codice_fiscale", "codice_cliente", "controparte", "coordinate")
    said = Detto(**{name: getattr(true, name) for name in fields}, spese=350)
    wrong = draw(
        st.one_of(
            st.sampled_from(orders).map(lambda other: {"chiave": other.chiave}),
            st.integers(0, 9).map(lambda digit: {"chiave": true.chiave[:-1] + str(digit)}),
            st.integers(-12, 12).map(lambda days: {"scadenza": true.scadenza + timedelta(days)}),
            st.just({"chiave": ""}),
            st.just({"importo": true.importo - 350}),
        )
    )
    return orders, true, replace(said, **wrong)


@given(one_thing_wrong())
def test_an_outcome_with_one_thing_wrong_is_of_its_order_or_of_none_it_is_told_apart_from(case):
    orders, true, said = case
    keyed = [each for each in orders if each.chiave == said.chiave]
    named = choose(Esito("paid", said.importo, said.scadenza), "03069", keyed)
    if isinstance(named, Candidata):
        if not stranger(said, named):
            assert named == true or who(named) == who(true)  # of one debtor, amount and day: nobody could tell
            return
        named = "debitore_diverso"
    found = liken(said, orders, named)
    assert found.classe is not Classe.REGOLA or found.ordini == (true,)


Esito = namedtuple("Esito", "effetto importo scadenza")


def who(order):
    return order.codice_fiscale, order.importo, order.scadenza


# --- several orders together ------------------------------------------------------------------------------------------


def together(importo, *importi, chiave=""):
    orders = [replace(ORDER, id=n, chiave=f"{n:010d}", importo=each) for n, each in enumerate(importi, 1)]
    said = replace(SAID, importo=importo, chiave=chiave, spese=0)
    found = add_up(said, orders, liken(said, orders, NO_KEY))
    return found.classe, [each.id for each in found.ordini]


def test_all_the_orders_of_a_debtor_that_fall_due_together_are_a_rule():
    assert together(600, 100, 200, 300) == (Classe.REGOLA, [1, 2, 3])
    assert together(600, 100, 200, 300, chiave="0000000002") == (Classe.REGOLA, [1, 2, 3])


def test_some_of_them_are_likely_if_there_is_one_way():
    assert together(500, 100, 200, 300) == (Classe.PROBABILE, [2, 3])
    assert together(300, 100, 200, 150, 150) == (None, [])
    assert together(500, 100, 200, 300, chiave="0000000001") == (None, [])
    assert together(999, 100, 200, 300) == (None, [])


def test_too_many_orders_together_are_not_tried():
    assert together(900, *([100] * 9)) == (None, [])


# --- names, days, weights ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two", "grado"),
    [
        ("Caffè Lunapiena s.r.l.", "CAFFE LUNAPIENA SRL", Grado.UGUALE),
        ("ROSSI MARIO", "MARIO ROSSI", Grado.SIMILE),
        ("FERRAMENTA LUNAPIENA DI RO", "FERRAMENTA LUNAPIENA DI ROSSI MARIO E C.", Grado.SIMILE),
        ("D'ANGELO E FIGLI SNC", "DANGELO E FIGLI", Grado.UGUALE),
        ("ROSSI", "ROSSI MARIO", Grado.DIVERSO),
        ("SRL", "S.R.L.", Grado.UGUALE),
        ("", "ROSSI MARIO", Grado.MANCA),
    ],
)
def test_names_are_compared_by_what_tells_who_they_are(one, two, grado):
    assert compare(replace(SAID, controparte=one), replace(ORDER, controparte=two))["controparte"] is grado


@given(st.text(max_size=40))
def test_the_words_of_a_name_are_the_same_read_again(name):
    assert words(" ".join(words(name))) == words(name)


@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_a_day_may_stand_for_those_that_move_to_it_and_no_other(day):
    assert due_on(day)[0] == day
    assert is_banking_day(day) or due_on(day) == [day]
    assert all(banking(each) == day for each in due_on(day)[1:])
    moved = banking(day)
    assert day in due_on(moved)


def test_every_field_that_is_compared_has_its_weight_and_every_rule_speaks_of_fields():
    assert PESI.keys() == compare(SAID, ORDER).keys()
    assert all({*regola.vuole, *regola.uno_di} <= PESI.keys() for regola in REGOLE)
