"""What depends on the day of sending: days past, days on which banks are closed, the times of F24."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cbi
from cbi.validators.calendari import Calendario, is_banking_day, next_banking_day
from cbi.validators.diagnostics import Diagnostic
from fixtures import disposizioni, f24, make
from fixtures.comune import OGGI

ANNO = timedelta(days=365)
COMING = st.dates(OGGI, OGGI + ANNO)
DOMENICA, LUNEDI = date(2027, 1, 31), date(2027, 2, 1)


def told(data: bytes, on: date | None) -> list[Diagnostic]:
    return list(cbi.lint(io.BytesIO(data), on=on))


def codes(data: bytes, on: date | None) -> list[str]:
    return [found.code for found in told(data, on)]


def mav(scadenza: date) -> bytes:
    return disposizioni.mav(disposizioni.mav_ordine(replace(disposizioni.LUNA, scadenza=scadenza)))


def rid(scadenza: date) -> bytes:
    return disposizioni.rid(disposizioni.rid_ordine(replace(disposizioni.LUNA, scadenza=scadenza)))


def riba(*scadenze: date) -> bytes:
    return make.riba(*(make.ordine(replace(make.LUNA, ricevuta=n, scadenza=day)) for n, day in enumerate(scadenze, 1)))


def pc(execution: date) -> bytes:
    return disposizioni.pc_del(execution, next_banking_day(execution, 1, Calendario.TARGET))


INCASSI = {"RIBA-14": riba, "MAV-14": mav, "RID-10": rid}


@pytest.mark.parametrize("kind", INCASSI)
@given(scadenza=COMING, on=COMING)
def test_a_collection_is_past_or_on_a_closed_day_or_all_right(kind: str, scadenza: date, on: date) -> None:
    wanted = [f"{kind}-220"] if not is_banking_day(scadenza) else []
    assert codes(INCASSI[kind](scadenza), on) == ([f"{kind}-221"] if scadenza < on else wanted)


@given(execution=COMING, on=COMING)
def test_a_transfer_is_carried_out_on_a_day_of_target(execution: date, on: date) -> None:
    wanted = [] if is_banking_day(execution, Calendario.TARGET) else ["PC-10-220"]
    found = [code for code in codes(pc(execution), on) if code != "PC-10-222"]
    assert found == (["PC-10-221"] if execution < on else wanted)


def test_the_value_date_of_a_transfer_has_a_note_of_its_own() -> None:
    friday, good_friday = date(2026, 11, 27), date(2027, 3, 26)
    (found,) = told(disposizioni.pc_del(friday, good_friday), OGGI)
    assert (found.code, found.field, found.expected) == ("PC-10-222", "data_valuta_banca_beneficiario", "300327")


def test_the_day_to_which_it_moves_is_said() -> None:
    (found,) = told(riba(DOMENICA), OGGI)
    assert (found.code, found.severity, found.expected) == ("RIBA-14-220", "info", f"{LUNEDI:%d%m%y}")
    assert "310127" in found.message_it and "010227" in found.message_it


def thrice(kind: str) -> bytes:
    """Three orders for one day on which banks are closed."""
    debt = replace(disposizioni.LUNA, scadenza=DOMENICA)
    if kind == "MAV":
        return disposizioni.mav(*(disposizioni.mav_ordine(replace(debt, numero=n)) for n in (1, 2, 3)))
    if kind == "RID":
        return disposizioni.rid(*[disposizioni.rid_ordine(debt)] * 3)
    days = {"data_esecuzione_disposizione": DOMENICA, "data_valuta_banca_beneficiario": DOMENICA}
    debts = [replace(disposizioni.LUNA, numero=n) for n in (1, 2, 3)]
    return disposizioni.pc(*(disposizioni.pc_ordine(each, **days) for each in debts))


@pytest.mark.parametrize(
    ("kind", "wanted"), [("MAV", ["MAV-14-220"]), ("RID", ["RID-10-220"]), ("PC", ["PC-10-220", "PC-10-222"])]
)
def test_a_day_of_any_kind_of_order_is_told_once(kind: str, wanted: list[str]) -> None:
    found = told(thrice(kind), OGGI)
    assert [(each.code, each.disposizione) for each in found] == [(code, 1) for code in wanted]


def test_a_day_is_told_once_however_many_orders_share_it() -> None:
    found = told(riba(DOMENICA, LUNEDI, DOMENICA, date(2027, 2, 28), DOMENICA), OGGI)
    assert [(each.code, each.disposizione) for each in found] == [("RIBA-14-220", 1), ("RIBA-14-220", 4)]


def test_another_supporto_tells_its_own_days() -> None:
    two = riba(DOMENICA) + make.riba(make.ordine(replace(make.LUNA, scadenza=DOMENICA)), nome="ALTRO")
    assert [each.distinta for each in told(two, OGGI)] == [1, 2]


def test_a_recall_may_be_of_an_order_whose_day_has_passed() -> None:
    recall = make.riba(make.ordine(replace(make.LUNA, scadenza=date(2026, 11, 22)), "14/richiamo"))
    assert codes(recall, date(2026, 11, 23)) == []
    old = replace(disposizioni.LUNA, scadenza=date(2026, 11, 22))
    assert codes(disposizioni.mav(disposizioni.mav_ordine(old, richiamo=True)), date(2026, 11, 23)) == []


def test_a_day_before_the_flow_was_made_is_told_as_that_and_not_twice() -> None:
    before = riba(OGGI - timedelta(days=1))
    assert codes(before, None) == codes(before, OGGI) == codes(before, OGGI + ANNO) == ["RIBA-14-034"]


def test_what_comes_from_a_bank_is_not_sent() -> None:
    for name in ("riba_esiti", "mav_esiti", "rh", "f24_quietanze"):
        assert codes(make.FILES[name], date(2030, 1, 1)) == codes(make.FILES[name], None)


# --- F24 ---------------------------------------------------------------------------------------------------

SEDICI = f24.PAGAMENTO


@pytest.mark.parametrize(
    ("days", "wanted"),
    [(26, ["F24-20-222"]), (25, []), (24, []), (1, []), (0, ["F24-20-223"]), (-1, ["F24-20-221"])],
)
def test_a_delegation_is_sent_from_25_days_before_to_the_day_itself(days: int, wanted: list[str]) -> None:
    assert codes(f24.UNA, SEDICI - timedelta(days=days)) == wanted


@given(payment=COMING, on=COMING)
def test_every_day_of_sending_has_its_answer(payment: date, on: date) -> None:
    early = (payment - on).days > 25
    wanted = {"F24-20-221"} if payment < on else {"F24-20-222"} if early else set()
    wanted |= {"F24-20-223"} if payment == on else set()
    wanted |= {"F24-20-220"} if payment >= on and not is_banking_day(payment) else set()
    found = {code for code in codes(f24.pagata(payment), on) if code.startswith("F24-20-")}
    assert found == wanted


def test_what_is_sent_on_the_last_day_is_accepted_on_the_next_working_day() -> None:
    (found,) = told(f24.pagata(date(2026, 12, 4)), date(2026, 12, 4))  # a Friday; the 8th is a holiday
    assert (found.code, found.expected) == ("F24-20-223", "20261207")
    (found,) = told(f24.pagata(date(2026, 12, 7)), date(2026, 12, 7))
    assert found.expected == "20261209"


def test_errors_are_told_of_each_delegation_and_advice_once() -> None:
    assert codes(f24.DUE, SEDICI + timedelta(days=1)) == ["F24-20-221", "F24-20-221"]
    assert codes(f24.DUE, SEDICI) == ["F24-20-223"]


def test_a_payment_before_the_flow_was_made_is_told_as_that() -> None:
    assert codes(f24.pagata(date(2026, 11, 19)), date(2026, 12, 1)) == ["F24-20-202"]


def test_the_identifying_elements_are_sent_in_the_same_days() -> None:
    assert codes(f24.i4(f24.VEICOLO), SEDICI - timedelta(days=26)) == ["F24-20-222"]
