"""Twins: the movement that the periodic statement (EC) says again after the daily one (RH), or corrects, or adds.

The unit is a day of an account. What the daily statements say of it comes first; each periodic statement, in the order
of what they cover, is paired against that, and what it adds joins it. Pairs are made by what the movements say, the
surest first, as many as there are on both sides, and in an order that is in the files: the outcome depends on which
files there are, not on which came first.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

from sqlalchemy import Connection

from ledger import detti
from ledger.detti import GIORNALIERO, PERIODICO, Detto

_PASSI: Sequence[Callable[[Detto], Hashable]] = (
    lambda m: (m.importo, m.segno, m.causale, m.riferimento_banca, m.data_valuta, m.descrizione),
    lambda m: (m.importo, m.segno, m.causale, m.riferimento_banca),
    lambda m: m.riferimento_banca and (m.importo, m.segno, m.riferimento_banca),
    lambda m: (m.importo, m.segno, m.causale),
    lambda m: (m.importo, m.segno),
    lambda m: m.riferimento_banca and (m.segno, m.causale, m.riferimento_banca),
)
"""What two movements of a day must have in common to be the same, the surest first; a false one is in common with
none."""


def settle(conn: Connection, scheda_id: int, tipo: str, giorni: Collection[date]) -> None:
    """Pair what the two kinds of statement say of some days of an account, one of them having just arrived."""
    other = {PERIODICO: GIORNALIERO, GIORNALIERO: PERIODICO}.get(tipo)
    if other is None or not giorni:
        return
    days = detti.days_told(conn, scheda_id, PERIODICO, giorni) if tipo == GIORNALIERO else sorted(giorni)
    for day in days:
        found = list(detti.told_on(conn, scheda_id, day))
        pairs = twins(found)
        detti.set_twins(conn, {m.id: pairs.get(m.id) for m in found if m.gemello_id != pairs.get(m.id)})


def twins(day: Iterable[Detto]) -> dict[int, int]:
    """For each movement that says another one again, that one: of all that was said of a day of an account."""
    ordered = sorted(day, key=_place)
    base = [m for m in ordered if m.tipo != PERIODICO]
    found: dict[int, int] = {}
    for _, said in groupby((m for m in ordered if m.tipo == PERIODICO), key=_statement):
        mine = list(said)
        pairs = dict(_paired(base, mine))
        found |= pairs
        base += [m for m in mine if m.id not in pairs]
    return found


def _paired(base: Sequence[Detto], said: Sequence[Detto]) -> Iterator[tuple[int, int]]:
    there = {m.id: m for m in base}
    left = {m.id: m for m in said}
    for passo in _PASSI:
        free: Mapping[Hashable, deque[Detto]] = defaultdict(deque)
        for m in there.values():
            free[passo(m)].append(m)
        for m in list(left.values()):
            key = passo(m)
            if key and free[key]:
                twin = free[key].popleft()
                del there[twin.id], left[m.id]
                yield m.id, twin.id


def _statement(m: Detto) -> tuple[date, date, str]:
    return (m.data_inizio or m.data, m.data, m.nome_supporto)


def _place(m: Detto) -> tuple[object, ...]:
    return (*_statement(m), m.line)
