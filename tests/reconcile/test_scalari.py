"""Statements worked out again: balances by booking and by value, days and numbers."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from ledger import rapporti
from ledger.errors import Refused
from ledger.home import Home
from reconcile.scalari import Prospetto, Riga, prospetto
from tests.reconcile.banco import Banco, bench, supporto
from tests.reconcile.conti import LUNEDI, Mossa, keep, statement

DAY = timedelta(days=1)


def made(b: Banco, tipo: str, dal: date, al: date) -> tuple[Prospetto, list[Riga]]:
    (card,) = rapporti.list_(b.conn)
    found = prospetto(b.conn, card.id, tipo, dal, al)
    return found, list(found.righe)


def plain(righe: list[Riga]) -> list[tuple[int, int, int, int, int]]:
    return [((r.giorno - LUNEDI).days, r.importo, r.saldo, r.giorni, r.numeri) for r in righe]


def test_by_booking_each_movement_has_the_balance_after_it_and_the_bank_says_the_same(home: Home) -> None:
    with bench(home) as b:
        keep(b, statement("RH", "UNO", LUNEDI, [Mossa(500), Mossa(-200)], saldo=1_000))
        keep(b, statement("RH", "DUE", LUNEDI + DAY, [Mossa(50, giorno=LUNEDI + DAY)], saldo=1_300))
        found, righe = made(b, "contabile", LUNEDI, LUNEDI + DAY)
        assert plain(righe) == [
            (0, 0, 1_000, 0, 0),
            (0, 500, 1_500, 0, 0),
            (0, -200, 1_300, 0, 0),
            (1, 50, 1_350, 0, 0),
        ]
        assert (found.saldo_iniziale, found.saldo_banca) == (1_000, 1_350)
        found, righe = made(b, "contabile", LUNEDI + DAY, LUNEDI + DAY)
        assert plain(righe) == [(1, 0, 1_300, 0, 0), (1, 50, 1_350, 0, 0)]


def test_by_value_each_balance_stands_until_the_next_one_changes_it(home: Home) -> None:
    later, earlier = LUNEDI + 3 * DAY, LUNEDI - 2 * DAY
    mosse = [Mossa(500, valuta=later), Mossa(-200, valuta=earlier), Mossa(-1_200), Mossa(100)]
    with bench(home) as b:
        keep(b, statement("RH", "UNO", LUNEDI, mosse, saldo=1_000))
        _, righe = made(b, "sintetico", LUNEDI, LUNEDI + 6 * DAY)
        assert plain(righe) == [(0, 0, 800, 0, 0), (0, -1_100, -300, 3, -900), (3, 500, 200, 4, 800)]
        _, righe = made(b, "analitico", LUNEDI, LUNEDI + 6 * DAY)
        assert plain(righe) == [
            (0, 0, 800, 0, 0),
            (0, -1_200, -400, 0, 0),
            (0, 100, -300, 3, -900),
            (3, 500, 200, 4, 800),
        ]


def test_what_the_periodic_statement_says_is_what_counts(home: Home) -> None:
    corrected = Mossa(900, valuta=LUNEDI + DAY, riferimento="R")
    with bench(home) as b:
        keep(b, statement("RH", "UNO", LUNEDI, [Mossa(1_000, riferimento="R"), Mossa(-70)]))
        inizio, fine = LUNEDI - 15 * DAY, LUNEDI + 14 * DAY
        keep(b, statement("EC", "EC1", fine, [corrected, Mossa(-5, causale="16")], inizio=inizio))
        _, righe = made(b, "contabile", inizio, fine)
        assert [r.importo for r in righe] == [0, 900, -5]
        _, righe = made(b, "sintetico", LUNEDI, LUNEDI + 2 * DAY)
        assert plain(righe) == [(0, 0, 0, 0, 0), (0, -5, -5, 1, -5), (1, 900, 895, 2, 1_790)]


@pytest.mark.parametrize("seed", range(3))
def test_days_add_up_and_numbers_are_the_sum_of_the_balance_of_each_day(home: Home, seed: int) -> None:
    draw = Random(seed)
    mosse = [Mossa(draw.randrange(-900, 900) or 1, valuta=LUNEDI + draw.randrange(-5, 12) * DAY) for _ in range(30)]
    dal, al = LUNEDI - 2 * DAY, LUNEDI + 9 * DAY
    with bench(home) as b:
        keep(b, statement("RH", "UNO", LUNEDI, mosse, saldo=10_000))
        at_value = [
            10_000 + sum(m.cents for m in mosse if (m.valuta or m.giorno) <= dal + n * DAY)
            for n in range((al - dal).days + 1)
        ]
        for tipo in ("analitico", "sintetico"):
            _, righe = made(b, tipo, dal, al)
            assert sum(r.giorni for r in righe) == len(at_value)
            assert sum(r.numeri for r in righe) == sum(at_value)
            assert righe[-1].saldo == at_value[-1]


def test_what_has_no_balance_with_a_sign_and_days_the_wrong_way_round_are_refused(home: Home) -> None:
    from fixtures.rendicontazioni import ra

    with bench(home) as b:
        keep(b, supporto(ra(1)))
        (card,) = rapporti.list_(b.conn)
        with pytest.raises(Refused, match="RAPPORTO-003"):
            prospetto(b.conn, card.id, "contabile", LUNEDI, LUNEDI)
        with pytest.raises(Refused, match="RAPPORTO-001"):
            prospetto(b.conn, 99, "contabile", LUNEDI, LUNEDI)
    with bench(home) as b:
        keep(b, statement("RH", "UNO", LUNEDI, []))
        with pytest.raises(Refused, match="RAPPORTO-004"):
            made(b, "contabile", LUNEDI, LUNEDI - DAY)
