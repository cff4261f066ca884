"""Whether the statements of an account follow one another: days that are missing, balances that break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from cbi.validators.calendari import next_banking_day, previous_banking_day
from ledger.detti import GIORNALIERO, PERIODICO
from ledger.rapporti import Estratto

DAY = timedelta(days=1)

ROTTURE = {
    "giorni_rh": ("giorni bancari senza RH", "banking days without a daily statement"),
    "giorni_ec": ("giorni che nessun EC copre", "days that no periodic statement covers"),
    "saldo_ec": (
        "l'EC non comincia con il saldo finale di quello prima",
        "the periodic statement does not begin with the closing balance of the one before",
    ),
    "saldo_rh": (
        "il saldo dell'RH non è quello dell'EC allo stesso giorno",
        "the balance of the daily statement is not that of the periodic one on the same day",
    ),
}
"""What may be wrong: code, Italian, English."""


@dataclass(frozen=True)
class Rottura:
    """What does not follow (a key of `ROTTURE`), between two days, included; of balances, in cents, what was to be and
    what was found."""

    codice: str
    dal: date
    al: date
    atteso: int | None = None
    trovato: int | None = None


def breaks(statements: Iterable[Estratto]) -> Iterator[Rottura]:
    """All that does not follow in the statements of an account, given by the day on which they end.

    A daily statement is for a banking day, and its opening balance only squares it: nothing is asked of that. A
    periodic one begins on the day on which the one before ends, or on the next. One that ends where another does, or
    before, says the same again.
    """
    daily: Estratto | None = None
    periodic: Estratto | None = None
    for each in statements:
        if each.tipo == GIORNALIERO:
            yield from _days(daily, each)
            yield from _same_day(periodic, each)
            daily = each
        elif each.tipo == PERIODICO:
            yield from _chain(periodic, each)
            periodic = each


def _days(before: Estratto | None, now: Estratto) -> Iterator[Rottura]:
    if before is not None and before.data < now.data:
        first, last = next_banking_day(before.data), previous_banking_day(now.data)
        if first <= last and first < now.data:
            yield Rottura("giorni_rh", first, last)


def _same_day(periodic: Estratto | None, daily: Estratto) -> Iterator[Rottura]:
    """Kinds of a day come by name: the periodic statement first."""
    if periodic is not None and periodic.data == daily.data and periodic.saldo_finale != daily.saldo_finale:
        yield Rottura("saldo_rh", daily.data, daily.data, periodic.saldo_finale, daily.saldo_finale)


def _chain(before: Estratto | None, now: Estratto) -> Iterator[Rottura]:
    if before is None or now.data_inizio is None or now.data_inizio < before.data:
        return  # the first, or one that covers what another does
    if now.data_inizio > before.data + DAY:
        yield Rottura("giorni_ec", before.data + DAY, now.data_inizio - DAY)
    elif now.saldo_iniziale != before.saldo_finale:
        yield Rottura("saldo_ec", before.data, now.data_inizio, before.saldo_finale, now.saldo_iniziale)
