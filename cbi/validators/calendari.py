"""Which days banks are open: the Italian calendar and TARGET, the calendar of payments in euro.

Saturdays and Sundays are closed in both. Holidays stand in a table that ships with the package (`tabelle/festivi.csv`,
made by `make tables` from the `holidays` library), so that an answer never depends on the version of the library; the
library itself answers for the years beyond the table. Local feasts (of patron saints) are in neither.
Source: L. 260/1949 and later; L. 151/2025 (4 October, from 2026); the TARGET calendar of the ECB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from cbi.validators.tables import tabella

SATURDAY = 5
DAY = timedelta(days=1)


class Calendario(StrEnum):
    """ITALIA: branches and collections. TARGET: payments in euro between banks."""

    ITALIA = "italia"
    TARGET = "target"


def is_banking_day(day: date, calendario: Calendario = Calendario.ITALIA) -> bool:
    """Whether banks are open on a day."""
    return day.weekday() < SATURDAY and day not in festivi(calendario, day.year)


def next_banking_day(day: date, n: int = 1, calendario: Calendario = Calendario.ITALIA) -> date:
    """The nth day after `day` on which banks are open. Raises `ValueError` unless n is at least 1."""
    return _walk(day, n, DAY, calendario)


def previous_banking_day(day: date, n: int = 1, calendario: Calendario = Calendario.ITALIA) -> date:
    """The nth day before `day` on which banks are open. Raises `ValueError` unless n is at least 1."""
    return _walk(day, n, -DAY, calendario)


def _walk(day: date, n: int, step: timedelta, calendario: Calendario) -> date:
    if n < 1:
        raise ValueError(f"{n} banking days")
    while n:
        day += step
        n -= is_banking_day(day, calendario)
    return day


@cache
def festivi(calendario: Calendario, year: int) -> frozenset[date]:
    """The holidays of a year, Sundays among them or not."""
    frozen = _frozen()
    if year in frozen:
        return frozen[year].get(calendario, frozenset())
    return frozenset(from_library(calendario, year))


@cache
def _frozen() -> Mapping[int, Mapping[Calendario, frozenset[date]]]:
    """The holidays of the table, by year."""
    found: dict[int, dict[Calendario, frozenset[date]]] = {}
    for row in tabella("festivi").rows:
        day, calendario = date.fromisoformat(row["day"]), Calendario(row["calendar"])
        year = found.setdefault(day.year, {})
        year[calendario] = year.get(calendario, frozenset()) | {day}
    return found


def from_library(calendario: Calendario, year: int) -> dict[date, str]:
    """The holidays of a year and their names, as the `holidays` library has them: what the table is made of."""
    import holidays

    if calendario is Calendario.TARGET:
        return dict(holidays.financial_holidays("ECB", years=year))
    return dict(holidays.country_holidays("IT", years=year, language="it_IT"))


def rows(first: int, last: int) -> Iterator[tuple[str, str, str]]:
    """The rows of the table for some years, both included, by day: day, calendar, name."""
    for year in range(first, last + 1):
        both = [(day, kind, name) for kind in Calendario for day, name in from_library(kind, year).items()]
        for day, kind, name in sorted(both):
            yield day.isoformat(), kind, name
