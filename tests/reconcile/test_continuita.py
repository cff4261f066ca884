"""Whether statements follow one another: missing days, balances that break, and what is no break."""

from __future__ import annotations

from datetime import date, timedelta

from ledger import rapporti
from ledger.home import Home
from reconcile.continuita import Rottura, breaks
from tests.reconcile.banco import Banco, bench
from tests.reconcile.conti import LUNEDI, Mossa, keep, statement

DAY = timedelta(days=1)
OTTOBRE, NOVEMBRE = date(2026, 10, 31), date(2026, 11, 30)


def found(b: Banco) -> list[Rottura]:
    (card,) = rapporti.list_(b.conn)
    return list(breaks(rapporti.statements(b.conn, card.id)))


def ec(nome: str, dal: date, al: date, saldo: int, cents: int):
    return statement("EC", nome, al, [Mossa(cents, giorno=al)], inizio=dal, saldo=saldo)


def rh(giorno: date, saldo: int = 0):
    return statement("RH", f"RH{giorno:%d%m}", giorno, [], saldo=saldo)


def test_a_chain_that_holds_says_nothing_whichever_day_a_bank_begins_on(home: Home) -> None:
    for begins in (OTTOBRE, OTTOBRE + DAY):
        with bench(home) as b:
            keep(b, ec("UNO", date(2026, 9, 30), OTTOBRE, 1_000, 500))
            keep(b, ec("DUE", begins, NOVEMBRE, 1_500, -200))
            assert found(b) == []


def test_a_periodic_statement_that_begins_with_another_balance_is_told(home: Home) -> None:
    with bench(home) as b:
        keep(b, ec("DUE", OTTOBRE, NOVEMBRE, 1_400, 0 + 1))
        keep(b, ec("UNO", date(2026, 9, 30), OTTOBRE, 1_000, 500))
        assert found(b) == [Rottura("saldo_ec", OTTOBRE, OTTOBRE, 1_500, 1_400)]


def test_days_that_no_periodic_statement_covers_are_told(home: Home) -> None:
    with bench(home) as b:
        keep(b, ec("UNO", date(2026, 8, 31), date(2026, 9, 30), 1_000, 500))
        keep(b, ec("TRE", OTTOBRE, NOVEMBRE, 9_999, 1))
        assert found(b) == [Rottura("giorni_ec", date(2026, 10, 1), date(2026, 10, 30))]


def test_banking_days_without_a_daily_statement_are_told_and_feasts_are_not(home: Home) -> None:
    with bench(home) as b:
        for day in (LUNEDI, LUNEDI + 3 * DAY, LUNEDI + 4 * DAY, LUNEDI + 7 * DAY):
            keep(b, rh(day))
        assert found(b) == [Rottura("giorni_rh", LUNEDI + DAY, LUNEDI + 2 * DAY)]


def test_the_opening_balance_of_a_daily_statement_only_squares_it(home: Home) -> None:
    with bench(home) as b:
        keep(b, rh(LUNEDI, 1_000))
        keep(b, rh(LUNEDI + DAY, 77_777))
        assert found(b) == []


def test_the_two_kinds_must_end_alike_on_the_same_day(home: Home) -> None:
    with bench(home) as b:
        keep(b, rh(NOVEMBRE, 1_000))
        keep(b, ec("UNO", OTTOBRE, NOVEMBRE, 1_000, 500))
        assert found(b) == [Rottura("saldo_rh", NOVEMBRE, NOVEMBRE, 1_500, 1_000)]
